package mixer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	heavy = pressure{span: time.Second, frames: 30, late: 20, busy: 1.1}
	light = pressure{span: time.Second, frames: 30, busy: 0.1}
)

func TestLoadGoesDownInOrderAndComesBackInOrder(t *testing.T) {
	var l loadControl
	var path []LoadLevel
	var at []time.Duration
	for now := time.Second; now <= 60*time.Second; now += time.Second {
		p := light
		if now <= 8*time.Second {
			p = heavy
		}
		if l.observe(now, p) {
			path, at = append(path, l.level), append(at, now)
		}
	}
	s := time.Second
	if want := []LoadLevel{LoadLessDecoding, LoadLessEncoding, LoadHalfRate, LoadLessEncoding, LoadLessDecoding, LoadFull}; !slices.Equal(path, want) {
		t.Errorf("levels %v, want %v", path, want)
	}
	if want := []time.Duration{2 * s, 4 * s, 6 * s, 18 * s, 28 * s, 38 * s}; !slices.Equal(at, want) {
		t.Errorf("at %v, want %v", at, want)
	}
}

// A mix that fits only at a lower level tries ever more seldom.
func TestLoadTriesMoreSeldomAfterEachRelapse(t *testing.T) {
	var l loadControl
	var rises []time.Duration
	for now := time.Second; now <= 30*time.Minute; now += time.Second {
		p := light
		if l.level == LoadFull {
			p = heavy
		}
		if l.observe(now, p) && l.level == LoadFull {
			rises = append(rises, now)
		}
	}
	s := time.Second
	if want := []time.Duration{12 * s, 34 * s, 76 * s, 158 * s, 320 * s, 622 * s, 924 * s, 1226 * s, 1528 * s}; !slices.Equal(rises, want) {
		t.Errorf("came up at %v, want %v", rises, want)
	}
}

func TestPressureJudges(t *testing.T) {
	for _, c := range []struct {
		name           string
		p              pressure
		troubled, calm bool // calm: at LoadLessDecoding
	}{
		{"idle", light, false, true},
		{"late frames", pressure{span: 1, frames: 30, late: 3, busy: 0.3}, true, false},
		{"one late frame", pressure{span: 1, frames: 30, late: 1, busy: 0.3}, false, false},
		{"busy", pressure{span: 1, frames: 30, busy: 0.95}, true, false},
		{"nearly busy", pressure{span: 1, frames: 30, busy: 0.8}, false, false},
		{"decoding is late", pressure{span: 1, frames: 30, busy: 0.1, behind: 400 * time.Millisecond}, true, false},
		{"nothing was made", pressure{span: 1}, false, true},
	} {
		if got := c.p.troubled(); got != c.troubled {
			t.Errorf("%s: troubled %v", c.name, got)
		}
		if got := c.p.calm(LoadLessDecoding); got != c.calm {
			t.Errorf("%s: calm %v", c.name, got)
		}
	}
}

// Whatever comes: one level at a time, never faster than the times that are written down.
func TestLoadNeverGoesFasterThanItsHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l loadControl
		var now, last time.Duration
		for range rapid.IntRange(1, 400).Draw(t, "n") {
			p := pressure{
				span:   time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond,
				frames: rapid.Int64Range(0, 60).Draw(t, "frames"),
				late:   rapid.SampledFrom([]int64{0, 0, 0, 30}).Draw(t, "late"),
				busy:   rapid.SampledFrom([]float64{0.1, 0.1, 0.5, 0.8, 1.2}).Draw(t, "busy"),
			}
			now += p.span
			before := l
			changed := l.observe(now, p)
			if changed != (l.level != before.level) {
				t.Fatalf("said %v at %v → %v", changed, before.level, l.level)
			}
			if !changed {
				continue
			}
			switch l.level {
			case before.level + 1:
				if now-last < troubleFor && last != 0 {
					t.Fatalf("down after %v", now-last)
				}
			case before.level - 1:
				if now-last < before.hold || before.hold < calmFor || before.hold > maxCalm {
					t.Fatalf("up after %v, hold %v", now-last, before.hold)
				}
			default:
				t.Fatalf("%v → %v", before.level, l.level)
			}
			last = now
		}
	})
}

// All levels on the air: what players were told at the start holds to the end, no
// timestamp moves, and at half the rate every second one is missing and no more.
func TestLoadOnTheAir(t *testing.T) {
	const d = 30 * time.Second
	st := newTheatre(t, d, newScript(guest{number: 1, to: d}.stream(t)...))
	// At 6 s it has gone down to half the rate; after 10 s of calm it comes back up.
	st.opts.pressure = func(now time.Duration) pressure {
		p := light
		if now < 7*time.Second {
			p = heavy
		}
		return p
	}
	tape := st.play()
	var levels []LoadLevel
	for _, e := range st.told(LoadChanged) {
		levels = append(levels, e.Load)
		if e.Reason == "" {
			t.Error("an event without a reason")
		}
	}
	if want := []LoadLevel{LoadLessDecoding, LoadLessEncoding, LoadHalfRate, LoadLessEncoding}; !slices.Equal(levels[:min(4, len(levels))], want) {
		t.Fatalf("levels %v, want %v first", levels, want)
	}
	rate := smallVideo.FrameRate
	last, halved, keys := int64(-1), 0, []int64(nil)
	for _, p := range tape.packets {
		if p.Kind != 0 || p.Config {
			continue
		}
		n := rate.Index(p.PTS)
		if rate.Time(n) != p.PTS {
			t.Fatalf("a picture at %v, which is no frame's time", p.PTS)
		}
		switch n - last {
		case 1:
		case 2:
			halved++
		default:
			t.Fatalf("frame %d follows frame %d", n, last)
		}
		last = n
		if p.Key {
			keys = append(keys, n)
		}
	}
	if halved < 70 {
		t.Errorf("%d frames were left out", halved)
	}
	for i, k := range keys {
		if k != int64(i*30) {
			t.Errorf("key frame %d is frame %d", i, k)
		}
	}
	shots := tape.shots(t) // decodes with the header of the start
	if int64(len(shots)) != last+1-int64(halved) {
		t.Errorf("%d pictures could be decoded of %d", len(shots), last+1-int64(halved))
	}
	want := rects(t, st.spec, 1)
	for i, sh := range shots {
		if wrong := sh.misplaced(want); wrong != "" {
			t.Fatalf("picture %d: %s", i, wrong)
		}
	}
}
