package compose

/*
#cgo CFLAGS: -O3
#cgo LDFLAGS: -lyuv
#include "native.h"
*/
import "C"

import (
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

// fillRect paints a rectangle of f; an empty one is nothing.
func fillRect(f *media.Frame, r layout.Rect, c ycbcr) {
	if r.Empty() {
		return
	}
	C.lianmai_fill(picture(f, r), C.int(c.y), C.int(c.cb), C.int(c.cr))
}
