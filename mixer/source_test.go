package mixer

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// handClock is a live clock whose hands a test moves.
type handClock struct{ now atomic.Int64 }

func (c *handClock) Now() time.Duration                              { return time.Duration(c.now.Load()) }
func (c *handClock) Live() bool                                      { return true }
func (c *handClock) Wait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// quiet is a live source whose goroutines do not run: packets stay in its queues.
func quiet() (*source, *handClock) {
	clock := &handClock{}
	return newSource(1, "a", newScript(), clock, audio.New().Add("a"), slog.New(slog.DiscardHandler)), clock
}

func key(at time.Duration) media.Packet {
	return media.Packet{Kind: media.Video, Key: true, DTS: at, PTS: at, Data: []byte{1}}
}

func inter(at time.Duration) media.Packet {
	p := key(at)
	p.Key = false
	return p
}

var config = media.Packet{Kind: media.Video, Config: true, Key: true, Data: []byte{9}}

// A stream that is joined late: the header has the stamp 0, the key frame that
// follows at once has one of hours.
func TestSourceJoinsAStreamLate(t *testing.T) {
	s, _ := quiet()
	s.PullConnected()
	s.PullPacket(config)
	for n := range time.Duration(250) { // ten seconds of cached GOP
		p := inter(5*time.Hour + n*40*ms)
		p.Key = n == 0
		s.PullPacket(p)
	}
	if n := s.queues[media.Video].len(); n != 251 || s.counters.drops.all() != 0 {
		t.Errorf("%d packets queued, %d dropped; want all 251", n, s.counters.drops.all())
	}
	// The newest of the cached pictures is now; those before it are past.
	for i, want := range map[int]time.Duration{250: minDelay, 1: minDelay - 249*40*ms} {
		if at := s.mapped(&s.queues[media.Video].items[i]); at != want {
			t.Errorf("packet %d is at %v, want %v", i, at, want)
		}
	}
}

func TestSourceWaitsForAKeyFrame(t *testing.T) {
	s, clock := quiet()
	s.PullConnected()
	s.PullPacket(config)
	s.PullPacket(inter(0))
	s.PullPacket(inter(40 * ms))
	s.PullPacket(key(80 * ms))
	s.PullPacket(inter(120 * ms))
	if n := s.queues[media.Video].len(); n != 3 || s.counters.drops.all() != 2 {
		t.Errorf("%d packets queued, %d dropped; want 3, 2", n, s.counters.drops.all())
	}
	// A new connection begins anew.
	clock.now.Store(int64(time.Second))
	s.PullDisconnected(errors.New("cut"), time.Second)
	if o := s.observe(time.Second, false); o.connected || o.attempts != 1 || o.reason != "cut" {
		t.Errorf("observation %+v", o)
	}
	s.PullConnected()
	s.PullPacket(inter(160 * ms))
	if s.counters.drops.all() != 3 || s.counters.reconnects != 1 {
		t.Errorf("%d packets dropped, %d reconnects; want 3, 1", s.counters.drops.all(), s.counters.reconnects)
	}
}

// A decoder that cannot keep up: packets are dropped up to the next key frame, the
// header stays, and every one of them is counted.
func TestSourceDropsToAKeyFrameWhenItsQueueIsFull(t *testing.T) {
	s, clock := quiet()
	s.PullConnected()
	s.PullPacket(config)
	sent := int64(0)
	for n := range 1000 {
		at := time.Duration(n) * 40 * ms
		clock.now.Store(int64(at))
		p := inter(at)
		p.Key = n%50 == 0
		s.PullPacket(p)
		sent++
		if q := &s.queues[media.Video]; q.span() > maxQueued || !q.items[q.head].pkt.Config {
			t.Fatalf("after %d packets %v are queued behind config %v", n, q.span(), q.items[q.head].pkt.Config)
		}
	}
	q := &s.queues[media.Video]
	if kept := int64(q.len() - 1); kept+s.counters.drops.all() != sent || s.counters.drops.all() == 0 {
		t.Errorf("%d sent, %d queued, %d dropped", sent, kept, s.counters.drops.all())
	}
	q.pop()
	if !q.peek().pkt.Key {
		t.Error("what is left does not begin with a key frame")
	}
}

// An hour's leap of the stamps loses nothing: the packets before it and after it
// are both mapped to now.
func TestSourceLosesNothingWhenStampsLeap(t *testing.T) {
	for _, leap := range []time.Duration{time.Hour, -time.Hour} {
		s, clock := quiet()
		s.PullConnected()
		for n := range 100 {
			at := time.Duration(n) * 40 * ms
			clock.now.Store(int64(at))
			p := inter(2*time.Hour + at)
			p.Key = n%50 == 0
			if n >= 60 {
				p.DTS, p.PTS = p.DTS+leap, p.PTS+leap
			}
			s.PullPacket(p)
			if n%10 == 9 { // the decoder keeps up
				for range 10 {
					q := &s.queues[media.Video]
					if off := s.mapped(q.peek()) - at; off > minDelay+delayMargin || off < -400*ms {
						t.Fatalf("leap %v: packet %d is mapped %v from now", leap, n, off)
					}
					q.pop()
				}
			}
		}
		if s.counters.drops.all() != 0 {
			t.Errorf("leap %v: %d packets dropped", leap, s.counters.drops.all())
		}
	}
}

// A live source decodes what is due, shows it when it is time, and says what it saw.
func TestSourceDecodesWhatIsDue(t *testing.T) {
	liveAtStart(t)
	clock := &handClock{}
	mix := audio.New()
	feed := newScript(guest{number: 1, to: 6 * time.Second}.stream(t)[:60]...)
	feed.stay = true
	s := newSource(1, "a", feed, clock, mix.Add("a"), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	s.start(ctx)
	s.advance(time.Hour)
	waitFor(t, "pictures", func() bool { return s.slot.reaches(-time.Hour) })
	// 60 packets that arrive at one instant: the newest is now.
	waitFor(t, "all of them", func() bool {
		_, _, changed := s.slot.pick(time.Hour, true)
		s.mu.Lock()
		defer s.mu.Unlock()
		return !changed && s.queues[media.Video].len() == 0 && s.queues[media.Audio].len() == 0 && !s.busy
	})
	if f, _, _ := s.slot.pick(time.Hour, true); f == nil || f.PTS > minDelay+delayMargin+100*ms {
		t.Errorf("newest picture %+v", f)
	}
	if changes := s.formatChanges(); len(changes) != 1 || changes[0] != "picture is 160×200" {
		t.Errorf("told of %q", changes)
	}
	st := s.stats(time.Second)
	if st.Width != 160 || st.Height != 200 || st.Frames == 0 || st.DecodeErrors != 0 {
		t.Errorf("stats %+v", st)
	}
	cancel()
	s.close()
	<-feed.closed
}

// waitFor waits for what other goroutines will surely do.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	tick := time.NewTicker(ms)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
