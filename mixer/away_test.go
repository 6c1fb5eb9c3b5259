package mixer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

// scenes plays guests one after another as one live stream.
func scenes(t *testing.T, guests ...guest) *network {
	t.Helper()
	all := []arrival{{link: rtmp.PullHandler.PullConnected}}
	for _, g := range guests {
		for _, p := range g.stream(t) {
			at := p.DTS
			if p.Config {
				at = g.from
			} else if p.DTS >= g.to {
				continue // the sound encoder's last block; the next scene has it
			}
			all = append(all, arrival{at: at, pkt: p})
		}
	}
	return &network{coming: all, ready: make(chan struct{})}
}

// live is a theatre on a live clock with a participant for each network.
func liveTheatre(t *testing.T, d time.Duration, networks ...*network) *theatre {
	t.Helper()
	feeds := make([]Feed, len(networks))
	for i, n := range networks {
		feeds[i] = n
	}
	st := setTheatre(t, d, feeds...)
	st.opts.Clock = &weatherClock{st: st, networks: networks}
	return st
}

// states returns what a participant went through.
func (st *theatre) states(name string) (went []SourceState) {
	for _, e := range st.told(SourceChanged) {
		if e.Name == name {
			went = append(went, e.Source)
		}
	}
	return went
}

// A phone whose app goes to the background sends a waiting image, and silence; nobody
// tells the service. A slide show is none of that.
func TestAppInTheBackgroundIsNoticed(t *testing.T) {
	liveAtStart(t)
	const s = time.Second
	camera := guest{number: 1, to: 2 * s}
	back := guest{number: 1, from: 6 * s, to: 8 * s}
	waiting := func(fps int, hushed, dumb bool) guest {
		return guest{number: 1, fps: fps, from: 2 * s, to: 6 * s, still: true, hushed: hushed, dumb: dumb}
	}
	away := []SourceState{Live, Away, Live}
	for name, tt := range map[string]struct {
		during guest
		before guest
		want   []SourceState
	}{
		"1 fps, silence":            {during: waiting(1, true, false), want: away},
		"3 fps, silence":            {during: waiting(3, true, false), want: away},
		"5 fps, silence":            {during: waiting(5, true, false), want: away},
		"2 fps, no sound at all":    {during: waiting(2, false, true), want: away},
		"still, but somebody talks": {during: waiting(2, false, false), want: []SourceState{Live}},
		"low rate, but moving":      {during: guest{number: 1, fps: 4, from: 2 * s, to: 6 * s, hushed: true}, want: []SourceState{Live}},
		"still at a camera's rate":  {during: waiting(15, true, false), want: []SourceState{Live}},
		"a slide show from the start": {
			before: guest{number: 1, fps: 2, to: 2 * s, still: true, hushed: true}, during: waiting(2, true, false), want: []SourceState{Live},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := tt.before
			if first == (guest{}) {
				first = camera
			}
			net := scenes(t, first, tt.during, back)
			const d = 7500 * ms
			st := liveTheatre(t, d, net)
			st.spec.Layout.PlaceholderAfter = 2 * s
			tape := st.play()
			tape.cadence(t, d)
			if went := st.states("a"); !slices.Equal(went, tt.want) {
				t.Errorf("went through %v, want %v", went, tt.want)
			}
			gone := len(tt.want) > 1
			for _, sh := range tape.shots(t) {
				_, seen := sh.tiles[1]
				// The last picture that moved is the waiting image's first, at 2 s.
				hidden := gone && sh.at > 4200*ms && sh.at < 6*s
				visible := sh.at > 200*ms && (!gone || sh.at < 3900*ms || sh.at > 6200*ms)
				if hidden && seen || visible && !seen {
					t.Errorf("at %v seen: %v", sh.at, seen)
				}
			}
		})
	}
}

// The sound of who is hidden can stay on.
func TestHiddenMayKeepItsSound(t *testing.T) {
	const d = 3 * time.Second
	st := three(t, d)
	st.at = []cue{{frameAt(15), func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) { spec.Participants[1].Hidden, spec.Participants[1].KeepAudio = true, true })
	}}}
	tape := st.play()
	tape.cadence(t, d)
	for i, sh := range tape.shots(t) {
		if _, seen := sh.tiles[2]; seen != (i < 15) {
			t.Errorf("picture %d: seen %v", i, seen)
		}
	}
	pcm := tape.sound(t)
	for at := 200 * ms; at < d-800*ms; at += time.Second {
		if level := toneDB(pcm, 2, at, at+700*ms); level < pattern.ToneLevel-1.5 {
			t.Errorf("at %v the tone has %.1f dBFS", at, level)
		}
	}
}

// How long a last picture stays is the spec's choice.
func TestPlaceholderComesWhenTheSpecSays(t *testing.T) {
	liveAtStart(t)
	for _, after := range []time.Duration{200 * ms, time.Second, 0, 5 * time.Second} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			const gone, d = 2 * time.Second, 6 * time.Second
			net := scenes(t, guest{number: 1, to: gone})
			st := liveTheatre(t, d, net)
			st.spec.Layout.PlaceholderAfter = after
			tape := st.play()
			tape.cadence(t, d)
			if after == 0 {
				after = placeholderAfter
			}
			for _, sh := range tape.shots(t) {
				_, seen := sh.tiles[1]
				if until := gone + after; sh.at > 200*ms && sh.at < until-100*ms && !seen || sh.at > until+100*ms && seen {
					t.Errorf("at %v seen: %v", sh.at, seen)
				}
			}
		})
	}
}

func TestAwayWatchReadsTheWholePicture(t *testing.T) {
	liveAtStart(t)
	f, err := media.NewFrame(48, 96)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	f.Fill(100, 128, 128)
	var w awayWatch
	w.look(f)
	if !w.look(f) {
		t.Error("the same picture counts as another")
	}
	for _, at := range [][2]int{{1, 1}, {47, 1}, {1, 94}, {25, 50}} {
		x, y := at[0]&^1|1, at[1]&^3|2
		f.Plane(0)[y*f.Stride(0)+x] = 200
		if w.look(f) {
			t.Errorf("a change at %v is not noticed", at)
		}
	}
}
