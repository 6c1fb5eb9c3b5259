package mixer

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// A hidden source costs next to nothing, and is back with the picture of the moment.
func TestHiddenIsNotDecoded(t *testing.T) {
	const d = 5 * time.Second
	st := three(t, d)
	var decoded int64
	count := func(s *Session, _ Spec) {
		src := s.plan.sources[1]
		src.mu.Lock()
		defer src.mu.Unlock()
		decoded = src.counters.decoded - decoded
	}
	hide := func(hidden bool) func(*Session, Spec) {
		return func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Participants[1].Hidden = hidden })
		}
	}
	var inView int64
	st.at = []cue{
		{frameAt(15), hide(true)}, {frameAt(20), count},
		{frameAt(50), func(s *Session, spec Spec) { count(s, spec); inView = decoded }},
		{frameAt(52), hide(false)},
	}
	tape := st.play()
	if inView != 0 {
		t.Errorf("%d pictures were decoded in 2 s of which nobody saw one", inView)
	}
	all := rects(t, st.spec, 1, 2, 3)
	for i, sh := range tape.shots(t) {
		if i >= 15 && i < 52 {
			continue
		}
		if wrong := sh.misplaced(all); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
		if off := abs(pattern.ClockDifference(sh.tiles[2].Clock, sh.at)); off > 70*ms {
			t.Errorf("picture %d at %v shows %v", i, sh.at, sh.tiles[2].Clock)
		}
	}
}

func access(key bool, at time.Duration, bytes int) queued {
	return queued{pkt: media.Packet{Kind: media.Video, Key: key, DTS: at, PTS: at, Data: make([]byte, bytes)}}
}

func TestBacklogBeginsAtTheNewestKeyFrame(t *testing.T) {
	var b backlog
	b.push(access(false, 0, 10)) // goes on from what was decoded
	if b.jumped {
		t.Error("nothing was left out")
	}
	b.push(access(true, 1, 20))
	b.push(access(false, 2, 30))
	if len(b.items) != 2 || b.bytes != 50 || !b.jumped || !b.items[0].pkt.Key {
		t.Errorf("%d access units, %d bytes, jumped %v", len(b.items), b.bytes, b.jumped)
	}
	b.clear()
	b.push(access(true, 3, 1))
	if b.jumped {
		t.Error("nothing was left out since it was decoded")
	}
}

// However it is filled: all its bounds hold before the next one comes.
func TestBacklogIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b backlog
		cost := time.Duration(rapid.IntRange(0, 20).Draw(t, "cost")) * time.Millisecond
		var at time.Duration
		for range rapid.IntRange(1, 1500).Draw(t, "n") {
			size := rapid.SampledFrom([]int{1, 1000, 100_000}).Draw(t, "bytes")
			at += time.Duration(rapid.IntRange(0, 200).Draw(t, "step")) * time.Millisecond
			b.push(access(rapid.IntRange(0, 200).Draw(t, "key") == 0, at, size))
			if b.full(cost) {
				b.clear()
				continue
			}
			sum := 0
			for _, q := range b.items {
				sum += len(q.pkt.Data)
			}
			span := b.items[len(b.items)-1].pkt.DTS - b.items[0].pkt.DTS
			if sum != b.bytes || sum >= maxKeptBytes || len(b.items) >= maxKeptCount || span >= maxKept || time.Duration(len(b.items))*cost >= maxCatchUp {
				t.Fatalf("%d access units, %d bytes (%d counted), %v", len(b.items), sum, b.bytes, span)
			}
		}
	})
}

func TestShrink(t *testing.T) {
	for _, c := range []struct {
		rect layout.Rect
		fit  layout.Fit
		w, h int
		want float64
	}{
		{layout.Rect{W: 640, H: 360}, layout.Cover, 1280, 720, 0.5},
		{layout.Rect{W: 426, H: 360}, layout.Cover, 1280, 720, 0.5},
		{layout.Rect{W: 320, H: 720}, layout.Cover, 1280, 720, 1},
		{layout.Rect{W: 320, H: 720}, layout.Contain, 1280, 720, 0.25},
		{layout.Rect{W: 320, H: 720}, layout.Stretch, 1280, 720, 1},
	} {
		if got := shrink(layout.Placement{Rect: c.rect, Fit: c.fit}, c.w, c.h); got != c.want {
			t.Errorf("%v of %d×%d, fit %v: %v, want %v", c.rect, c.w, c.h, c.fit, got, c.want)
		}
	}
}
