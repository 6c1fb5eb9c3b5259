// Package timerslack is imported for its effect on Linux: the program's threads let the
// system put their wake-ups together (prctl(2), PR_SET_TIMERSLACK), from before Go starts.
// Child processes inherit that, so only programs that mix import it.
package timerslack
