package decode

/*
#cgo pkg-config: libavformat
#include <libavformat/avformat.h>
#include <malloc.h>

static size_t usable(const AVFormatContext *c) { return malloc_usable_size(c->priv_data); }
*/
import "C"

import (
	"bytes"
	"os"
	"syscall"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// A go-astiav FormatContext is a pointer to its AVFormatContext and nothing else, which it does
// not show.
const _ = -(unsafe.Sizeof(astiav.FormatContext{}) ^ unsafe.Sizeof(uintptr(0))) // must be 0

// slimReader gives back what the reader of a file has not written to. That of FLV has 2 MB in
// which it looks for the next tag after damage, and FFmpeg fills them with zeros, so
// they would be in memory.
func slimReader(fc *astiav.FormatContext) {
	c := *(**C.AVFormatContext)(unsafe.Pointer(fc))
	if c.priv_data != nil {
		giveBackZeros(unsafe.Slice((*byte)(c.priv_data), int(C.usable(c))))
	}
}

// giveBackZeros gives the pages of mem that hold nothing but zeros back to the system, which makes
// new ones of zeros when they are used. mem is private to this process and of no file, as what malloc
// returns; nobody else writes to it meanwhile.
func giveBackZeros(mem []byte) {
	size := os.Getpagesize()
	zeros := make([]byte, size)
	// From the first whole page on.
	first := -int(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) & (size - 1)
	begin := first
	for at := first; ; at += size {
		if at+size <= len(mem) && bytes.Equal(mem[at:at+size], zeros) {
			continue
		}
		if begin < at {
			_ = syscall.Madvise(mem[begin:at], syscall.MADV_DONTNEED) // else it stays as it is
		}
		if begin = at + size; begin > len(mem) {
			return
		}
	}
}
