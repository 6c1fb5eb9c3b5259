//go:build !linux

package mixer

// Threads have no priorities of their own here.
const tickNice, decodeNice = 0, 0

func ownThread(int) {}
