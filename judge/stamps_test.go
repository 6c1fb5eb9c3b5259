package judge

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
)

// rounded is frame n's time as RTMP carries it.
func rounded(r media.FrameRate, n int64) time.Duration { return r.Time(n).Round(time.Millisecond) }

func TestExactCountsHaveNoFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom(append([]media.FrameRate{{Num: 48000, Den: 1024}, {Num: 16000, Den: 1024}}, usualRates...)).Draw(t, "rate")
		start := rapid.Int64Range(0, 1<<31).Draw(t, "start")
		var c counter
		if rapid.Bool().Draw(t, "known") {
			c.rate = rate
		}
		truncate := rapid.Bool().Draw(t, "truncate") // senders round one way or the other
		for n := range int64(1000) {
			at := rounded(rate, start+n)
			if truncate {
				at = rate.Time(start + n).Truncate(time.Millisecond)
			}
			c.add(at)
		}
		s := c.finish()
		if s.Gaps != 0 || s.Repeats != 0 || len(s.Faults) != 0 {
			t.Fatalf("%v from frame %d: %+v", rate, start, s)
		}
		if d := s.Rate/rate.Float() - 1; d > 0.001 || d < -0.001 {
			t.Fatalf("%v taken for %v", rate, s.Rate)
		}
	})
}

func TestOneFaultIsFoundAndCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := media.FPS(rapid.SampledFrom([]int{15, 25, 30}).Draw(t, "fps"))
		at := rapid.Int64Range(1, 298).Draw(t, "at")
		kind := rapid.SampledFrom([]string{"missing", "twice", "jump", "back"}).Draw(t, "kind")
		c := counter{rate: rate}
		shift := time.Duration(0)
		for n := range int64(300) {
			if n == at {
				switch kind {
				case "missing":
					continue
				case "twice":
					c.add(rounded(rate, n))
				case "jump":
					shift = time.Duration(rapid.Int64Range(3, 5000).Draw(t, "ms")) * time.Millisecond
				case "back":
					shift = -time.Duration(rapid.Int64Range(3, 5000).Draw(t, "ms")) * time.Millisecond
				}
			}
			c.add(rounded(rate, n) + shift)
		}
		s := c.finish()
		gaps := kind == "missing" || kind == "jump"
		if gaps && (s.Gaps != 1 || s.Repeats != 0) || !gaps && (s.Gaps != 0 || s.Repeats != 1) || len(s.Faults) != 1 {
			t.Fatalf("%s at frame %d: %+v", kind, at, s)
		}
	})
}

// Steps of 33 ms each are within a millisecond of 1/30 s and yet run away.
func TestSlowDriftIsFound(t *testing.T) {
	c := counter{rate: media.FPS(30)}
	for n := range 300 {
		c.add(time.Duration(n) * 33 * time.Millisecond)
	}
	if s := c.finish(); s.Repeats == 0 {
		t.Errorf("no fault in stamps that drift by 10 ms a second: %+v", s)
	}
}

func TestStampsThatNeverRise(t *testing.T) {
	var c counter
	for range 200 {
		c.add(0)
	}
	if s := c.finish(); s.Repeats != 199 {
		t.Errorf("%+v", s)
	}
}

func TestTimestampsAreUnwrapped(t *testing.T) {
	var u unwrapper
	start := wrapPeriod - 100*time.Millisecond
	for i := range 10 {
		want := start + time.Duration(i)*33*time.Millisecond
		if got := u.add(want % wrapPeriod); got != want {
			t.Fatalf("packet %d at %v, want %v", i, got, want)
		}
	}
	// An older one from before the wrap.
	if got := u.add(wrapPeriod - time.Millisecond); got != wrapPeriod-time.Millisecond {
		t.Errorf("before the wrap: %v", got)
	}
}
