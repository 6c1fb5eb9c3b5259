//go:build !linux

package mixer

import "time"

// Threads have no priorities of their own here.
const decodeNice = 0

func ownThread(int) {}

func tickThread() {}

func sleep(d time.Duration) { time.Sleep(d) }
