package mixer

import (
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Priorities of the threads of a live session, as nice values: what is late to be
// decoded costs one picture of one tile, a late tick is seen by everybody.
const (
	tickNice   = -10 // takes the right to raise priorities (CAP_SYS_NICE, or RLIMIT_NICE)
	decodeNice = 10
)

// tickSlack is how late the system may let a tick begin to save wake-ups, in ns.
const tickSlack = 50_000

// ownThread gives the calling goroutine a thread of its own with a priority. The
// thread ends with the goroutine, because it is not unlocked. Where the priority may
// not be set everything works as well, but for a machine at its limit.
func ownThread(nice int) {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), nice)
}

// tickThread gives the calling goroutine the thread of the ticks. It is one of the real-time
// scheduler's where that is allowed (CAP_SYS_NICE, or RLIMIT_RTPRIO): a tick that finds its
// processor taken by another mix's tick goes to one where something less urgent runs. By
// nice values both would share the processor, and both be late.
func tickThread() {
	ownThread(tickNice)
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1,
		Flags: unix.SCHED_FLAG_RESET_ON_FORK, // not for threads that libraries start
	}, 0)
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, tickSlack, 0, 0, 0)
}

// sleep lets the calling thread sleep, perhaps not as long. One of Go's timers would need
// another thread to see that it is time, and that one has no priority.
func sleep(d time.Duration) {
	request := unix.NsecToTimespec(int64(d))
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &request, nil) // signals interrupt it
}
