package server

import (
	"context"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func numbered(n int64) *pb.WatchMixResponse {
	return &pb.WatchMixResponse{Update: &pb.WatchMixResponse_Event{Event: &pb.MixEvent{Sequence: n}}}
}

// A slow watcher keeps the newest messages, in order, and every message is either
// received or counted as dropped.
func TestASlowWatcherLosesTheOldest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 8).Draw(t, "size")
		w := newWatcher(size, &pb.GetMixResponse{}, func(*Watcher) {})
		if msg, err := w.Next(t.Context()); err != nil || msg.GetSnapshot() == nil {
			t.Fatalf("first message = %v, %v", msg, err)
		}
		var pushed, received, last, dropped int64
		read := func() {
			msg, err := w.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n := msg.GetEvent().GetSequence()
			if n <= last {
				t.Fatalf("message %d after %d", n, last)
			}
			if lost := n - last - 1; msg.GetDropped() != dropped+lost {
				t.Fatalf("message %d after %d says %d dropped after %d", n, last, msg.GetDropped(), dropped)
			}
			last, dropped = n, msg.GetDropped()
			received++
		}
		for _, push := range rapid.SliceOf(rapid.Bool()).Draw(t, "pushes") {
			if push {
				pushed++
				w.push(numbered(pushed))
			} else if pushed > last {
				read()
			}
		}
		w.finish()
		for pushed > last {
			read()
		}
		if received+dropped != pushed {
			t.Fatalf("%d received and %d dropped of %d", received, dropped, pushed)
		}
		if _, err := w.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Fatalf("end = %v", err)
		}
	})
}

func TestNextGivesUpWithItsCaller(t *testing.T) {
	w := newWatcher(1, &pb.GetMixResponse{}, func(*Watcher) {})
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := w.Next(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v", err)
	}
}
