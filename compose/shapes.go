package compose

import (
	"image"
	"image/color"
	"math"

	"github.com/lianmai/lianmai/media"
)

// ellipse is a filled ellipse around (x, y), in pixels.
type ellipse struct{ x, y, rx, ry float64 }

func circle(x, y, r float64) ellipse { return ellipse{x, y, r, r} }

// coverage returns how much of the pixel around (x, y) lies within, 0–1, with an
// edge one pixel wide.
func (e ellipse) coverage(x, y float64) float64 {
	if e.rx <= 0 || e.ry <= 0 {
		return 0
	}
	dx, dy := (x-e.x)/e.rx, (y-e.y)/e.ry
	// The distance to the edge is, near it, the implicit function over its gradient.
	f := dx*dx + dy*dy - 1
	if near := 4 / min(e.rx, e.ry); f > near {
		return 0
	} else if f < -near {
		return 1
	}
	gradient := 2 * math.Hypot(dx/e.rx, dy/e.ry)
	if gradient == 0 {
		return 1
	}
	return min(max(.5-f/gradient, 0), 1)
}

// bounds returns the pixels of img that the ellipse may touch.
func (e ellipse) bounds(img *image.RGBA) image.Rectangle {
	return image.Rect(int(e.x-e.rx)-1, int(e.y-e.ry)-1, int(e.x+e.rx)+2, int(e.y+e.ry)+2).Intersect(img.Rect)
}

// paintEllipse fills e, within the ellipses in clip, with the colour that shade
// gives for a row.
func paintEllipse(img *image.RGBA, e ellipse, shade func(y int) color.NRGBA, clip ...ellipse) {
	box := e.bounds(img)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		c := shade(y)
		for x := box.Min.X; x < box.Max.X; x++ {
			cx, cy := float64(x)+.5, float64(y)+.5
			a := e.coverage(cx, cy)
			for _, other := range clip {
				a = min(a, other.coverage(cx, cy))
			}
			if a > 0 {
				blend(img.Pix[img.PixOffset(x, y):], c, a*float64(c.A)/255)
			}
		}
	}
}

// blend lays c over an opaque pixel with opacity a, 0–1.
func blend(pixel []byte, c color.NRGBA, a float64) {
	for i, v := range [3]byte{c.R, c.G, c.B} {
		pixel[i] = byte(float64(pixel[i]) + (float64(v)-float64(pixel[i]))*a + .5)
	}
}

// mix returns the colour at share 0–1 of the way from a to b.
func mix(a, b color.NRGBA, share float64) color.NRGBA {
	at := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*share)) }
	return color.NRGBA{at(a.R, b.R), at(a.G, b.G), at(a.B, b.B), at(a.A, b.A)}
}

// paintRows fills img with a vertical gradient.
func paintRows(img *image.RGBA, top, bottom color.NRGBA) {
	for y := range img.Rect.Dy() {
		c := mix(top, bottom, float64(y)/float64(max(1, img.Rect.Dy()-1)))
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for i := 0; i < len(row); i += 4 {
			p := row[i : i+4]
			p[0], p[1], p[2], p[3] = c.R, c.G, c.B, 255
		}
	}
}

// frameOf returns img, opaque and with even sides, as samples of the canvas. The caller
// owns the result.
func frameOf(img *image.RGBA) (*media.Frame, error) {
	f, err := newFrame(img.Rect.Dx(), img.Rect.Dy())
	if err != nil {
		return nil, err
	}
	toY, toCb, toCr := rgbSteps()
	w := f.Width()
	for y := 0; y < f.Height(); y += 2 {
		upper, lower := img.Pix[y*img.Stride:][:4*w], img.Pix[(y+1)*img.Stride:][:4*w]
		lumaRow(f.Plane(0)[y*f.Stride(0):][:w], upper, toY)
		lumaRow(f.Plane(0)[(y+1)*f.Stride(0):][:w], lower, toY)
		cb, cr := f.Plane(1)[y/2*f.Stride(1):][:w/2], f.Plane(2)[y/2*f.Stride(2):][:w/2]
		for x := range w / 2 {
			b, r := 128<<18+1<<17, 128<<18+1<<17 // four pixels are added up
			for i := range 3 {
				sum := int(upper[8*x+i]) + int(upper[8*x+4+i]) + int(lower[8*x+i]) + int(lower[8*x+4+i])
				b += toCb[i] * sum
				r += toCr[i] * sum
			}
			cb[x], cr[x] = byte(b>>18), byte(r>>18)
		}
	}
	return f, nil
}

// lumaRow converts a row of RGBA.
func lumaRow(to, rgba []byte, weight [3]int) {
	for x := range to {
		p := rgba[4*x : 4*x+3]
		to[x] = byte((16<<16 + 1<<15 + weight[0]*int(p[0]) + weight[1]*int(p[1]) + weight[2]*int(p[2])) >> 16)
	}
}
