package timerslack

/*
#include <sys/prctl.h>

// Runs before Go does, so that every thread inherits it.
__attribute__((constructor)) static void calm_sysmon(void) {
	prctl(PR_SET_TIMERSLACK, 2000000UL, 0UL, 0UL, 0UL);
}
*/
import "C"

// While anything runs, Go's monitoring thread wakes up each 20 µs at first, and begins anew
// whenever the process has been idle: 4 000 times a second in a worker, each time in the way
// of a decoder or of a tick. 2 ms end that. Ticks sleep by timers of their own, with less.
