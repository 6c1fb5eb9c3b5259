package compose

import (
	"image"

	"github.com/disintegration/imaging"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// FitPicture returns img at w×h pixels, each 1–media.MaxSide; otherwise, or if img is empty, it
// returns nil. Cover cuts off what stands over, evenly at both sides; Contain leaves transparent
// bars; Stretch distorts. It scales with a Lanczos filter, weighted by alpha, so that the
// colour of what is transparent shows nowhere. It takes some 20 ns for each pixel of img, on
// all processors. img is borrowed, the caller owns the result.
func FitPicture(img *image.NRGBA, w, h int, fit layout.Fit) *image.NRGBA {
	sw, sh := img.Rect.Dx(), img.Rect.Dy()
	if sw <= 0 || sh <= 0 || w <= 0 || h <= 0 || w > media.MaxSide || h > media.MaxSide {
		return nil
	}
	wide := sw*h > w*sh // wider than what it goes into
	switch fit {
	case layout.Contain:
		iw, ih := w, h
		if wide {
			ih = shareOf(w, sh, sw)
		} else {
			iw = shareOf(h, sw, sh)
		}
		inner := imaging.Resize(img, iw, ih, imaging.Lanczos)
		if iw == w && ih == h {
			return inner
		}
		out := image.NewNRGBA(image.Rect(0, 0, w, h))
		x, y := (w-iw)/2, (h-ih)/2
		for row := range ih {
			copy(out.Pix[out.PixOffset(x, y+row):], inner.Pix[row*inner.Stride:][:4*iw])
		}
		return out
	case layout.Stretch:
		return imaging.Resize(img, w, h, imaging.Lanczos)
	default: // Cover
		cw, ch := sw, sh
		if wide {
			cw = shareOf(sh, w, h)
		} else {
			ch = shareOf(sw, h, w)
		}
		corner := img.Rect.Min.Add(image.Pt((sw-cw)/2, (sh-ch)/2))
		part := img.SubImage(image.Rectangle{corner, corner.Add(image.Pt(cw, ch))})
		return imaging.Resize(part, w, h, imaging.Lanczos)
	}
}

// shareOf returns n*num/den, rounded, at least 1.
func shareOf(n, num, den int) int { return max(1, (n*num+den/2)/den) }

// FrameOfPicture lays img over a colour and returns that as a frame of the canvas's colours. Its
// sides must be even and 2–media.MaxSide, otherwise the error wraps media.ErrSize. img is
// borrowed, the caller owns the frame.
func FrameOfPicture(img *image.NRGBA, under layout.Color) (*media.Frame, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	opaque := image.NewRGBA(image.Rect(0, 0, w, h))
	base := [3]int{int(under.R), int(under.G), int(under.B)}
	for y := range h {
		from := img.Pix[y*img.Stride:][:4*w]
		to := opaque.Pix[y*opaque.Stride:][:4*w]
		for x := 0; x < len(from); x += 4 {
			a := int(from[x+3])
			for i, b := range base {
				to[x+i] = byte((int(from[x+i])*a + b*(255-a) + 127) / 255)
			}
			to[x+3] = 255
		}
	}
	return frameOf(opaque)
}
