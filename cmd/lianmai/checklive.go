package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// errNoMedia means that nothing came that could be judged.
var errNoMedia = errors.New("no media")

// audienceQueue bounds what waits to be judged: about 20 s of a stream. What comes
// while it is full is thrown away, and the report says so.
const audienceQueue = 2048

// arrival is something that the network brought, and when.
type arrival struct {
	at     time.Time
	packet media.Packet
	broken error // the connection ended
}

// audience is an rtmp.PullHandler that notes when things arrive; they are judged in
// another goroutine, so that judging does not delay what comes next.
type audience struct {
	queue     chan arrival
	overflows atomic.Int64

	mu      sync.Mutex
	last    error // why the newest attempt failed
	started bool  // media came
}

// PullConnected implements rtmp.PullHandler.
func (a *audience) PullConnected() {}

// PullPacket implements rtmp.PullHandler.
func (a *audience) PullPacket(p media.Packet) {
	now := time.Now()
	if !p.Config {
		a.mu.Lock()
		a.started = true
		a.mu.Unlock()
	}
	a.put(arrival{at: now, packet: p})
}

// PullDisconnected implements rtmp.PullHandler.
func (a *audience) PullDisconnected(err error, _ time.Duration) {
	a.mu.Lock()
	a.last = err
	started := a.started
	a.mu.Unlock()
	if started {
		a.put(arrival{at: time.Now(), broken: err})
	}
}

func (a *audience) put(v arrival) {
	select {
	case a.queue <- v:
	default:
		a.overflows.Add(1)
	}
}

// reason says why there was nothing to judge.
func (a *audience) reason(u rtmp.URL, timeout time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last != nil {
		return fmt.Errorf("%w from %s within %v: %w", errNoMedia, u.Redacted(), timeout, a.last)
	}
	return fmt.Errorf("%w from %s within %v", errNoMedia, u.Redacted(), timeout)
}

// checkLive plays u and judges f.duration of it, counted from the first picture or
// sound. If none comes for f.timeout the error is errNoMedia.
func checkLive(ctx context.Context, u rtmp.URL, f checkFlags, o judge.Options, line *statusLine) (judge.Report, error) {
	a := &audience{queue: make(chan arrival, audienceQueue)}
	pulling, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	// Pull's only other end is an empty URL.
	running.Go(func() { _ = rtmp.Pull(pulling, rtmp.PullConfig{URL: u}, a) })
	var begun atomic.Pointer[time.Time]
	running.Go(func() {
		line.everySecond(pulling, func() string {
			if t := begun.Load(); t != nil {
				return fmt.Sprintf("judging %s: %.0f of %.0f s", u.Redacted(), time.Since(*t).Seconds(), f.duration.Seconds())
			}
			return "waiting for " + u.Redacted()
		})
	})
	j := judge.New(o)
	started := judgeArrivals(ctx, a.queue, j, f, &begun)
	stop()
	running.Wait()
	if n := a.overflows.Load(); n > 0 {
		j.Interrupted(fmt.Sprintf("this machine was too slow to judge: %d packets thrown away", n))
	}
	report := j.Finish()
	if !started {
		if ctx.Err() != nil {
			return report, fmt.Errorf("%w: %w", errNoMedia, ctx.Err())
		}
		return report, a.reason(u, f.timeout)
	}
	return report, nil
}

// judgeArrivals hands what arrives to j until the time is up. It is false if no
// picture and no sound came.
func judgeArrivals(ctx context.Context, queue <-chan arrival, j *judge.Judge, f checkFlags, begun *atomic.Pointer[time.Time]) bool {
	end := time.NewTimer(f.timeout)
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return begun.Load() != nil
		case <-end.C:
			return begun.Load() != nil
		case v := <-queue:
			if v.broken != nil {
				j.Interrupted(v.broken.Error())
				continue
			}
			j.Packet(v.packet, v.at)
			if begun.Load() == nil && !v.packet.Config {
				begun.Store(&v.at)
				end.Reset(f.duration)
			}
		}
	}
}
