package server

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// arrive changes what the engine says of the sources of its mixes.
func (r *recorder) arrive(sources ...mixer.SourceStats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sources = sources
}

var (
	lost   = mixer.SourceStats{Name: "anna", State: mixer.Lost}
	arrive = mixer.SourceStats{Name: "anna", State: mixer.Live}
)

// stateAt returns the mix "room" as it is when the clock has gone on by d.
func stateAt(t *testing.T, r *Registry, d time.Duration) *pb.Mix {
	t.Helper()
	time.Sleep(d)
	synctest.Wait()
	got, err := r.Get("room")
	if err != nil {
		t.Fatal(err)
	}
	return got.Mix
}

// with starts the mix "room" with a changed spec.
func with(t *testing.T, r *Registry, change func(*pb.MixSpec)) {
	t.Helper()
	spec := duet("room")
	change(spec)
	fillDefaults(spec)
	if _, err := r.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsLive(t *testing.T) {
	for _, c := range []struct {
		state   mixer.SourceState
		bitrate int64
		want    bool
	}{
		{mixer.Live, 0, true}, {mixer.AudioOnly, 0, true},
		{mixer.Hidden, 0, false}, {mixer.Hidden, 1000, true},
		{mixer.Stalled, 0, false}, {mixer.Stalled, 1000, true},
		{mixer.Frozen, 0, false}, {mixer.Frozen, 1000, true},
		{mixer.Refused, 0, false}, {mixer.Refused, 1000, true},
		{mixer.Away, 1000, false}, {mixer.Lost, 1000, false}, {mixer.Connecting, 1000, false},
	} {
		if got := live(&pb.SourceStats{State: sourceStates[c.state], Bitrate: c.bitrate}); got != c.want {
			t.Errorf("%v with %d bit/s is live: %v", c.state, c.bitrate, got)
		}
	}
}

func TestAMixWithoutInputEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newRecorder()
		engine.arrive(lost, lost)
		d := newDisk()
		h := d.open()
		r := keeping(t, engine, nil, h)
		with(t, r, func(*pb.MixSpec) {})
		if mix := stateAt(t, r, DefaultIdleTimeout-2*time.Second); mix.State != pb.MixState_MIX_STATE_RUNNING {
			t.Fatalf("ended early: %v", mix)
		}
		engine.arrive(lost, arrive)
		if mix := stateAt(t, r, DefaultIdleTimeout); mix.State != pb.MixState_MIX_STATE_RUNNING {
			t.Fatalf("ended while an input was live: %v", mix)
		}
		engine.arrive(lost, lost)
		if mix := stateAt(t, r, DefaultIdleTimeout+2*time.Second); mix.State != pb.MixState_MIX_STATE_STOPPED || mix.StopReason != "no live input for 5m0s (idle_timeout)" {
			t.Errorf("mix = %v", mix)
		}
		got, _ := r.Get("room")
		if last := got.Events[len(got.Events)-1]; last.Kind != pb.EventKind_EVENT_KIND_MIX_STOPPED || last.Reason != got.Mix.StopReason {
			t.Errorf("last event = %v", last)
		}
		crash(r, h)
		if d.live("room") {
			t.Error("it is kept as one that runs")
		}
	})
}

func TestAMixMayBeIdleForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newRecorder()
		engine.arrive(lost)
		r := NewRegistry(engine, nil, Limits{})
		defer shut(t, r)
		with(t, r, func(s *pb.MixSpec) { s.IdleTimeout = durationpb.New(0) })
		if mix := stateAt(t, r, time.Hour); mix.State != pb.MixState_MIX_STATE_RUNNING {
			t.Errorf("mix = %v", mix)
		}
		_, err := r.Update(t.Context(), "room", 0, func(s *pb.MixSpec) (*pb.MixSpec, error) {
			s.IdleTimeout = durationpb.New(time.Minute)
			return s, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if mix := stateAt(t, r, 2*time.Second); mix.State != pb.MixState_MIX_STATE_STOPPED || !strings.Contains(mix.StopReason, "1m0s (idle_timeout)") {
			t.Errorf("mix = %v", mix)
		}
	})
}

func TestAMixHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newRecorder()
		engine.arrive(arrive)
		d := newDisk()
		r := keeping(t, engine, nil, d.open())
		with(t, r, func(s *pb.MixSpec) { s.MaxDuration = durationpb.New(time.Hour) })
		stateAt(t, r, 40*time.Minute)
		shut(t, r)
		time.Sleep(10 * time.Minute)
		r = keeping(t, engine, nil, d.open())
		defer shut(t, r)
		if mix := stateAt(t, r, 9*time.Minute); mix.State != pb.MixState_MIX_STATE_RUNNING {
			t.Fatalf("ended early: %v", mix)
		}
		if mix := stateAt(t, r, time.Minute+2*time.Second); mix.State != pb.MixState_MIX_STATE_STOPPED || mix.StopReason != "it has run for 1h0m0s (max_duration)" {
			t.Errorf("mix = %v", mix)
		}
	})
}

func TestIdlenessHoldsOverARestart(t *testing.T) {
	for name, c := range map[string]struct{ down, end time.Duration }{
		"a short one": {time.Second, 61 * time.Second}, // what is left of 5 minutes
		"a long one":  {time.Hour, idleGrace},          // but enough to come back
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := newRecorder()
				engine.arrive(lost)
				d := newDisk()
				r := keeping(t, engine, nil, d.open())
				with(t, r, func(*pb.MixSpec) {})
				stateAt(t, r, 4*time.Minute)
				shut(t, r)
				time.Sleep(c.down)
				r = keeping(t, engine, nil, d.open())
				defer shut(t, r)
				if mix := stateAt(t, r, c.end-4*time.Second); mix.State != pb.MixState_MIX_STATE_RUNNING {
					t.Fatalf("ended early: %v", mix)
				}
				if mix := stateAt(t, r, 8*time.Second); mix.State != pb.MixState_MIX_STATE_STOPPED {
					t.Errorf("mix = %v", mix)
				}
			})
		})
	}
}
