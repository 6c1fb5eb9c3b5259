package mixer

import (
	"testing"
	"time"
)

// Each line of the table is one observation and the state that must follow.
func TestConditionTransitions(t *testing.T) {
	type step struct {
		at        time.Duration
		hidden    bool
		connected bool
		attempts  int
		picture   bool
		sound     time.Duration // since the newest; -1 never
		want      SourceState
	}
	const none = -1
	s := time.Second
	for name, steps := range map[string][]step{
		"comes and lives": {
			{0, false, false, 0, false, none, Connecting},
			{1 * s, false, true, 0, false, none, Connecting}, // connected, no key frame yet
			{2 * s, false, true, 0, true, 0, Live},
			{3 * s, false, true, 0, true, 0, Live},
		},
		"refused, then there": {
			{0, false, false, 0, false, none, Connecting},
			{1 * s, false, false, 1, false, none, Lost},
			{5 * s, false, false, 3, false, none, Lost},
			{6 * s, false, true, 3, false, none, Connecting},
			{7 * s, false, true, 3, true, none, Live},
		},
		"freezes and comes back": {
			{0, false, true, 0, true, 0, Live},
			{1100 * ms, false, true, 0, false, 0, Live},
			{1200 * ms, false, true, 0, false, none, Frozen},
			{2900 * ms, false, true, 0, false, none, Frozen},
			{2950 * ms, false, true, 0, true, none, Live},
		},
		"stalls and comes back": {
			{0, false, true, 0, true, 0, Live},
			{1500 * ms, false, true, 0, false, none, Frozen},
			{3 * s, false, true, 0, false, none, Stalled},
			{60 * s, false, true, 0, false, 5 * s, Stalled},
			{61 * s, false, true, 0, true, none, Live},
		},
		"a still image once a second is live": {
			{0, false, true, 0, true, none, Live},
			{1 * s, false, true, 0, true, none, Live},
			{2100 * ms, false, true, 0, true, none, Live},
		},
		"camera off, sound goes on": {
			{0, false, true, 0, true, 0, Live},
			{2 * s, false, true, 0, false, 0, Frozen},
			{3 * s, false, true, 0, false, 20 * ms, AudioOnly},
			{9 * s, false, true, 0, false, 2 * s, Stalled}, // sound gone too
			{10 * s, false, true, 0, true, 0, Live},
		},
		"sound alone": {
			{0, false, false, 0, false, none, Connecting},
			{1 * s, false, true, 0, false, 0, Connecting}, // pictures may still come
			{1900 * ms, false, true, 0, false, 0, Connecting},
			{2100 * ms, false, true, 0, false, 0, AudioOnly},
			{4 * s, false, true, 0, false, 3 * s, Connecting},
		},
		"hidden wins over everything": {
			{0, true, false, 0, false, none, Hidden},
			{1 * s, true, false, 4, false, none, Hidden},
			{2 * s, true, true, 4, true, 0, Hidden},
			{2100 * ms, false, true, 4, false, 0, Live}, // shown again at once: pictures went on
			{2200 * ms, true, true, 4, true, 0, Hidden},
			{9 * s, false, true, 4, false, 8 * s, Stalled},
		},
		"lost and back without a flash of the old": {
			{0, false, true, 0, true, 0, Live},
			{100 * ms, false, false, 1, false, 0, Lost},
			{500 * ms, false, true, 1, false, none, Connecting},
			{600 * ms, false, true, 1, true, 0, Live},
		},
		"lost behind the curtain": {
			{0, false, true, 0, true, 0, Live},
			{100 * ms, true, true, 0, false, 0, Hidden},
			{200 * ms, true, false, 1, false, 0, Hidden},
			{300 * ms, true, true, 1, false, none, Hidden},
			{400 * ms, false, true, 1, false, none, Connecting}, // the old picture is no news
		},
	} {
		t.Run(name, func(t *testing.T) {
			var c condition
			before := Connecting
			for i, o := range steps {
				got, why, changed := c.next(observation{
					now: o.at, hidden: o.hidden, connected: o.connected, attempts: o.attempts,
					picture: o.picture, sound: o.sound, reason: "broken",
				})
				if got != o.want {
					t.Fatalf("step %d at %v: %v (%s), want %v", i, o.at, got, why, o.want)
				}
				if changed != (got != before) {
					t.Errorf("step %d: changed = %v from %v to %v", i, changed, before, got)
				}
				if why == "" || got == Lost && why != "broken" {
					t.Errorf("step %d: %v for the reason %q", i, got, why)
				}
				before = got
			}
		})
	}
}

func TestWhatShowsTheStream(t *testing.T) {
	for state := Connecting; state <= Lost; state++ {
		if got, want := state.showsStream(), state == Live || state == Frozen; got != want {
			t.Errorf("%v shows the stream: %v, want %v", state, got, want)
		}
		if state.String() == "unknown" {
			t.Errorf("state %d has no name", state)
		}
	}
	if SourceState(99).String() != "unknown" || OutputState(99).String() != "unknown" || EventKind(99).String() != "unknown" {
		t.Error("a value without a name has one")
	}
}

func TestRateMeter(t *testing.T) {
	var m rateMeter
	for i := range int64(61) {
		m.update(time.Duration(i)*time.Second/20, i, i*1000)
	}
	if m.fps != 20 || m.bitsPerSecond != 160_000 {
		t.Errorf("%v frames/s, %d bits/s; want 20, 160000", m.fps, m.bitsPerSecond)
	}
	m.update(10*time.Second, 60, 60_000) // nothing since
	if m.fps != 0 || m.bitsPerSecond != 0 {
		t.Errorf("%v frames/s, %d bits/s after a stop; want 0", m.fps, m.bitsPerSecond)
	}
}
