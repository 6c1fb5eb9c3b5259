package compose

import (
	"math"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// ycbcr is a colour in BT.709, limited range.
type ycbcr struct{ y, cb, cr uint8 }

// weights are the shares of red and blue in luma (ITU-T H.273, table 4).
type weights struct{ r, b float64 }

func weightsOf(m media.Matrix) weights {
	if m == media.BT601 {
		return weights{0.299, 0.114}
	}
	return weights{0.2126, 0.0722}
}

// fromRGB returns luma in 0–1 and chroma in ±0.5.
func (k weights) fromRGB(r, g, b float64) (y, cb, cr float64) {
	y = k.r*r + (1-k.r-k.b)*g + k.b*b
	return y, (b - y) / (2 * (1 - k.b)), (r - y) / (2 * (1 - k.r))
}

// toRGB is the inverse of fromRGB.
func (k weights) toRGB(y, cb, cr float64) (r, g, b float64) {
	r = y + 2*(1-k.r)*cr
	b = y + 2*(1-k.b)*cb
	return r, (y - k.r*r - k.b*b) / (1 - k.r - k.b), b
}

// quantise returns the 8-bit sample of a value in limited range.
func quantise(v float64) uint8 { return uint8(math.Round(min(max(v, 0), 255))) }

// ycbcrOf returns an sRGB colour as samples of the canvas.
func ycbcrOf(c layout.Color) ycbcr {
	y, cb, cr := weightsOf(media.BT709).fromRGB(float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
	return ycbcr{quantise(16 + 219*y), quantise(128 + 224*cb), quantise(128 + 224*cr)}
}

// rgbSteps returns what a step of red, green and blue is worth in samples of the canvas,
// in 1/65536.
func rgbSteps() (toY, toCb, toCr [3]int) {
	for i := range 3 {
		var rgb [3]float64
		rgb[i] = 65536.0 / 255
		y, cb, cr := weightsOf(media.BT709).fromRGB(rgb[0], rgb[1], rgb[2])
		toY[i], toCb[i], toCr[i] = int(math.Round(219*y)), int(math.Round(224*cb)), int(math.Round(224*cr))
	}
	return toY, toCb, toCr
}

// conversion turns samples of another matrix or range into the canvas's, in fixed point:
//
//	Y'  = (Y·y + offset + Cb·yFromCb + Cr·yFromCr)
//	Cb' = 128 + Cb·cbFromCb + Cr·cbFromCr, Cr' likewise; Cb and Cr without their offset of 128
//
// y counts 1/128, the rest 1/16384.
type conversion struct {
	y, offset          int32
	yFromCb, yFromCr   int32
	cbFromCb, cbFromCr int32
	crFromCb, crFromCr int32
}

// newConversion works out the conversion from the matrix and range given.
func newConversion(m media.Matrix, fullRange bool) *conversion {
	lumaSpan, chromaSpan, offset := 219.0, 224.0, 0.0
	if fullRange {
		lumaSpan, chromaSpan, offset = 255, 255, 16
	}
	// What one step of Cb or Cr alone is worth in steps of the canvas.
	step := func(cb, cr float64) (y, b, r int32) {
		ny, nb, nr := weightsOf(media.BT709).fromRGB(weightsOf(m).toRGB(0, cb/chromaSpan, cr/chromaSpan))
		fixed := func(v float64) int32 { return int32(math.Round(v * 16384)) }
		return fixed(219 * ny), fixed(224 * nb), fixed(224 * nr)
	}
	c := &conversion{
		y:      int32(math.Round(219 / lumaSpan * 128)),
		offset: int32(offset * 16384),
	}
	c.yFromCb, c.cbFromCb, c.crFromCb = step(1, 0)
	c.yFromCr, c.cbFromCr, c.crFromCr = step(0, 1)
	return c
}

// conversions holds the conversion for each matrix and range, nil where samples are
// the canvas's already.
type conversions [2][2]*conversion

func newConversions() conversions {
	var all conversions
	all[media.BT709][1] = newConversion(media.BT709, true)
	all[media.BT601][0] = newConversion(media.BT601, false)
	all[media.BT601][1] = newConversion(media.BT601, true)
	return all
}

func (all *conversions) of(f *media.Frame) *conversion {
	matrix, fullRange := media.BT709, 0
	if f.Matrix == media.BT601 {
		matrix = media.BT601
	}
	if f.FullRange {
		fullRange = 1
	}
	return all[matrix][fullRange]
}
