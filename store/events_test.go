package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// event returns the n-th event of a mix.
func event(mix string, n int) Event {
	return Event{Mix: mix, Time: time.Unix(int64(n), 0).UTC(), Data: fmt.Append(nil, n), ID: fmt.Sprint(mix, "-", n)}
}

// happen appends events or ends the test.
func happen(t testing.TB, s *Store, events ...Event) {
	t.Helper()
	if err := s.AppendEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
}

func TestEventsSurviveARestart(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	var batch []Event
	for n := range 1200 {
		batch = append(batch, event("a.b", n), event("a-b", n))
	}
	happen(t, s, batch...)
	happen(t, s, batch[len(batch)-10:]...) // again: the answer was lost
	happen(t, s)
	s = reopen(t, s)
	for _, c := range []struct{ limit, first int }{{1, 1199}, {256, 1200 - 256}, {5000, 0}} {
		got, err := s.EventsOf(t.Context(), "a.b", c.limit)
		if err != nil || len(got) != 1200-c.first {
			t.Fatalf("%d events, %v", len(got), err)
		}
		var last uint64
		for i, e := range got {
			if want := event("a.b", c.first+i); e.Mix != want.Mix || !e.Time.Equal(want.Time) || string(e.Data) != string(want.Data) || e.Seq <= last {
				t.Fatalf("event %d = %+v after %d", i, e, last)
			}
			last = e.Seq
		}
	}
	if got, err := s.EventsOf(t.Context(), "none", 5); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEventsAreBounded(t *testing.T) {
	s := open(t, Config{})
	if err := s.AppendEvents(t.Context(), []Event{{Mix: "a", Data: make([]byte, MaxEvent+1)}}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if err := s.AppendEvents(t.Context(), []Event{{Mix: "a>"}}); !errors.Is(err, ErrName) {
		t.Error(err)
	}
	happen(t, s, Event{Mix: "b", Data: make([]byte, MaxEvent)})
	for n := 0; n < MaxEvents+10; n += 100 {
		var batch []Event
		for i := range 100 {
			batch = append(batch, event("a", n+i))
		}
		happen(t, s, batch...)
	}
	got, err := s.EventsOf(t.Context(), "a", 2*MaxEvents)
	if err != nil || len(got) != MaxEvents {
		t.Errorf("%d events, %v", len(got), err)
	}
	if got, err := s.EventsOf(t.Context(), "b", 1); err != nil || len(got) != 1 {
		t.Errorf("%d events of another mix, %v", len(got), err)
	}
	info, err := s.events.Info(t.Context())
	if err != nil || info.Config.MaxAge != time.Hour {
		t.Errorf("%v, %v", info, err)
	}
}

// follow follows in the background. told gets each event; the returned function ends it
// and returns what Follow did.
func follow(t *testing.T, s *Store, name string, handle func(context.Context, Event) error) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Follow(ctx, name, handle) }()
	return func() error { cancel(); return <-ended }
}

// begun waits until a follower of this name has its place.
func begun(t *testing.T, s *Store, name string) {
	t.Helper()
	for {
		_, err := s.events.Consumer(t.Context(), LocalNode+"--"+name)
		if err == nil {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

func TestFollowersGoOnWhereTheyWere(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	happen(t, s, event("before", 1))
	told := make(chan string)
	tell := func(ctx context.Context, e Event) error {
		select {
		case told <- fmt.Sprint(e.Mix, string(e.Data)):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	stop := follow(t, s, "hooks", tell)
	begun(t, s, "hooks")
	happen(t, s, event("a", 1), event("b", 2), event("a", 3))
	for _, want := range []string{"a1", "b2"} {
		if got := <-told; got != want {
			t.Fatalf("told %q, want %q", got, want)
		}
	}
	// The third is perhaps being told, and is told again.
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	happen(t, s, event("b", 4))
	s = reopen(t, s)
	stop = follow(t, s, "hooks", tell)
	happen(t, s, event("a", 5))
	for _, want := range []string{"a3", "b4", "a5"} {
		if got := <-told; got != want {
			t.Fatalf("told %q, want %q", got, want)
		}
	}
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFollowersTryAgainInOrder(t *testing.T) {
	s := open(t, Config{})
	var calls []string
	done := make(chan struct{})
	failures := 1
	stop := follow(t, s, "hooks", func(_ context.Context, e Event) error {
		calls = append(calls, string(e.Data))
		if string(e.Data) == "2" && failures > 0 {
			failures--
			return errors.New("not now")
		}
		if string(e.Data) == "3" {
			close(done)
		}
		return nil
	})
	begun(t, s, "hooks")
	happen(t, s, event("a", 1), event("b", 2), event("a", 3))
	<-done
	if err := s.Close(); err != nil { // which ends the following
		t.Error(err)
	}
	if err := stop(); !errors.Is(err, ErrUnavailable) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if want := []string{"1", "2", "2", "3"}; !slices.Equal(calls, want) {
		t.Errorf("told %v, want %v", calls, want)
	}
	if err := s.Follow(t.Context(), "hooks", nil); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	if err := s.Follow(t.Context(), "a b", nil); !errors.Is(err, ErrName) {
		t.Error(err)
	}
}
