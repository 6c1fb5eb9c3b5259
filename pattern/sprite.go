package pattern

import (
	"math"

	"github.com/lianmai/lianmai/media"
)

// sprite is a pre-rendered part of the picture with soft edges. Each row is
// opaque over one span and see-through to some degree on both sides of it, so
// that most of a row is one copy.
type sprite struct {
	w, h   int // even
	planes [3]spritePlane
}

type spritePlane struct {
	w     int
	pix   []byte
	alpha []byte
	rows  []span
}

// span is where a row has anything (from, to) and where it is opaque (solid, end).
type span struct{ from, solid, end, to int }

// shade gives the colour at a point in cells around the sprite's centre, and
// whether the sprite covers the point.
type shade func(x, y float64) (colour, bool)

// newSprite renders halfW×halfH cells around the origin of f.
func newSprite(g frameGeometry, halfW, halfH float64, f shade) *sprite {
	s := &sprite{w: 2 * g.px(halfW), h: 2 * g.px(halfH)}
	for p := range s.planes {
		div := 1
		if p > 0 {
			div = 2
		}
		s.planes[p] = renderPlane(p, s.w/div, s.h/div, float64(div)/float64(g.cell), f)
	}
	return s
}

// renderPlane renders plane p at w×h samples of step cells each.
func renderPlane(p, w, h int, step float64, f shade) spritePlane {
	out := spritePlane{w: w, pix: make([]byte, w*h), alpha: make([]byte, w*h), rows: make([]span, h)}
	for y := range h {
		for x := range w {
			left, top := (float64(x)-float64(w)/2)*step, (float64(y)-float64(h)/2)*step
			// Four points tell whether the sample is on an edge; only there it
			// takes more.
			v, alpha := average(f, p, left, top, step, 2)
			if alpha != 0 && alpha != 255 {
				v, alpha = average(f, p, left, top, step, 4)
			}
			out.pix[y*w+x], out.alpha[y*w+x] = v, alpha
		}
		out.rows[y] = findSpan(out.alpha[y*w : (y+1)*w])
	}
	return out
}

// average asks f for n×n points in the square of step cells at (left, top). It
// returns the mean of plane p over those that f covers, and how many it covers of 255.
func average(f shade, p int, left, top, step float64, n int) (v, alpha uint8) {
	sum, hits := 0, 0
	for i := range n * n {
		x := left + (float64(i%n)+0.5)/float64(n)*step
		y := top + (float64(i/n)+0.5)/float64(n)*step
		if c, ok := f(x, y); ok {
			sum += int([3]uint8{c.y, c.cb, c.cr}[p])
			hits++
		}
	}
	if hits == 0 {
		return 0, 0
	}
	return uint8((sum + hits/2) / hits), uint8(255 * hits / (n * n))
}

// findSpan measures a row. The opaque part is the longest one.
func findSpan(alpha []byte) span {
	s := span{from: len(alpha)}
	start := -1
	for x := 0; x <= len(alpha); x++ {
		if x < len(alpha) && alpha[x] > 0 {
			s.from = min(s.from, x)
			s.to = x + 1
		}
		opaque := x < len(alpha) && alpha[x] == 255
		if opaque && start < 0 {
			start = x
		}
		if !opaque && start >= 0 {
			if x-start > s.end-s.solid {
				s.solid, s.end = start, x
			}
			start = -1
		}
	}
	if s.end == s.solid { // nothing opaque: blend all of it
		s.solid, s.end = s.to, s.to
	}
	return s
}

// draw paints the sprite with its centre at pixel (cx, cy), rounded to even,
// clipped to the frame.
func (s *sprite) draw(f *media.Frame, cx, cy int) {
	x0, y0 := (cx-s.w/2)&^1, (cy-s.h/2)&^1
	for p := range s.planes {
		sp := &s.planes[p]
		fw, fh, ox, oy := f.Width(), f.Height(), x0, y0
		if p > 0 {
			fw, fh, ox, oy = fw/2, fh/2, x0/2, y0/2
		}
		pix, stride := f.Plane(p), f.Stride(p)
		lo, hi := max(0, -ox), min(sp.w, fw-ox)
		for y := max(0, -oy); y < min(len(sp.rows), fh-oy); y++ {
			r := sp.rows[y]
			r.from, r.to = max(r.from, lo), min(r.to, hi)
			r.solid, r.end = min(max(r.solid, lo), hi), min(max(r.end, lo), hi)
			if r.from >= r.to {
				continue
			}
			src, a := sp.pix[y*sp.w:(y+1)*sp.w], sp.alpha[y*sp.w:(y+1)*sp.w]
			row := (oy + y) * stride
			dst := pix[row+max(ox, 0) : row+min(ox+sp.w, fw)]
			d := max(0, -ox) // dst[x-d] is the sprite's x
			blend(dst, src, a, r.from, min(r.solid, r.to), d)
			if r.solid < r.end {
				copy(dst[r.solid-d:r.end-d], src[r.solid:r.end])
			}
			blend(dst, src, a, max(r.end, r.from), r.to, d)
		}
	}
}

func blend(dst, src, alpha []byte, from, to, d int) {
	for x := from; x < to; x++ {
		a := int(alpha[x])
		dst[x-d] = uint8((int(dst[x-d])*(255-a) + int(src[x])*a + 127) / 255)
	}
}

// inEllipse tells whether (x, y) is inside the ellipse around (cx, cy).
func inEllipse(x, y, cx, cy, rx, ry float64) bool {
	x, y = (x-cx)/rx, (y-cy)/ry
	return x*x+y*y <= 1
}

// fillRect paints pixels [x0,x1)×[y0,y1), clipped to the frame, in one colour;
// chroma is painted wherever the rectangle touches its sample.
func fillRect(f *media.Frame, x0, y0, x1, y1 int, c colour) {
	for p, v := range [3]uint8{c.y, c.cb, c.cr} {
		w, h, ax, ay, bx, by := f.Width(), f.Height(), x0, y0, x1, y1
		if p > 0 {
			w, h, ax, ay, bx, by = w/2, h/2, x0>>1, y0>>1, (x1+1)>>1, (y1+1)>>1
		}
		fillPlane(f.Plane(p), f.Stride(p), max(ax, 0), max(ay, 0), min(bx, w), min(by, h), v)
	}
}

// fillLuma paints luma only.
func fillLuma(f *media.Frame, x0, y0, x1, y1 int, v uint8) {
	fillPlane(f.Plane(0), f.Stride(0), max(x0, 0), max(y0, 0), min(x1, f.Width()), min(y1, f.Height()), v)
}

func fillPlane(pix []byte, stride, x0, y0, x1, y1 int, v uint8) {
	if x0 >= x1 || y0 >= y1 {
		return
	}
	first := pix[y0*stride+x0 : y0*stride+x1]
	for i := range first {
		first[i] = v
	}
	for y := y0 + 1; y < y1; y++ {
		copy(pix[y*stride+x0:y*stride+x1], first)
	}
}

// smooth is a soft step from 0 at a to 1 at b.
func smooth(a, b, x float64) float64 {
	t := math.Min(math.Max((x-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}
