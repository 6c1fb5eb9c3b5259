package mixer

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
)

func picture(t testing.TB, pts time.Duration) *media.Frame {
	t.Helper()
	f, err := media.NewFrame(2, 2)
	if err != nil {
		t.Fatal(err)
	}
	f.PTS = pts
	return f
}

func TestFrameSlotShowsTheNewestThatIsDue(t *testing.T) {
	liveAtStart(t)
	var s frameSlot
	if f, _, changed := s.pick(0, true); f != nil || changed {
		t.Error("an empty slot has a picture")
	}
	for _, at := range []time.Duration{0, 40, 80, 120} {
		s.put(picture(t, at*ms))
	}
	f, seq, changed := s.pick(90*ms, true)
	if f.PTS != 80*ms || !changed {
		t.Errorf("picked %v, changed %v; want 80 ms", f.PTS, changed)
	}
	if again, same, changed := s.pick(119*ms, true); again != f || same != seq || changed {
		t.Errorf("picked another picture before its time")
	}
	if !s.reaches(119*ms) || s.reaches(120*ms) {
		t.Error("reaches is wrong about 120 ms")
	}
	if f, next, _ := s.pick(time.Hour, true); f.PTS != 120*ms || next == seq {
		t.Errorf("picked %v, number %d after %d", f.PTS, next, seq)
	}
	if s.drops() != 2 {
		t.Errorf("%d pictures dropped, want the 2 that were passed over", s.drops())
	}
	s.clear()
}

func TestFrameSlotDoesNotBeginWithOldPictures(t *testing.T) {
	liveAtStart(t)
	var s frameSlot
	s.put(picture(t, 0))
	if f, _, _ := s.pick(tooOld, false); f != nil {
		t.Errorf("began with a picture %v old", tooOld)
	}
	s.put(picture(t, 2*time.Second-tooOld+ms))
	if f, _, changed := s.pick(2*time.Second, false); f == nil || !changed {
		t.Error("did not begin with a picture that is new enough")
	}
	s.put(picture(t, 3*time.Second))
	if f, _, _ := s.pick(time.Hour, true); f.PTS != 3*time.Second {
		t.Error("a source that is seen stopped at an old picture")
	}
	s.clear()
}

func TestFrameSlotFollowsASourceThatWentBack(t *testing.T) {
	liveAtStart(t)
	var s frameSlot
	for _, at := range []time.Duration{1000, 1040, 1080} {
		s.put(picture(t, at*ms))
	}
	s.put(picture(t, 1040*ms))
	if s.reaches(1040 * ms) {
		t.Error("pictures after the one that went back are still there")
	}
	if f, _, _ := s.pick(time.Hour, true); f.PTS != 1040*ms {
		t.Errorf("picked %v", f.PTS)
	}
	s.clear()
}

// Every picture is owned once: alive are those that wait and the current one.
func TestFrameSlotOwnsItsPictures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before := media.Live()
		var s frameSlot
		var now time.Duration
		puts, changes := int64(0), int64(0)
		for range rapid.IntRange(1, 120).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				now += time.Duration(rapid.IntRange(0, 100).Draw(rt, "on")) * ms
				f, _, changed := s.pick(now, rapid.Bool().Draw(rt, "fresh"))
				if changed {
					changes++
					if f.PTS > now {
						rt.Fatalf("picture of %v shown at %v", f.PTS, now)
					}
				}
			default:
				s.put(picture(t, now+time.Duration(rapid.IntRange(-600, 300).Draw(rt, "pts"))*ms))
				puts++
			}
			for i := 1; i < len(s.frames); i++ {
				if s.frames[i].PTS <= s.frames[i-1].PTS {
					rt.Fatalf("pictures out of order")
				}
			}
			alive := int64(len(s.frames))
			if s.current != nil {
				alive++
			}
			if got := media.Live() - before; got != alive || len(s.frames) > maxFrames {
				rt.Fatalf("%d pictures alive, %d held", got, alive)
			}
			if puts != changes+s.drops()+int64(len(s.frames)) {
				rt.Fatalf("%d put in; %d shown, %d dropped, %d waiting", puts, changes, s.drops(), len(s.frames))
			}
		}
		s.clear()
		s.clear()
		if media.Live() != before {
			rt.Fatalf("%d pictures alive after clear", media.Live()-before)
		}
	})
}
