package compose

/*
#cgo CFLAGS: -O3
#cgo LDFLAGS: -lyuv
#include "native.h"
*/
import "C"

import (
	"math/bits"
	"unsafe"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// picture returns a rectangle of f for C; X and Y are even.
func picture(f *media.Frame, r layout.Rect) C.lianmai_picture {
	at := func(plane, x, y int) *C.uint8_t {
		return (*C.uint8_t)(unsafe.Pointer(&f.Plane(plane)[y*f.Stride(plane)+x]))
	}
	return C.lianmai_picture{
		y: at(0, r.X, r.Y), cb: at(1, r.X/2, r.Y/2), cr: at(2, r.X/2, r.Y/2),
		sy: C.int(f.Stride(0)), scb: C.int(f.Stride(1)), scr: C.int(f.Stride(2)),
		w: C.int(r.W), h: C.int(r.H),
	}
}

// scale fills a rectangle of dst with one of src and converts it to the canvas's
// colours unless c is nil. Both frames are borrowed.
func scale(dst *media.Frame, to layout.Rect, src *media.Frame, from layout.Rect, c *conversion) {
	C.lianmai_scale(picture(dst, to), picture(src, from))
	if c == nil {
		return
	}
	C.lianmai_convert(picture(dst, to), C.lianmai_conversion{
		y: C.int32_t(c.y), offset: C.int32_t(c.offset),
		y_cb: C.int32_t(c.yFromCb), y_cr: C.int32_t(c.yFromCr),
		cb_cb: C.int32_t(c.cbFromCb), cb_cr: C.int32_t(c.cbFromCr),
		cr_cb: C.int32_t(c.crFromCb), cr_cr: C.int32_t(c.crFromCr),
	})
}

// samples is a picture in Go's memory, its planes without gaps. The zero value is empty.
type samples struct {
	bytes []byte
	size  layout.Size // even
}

// resize makes room for a picture of another size; what it holds is lost. It allocates
// only where the picture is much larger than any before.
func (s *samples) resize(size layout.Size) {
	s.bytes, s.size = room(s.bytes, size.W*size.H*3/2), size
}

// room returns b with n bytes, moved to a larger memory only if need be.
func room(b []byte, n int) []byte {
	if cap(b) < n {
		// A tile that grows from one Draw to the next allocates seldom.
		return make([]byte, n, 1<<bits.Len(uint(n)))
	}
	return b[:n]
}

// native returns a rectangle of s for C, for one call; X and Y are even.
func (s *samples) native(r layout.Rect) C.lianmai_picture {
	w, luma := s.size.W, s.size.W*s.size.H
	at := func(i int) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(&s.bytes[i])) }
	half := r.Y/2*(w/2) + r.X/2
	return C.lianmai_picture{
		y: at(r.Y*w + r.X), cb: at(luma + half), cr: at(luma*5/4 + half),
		sy: C.int(w), scb: C.int(w / 2), scr: C.int(w / 2),
		w: C.int(r.W), h: C.int(r.H),
	}
}

// whole returns all of s for C, for one call.
func (s *samples) whole() C.lianmai_picture {
	return s.native(layout.Rect{W: s.size.W, H: s.size.H})
}

// fillRect paints a rectangle of f; an empty one is nothing.
func fillRect(f *media.Frame, r layout.Rect, c ycbcr) {
	if r.Empty() {
		return
	}
	C.lianmai_fill(picture(f, r), C.int(c.y), C.int(c.cb), C.int(c.cr))
}

// copyRect fills a rectangle of dst with the same one of src.
func copyRect(dst, src *media.Frame, r layout.Rect) {
	if r.Empty() {
		return
	}
	C.lianmai_copy(picture(dst, r), picture(src, r))
}

// lift copies a rectangle of f to (x, y) of under.
func lift(under *samples, x, y int, f *media.Frame, r layout.Rect) {
	C.lianmai_copy(under.native(layout.Rect{X: x, Y: y, W: r.W, H: r.H}), picture(f, r))
}

// lay copies all of under to r, which is of its size.
func lay(f *media.Frame, r layout.Rect, under *samples) {
	C.lianmai_copy(picture(f, r), under.whole())
}

// laySprite lays a sprite over f with its top left corner at (x, y), even, as far as it
// is inside clip.
func laySprite(f *media.Frame, clip layout.Rect, s *Sprite, x, y int) {
	r := layout.Rect{X: x, Y: y, W: s.size.W, H: s.size.H}
	if !r.Overlaps(clip) {
		return
	}
	r = intersect(r, clip)
	at := func(plane []byte, i int) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(&plane[i])) }
	first, half := (r.Y-y)*s.size.W+r.X-x, (r.Y-y)/2*(s.size.W/2)+(r.X-x)/2
	C.lianmai_over(picture(f, r), C.lianmai_sprite{
		y: at(s.y, first), cb: at(s.cb, half), cr: at(s.cr, half),
		alpha: at(s.alpha, first), half_alpha: at(s.halfAlpha, half), stride: C.int(s.size.W),
	})
}

// native returns the masks for C, for one call.
func (c *corners) native() C.lianmai_corners {
	at := func(mask []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(mask))) }
	return C.lianmai_corners{
		cover: at(c.cover), half_cover: at(c.halfCover), edge: at(c.edge), half_edge: at(c.halfEdge),
		side: C.int(c.side),
	}
}

// drawBorder draws the border that c was made for inside the edge of r.
func drawBorder(f *media.Frame, r layout.Rect, c *corners, colour ycbcr, alpha uint8) {
	C.lianmai_border(picture(f, r), c.native(), C.int(c.border), C.lianmai_ink{
		y: C.int(colour.y), cb: C.int(colour.cb), cr: C.int(colour.cr), alpha: C.int(alpha),
	})
}

// roundCorners gives the corners of r back to what is beneath them: the corners of under.
func roundCorners(f *media.Frame, r layout.Rect, c *corners, under *samples) {
	C.lianmai_round(picture(f, r), under.whole(), c.native())
}

// fadeRect lays under, which is of the size of r, over r with an alpha of 0–255.
func fadeRect(f *media.Frame, r layout.Rect, under *samples, alpha uint8) {
	C.lianmai_fade(picture(f, r), under.whole(), C.int(alpha))
}
