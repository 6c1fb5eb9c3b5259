package media

import (
	"sync/atomic"

	"github.com/asticode/go-astiav"
)

// live counts native objects (frames, codec contexts, packets, scalers) that
// were made and not yet freed.
var live atomic.Int64

// Live returns the number of native objects alive in this process. Tests check
// that it comes back to where it was.
func Live() int64 { return live.Load() }

// Retain adds one to the count of live native objects. Packages that allocate
// native objects other than Frames call it next to the allocation.
func Retain() { live.Add(1) }

// Release takes one from the count of live native objects.
func Release() { live.Add(-1) }

// QuietNative stops FFmpeg's libraries from writing to standard error. What they
// have to say comes back as errors; programs call this once at their start.
func QuietNative() { astiav.SetLogLevel(astiav.LogLevelQuiet) }
