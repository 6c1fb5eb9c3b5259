package compose

import (
	"image"
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
	rgba := image.NewRGBA(image.Rect(0, 0, even(w), even(h)))
	imagedraw.Draw(rgba, image.Rect(0, 0, w, h), img, from.Min, imagedraw.Src)

	w, h = rgba.Rect.Dx(), rgba.Rect.Dy()
	memory := make([]byte, w*h*11/4)
	cut := func(n int) []byte {
		plane := memory[:n:n]
		memory = memory[n:]
		return plane
	}
	s := &Sprite{
		size: layout.Size{W: w, H: h},
		y:    cut(w * h), cb: cut(w * h / 4), cr: cut(w * h / 4),
		alpha: cut(w * h), halfAlpha: cut(w * h / 4),
	}
	toY, toCb, toCr := rgbSteps()
	for y := range h {
		for x := range w {
			p := rgba.Pix[y*rgba.Stride+4*x:][:4]
			s.alpha[y*w+x] = p[3]
			s.y[y*w+x] = premultiplied(16, int(p[3]), [3]int{int(p[0]), int(p[1]), int(p[2])}, toY, 1)
		}
	}
	for y := range h / 2 {
		for x := range w / 2 {
			var sum [4]int
			for _, p := range [2][]byte{rgba.Pix[2*y*rgba.Stride+8*x:][:8], rgba.Pix[(2*y+1)*rgba.Stride+8*x:][:8]} {
				for i := range sum {
					sum[i] += int(p[i]) + int(p[i+4])
				}
			}
			rgb, i := [3]int(sum[:3]), y*w/2+x
			alpha := (sum[3] + 2) / 4
			s.halfAlpha[i] = byte(alpha)
			// The share of the offset goes by the alpha that it will be laid over with.
			s.cb[i] = premultiplied(128, alpha, rgb, toCb, 4)
			s.cr[i] = premultiplied(128, alpha, rgb, toCr, 4)
		}
	}
	return s
}

// premultiplied returns a sample of n pixels whose premultiplied colours add up to rgb.
func premultiplied(offset, alpha int, rgb, weight [3]int, n int) byte {
	sum := weight[0]*rgb[0] + weight[1]*rgb[1] + weight[2]*rgb[2]
	v := int(math.Round((float64(sum)/float64(n) + float64(offset*alpha)*65536/255) / 65536))
	// Rounding must not lift a sample above its alpha: the sum with what is beneath would
	// overflow.
	return byte(min(max(v, 0), alpha))
}

// Size returns the sprite's size in pixels, both sides even.
func (s *Sprite) Size() layout.Size { return s.size }
