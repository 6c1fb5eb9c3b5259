package supervisor

import "time"

// Bounds of a backoff.
const (
	shortestWait = 200 * time.Millisecond
	longestWait  = 10 * time.Second
	goodLife     = 2 * time.Second // starting another costs 50 ms of a core
)

// backoff is the wait before another child is started. After a child that lived for
// goodLife there is none; with each that did not the next wait doubles, from shortestWait
// to longestWait.
type backoff struct{ following time.Duration }

// next returns how long to wait after a child that lived for so long.
func (b *backoff) next(lived time.Duration) time.Duration {
	if lived >= goodLife {
		b.following = 0
	}
	wait := b.following
	b.following = min(max(2*wait, shortestWait), longestWait)
	return wait
}
