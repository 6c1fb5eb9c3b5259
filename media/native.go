package media

/*
#cgo pkg-config: libavutil
#include <libavutil/avutil.h>
*/
import "C"

import "github.com/asticode/go-astiav"

// NativeVersion returns the version of the FFmpeg that this program runs with, such as
// 7.1.
func NativeVersion() string { return C.GoString(C.av_version_info()) }

// HasDecoder says whether that FFmpeg has a decoder of this name, such as h264.
func HasDecoder(name string) bool { return astiav.FindDecoderByName(name) != nil }

// HasEncoder says whether that FFmpeg has an encoder of this name, such as libx264.
func HasEncoder(name string) bool { return astiav.FindEncoderByName(name) != nil }
