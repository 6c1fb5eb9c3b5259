package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// heard is what a handler was told: events as "run sequence missed".
type heard struct {
	mu        sync.Mutex
	events    []Update
	snapshots int
}

func (h *heard) take(u Update) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.Event != nil {
		h.events = append(h.events, u)
	}
	if u.Snapshot != nil {
		h.snapshots++
	}
	return nil
}

// sequences returns the sequences of the events, and what was missed before each.
func (h *heard) sequences() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := ""
	for _, u := range h.events {
		if u.Missed > 0 {
			text += fmt.Sprintf("(%d) ", u.Missed)
		}
		text += fmt.Sprintf("%d ", u.Event.Sequence)
	}
	return text
}

var errCut = status.Error(codes.Unavailable, "the connection broke")

const changed = pb.EventKind_EVENT_KIND_SOURCE_CHANGED

func TestWatchMakesUpForWhatHappenedMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *room)
		want string
	}{
		{"nothing breaks", func(r *room) { r.happens(changed) }, "2 3 "},
		{"a connection breaks", func(r *room) { r.happens(changed); r.end(errCut); r.happens(changed); r.happens(changed) }, "2 3 4 5 "},
		{"what lies between cuts the call", func(r *room) { r.end(status.Error(codes.Internal, "RST_STREAM")); r.happens(changed) }, "2 3 "},
		{"the service ends the call and goes on", func(r *room) { r.end(io.EOF); r.happens(changed) }, "2 3 "},
		{"the service is away for long", func(r *room) {
			r.mu.Lock()
			r.away = true
			r.mu.Unlock()
			r.end(errCut)
			time.Sleep(time.Hour)
			r.happens(changed)
			r.mu.Lock()
			r.away = false
			r.mu.Unlock()
		}, "2 3 "},
		{"more happens than is kept", func(r *room) {
			r.end(errCut)
			for range 6 {
				r.happens(changed)
			}
		}, "(2) 4 5 6 7 8 "},
		{"this side is slow", func(r *room) {
			r.setSlow(true)
			r.happens(changed)
			r.happens(changed)
			r.setSlow(false)
			r.happens(changed)
		}, "2 3 4 5 "},
		{"this side is too slow", func(r *room) {
			r.setSlow(true)
			for range 5 {
				r.happens(changed)
			}
			r.setSlow(false)
			r.happens(changed)
		}, "(2) 4 5 6 7 8 "},
		{"this side is slow when the mix stops", func(r *room) { r.setSlow(true); r.happens(changed) }, "2 3 "},
		{"another run", func(r *room) {
			r.happens(changed)
			synctest.Wait()
			r.end(errCut)
			time.Sleep(time.Nanosecond) // it is created at another time
			r.begin()
			r.happens(changed)
		}, "2 1 2 3 "},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, h := newRoom(4), &heard{}
			done := make(chan error, 1)
			go func() { done <- (&Client{mixes: r}).Watch(t.Context(), "room", h.take) }()
			synctest.Wait()
			c.do(r)
			time.Sleep(time.Minute)
			r.stop()
			if err := <-done; err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if got := h.sequences(); got != c.want {
				t.Errorf("%s: heard %s, want %s", c.name, got, c.want)
			}
		})
	}
}

// Whatever breaks, events come in order, each once, and what is missing is counted.
func TestWatchTellsEachEventOnceInOrder(t *testing.T) {
	type step struct{ does, events, pause int }
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{rapid.IntRange(0, 5).Draw(t, "does"), rapid.IntRange(0, 7).Draw(t, "events"), rapid.IntRange(0, 3000).Draw(t, "pause")}
		}), 0, 40).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) {
			r, h := newRoom(5), &heard{}
			done := make(chan error, 1)
			go func() { done <- (&Client{mixes: r}).Watch(t.Context(), "room", h.take) }()
			synctest.Wait()
			for _, s := range steps {
				switch s.does {
				case 0:
					r.end(errCut)
				case 1:
					r.setSlow(true)
				case 2:
					r.setSlow(false)
				case 3:
					r.end(io.EOF)
				}
				for range s.events {
					r.happens(changed)
				}
				time.Sleep(time.Duration(s.pause) * time.Millisecond)
			}
			r.stop()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			last := int64(1)
			for _, u := range h.events {
				if u.Event.Sequence != last+u.Missed+1 {
					t.Fatalf("after %d came %d, said to be %d later", last, u.Event.Sequence, u.Missed)
				}
				last = u.Event.Sequence
			}
			if last != int64(len(r.events)) {
				t.Fatalf("the last event was %d of %d", last, len(r.events))
			}
		})
		if t.Failed() {
			rt.FailNow()
		}
	})
}

func TestHowWatchEnds(t *testing.T) {
	enough := errors.New("enough")
	for _, c := range []struct {
		name   string
		before func(r *room)
		handle func(Update) error
		do     func(r *room, cancel context.CancelFunc)
		check  func(error) bool
	}{
		{name: "the handler has enough", handle: func(Update) error { return enough }, check: func(err error) bool { return err == enough }},
		{name: "the caller has", do: func(_ *room, cancel context.CancelFunc) { cancel() }, check: func(err error) bool { return errors.Is(err, context.Canceled) }},
		{name: "the caller has while the service is away", before: func(r *room) { r.away = true },
			do: func(_ *room, cancel context.CancelFunc) { cancel() }, check: func(err error) bool { return errors.Is(err, context.Canceled) }},
		{name: "there is no such mix", before: func(r *room) { r.gone = true }, check: func(err error) bool { return status.Code(err) == codes.NotFound }},
		{name: "it has stopped already", before: func(r *room) { r.stop() }, check: func(err error) bool { return err == nil }},
		{name: "it stops and is forgotten unheard", do: func(r *room, _ context.CancelFunc) {
			r.mu.Lock()
			r.gone = true
			r.mu.Unlock()
			r.end(io.EOF)
		}, check: func(err error) bool { return err == nil }},
		{name: "the service breaks after the stop", do: func(r *room, _ context.CancelFunc) {
			r.happens(pb.EventKind_EVENT_KIND_MIX_STOPPED)
			synctest.Wait()
			r.mu.Lock()
			r.away = true
			r.mu.Unlock()
			r.end(errCut)
		}, check: func(err error) bool { return err == nil }},
		{name: "the token is not taken any more", do: func(r *room, _ context.CancelFunc) { r.end(status.Error(codes.Unauthenticated, "")) },
			check: func(err error) bool { return status.Code(err) == codes.Unauthenticated }},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(4)
			if c.before != nil {
				c.before(r)
			}
			handle := c.handle
			if handle == nil {
				handle = (&heard{}).take
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- (&Client{mixes: r}).Watch(ctx, "room", handle) }()
			synctest.Wait()
			if c.do != nil {
				c.do(r, cancel)
			}
			if err := <-done; !c.check(err) {
				t.Errorf("%s: %v", c.name, err)
			}
		})
	}
}
