package media

/*
#cgo pkg-config: libavutil
#include <libavutil/frame.h>

static void *plane(AVFrame *f, int i) { return f->data[i]; }
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
