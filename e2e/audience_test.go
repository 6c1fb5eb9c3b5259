package e2e

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// audience receives a stream and judges it.
type audience struct {
	mu       sync.Mutex
	judge    *judge.Judge
	received time.Duration
	first    time.Duration
	started  bool
	enough   time.Duration
	done     func()
	gone     error
}

// watch receives the stream at url until it has so much media, and judges it.
func watch(t *testing.T, url string, length time.Duration, o judge.Options) judge.Report {
	t.Helper()
	u, err := rtmp.ParseURL(url)
	check(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), length+30*time.Second)
	defer cancel()
	a := &audience{judge: judge.New(o), enough: length, done: cancel}
	err = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, a)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.received < length {
		t.Fatalf("received %v of %v: %v", a.received, length, errors.Join(err, a.gone))
	}
	return a.judge.Finish()
}

func (a *audience) PullConnected() {}

func (a *audience) PullDisconnected(err error, _ time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = err
	if a.started {
		a.judge.Interrupted(err.Error())
	}
}

func (a *audience) PullPacket(p media.Packet) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.received >= a.enough {
		return
	}
	a.judge.Packet(p, now)
	if p.Config {
		return
	}
	if !a.started {
		a.started, a.first = true, p.DTS
	}
	a.received = max(a.received, p.DTS-a.first)
	if a.received >= a.enough {
		a.done()
	}
}
