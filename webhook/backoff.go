package webhook

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// How messages are tried again.
const (
	leastWait = time.Second
	mostWait  = 5 * time.Minute
	// window is how old an event may be when it is tried. The feed keeps events as long.
	window = time.Hour
)

// backoff returns how long to wait after this many failures in a row, at least 1: about
// twice as long each time, 1 s to 5 min. It is spread, so that those who failed together
// do not come back together.
func backoff(failures int) time.Duration {
	d := mostWait
	if failures < 16 {
		d = min(mostWait, leastWait<<failures)
	}
	return d/2 + rand.N(d/2)
}

// retryAfter returns how long an answer asks to wait, brought within 1 s to 5 min; 0 when
// it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	} else {
		return 0
	}
	return min(max(wait, leastWait), mostWait)
}

// sleep waits until t or until ctx is done; the error is ctx's.
func sleep(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
