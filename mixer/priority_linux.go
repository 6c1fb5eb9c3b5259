package mixer

import (
	"runtime"
	"syscall"
)

// Priorities of the threads of a live session, as nice values: what is late to be
// decoded costs one picture of one tile, a late tick is seen by everybody.
const (
	tickNice   = -10 // takes the right to raise priorities (CAP_SYS_NICE)
	decodeNice = 10
)

// ownThread gives the calling goroutine a thread of its own with a priority. The
// thread ends with the goroutine, because it is not unlocked. Where the priority may
// not be set everything works as well, but for a machine at its limit.
func ownThread(nice int) {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), nice)
}
