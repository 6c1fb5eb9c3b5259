package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// keeping returns a Registry that keeps everything in h and has found what is there.
func keeping(t testing.TB, engine Engine, library *Library, h *handle) *Registry {
	t.Helper()
	r := NewRegistry(engine, library, Limits{Events: 50})
	r.Keep(Keeping{Mixes: h, Events: h})
	if err := r.Resume(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

// crash ends a Registry as the death of its process would: nothing is written any more.
func crash(r *Registry, h *handle) {
	h.sever()
	r.mu.Lock()
	mixes := slices.Collect(maps.Values(r.mixes))
	r.mu.Unlock()
	for _, m := range mixes {
		if m.running != nil {
			_ = m.running.Stop(context.Background()) // it dies as well
		}
	}
	r.tending.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.Close(ctx)
}

// speaker changes who speaks in a mix.
func speaker(r *Registry, id, name string) (*pb.Mix, error) {
	return r.Update(context.Background(), id, 0, func(s *pb.MixSpec) (*pb.MixSpec, error) {
		s.Layout.Main = name
		return s, nil
	})
}

// kinds returns the kinds of events in order.
func kinds(events []*pb.MixEvent) (list []pb.EventKind) {
	for _, e := range events {
		list = append(list, e.Kind)
	}
	return list
}

func TestMixesGoOnAfterARestart(t *testing.T) {
	for _, clean := range []bool{true, false} {
		t.Run(fmt.Sprint("clean ", clean), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				h := d.open()
				r := keeping(t, newRecorder(), nil, h)
				created := open(t, r, "a.b").CreateTime
				open(t, r, "over")
				if _, err := r.Stop(t.Context(), "over", 0); err != nil {
					t.Fatal(err)
				}
				before, err := speaker(r, "a.b", "ben")
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				old, _ := r.Get("a.b")
				if clean {
					shut(t, r)
				} else {
					crash(r, h)
				}
				time.Sleep(time.Minute)

				engine := newRecorder()
				r = keeping(t, engine, nil, d.open())
				defer shut(t, r)
				all, _ := r.List(10, "", true)
				if len(all) != 2 || all[1].State != pb.MixState_MIX_STATE_STOPPED || all[1].StopReason != "asked to" {
					t.Fatalf("found %v", all)
				}
				synctest.Wait()
				got, err := r.Get("a.b")
				if err != nil {
					t.Fatal(err)
				}
				before.Restarts = 1
				if !proto.Equal(got.Mix, before) {
					t.Errorf("found %v\nwant  %v", got.Mix, before)
				}
				spec := engine.mix("a.b").seen()[0]
				if spec.Revision != 2 || spec.Layout.Main != "ben" || !spec.Started.Equal(created.AsTime()) {
					t.Errorf("the engine has %+v", spec)
				}
				if engine.mix("over") != nil {
					t.Error("a mix runs that was stopped")
				}
				n := len(old.Events)
				for i, e := range old.Events {
					if !proto.Equal(got.Events[i], e) {
						t.Errorf("event %d = %v, was %v", i, got.Events[i], e)
					}
				}
				last := got.Events[len(got.Events)-1]
				if last.Kind != pb.EventKind_EVENT_KIND_WORKER_RESTARTED || last.Reason != resumed || last.At.AsDuration() < time.Minute {
					t.Errorf("last event = %v", last)
				}
				if first := got.Events[n].Sequence; clean && first != int64(n+1) || first <= old.Events[n-1].Sequence {
					t.Errorf("numbers go on with %d after %d", first, old.Events[n-1].Sequence)
				}
				if clean && got.Events[n].Kind != pb.EventKind_EVENT_KIND_WORKER_LOST {
					t.Errorf("events are %v", kinds(got.Events))
				}
				// It is the same mix to who started it and to who changes it.
				if mix := open(t, r, "a.b"); mix.Revision != 2 {
					t.Errorf("started again: %v", mix)
				}
				if mix, err := speaker(r, "a.b", "anna"); err != nil || mix.Revision != 3 {
					t.Errorf("%v, %v", mix, err)
				}
			})
		})
	}
}

func TestTheEngineIsAskedUntilItStartsAMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		h := d.open()
		r := keeping(t, newRecorder(), nil, h)
		open(t, r, "room")
		open(t, r, "other")
		crash(r, h)

		engine := newRecorder()
		engine.startAs = errors.New("no room")
		r = keeping(t, engine, nil, d.open())
		time.Sleep(10 * time.Minute)
		engine.mu.Lock()
		starts := engine.starts
		engine.mu.Unlock()
		if starts < 2*20 || starts > 2*30 {
			t.Errorf("asked %d times in 10 minutes for two mixes", starts)
		}
		got, err := r.Get("room")
		last := got.Events[len(got.Events)-1]
		if err != nil || got.Mix.State != pb.MixState_MIX_STATE_RUNNING || last.Kind != pb.EventKind_EVENT_KIND_WORKER_LOST || !strings.Contains(last.Reason, "no room") {
			t.Errorf("%v, %v", got, err)
		}
		// It takes changes, and can be watched and stopped, as if it ran.
		if mix, err := speaker(r, "room", "ben"); err != nil || mix.Revision != 2 {
			t.Errorf("%v, %v", mix, err)
		}
		w, err := r.Watch("other")
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if mix, err := r.Stop(t.Context(), "other", 0); err != nil || mix.State != pb.MixState_MIX_STATE_STOPPED {
			t.Errorf("%v, %v", mix, err)
		}
		engine.mu.Lock()
		engine.startAs = nil
		engine.mu.Unlock()
		time.Sleep(reviveSlow)
		synctest.Wait()
		if engine.mix("room") == nil || engine.mix("room").seen()[0].Layout.Main != "ben" || engine.mix("other") != nil {
			t.Errorf("the engine has %v", engine.mixes)
		}
		if got, _ := r.Get("room"); got.Mix.Restarts != 1 {
			t.Errorf("%d restarts", got.Mix.Restarts)
		}
		shut(t, r)
		if !d.live("room") || d.live("other") {
			t.Errorf("records: %v", d.records)
		}
	})
}

func TestWhatIsNotWrittenIsNotDone(t *testing.T) {
	full := fmt.Errorf("%w: on the disk: %w: /secret-place", store.ErrFull, store.ErrUnavailable)
	for name, lost := range map[string]bool{"refused": false, "the answer is lost": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				h := d.open()
				engine := newRecorder()
				r := keeping(t, engine, nil, h)
				open(t, r, "room")
				d.mu.Lock()
				d.fails = func(string) (before, after error) {
					if lost {
						return nil, full
					}
					return full, nil
				}
				d.mu.Unlock()
				_, startErr := r.Start(t.Context(), filled("fresh"))
				_, updateErr := speaker(r, "room", "ben")
				_, stopErr := r.Stop(t.Context(), "room", 0)
				for call, err := range map[string]error{"start": startErr, "update": updateErr, "stop": stopErr} {
					text := status.Convert(toStatus(err)).Message()
					if status.Code(toStatus(err)) != codes.Unavailable || !strings.Contains(text, "the disk is full") || strings.Contains(text, "secret") {
						t.Errorf("%s: %v", call, err)
					}
				}
				got, _ := r.Get("room")
				if got.Mix.State != pb.MixState_MIX_STATE_RUNNING || got.Mix.Revision != 1 || len(engine.mix("room").seen()) != 1 || engine.mix("fresh") != nil {
					t.Errorf("the mix is %v", got.Mix)
				}
				// What may have been written is put right as soon as that can be.
				d.mu.Lock()
				d.fails = nil
				d.mu.Unlock()
				time.Sleep(keepSlow)
				synctest.Wait()
				crash(r, h)
				r = keeping(t, newRecorder(), nil, d.open())
				defer shut(t, r)
				all, _ := r.List(10, "", true)
				if len(all) != 1 || all[0].State != pb.MixState_MIX_STATE_RUNNING || all[0].Revision != 1 || all[0].Spec.Layout.Main != "" {
					t.Errorf("found %v", all)
				}
			})
		})
	}
}

func TestWhatTheEngineRefusesIsNotKept(t *testing.T) {
	d := newDisk()
	h := d.open()
	engine := newRecorder()
	r := keeping(t, engine, nil, h)
	open(t, r, "room")
	engine.applyAs, engine.startAs = errors.New("no"), errors.New("no")
	if _, err := speaker(r, "room", "ben"); !errors.Is(err, ErrEngine) {
		t.Error(err)
	}
	if _, err := r.Start(t.Context(), filled("fresh")); !errors.Is(err, ErrEngine) {
		t.Error(err)
	}
	r.keeper.flush(t.Context())
	crash(r, h)
	r = keeping(t, newRecorder(), nil, d.open())
	defer shut(t, r)
	if all, _ := r.List(10, "", true); len(all) != 1 || all[0].Revision != 1 || all[0].Spec.Layout.Main != "" {
		t.Errorf("found %v", all)
	}
}

func TestAMixOfAnotherNodeIsNamed(t *testing.T) {
	d := newDisk()
	other := d.open()
	other.node = "mix-2"
	there := keeping(t, newRecorder(), nil, other)
	defer shut(t, there)
	open(t, there, "room")
	here := keeping(t, newRecorder(), nil, d.open())
	defer shut(t, here)
	_, err := here.Start(t.Context(), filled("room"))
	if !errors.Is(err, ErrElsewhere) || !strings.Contains(err.Error(), `"mix-2"`) || status.Code(toStatus(err)) != codes.FailedPrecondition {
		t.Error(err)
	}
	if _, err := here.Get("room"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	// What it uses cannot be deleted here.
	uses := func() []string {
		used, err := here.usesAnywhere(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return used.templates[pinned(DefaultTemplate, 0)]
	}
	if ids := uses(); !slices.Equal(ids, []string{"room"}) {
		t.Errorf("used by %v", ids)
	}
	if _, err := there.Stop(t.Context(), "room", 0); err != nil {
		t.Fatal(err)
	}
	if ids := uses(); len(ids) != 0 {
		t.Errorf("used by %v", ids)
	}
	open(t, here, "room")
}

func TestNothingChangesOnceTheServiceEnds(t *testing.T) {
	d := newDisk()
	r := keeping(t, newRecorder(), nil, d.open())
	open(t, r, "room")
	w, err := r.Watch("room")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	shut(t, r)
	_, start := r.Start(t.Context(), filled("room"))
	_, update := speaker(r, "room", "ben")
	_, stop := r.Stop(t.Context(), "room", 0)
	if !errors.Is(start, ErrClosed) || !errors.Is(update, ErrClosed) || !errors.Is(stop, ErrClosed) {
		t.Errorf("%v, %v, %v", start, update, stop)
	}
	if got, err := r.Get("room"); err != nil || got.Mix.State != pb.MixState_MIX_STATE_RUNNING || !d.live("room") {
		t.Errorf("%v, %v", got, err)
	}
}

// TestMixesThatWaitKeepTheirTemplates has a mix that the engine does not start yet.
func TestMixesThatWaitKeepTheirTemplates(t *testing.T) {
	s := openStore(t, store.Config{Dir: t.TempDir()})
	library := NewLibrary(s, LibraryConfig{})
	b := newBench(t, Limits{}, over(library), func(b *bench) { b.keep = s })
	b.upload(t, plain("talk", "", 2))
	b.start(t, dressed("room", &pb.Layout{Template: "talk"}))
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	refusing := newRecorder()
	refusing.startAs = errors.New("not now")
	b = newBench(t, Limits{}, over(library), func(b *bench) { b.keep, b.engine = s, refusing })
	_, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"})
	wantCode(t, err, codes.FailedPrecondition)
	got, err := b.GetMix(t.Context(), &pb.GetMixRequest{Id: "room"})
	if err != nil || got.Mix.Spec.Layout.TemplateVersion != 1 || !slices.Contains(kinds(got.Events), pb.EventKind_EVENT_KIND_MIX_STARTED) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRestartsOfTheWorkerAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		engine, h := newRecorder(), d.open()
		r := keeping(t, engine, nil, h)
		open(t, r, "room")
		engine.mix("room").observe(mixer.Event{Kind: mixer.WorkerLost, Reason: "it died"})
		engine.mix("room").observe(mixer.Event{Kind: mixer.WorkerRestarted, Reason: "after 1 s"})
		if got, _ := r.Get("room"); got.Mix.Restarts != 1 {
			t.Errorf("%d restarts", got.Mix.Restarts)
		}
		synctest.Wait()
		crash(r, h)
		r = keeping(t, newRecorder(), nil, d.open())
		defer shut(t, r)
		synctest.Wait()
		if got, _ := r.Get("room"); got.Mix.Restarts != 2 {
			t.Errorf("%d restarts", got.Mix.Restarts)
		}
	})
}

// TestEventsNeverHoldUpAMix has a log that takes nothing.
func TestEventsNeverHoldUpAMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		h := d.open()
		engine := newRecorder()
		r := keeping(t, engine, nil, h)
		open(t, r, "room")
		synctest.Wait()
		d.mu.Lock()
		d.fails = func(string) (before, after error) { return store.ErrUnavailable, nil }
		d.mu.Unlock()
		for range 2 * (eventsWaiting + eventsAtOnce) {
			engine.mix("room").observe(mixer.Event{Kind: mixer.SourceChanged, Name: "anna"})
		}
		if lost := r.EventsLost(); lost < eventsWaiting {
			t.Errorf("%d events are lost", lost)
		}
		d.mu.Lock()
		d.fails = nil
		d.mu.Unlock()
		time.Sleep(2 * eventRetry)
		synctest.Wait()
		if n := len(d.events); n < eventsWaiting {
			t.Errorf("%d events are kept", n)
		}
		shut(t, r)
	})
}
