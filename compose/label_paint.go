package compose

import (
	"image"
	"image/color"
	"math"

	"github.com/lianmai/lianmai/layout"
)

// overStraight lays c with opacity a, 0–1, over a pixel with straight alpha.
func overStraight(pixel []byte, c color.NRGBA, a float64) {
	below := float64(pixel[3]) / 255 * (1 - a)
	whole := a + below
	if whole <= 0 {
		return
	}
	for i, v := range [3]byte{c.R, c.G, c.B} {
		pixel[i] = byte((float64(v)*a+float64(pixel[i])*below)/whole + .5)
	}
	pixel[3] = byte(255*whole + .5)
}

// paintMask lays c over img where mask says.
func paintMask(img *image.NRGBA, mask *image.Alpha, c color.NRGBA) {
	for i, m := range mask.Pix {
		if m > 0 {
			overStraight(img.Pix[4*i:4*i+4], c, float64(m)/255*float64(c.A)/255)
		}
	}
}

// paintPill fills img with a bar whose ends are half circles.
func paintPill(img *image.NRGBA, c color.NRGBA) {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	r := min(w, h) / 2
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			// The distance to the line, or point, that is r away from every edge.
			dx := max(0, math.Abs(float64(x)+.5-w/2)-(w/2-r))
			dy := max(0, math.Abs(float64(y)+.5-h/2)-(h/2-r))
			if a := min(max(r-math.Hypot(dx, dy)+.5, 0), 1); a > 0 {
				overStraight(img.Pix[img.PixOffset(x, y):][:4], c, a*float64(c.A)/255)
			}
		}
	}
}

// The soft edge of text without a pill, in shares of the text's size and of full opacity.
const (
	outlineBlur, outlineOpacity = .045, .62
	shadowBlur, shadowOpacity   = .15, .46
	shadowDrop                  = .05 // downwards
)

// paintEdge lays a tight outline and a wide shadow around the letters in mask.
func paintEdge(img *image.NRGBA, mask *image.Alpha, style TextStyle) {
	paintShadow(img, mask, style)
	paintOutline(img, mask, style)
}

func paintOutline(img *image.NRGBA, mask *image.Alpha, style TextStyle) {
	paintMask(img, soften(mask, outlineBlur*style.Size, 2.4, 0), style.edge(outlineOpacity))
}

func paintShadow(img *image.NRGBA, mask *image.Alpha, style TextStyle) {
	drop := int(math.Round(shadowDrop * style.Size))
	paintMask(img, soften(mask, shadowBlur*style.Size, 1.5, drop), style.edge(shadowOpacity))
}

// edge returns black, or white for dark letters, with the opacity given.
func (s TextStyle) edge(opacity float64) color.NRGBA {
	black := color.NRGBA{A: 255}
	c := black
	if layout.Contrast(s.Color, white) > layout.Contrast(s.Color, black) {
		c = white
	}
	c.A = uint8(math.Round(opacity * float64(s.Color.A)))
	return c
}

// soften returns mask blurred by a Gaussian of sigma pixels, made gain times as strong, and
// moved down by drop rows.
func soften(mask *image.Alpha, sigma, gain float64, drop int) *image.Alpha {
	kernel := gaussian(sigma)
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	rows := make([]float32, w*h) // blurred from left to right
	for y := range h {
		line := mask.Pix[y*mask.Stride:][:w]
		for x, v := range line {
			if v == 0 {
				continue
			}
			for i, k := range kernel {
				if at := x + i - len(kernel)/2; at >= 0 && at < w {
					rows[y*w+at] += k * float32(v)
				}
			}
		}
	}
	out := image.NewAlpha(mask.Rect)
	sums := make([]float32, w)
	for y := range h {
		clear(sums)
		for i, k := range kernel {
			from := y - drop + i - len(kernel)/2
			if from < 0 || from >= h {
				continue
			}
			for x, v := range rows[from*w:][:w] {
				sums[x] += k * v
			}
		}
		for x, v := range sums {
			out.Pix[y*out.Stride+x] = byte(min(float64(v)*gain+.5, 255))
		}
	}
	return out
}

// gaussian returns a kernel of odd length whose sum is 1.
func gaussian(sigma float64) []float32 {
	n := int(math.Ceil(3 * sigma))
	kernel := make([]float32, 2*n+1)
	sum := 0.0
	weight := func(i int) float64 { return math.Exp(-float64(i*i) / (2 * sigma * sigma)) }
	for i := -n; i <= n; i++ {
		sum += weight(i)
	}
	for i := range kernel {
		kernel[i] = float32(weight(i-n) / sum)
	}
	return kernel
}
