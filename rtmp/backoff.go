package rtmp

import (
	"context"
	"math/rand/v2"
	"time"
)

// Bounds of the time between attempts. Many servers hold a stream name for some
// seconds after a connection broke, so trying faster gains nothing.
const (
	defaultBackoffMin = 500 * time.Millisecond
	defaultBackoffMax = 8 * time.Second
)

// settled is how long media must have flowed for the next failure to count as the
// first.
const settled = 5 * time.Second

// Backoff says how long to wait between attempts to connect: Min, doubled at each
// failure up to Max, each time ±25 % by chance so that many clients of one server do not
// come back at one instant. It begins anew after media has flowed for 5 s.
type Backoff struct {
	Min, Max time.Duration  // 0 means 0.5 s and 8 s
	Rand     func() float64 // in [0, 1); nil means the runtime's random numbers
}

// retry counts failures.
type retry struct {
	Backoff
	failures int
}

func newRetry(b Backoff) retry {
	if b.Min <= 0 {
		b.Min = defaultBackoffMin
	}
	if b.Max <= 0 {
		b.Max = defaultBackoffMax
	}
	b.Max = max(b.Min, b.Max)
	if b.Rand == nil {
		b.Rand = rand.Float64
	}
	return retry{Backoff: b}
}

// next counts a failure, after media flowed for some time, and returns how long to
// wait.
func (r *retry) next(flowed time.Duration) time.Duration {
	if flowed >= settled {
		r.failures = 0
	}
	d := r.Max
	if r.failures < 32 && r.Min<<r.failures>>r.failures == r.Min {
		d = min(d, r.Min<<r.failures)
	}
	r.failures++
	return time.Duration(float64(d) * (0.75 + r.Rand()/2))
}

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
