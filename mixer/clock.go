package mixer

import (
	"context"
	"sync/atomic"
	"time"
)

// Clock is a session's time, counted from its start. Now may be called from any
// goroutine, Wait by one.
type Clock interface {
	// Now returns the session time.
	Now() time.Duration
	// Wait returns at session time t, or at once if t has passed, or with ctx's
	// error when ctx ends first.
	Wait(ctx context.Context, t time.Duration) error
	// Live says that time goes by itself: a source that is late is left behind.
	// On a clock that is not live every source is waited for.
	Live() bool
}

// WallClock is real time. Make one with NewWallClock just before the session starts.
type WallClock struct {
	start time.Time
}

// longestSleep is how late Wait may see that its context has ended.
const longestSleep = 50 * time.Millisecond

// NewWallClock returns a clock that starts now.
func NewWallClock() *WallClock {
	return &WallClock{start: time.Now()}
}

// Now returns the time since the start, on the monotonic clock.
func (c *WallClock) Now() time.Duration { return time.Since(c.start) }

// Live returns true.
func (c *WallClock) Live() bool { return true }

// Wait sleeps until t.
func (c *WallClock) Wait(ctx context.Context, t time.Duration) error {
	for d := t - c.Now(); d > 0 && ctx.Err() == nil; d = t - c.Now() {
		sleep(min(d, longestSleep))
	}
	return ctx.Err()
}

// VirtualClock is time that jumps to whatever is waited for: as fast as the machine
// can, and the same on every run.
type VirtualClock struct {
	now atomic.Int64 // ns
}

// Now returns the last time that was waited for.
func (c *VirtualClock) Now() time.Duration { return time.Duration(c.now.Load()) }

// Live returns false.
func (c *VirtualClock) Live() bool { return false }

// Wait moves the clock to t.
func (c *VirtualClock) Wait(ctx context.Context, t time.Duration) error {
	c.now.Store(max(c.now.Load(), int64(t))) // one goroutine waits
	return ctx.Err()
}
