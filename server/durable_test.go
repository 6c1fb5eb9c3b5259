package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// fate is what may be known of a mix: "" for none, "stopped", or "running" and who
// speaks.
type fate string

// fates is what should be true of each mix.
type fates struct {
	now   map[string]fate          // as acknowledged
	maybe map[string]map[fate]bool // what a call that failed may have left for a later process
}

func (f *fates) set(id string, now fate) {
	f.now[id] = now
	f.maybe[id] = nil
}

func (f *fates) perhaps(id string, then fate) {
	if f.maybe[id] == nil {
		f.maybe[id] = map[fate]bool{}
	}
	f.maybe[id][then] = true
}

// fateOf returns what a Registry says of a mix.
func fateOf(r *Registry, id string) fate {
	got, err := r.Get(id)
	switch {
	case errors.Is(err, ErrNotFound):
		return ""
	case got.Mix.State == pb.MixState_MIX_STATE_RUNNING:
		return fate("running " + got.Mix.Spec.Layout.Main)
	default:
		return "stopped"
	}
}

// TestNoAcknowledgedChangeIsLost makes random calls while the store and the engine fail at
// random, and ends the service at random, in good order or not.
func TestNoAcknowledgedChangeIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDisk()
		h, engine := d.open(), newRecorder()
		r := keeping(t, engine, nil, h)
		defer func() { crash(r, h) }()
		known := fates{now: map[string]fate{}, maybe: map[string]map[fate]bool{}}
		ids, names := rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"", "anna", "ben"})
		failing := func(rt *rapid.T) {
			how := rapid.IntRange(0, 5).Draw(rt, "store fails")
			d.mu.Lock()
			defer d.mu.Unlock()
			d.fails = func(op string) (before, after error) {
				if how == 0 && op != "append" {
					return store.ErrUnavailable, nil
				}
				if how == 1 && op != "append" {
					return nil, store.ErrUnavailable
				}
				return nil, nil
			}
		}
		refusing := func(rt *rapid.T) {
			var err error
			if rapid.IntRange(0, 5).Draw(rt, "engine fails") == 0 {
				err = errors.New("refused")
			}
			engine.mu.Lock()
			defer engine.mu.Unlock()
			engine.startAs, engine.applyAs = err, err
		}
		restart := func(clean bool) {
			d.mu.Lock()
			d.fails = nil
			d.mu.Unlock()
			if clean {
				if err := r.Close(context.Background()); err != nil {
					rt.Fatal(err)
				}
			} else {
				crash(r, h)
			}
			h, engine = d.open(), newRecorder()
			r = keeping(t, engine, nil, h)
			for _, id := range slices.Sorted(maps.Keys(known.now)) {
				got := fateOf(r, id)
				if got != known.now[id] && !known.maybe[id][got] {
					rt.Fatalf("after a restart (clean: %v) %s is %q, want %q or one of %v", clean, id, got, known.now[id], known.maybe[id])
				}
				known.set(id, got)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"start": func(rt *rapid.T) {
				id, spec := ids.Draw(rt, "id"), filled("")
				spec.Id, spec.Layout.Main = id, names.Draw(rt, "main")
				failing(rt)
				refusing(rt)
				_, err := r.Start(rt.Context(), spec)
				then := fate("running " + spec.Layout.Main)
				switch before := known.now[id]; {
				case err == nil && before != "" && before != "stopped":
					// It runs with that spec, or was started with it.
				case err == nil:
					known.set(id, then)
				case errors.Is(err, ErrStore) && before != "" && before != "stopped":
					// It runs with that spec, and what is kept is not certain.
				case errors.Is(err, ErrStore) || errors.Is(err, ErrEngine):
					known.now[id] = ""
					known.perhaps(id, then)
					known.perhaps(id, before)
				case !errors.Is(err, ErrExists):
					rt.Fatal(err)
				}
			},
			"update": func(rt *rapid.T) {
				id, name := ids.Draw(rt, "id"), names.Draw(rt, "main")
				failing(rt)
				refusing(rt)
				_, err := speaker(r, id, name)
				switch {
				case err == nil:
					known.set(id, fate("running "+name))
				case errors.Is(err, ErrStore) || errors.Is(err, ErrEngine):
					known.perhaps(id, fate("running "+name))
				case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNotRunning):
					rt.Fatal(err)
				}
			},
			"stop": func(rt *rapid.T) {
				id := ids.Draw(rt, "id")
				failing(rt)
				_, err := r.Stop(rt.Context(), id, 0)
				switch {
				case err == nil:
					known.set(id, "stopped")
				case errors.Is(err, ErrStore):
					known.perhaps(id, "stopped")
				case !errors.Is(err, ErrNotFound):
					rt.Fatal(err)
				}
			},
			"end": func(rt *rapid.T) {
				id := ids.Draw(rt, "id")
				before := known.now[id]
				if before == "" || before == "stopped" {
					rt.SkipNow()
				}
				m, err := r.find(id)
				if err != nil {
					rt.Fatal(err)
				}
				failing(rt)
				_ = m.running.Stop(rt.Context()) // of which the registry knows nothing
				<-m.over
				known.now[id] = "stopped"
				known.perhaps(id, before) // until it is written
			},
			"settle": func(rt *rapid.T) {
				d.mu.Lock()
				d.fails = nil
				d.mu.Unlock()
				if !r.keeper.flush(rt.Context()) {
					rt.Fatal("something is left to be written")
				}
				for id := range known.maybe { // what was uncertain is put right
					known.maybe[id] = nil
				}
			},
			"close": func(rt *rapid.T) { restart(true) },
			"crash": func(rt *rapid.T) { restart(false) },
			"": func(rt *rapid.T) {
				for id, want := range known.now {
					if got := fateOf(r, id); got != want {
						rt.Fatalf("%s is %q, want %q", id, got, want)
					}
				}
				if n := r.Running(); n != runningIn(known.now) {
					rt.Fatalf("%d mixes run of %v", n, known.now)
				}
			},
		})
	})
}

func runningIn(all map[string]fate) (n int) {
	for _, f := range all {
		if f != "" && f != "stopped" {
			n++
		}
	}
	return n
}

// TestOnlyTheLastStoppedMixesAreKept has more mixes end than are remembered.
func TestOnlyTheLastStoppedMixesAreKept(t *testing.T) {
	d := newDisk()
	r := NewRegistry(newRecorder(), nil, Limits{Stopped: 3})
	h := d.open()
	r.Keep(Keeping{Mixes: h, Events: h})
	for i := range 6 {
		id := fmt.Sprint("m", i)
		open(t, r, id)
		if _, err := r.Stop(t.Context(), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, r)
	if got := slices.Sorted(maps.Keys(d.records)); !slices.Equal(got, []string{"m3", "m4", "m5"}) {
		t.Errorf("kept are %v", got)
	}
	r = keeping(t, newRecorder(), nil, d.open())
	defer shut(t, r)
	if all, _ := r.List(10, "", true); len(all) != 3 {
		t.Errorf("found %v", all)
	}
}
