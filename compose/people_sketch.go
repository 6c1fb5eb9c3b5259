package compose

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// sketch is a picture that is drawn in head units: the origin is between a person's eyes and
// nose, y grows downwards, and the chin is 1 below.
type sketch struct {
	img  *image.RGBA // opaque
	x, y float64     // the origin, in pixels
	unit float64     // pixels
}

// edges returns how far the picture reaches, in head units.
func (s *sketch) edges() (left, top, right, bottom float64) {
	return -s.x / s.unit, -s.y / s.unit, (float64(s.img.Rect.Dx()) - s.x) / s.unit, (float64(s.img.Rect.Dy()) - s.y) / s.unit
}

// path is an outline in head units. A straight line closes it.
type path struct {
	startX, startY float64
	x, y           float64 // the last point
	curves         [][6]float64
}

func from(x, y float64) *path { return &path{startX: x, startY: y, x: x, y: y} }

// curve adds a cubic Bézier curve.
func (p *path) curve(x1, y1, x2, y2, x, y float64) *path {
	p.curves = append(p.curves, [6]float64{x1, y1, x2, y2, x, y})
	p.x, p.y = x, y
	return p
}

// line adds straight lines to the points given as x, y, x, y …
func (p *path) line(xy ...float64) *path {
	for i := 0; i < len(xy); i += 2 {
		p.curve(p.x, p.y, xy[i], xy[i+1], xy[i], xy[i+1])
	}
	return p
}

// through adds a smooth curve through the points given as x, y, x, y …
func (p *path) through(xy ...float64) *path {
	all := append([]float64{p.x, p.y}, xy...)
	n := len(all) / 2
	at := func(i int) (x, y float64) { i = min(max(i, 0), n-1); return all[2*i], all[2*i+1] }
	for i := range n - 1 {
		p.spline(i, at)
	}
	return p
}

// blob returns a smooth closed outline through the points.
func blob(xy ...float64) *path {
	n := len(xy) / 2
	at := func(i int) (x, y float64) { i = (i + n) % n; return xy[2*i], xy[2*i+1] }
	p := from(xy[0], xy[1])
	for i := range n {
		p.spline(i, at)
	}
	return p
}

// spline adds the stretch of a Catmull-Rom curve from point i to the next.
func (p *path) spline(i int, at func(int) (x, y float64)) {
	ax, ay := at(i - 1)
	bx, by := at(i)
	cx, cy := at(i + 1)
	dx, dy := at(i + 2)
	p.curve(bx+(cx-ax)/6, by+(cy-ay)/6, cx-(dx-bx)/6, cy-(dy-by)/6, cx, cy)
}

// both returns a blob that is alike left and right of x = 0, of the points of its right side
// from the top to the bottom; the first and the last lie on the axis.
func both(xy ...float64) *path {
	all := append([]float64(nil), xy...)
	for i := len(xy) - 4; i >= 2; i -= 2 {
		all = append(all, -xy[i], xy[i+1])
	}
	return blob(all...)
}

// oval returns an ellipse; with a negative rx it runs the other way round.
func oval(x, y, rx, ry float64) *path {
	const k = .5523 // of the radius: the handles of a quarter
	return from(x+rx, y).
		curve(x+rx, y+k*ry, x+k*rx, y+ry, x, y+ry).curve(x-k*rx, y+ry, x-rx, y+k*ry, x-rx, y).
		curve(x-rx, y-k*ry, x-k*rx, y-ry, x, y-ry).curve(x+k*rx, y-ry, x+rx, y-k*ry, x+rx, y)
}

// box returns a rectangle with round corners.
func box(x, y, w, h, r float64) *path {
	k := r * .45
	return from(x+r, y).line(x+w-r, y).curve(x+w-k, y, x+w, y+k, x+w, y+r).
		line(x+w, y+h-r).curve(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h).
		line(x+r, y+h).curve(x+k, y+h, x, y+h-k, x, y+h-r).
		line(x, y+r).curve(x, y+k, x+k, y, x+r, y)
}

// brush returns a stroke along a smooth curve through the points, width wide in its middle and
// round at both ends, where it is blunt times as wide (0–1).
func brush(width, blunt float64, xy ...float64) *path {
	const steps = 12 // for each stretch between two points
	line := from(xy[0], xy[1]).through(xy[2:]...)
	var px, py []float64
	x, y := xy[0], xy[1]
	for i, c := range line.curves {
		for k := range steps + 1 {
			if k == 0 && i > 0 {
				continue
			}
			t := float64(k) / steps
			u := 1 - t
			px = append(px, u*u*u*x+3*u*u*t*c[0]+3*u*t*t*c[2]+t*t*t*c[4])
			py = append(py, u*u*u*y+3*u*u*t*c[1]+3*u*t*t*c[3]+t*t*t*c[5])
		}
		x, y = c[4], c[5]
	}
	n := len(px) - 1
	var there, back []float64
	for i := range px {
		a, b := max(i-1, 0), min(i+1, n)
		dx, dy := px[b]-px[a], py[b]-py[a]
		d := math.Hypot(dx, dy)
		if d == 0 {
			continue
		}
		half := width / 2 * (blunt + (1-blunt)*math.Sin(math.Pi*float64(i)/float64(n)))
		there = append(there, px[i]-dy/d*half, py[i]+dx/d*half)
		back = append(back, py[i]-dx/d*half, px[i]+dy/d*half) // y, x: read backwards
	}
	end := width / 2 * blunt
	p := from(there[0], there[1]).line(there[2:]...)
	dx, dy := px[n]-px[n-1], py[n]-py[n-1]
	d := max(math.Hypot(dx, dy), 1e-9)
	last := len(back) - 1
	p.curve(p.x+dx/d*end*1.3, p.y+dy/d*end*1.3, back[last]+dx/d*end*1.3, back[last-1]+dy/d*end*1.3, back[last], back[last-1])
	for i := last - 2; i > 0; i -= 2 {
		p.line(back[i], back[i-1])
	}
	dx, dy = px[0]-px[1], py[0]-py[1]
	d = max(math.Hypot(dx, dy), 1e-9)
	return p.curve(p.x+dx/d*end*1.3, p.y+dy/d*end*1.3, there[0]+dx/d*end*1.3, there[1]+dy/d*end*1.3, there[0], there[1])
}

// moved returns the outline moved.
func (p *path) moved(dx, dy float64) *path {
	q := from(p.startX+dx, p.startY+dy)
	for _, c := range p.curves {
		q.curve(c[0]+dx, c[1]+dy, c[2]+dx, c[3]+dy, c[4]+dx, c[5]+dy)
	}
	return q
}

// mask returns the pixels within an outline. Its Rect is no larger than they need.
func (s *sketch) mask(p *path) *image.Alpha {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	reach := func(x, y float64) {
		x, y = s.x+x*s.unit, s.y+y*s.unit
		left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
	}
	reach(p.startX, p.startY)
	for _, c := range p.curves {
		reach(c[0], c[1])
		reach(c[2], c[3])
		reach(c[4], c[5])
	}
	whole := s.img.Rect
	if !(left < float64(whole.Max.X) && top < float64(whole.Max.Y) && right > 0 && bottom > 0) {
		return image.NewAlpha(image.Rectangle{})
	}
	r := image.Rect(int(max(left, 0)), int(max(top, 0)), int(min(right, float64(whole.Max.X)))+1, int(min(bottom, float64(whole.Max.Y)))+1).Intersect(whole)
	m := image.NewAlpha(r)
	raster := vector.NewRasterizer(r.Dx(), r.Dy())
	px := func(x, y float64) (float32, float32) {
		return float32(s.x + x*s.unit - float64(r.Min.X)), float32(s.y + y*s.unit - float64(r.Min.Y))
	}
	raster.MoveTo(px(p.startX, p.startY))
	for _, c := range p.curves {
		ax, ay := px(c[0], c[1])
		bx, by := px(c[2], c[3])
		x, y := px(c[4], c[5])
		raster.CubeTo(ax, ay, bx, by, x, y)
	}
	raster.ClosePath()
	raster.Draw(m, r, image.Opaque, image.Point{})
	return m
}

// tint gives the colour at a place, in head units.
type tint func(x, y float64) color.NRGBA

func flat(c color.NRGBA) tint { return func(float64, float64) color.NRGBA { return c } }

// down is a gradient from the colour a at y0 to b at y1.
func down(a, b color.NRGBA, y0, y1 float64) tint {
	return func(_, y float64) color.NRGBA { return mix(a, b, min(max((y-y0)/(y1-y0), 0), 1)) }
}

// across is a gradient from the colour a at x0 to b at x1.
func across(a, b color.NRGBA, x0, x1 float64) tint {
	return func(x, _ float64) color.NRGBA { return mix(a, b, min(max((x-x0)/(x1-x0), 0), 1)) }
}

// lay paints where m and all of within say.
func (s *sketch) lay(m *image.Alpha, p tint, within ...*image.Alpha) {
	r := m.Rect
	for _, clip := range within {
		r = r.Intersect(clip.Rect)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			a := float64(m.Pix[m.PixOffset(x, y)]) / 255
			for _, clip := range within {
				a *= float64(clip.Pix[clip.PixOffset(x, y)]) / 255
			}
			if a > 0 {
				c := p((float64(x)+.5-s.x)/s.unit, (float64(y)+.5-s.y)/s.unit)
				dither(s.img.Pix[s.img.PixOffset(x, y):][:3], c, a*float64(c.A)/255, bayer[y&3][x&3])
			}
		}
	}
}

// bayer holds the thresholds of ordered dither, which keeps soft gradients free of bands.
var bayer = [4][4]float64{
	{.5 / 16, 8.5 / 16, 2.5 / 16, 10.5 / 16},
	{12.5 / 16, 4.5 / 16, 14.5 / 16, 6.5 / 16},
	{3.5 / 16, 11.5 / 16, 1.5 / 16, 9.5 / 16},
	{15.5 / 16, 7.5 / 16, 13.5 / 16, 5.5 / 16},
}

// dither is blend that rounds up above a threshold of 0–1.
func dither(pixel []byte, c color.NRGBA, a, threshold float64) {
	for i, v := range [3]byte{c.R, c.G, c.B} {
		pixel[i] = byte(float64(pixel[i]) + (float64(v)-float64(pixel[i]))*a + threshold)
	}
}

// fill paints an outline in one colour.
func (s *sketch) fill(p *path, c color.NRGBA, within ...*image.Alpha) {
	s.lay(s.mask(p), flat(c), within...)
}

// glow paints an ellipse of light or shade that fades out towards its edge.
func (s *sketch) glow(x, y, rx, ry float64, c color.NRGBA, within ...*image.Alpha) {
	s.lay(s.mask(box(x-rx, y-ry, 2*rx, 2*ry, 0)), func(px, py float64) color.NRGBA {
		dx, dy := (px-x)/rx, (py-y)/ry
		fade := max(0, 1-dx*dx-dy*dy)
		return alpha(c, fade*fade*float64(c.A)/255)
	}, within...)
}

// alpha returns c with an opacity of 0–1.
func alpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = uint8(math.Round(255 * a))
	return c
}

// rgb returns the opaque colour 0xrrggbb.
func rgb(v uint32) color.NRGBA { return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }
