package compose

import (
	"image"
	"image/color"
	imagedraw "image/draw" // draw is what tests call a Draw
	"math"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// Sprite is a picture with alpha: lettering, a logo, a watermark. It is immutable, may be
// shared, and lives in Go's memory, so that it need not be freed.
type Sprite struct {
	size layout.Size
	// BT.709 in limited range, each sample multiplied with its alpha. Chroma and halfAlpha
	// have half of both sides.
	y, cb, cr        []byte
	alpha, halfAlpha []byte
}

// NewSprite converts img. A side that is odd is made even with a transparent row or column;
// what lies beyond media.MaxSide pixels is left out. An empty img makes a sprite that shows
// nothing and fits no tile.
func NewSprite(img image.Image) *Sprite {
	from := img.Bounds()
	w, h := min(from.Dx(), media.MaxSide), min(from.Dy(), media.MaxSide)
	// 16 bits: what is rounded to 8 bits twice gets darker.
	wide := image.NewRGBA64(image.Rect(0, 0, even(w), even(h)))
	imagedraw.Draw(wide, image.Rect(0, 0, w, h), img, from.Min, imagedraw.Src)

	w, h = wide.Rect.Dx(), wide.Rect.Dy()
	s := &Sprite{
		size: layout.Size{W: w, H: h},
		y:    make([]byte, w*h), cb: make([]byte, w*h/4), cr: make([]byte, w*h/4),
		alpha: make([]byte, w*h), halfAlpha: make([]byte, w*h/4),
	}
	toY, toCb, toCr := rgbSteps()
	for y := range h {
		for x := range w {
			var sum paint
			sum.add(wide.RGBA64At(x, y))
			i := y*w + x
			s.alpha[i] = sum.opacity(1)
			s.y[i] = sum.sample(16, s.alpha[i], toY, 1)
		}
	}
	for y := range h / 2 {
		for x := range w / 2 {
			var sum paint
			for i := range 4 {
				sum.add(wide.RGBA64At(2*x+i%2, 2*y+i/2))
			}
			i := y*w/2 + x
			s.halfAlpha[i] = sum.opacity(4)
			s.cb[i] = sum.sample(128, s.halfAlpha[i], toCb, 4)
			s.cr[i] = sum.sample(128, s.halfAlpha[i], toCr, 4)
		}
	}
	return s
}

// paint is the sum of some pixels: red, green and blue, premultiplied, and alpha, 0–65535
// each.
type paint [4]int

func (p *paint) add(c color.RGBA64) {
	p[0] += int(c.R)
	p[1] += int(c.G)
	p[2] += int(c.B)
	p[3] += int(c.A)
}

// opacity returns the mean alpha of n pixels, 0–255.
func (p *paint) opacity(n int) byte { return byte((p[3] + 257*n/2) / (257 * n)) }

// sample returns the mean of n pixels as a premultiplied sample of the canvas that is laid
// over with the given alpha.
func (p *paint) sample(offset int, alpha byte, weight [3]int, n int) byte {
	sum := weight[0]*p[0] + weight[1]*p[1] + weight[2]*p[2]
	v := float64(sum)/float64(257*n*65536) + float64(offset)*float64(alpha)/255
	// More than alpha would overflow over white.
	return byte(min(max(math.Round(v), 0), float64(alpha)))
}

// Size returns the sprite's size in pixels, both sides even.
func (s *Sprite) Size() layout.Size { return s.size }
