package mixer

import (
	"errors"
	"image"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/pattern"
)

// apply hands over the theatre's spec with a change.
func (st *theatre) apply(s *Session, change func(*Spec)) {
	st.t.Helper()
	next := st.spec
	next.Revision++
	next.Participants = slices.Clone(next.Participants)
	next.Outputs = slices.Clone(next.Outputs)
	change(&next)
	if err := s.Apply(st.cut(next)); err != nil {
		st.t.Errorf("revision %d: %v", next.Revision, err)
		return
	}
	st.spec = next
}

// three is a theatre with three healthy participants, 1 to 3.
func three(t *testing.T, d time.Duration) *theatre {
	var feeds []Feed
	for n := 1; n <= 3; n++ {
		feeds = append(feeds, newScript(guest{number: n, to: 6 * time.Second}.stream(t)...))
	}
	return newTheatre(t, d, feeds...)
}

// frameAt is a session time at which a picture is due.
func frameAt(n int64) time.Duration { return smallVideo.FrameRate.Time(n) }

func TestHiddenSwitchesAtTheVeryNextPicture(t *testing.T) {
	const d = 4 * time.Second
	st := three(t, d)
	hide := func(hidden bool) func(*Session, Spec) {
		return func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Participants[1].Hidden = hidden })
		}
	}
	st.at = []cue{{frameAt(15), hide(true)}, {frameAt(45), hide(false)}}
	tape := st.play()
	tape.cadence(t, d)
	all := rects(t, st.spec, 1, 2, 3)
	others := map[int]image.Rectangle{1: all[1], 3: all[3]}
	for i, sh := range tape.shots(t) {
		want := all
		if i >= 15 && i < 45 {
			want = others
		}
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
		// Nothing old flashes by when the participant is shown again.
		if tile, ok := sh.tiles[2]; ok && abs(pattern.ClockDifference(tile.Clock, sh.at)) > 35*ms {
			t.Errorf("picture %d shows %v at %v", i, tile.Clock, sh.at)
		}
	}
	pcm := tape.sound(t)
	for _, tt := range []struct {
		from, to time.Duration
		heard    bool
	}{{200 * ms, 950 * ms, true}, {1100 * ms, 1950 * ms, false}, {2100 * ms, 2950 * ms, false}, {3100 * ms, 3900 * ms, true}} {
		level := toneDB(pcm, 2, tt.from, tt.to)
		if tt.heard && level < pattern.ToneLevel-1.5 || !tt.heard && level > -80 {
			t.Errorf("from %v to %v the hidden one's tone has %.1f dBFS", tt.from, tt.to, level)
		}
		if level := toneDB(pcm, 1, tt.from, tt.to); level < pattern.ToneLevel-1.5 {
			t.Errorf("from %v to %v another's tone has %.1f dBFS", tt.from, tt.to, level)
		}
	}
	var states []SourceState
	for _, e := range st.told(SourceChanged) {
		if e.Name == "b" {
			states = append(states, e.Source)
		}
	}
	if !slices.Equal(states, []SourceState{Live, Hidden, Live}) {
		t.Errorf("the hidden one went through %v", states)
	}
}

// Every change is seen whole at one picture: no picture has half of the old layout
// and half of the new.
func TestChangesOfTheLayoutAreAtomic(t *testing.T) {
	const d = 3 * time.Second
	st := three(t, d)
	four := newScript(guest{number: 4, to: 6 * time.Second}.stream(t)...)
	st.feeds["d"] = four
	want := map[int64]map[int]image.Rectangle{0: rects(t, st.spec, 1, 2, 3)}
	change := func(frame int64, numbers []int, f func(*Spec)) {
		st.at = append(st.at, cue{frameAt(frame), func(s *Session, _ Spec) {
			st.apply(s, f)
			want[frame] = rects(t, st.spec, numbers...)
		}})
	}
	change(8, []int{1, 2, 3}, func(s *Spec) { s.Layout.Main = "c" })
	change(14, []int{1, 2, 3}, func(s *Spec) { s.Layout.Order = []string{"b", "a"} })
	change(20, []int{1, 2, 3, 4}, func(s *Spec) {
		s.Layout = LayoutSpec{Template: "grid"}
		s.Participants = append(s.Participants, Participant{Name: "d", URL: "d"})
	})
	change(30, []int{2, 3}, func(s *Spec) {
		s.Participants = s.Participants[1:3]
		s.Layout.Template = "pk"
	})
	tape := st.play()
	tape.cadence(t, d)
	now := want[0]
	for i, sh := range tape.shots(t) {
		if next, ok := want[int64(i)]; ok {
			now = next
		}
		if wrong := sh.misplaced(now); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
	select {
	case <-four.closed:
	default:
		t.Error("the feed of a participant who left is still open")
	}
	var revisions []int64
	for _, e := range st.told(SpecApplied) {
		revisions = append(revisions, e.Revision)
	}
	if !slices.Equal(revisions, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("applied revisions %v", revisions)
	}
	if n := st.s.mix.Len(); n != 2 {
		t.Errorf("%d tracks are mixed for two participants", n)
	}
	// Who left is not heard any more, who stays is heard through it all.
	pcm := tape.sound(t)
	if level := toneDB(pcm, 1, 2150*ms, 2900*ms); level > -80 {
		t.Errorf("who left is heard with %.1f dBFS", level)
	}
	if level := toneDB(pcm, 4, 1400*ms, 1950*ms); level < pattern.ToneLevel-1.5 {
		t.Errorf("who came is heard with %.1f dBFS", level)
	}
	if level := toneDB(pcm, 2, 1150*ms, 2900*ms); level < pattern.ToneLevel-2 {
		t.Errorf("who stayed is heard with %.1f dBFS", level)
	}
}

// Of plans that come faster than ticks the last wins, and what the others brought
// is closed.
func TestChangesBetweenTwoTicksCollapse(t *testing.T) {
	st := three(t, time.Second)
	brief := newScript(guest{number: 5, to: 6 * time.Second}.stream(t)...)
	st.feeds["e"] = brief
	st.at = []cue{{frameAt(5), func(s *Session, before Spec) {
		st.apply(s, func(spec *Spec) {
			spec.Participants = append(spec.Participants, Participant{Name: "e", URL: "e"})
			spec.Outputs = append(spec.Outputs, Output{Name: "brief", URL: "brief"})
		})
		st.apply(s, func(spec *Spec) {
			spec.Participants, spec.Outputs = before.Participants, before.Outputs
			spec.Layout.Main = "b"
		})
	}}}
	tape := st.play()
	tape.cadence(t, time.Second)
	now := rects(t, st.spec, 1, 2, 3)
	for i, sh := range tape.shots(t) {
		if i < 5 {
			continue
		}
		if wrong := sh.misplaced(now); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
	<-brief.closed
	<-st.tapes["brief"].closed
	if n := len(st.tapes["brief"].packets); n != 0 {
		t.Errorf("an output that was never in force got %d packets", n)
	}
}

func TestOutputsComeAndGo(t *testing.T) {
	st := three(t, 2*time.Second)
	st.at = []cue{
		{frameAt(10), func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Outputs = append(spec.Outputs, Output{Name: "second", URL: "second"}) })
		}},
		{frameAt(20), func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Outputs = spec.Outputs[:1] })
		}},
	}
	st.play().cadence(t, 2*time.Second)
	second := st.tapes["second"]
	<-second.closed
	if len(second.packets) == 0 || len(second.header.VideoConfig) == 0 {
		t.Fatalf("the second output got %d packets", len(second.packets))
	}
	first, last := second.packets[0].DTS, second.packets[len(second.packets)-1].DTS
	if first < frameAt(10)-100*ms || last > frameAt(20) {
		t.Errorf("the second output got what is from %v to %v, want %v to %v", first, last, frameAt(10), frameAt(20))
	}
}

func TestApplyRefusesWhatCannotBe(t *testing.T) {
	st := three(t, time.Second)
	st.at = []cue{{frameAt(5), func(s *Session, spec Spec) {
		for name, tt := range map[string]struct {
			change func(*Spec)
			want   error
		}{
			"size":       {func(s *Spec) { s.Video.Width = 320 }, ErrFixed},
			"sound":      {func(s *Spec) { s.Audio.Bitrate = 64_000 }, ErrFixed},
			"no feed":    {func(s *Spec) { s.Participants = append(s.Participants[:2:2], Participant{Name: "x", URL: "x"}) }, errNoFeed},
			"template":   {func(s *Spec) { s.Layout.Template = "none" }, nil},
			"too many":   {func(s *Spec) { s.Participants = make([]Participant, MaxParticipants+1) }, nil},
			"same name":  {func(s *Spec) { s.Participants = append(s.Participants[:2:2], s.Participants[0]) }, nil},
			"late error": {func(s *Spec) { s.Participants[2].URL = "a"; s.Outputs = []Output{{URL: "refused"}} }, nil},
			"music":      {func(s *Spec) { s.Music = []Music{{Name: "song", Path: "song.mp3"}} }, nil},
		} {
			next := spec
			next.Participants = slices.Clone(spec.Participants)
			tt.change(&next)
			if err := s.Apply(next); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s: error %v, want %v", name, err, tt.want)
			}
		}
	}}}
	open := st.opts.OpenSink
	st.opts.OpenSink = func(o Output, h Header, key func(), report func(OutputState, string)) (Sink, error) {
		if o.URL == "refused" {
			return nil, errSink
		}
		return open(o, h, key, report)
	}
	openFeed := st.opts.OpenFeed
	st.opts.OpenFeed = func(p Participant) (Feed, error) {
		if p.Name == "c" && p.URL == "a" {
			return newScript(guest{number: 1, to: 6 * time.Second}.stream(t)...), nil
		}
		return openFeed(p)
	}
	tape := st.play()
	tape.cadence(t, time.Second)
	want := rects(t, st.spec, 1, 2, 3) // nothing has changed
	for i, sh := range tape.shots(t) {
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
}

func TestGainAndMuteFollowTheSpec(t *testing.T) {
	st := three(t, 3*time.Second)
	st.spec.Participants[0].GainDB = -12
	st.at = []cue{{time.Second, func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) {
			spec.Participants[0].GainDB = 6
			spec.Participants[1].Muted = true
		})
	}}}
	pcm := st.play().sound(t)
	for _, tt := range []struct {
		number int
		from   time.Duration
		want   float64
	}{{1, 200 * ms, -42}, {2, 200 * ms, -30}, {3, 200 * ms, -30}, {1, 1200 * ms, -24}, {3, 1200 * ms, -30}} {
		if got := toneDB(pcm, tt.number, tt.from, tt.from+700*ms); got < tt.want-1.5 || got > tt.want+1.5 {
			t.Errorf("tone of %d from %v: %.1f dBFS, want %.0f", tt.number, tt.from, got, tt.want)
		}
	}
	if got := toneDB(pcm, 2, 1200*ms, 1900*ms); got > -80 {
		t.Errorf("who is muted is heard with %.1f dBFS", got)
	}
}
