package media

import "sync/atomic"

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
