package compose

import (
	"image"

	"github.com/lianmai/lianmai/media"
)

// ImageOf returns a picture in the canvas's colours (BT.709, limited range) as RGB, for
// previews and screenshots. f is borrowed.
func ImageOf(f *media.Frame) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, f.Width(), f.Height()))
	// What a step of luma and of chroma is worth in red, green and blue, in 1/65536.
	const unit = 65536.0 * 255
	k := weightsOf(media.BT709)
	fixed := func(y, cb, cr float64) [3]int {
		r, g, b := k.toRGB(y, cb, cr)
		return [3]int{int(unit * r), int(unit * g), int(unit * b)}
	}
	fromY, fromCb, fromCr := fixed(1.0/219, 0, 0), fixed(0, 1.0/224, 0), fixed(0, 0, 1.0/224)
	for y := range f.Height() {
		luma := f.Plane(0)[y*f.Stride(0):][:f.Width()]
		cb, cr := f.Plane(1)[y/2*f.Stride(1):], f.Plane(2)[y/2*f.Stride(2):]
		row := img.Pix[y*img.Stride:]
		for x, l := range luma {
			y, b, r := int(l)-16, int(cb[x/2])-128, int(cr[x/2])-128
			pixel := row[4*x : 4*x+4]
			for i := range 3 {
				v := (fromY[i]*y + fromCb[i]*b + fromCr[i]*r + 1<<15) >> 16
				pixel[i] = uint8(min(max(v, 0), 255))
			}
			pixel[3] = 255
		}
	}
	return img
}
