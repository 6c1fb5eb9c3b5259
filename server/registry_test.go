package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// filled returns duet with its defaults.
func filled(id string) *pb.MixSpec {
	spec := duet(id)
	fillDefaults(spec)
	return spec
}

// open starts a mix or ends the test.
func open(t *testing.T, r *Registry, id string) *pb.Mix {
	t.Helper()
	mix, err := r.Start(t.Context(), filled(id))
	if err != nil {
		t.Fatal(err)
	}
	return mix
}

// shut closes a Registry or fails the test.
func shut(t *testing.T, r *Registry) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestTheRegistryIsBounded(t *testing.T) {
	r := NewRegistry(newRecorder(), nil, Limits{Mixes: 2, Stopped: 3})
	defer shut(t, r)
	for i := range 5 {
		id := fmt.Sprintf("room%d", i)
		open(t, r, id)
		if _, err := r.Stop(t.Context(), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	open(t, r, "a")
	open(t, r, "b")
	if _, err := r.Start(t.Context(), filled("c")); !errors.Is(err, ErrTooManyMixes) {
		t.Errorf("a third mix: %v", err)
	}
	all, _ := r.List(100, "", true)
	if len(all) != 5 {
		t.Errorf("%d mixes are remembered, want 2 that run and 3 that stopped", len(all))
	}
	if _, err := r.Get("room1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the oldest stopped mix: %v", err)
	}
	// A stopped mix whose id runs again is not forgotten with its old self.
	if _, err := r.Stop(t.Context(), "a", 0); err != nil {
		t.Fatal(err)
	}
	open(t, r, "room4")
	if all, _ := r.List(100, "", true); len(all) != 4 { // room3, a; b, room4
		t.Errorf("%d mixes are remembered", len(all))
	}
	if got, err := r.Get("room4"); err != nil || got.Mix.State != pb.MixState_MIX_STATE_RUNNING {
		t.Errorf("room4 = %v, %v", got, err)
	}
}

func TestEventsAreBounded(t *testing.T) {
	engine := newRecorder()
	r := NewRegistry(engine, nil, Limits{Events: 4})
	defer shut(t, r)
	open(t, r, "room")
	for i := range 10 {
		engine.mix("room").observe(mixer.Event{
			Kind: mixer.SourceChanged, Name: "anna", Source: mixer.Live,
			Reason: fmt.Sprintf("%d \xff", i), Time: time.Unix(int64(i), 0),
		})
	}
	got, err := r.Get("room")
	if err != nil || len(got.Events) != 4 {
		t.Fatalf("Get = %v, %v", got, err)
	}
	for i, e := range got.Events {
		if e.Sequence != int64(8+i) || e.Reason != fmt.Sprintf("%d ", 6+i) || e.Source != pb.SourceState_SOURCE_STATE_LIVE {
			t.Errorf("event %d = %v", i, e)
		}
	}
	if _, err := proto.Marshal(got); err != nil {
		t.Error(err) // a reason that is no UTF-8 must not get here
	}
}

func TestAMixThatEndsByItselfIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newRecorder()
		r := NewRegistry(engine, nil, Limits{})
		defer shut(t, r)
		open(t, r, "room")
		engine.mix("room").end("every input is gone")
		synctest.Wait()
		got, err := r.Get("room")
		if err != nil || got.Mix.State != pb.MixState_MIX_STATE_STOPPED || got.Mix.StopReason != "every input is gone" {
			t.Errorf("Get = %v, %v", got, err)
		}
		if r.Running() != 0 {
			t.Errorf("%d mixes run", r.Running())
		}
	})
}

func TestAMixThatDoesNotEndHoldsUpNobodyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newRecorder()
		engine.hang = true
		r := NewRegistry(engine, nil, Limits{})
		open(t, r, "room")
		begin := time.Now()
		if _, err := r.Stop(t.Context(), "room", 0); !errors.Is(err, ErrStopTimeout) {
			t.Errorf("Stop: %v", err)
		}
		if took := time.Since(begin); took > StopTimeout+stopGrace {
			t.Errorf("Stop took %v", took)
		}
		if _, err := r.Start(t.Context(), filled("room")); !errors.Is(err, ErrNotRunning) {
			t.Errorf("starting what is stopping: %v", err)
		}
		begin = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), StopTimeout)
		defer cancel()
		if err := r.Close(ctx); !errors.Is(err, ErrStopTimeout) {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(begin); took > StopTimeout {
			t.Errorf("Close took %v", took)
		}
		engine.mix("room").end("at last")
		synctest.Wait()
	})
}

func TestCloseStopsAllAtOnceAndRefusesNew(t *testing.T) {
	engine := newRecorder()
	r := NewRegistry(engine, nil, Limits{})
	for _, id := range []string{"a", "b", "c"} {
		open(t, r, id)
	}
	shut(t, r)
	for _, id := range []string{"a", "b", "c"} {
		if got, err := r.Get(id); err != nil || got.Mix.State != pb.MixState_MIX_STATE_STOPPED {
			t.Errorf("%s = %v, %v", id, got, err)
		}
	}
	if _, err := r.Start(t.Context(), filled("d")); !errors.Is(err, ErrClosed) {
		t.Errorf("starting after Close: %v", err)
	}
}

func TestAChangeThatWaitsGivesUpWithItsCaller(t *testing.T) {
	r := NewRegistry(newRecorder(), nil, Limits{})
	defer shut(t, r)
	open(t, r, "room")
	m := r.mixes["room"]
	if err := m.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer m.release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Update(ctx, "room", 0, func(s *pb.MixSpec) (*pb.MixSpec, error) { return s, nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v", err)
	}
}

func TestWatchersOfAMixAreBounded(t *testing.T) {
	r := NewRegistry(newRecorder(), nil, Limits{Watchers: 1})
	defer shut(t, r)
	open(t, r, "room")
	w, err := r.Watch("room")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Watch("room"); !errors.Is(err, ErrTooManyWatchers) {
		t.Errorf("a second watcher: %v", err)
	}
	w.Close()
	w.Close()
	w, err = r.Watch("room")
	if err != nil {
		t.Errorf("after the first one left: %v", err)
	}
	w.Close()
}

func TestStatisticsComeOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry(newRecorder(), nil, Limits{})
		defer shut(t, r)
		open(t, r, "room")
		w, err := r.Watch("room")
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		begin := time.Now()
		for i := range 4 {
			msg, err := w.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				if msg.GetSnapshot().GetMix().GetRevision() != 1 || msg.GetSnapshot().GetStats().GetTicks().GetFrames() != 30 {
					t.Errorf("first message = %v", msg)
				}
				continue
			}
			if got := time.Since(begin); msg.GetStats() == nil || got != time.Duration(i)*time.Second {
				t.Errorf("message %d after %v: %v", i, got, msg)
			}
		}
	})
}

func TestAWatchEndsWithItsMix(t *testing.T) {
	r := NewRegistry(newRecorder(), nil, Limits{})
	defer shut(t, r)
	open(t, r, "room")
	w, err := r.Watch("room")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := r.Stop(t.Context(), "room", 0); err != nil {
		t.Fatal(err)
	}
	var last *pb.WatchMixResponse
	stopped := false
	for {
		msg, err := w.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = msg
		stopped = stopped || msg.GetEvent().GetKind() == pb.EventKind_EVENT_KIND_MIX_STOPPED
	}
	if !stopped || last.GetStats() == nil {
		t.Errorf("told of the stop: %v; last message = %v", stopped, last)
	}
	// Of a stopped mix there is one message.
	late, err := r.Watch("room")
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if msg, err := late.Next(t.Context()); err != nil || msg.GetSnapshot().GetMix().GetState() != pb.MixState_MIX_STATE_STOPPED {
		t.Errorf("late watcher: %v, %v", msg, err)
	}
	if _, err := late.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("late watcher's end: %v", err)
	}
}
