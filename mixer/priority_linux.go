package mixer

import (
	"runtime"
	"syscall"
)

// decodeNice is how much a decode thread yields to the ticks: what is late to be
// decoded costs one picture of one tile, a late tick is seen by everybody.
const decodeNice = 10

// yieldToTicks gives the calling goroutine a thread of its own with a lower
// priority. The thread ends with the goroutine, because it is not unlocked. Without
// the right to do so everything works as well, but for a machine at its limit.
func yieldToTicks() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), decodeNice)
}
