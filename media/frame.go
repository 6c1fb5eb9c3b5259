package media

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// MaxSide bounds the width and the height of any picture, in pixels.
const MaxSide = 4096

// ErrSize is returned for a picture size that is zero, odd or beyond MaxSide.
var ErrSize = errors.New("media: bad picture size")

// Matrix says which coefficients turn YCbCr into RGB.
type Matrix uint8

// The matrices that Lianmai tells apart.
const (
	BT709 Matrix = iota
	BT601
)

// Frame is one picture in planar 8-bit YCbCr 4:2:0 (I420) in native memory. It
// wraps an AVFrame. The zero value is not usable; a Frame comes from NewFrame or
// WrapFrame. Not safe for concurrent use; ownership moves with the pointer.
type Frame struct {
	// PTS is the time at which the picture is to be shown; on which clock, the
	// function that hands the frame over says.
	PTS time.Duration
	// FullRange says that luma spans 0–255 instead of 16–235.
	FullRange bool
	// Matrix is the colour matrix of the samples.
	Matrix Matrix

	av     *astiav.Frame // &own until it is freed; or one that was wrapped
	own    astiav.Frame
	width  int
	height int
	planes [3][]byte
	stride [3]int
}

// NewFrame allocates a picture of w×h pixels, both even and at most MaxSide. Its
// samples are not initialised. The caller owns the result.
func NewFrame(w, h int) (*Frame, error) {
	if w <= 0 || h <= 0 || w > MaxSide || h > MaxSide || w%2 != 0 || h%2 != 0 {
		return nil, fmt.Errorf("%w: %d×%d; sides must be even and 2–%d pixels", ErrSize, w, h, MaxSide)
	}
	av := astiav.AllocFrame()
	if av == nil {
		return nil, errors.New("media: out of memory for a frame")
	}
	av.SetWidth(w)
	av.SetHeight(h)
	av.SetPixelFormat(astiav.PixelFormatYuv420P)
	if err := av.AllocBuffer(64); err != nil {
		av.Free()
		return nil, fmt.Errorf("media: allocating a %d×%d frame: %w", w, h, err)
	}
	return WrapFrame(av)
}

// WrapFrame makes a Frame of an AVFrame that holds a yuv420p or yuvj420p picture.
// On success the Frame owns av; on failure it has been freed.
func WrapFrame(av *astiav.Frame) (*Frame, error) {
	f := blank()
	f.av = av
	return f.wrap()
}

// TakeFrame makes a Frame of the yuv420p or yuvj420p picture that src holds. src, which
// stays the caller's, is empty afterwards, on failure too.
func TakeFrame(src *astiav.Frame) (*Frame, error) {
	f := blank()
	if !take(&f.own, src) {
		src.Unref()
		return nil, errors.New("media: out of memory for a frame")
	}
	f.av = &f.own
	return f.wrap()
}

// wrap completes a Frame whose AVFrame is set.
func (f *Frame) wrap() (*Frame, error) {
	av := f.av
	format := av.PixelFormat()
	w, h := av.Width(), av.Height()
	if format != astiav.PixelFormatYuv420P && format != astiav.PixelFormatYuvj420P {
		av.Free()
		return nil, fmt.Errorf("media: pixel format %s is not planar 4:2:0", format)
	}
	if w <= 0 || h <= 0 || w > MaxSide || h > MaxSide {
		av.Free()
		return nil, fmt.Errorf("%w: %d×%d; sides must be 1–%d pixels", ErrSize, w, h, MaxSide)
	}
	f.width, f.height = w, h
	f.FullRange = format == astiav.PixelFormatYuvj420P || av.ColorRange() == astiav.ColorRangeJpeg
	f.Matrix = MatrixOf(av)
	lines := av.Linesize()
	data := planePointers(av)
	for i := range f.planes {
		rows := h
		if i > 0 {
			rows = (h + 1) / 2
		}
		f.stride[i] = lines[i]
		f.planes[i] = unsafe.Slice((*byte)(data[i]), lines[i]*rows)
	}
	Retain()
	return f, nil
}

// MatrixOf reads the stream's word for its matrix. Where the stream is silent, as
// phones' encoders often are, standard definition is BT.601 and the rest BT.709,
// which is what players assume.
func MatrixOf(av *astiav.Frame) Matrix {
	switch av.ColorSpace() {
	case astiav.ColorSpaceBt709:
		return BT709
	case astiav.ColorSpaceSmpte170M, astiav.ColorSpaceBt470Bg:
		return BT601
	}
	if min(av.Width(), av.Height()) < 720 {
		return BT601
	}
	return BT709
}

// Width returns the picture's width in pixels.
func (f *Frame) Width() int { return f.width }

// Height returns the picture's height in pixels.
func (f *Frame) Height() int { return f.height }

// Plane returns the samples of plane i (0 Y, 1 Cb, 2 Cr), rows Stride(i) bytes
// apart. The slice is C's memory: it must not be used after Free.
func (f *Frame) Plane(i int) []byte { return f.planes[i] }

// Stride returns the distance between rows of plane i, in bytes.
func (f *Frame) Stride(i int) int { return f.stride[i] }

// AV returns the wrapped AVFrame for packages that hand it to FFmpeg. It stays
// owned by f.
func (f *Frame) AV() *astiav.Frame { return f.av }

// Fill paints the whole picture in one colour.
func (f *Frame) Fill(y, cb, cr byte) {
	for i, v := range [3]byte{y, cb, cr} {
		p := f.planes[i]
		for j := range p {
			p[j] = v
		}
	}
}

// Free returns the picture's memory. It is safe on nil and may be called twice.
func (f *Frame) Free() {
	if f == nil || f.av == nil {
		return
	}
	f.av.Free()
	f.av = nil
	f.planes = [3][]byte{}
	Release()
}
