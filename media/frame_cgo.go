package media

/*
#cgo pkg-config: libavutil
#include <libavutil/frame.h>

static void *plane(AVFrame *f, int i) { return f->data[i]; }

// take returns a new frame with what src holds.
static AVFrame *take(AVFrame *src) {
	AVFrame *f = av_frame_alloc();
	if (f) av_frame_move_ref(f, src);
	return f;
}
*/
import "C"

import (
	"unsafe"

	"github.com/asticode/go-astiav"
)

// planePointers returns where the three planes of av start. go-astiav copies
// planes into Go memory; the compositor works on them in place.
func planePointers(av *astiav.Frame) [3]unsafe.Pointer {
	f := (*C.AVFrame)(av.UnsafePointer())
	return [3]unsafe.Pointer{C.plane(f, 0), C.plane(f, 1), C.plane(f, 2)}
}

// A go-astiav Frame is a pointer to its AVFrame and nothing else, which it makes by itself:
// a piece of memory for each picture.
const _ = -(unsafe.Sizeof(astiav.Frame{}) ^ unsafe.Sizeof(uintptr(0))) // must be 0

// take moves what src holds into a new AVFrame, which becomes dst's.
func take(dst, src *astiav.Frame) bool {
	f := C.take((*C.AVFrame)(src.UnsafePointer()))
	*(**C.AVFrame)(unsafe.Pointer(dst)) = f
	return f != nil
}
