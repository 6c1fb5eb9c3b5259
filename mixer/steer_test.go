package mixer

import (
	"math"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// steered plays blocks of 1024 frames as a source's decode goroutine does. want
// gives the session time that block n is stamped with. It returns the largest
// distance between where a block was played and where its stamp wants it, after
// the first skip blocks.
func steered(t *testing.T, blocks, skip int, want func(n int) time.Duration) (worst time.Duration) {
	t.Helper()
	s := newSteering()
	pcm := make([]float32, 1024*media.Channels)
	next := media.SampleIndex(want(0))
	for n := range blocks {
		early := media.SampleIndex(want(n)) - next - s.held()
		if n >= skip {
			worst = max(worst, abs(media.SampleTime(early)))
		}
		in := len(pcm) / media.Channels
		if n == 0 {
			in += 13 // what the stretcher holds back from the first block
		}
		spliced := abs(media.SampleTime(int64(s.off+(float64(early)-s.off)*steerSmooth))) >= spliceFrom
		out := s.process(early, 0, pcm)
		got := len(out) / media.Channels
		if spliced {
			in = got // looked at in splice_test.go
		}
		if ratio := float64(got) / float64(in); n > 0 && math.Abs(ratio-1) > audio.MaxStretch+1.0/1024 {
			t.Fatalf("block %d: %d frames of %d", n, got, in)
		}
		next += int64(got)
	}
	return worst
}

// 75 s of ±200 ppm are 15 ms of drift; with -long it is an hour.
func TestSteeringFollowsDrift(t *testing.T) {
	seconds := 75
	if *long {
		seconds = 3600
	}
	for _, ppm := range []float64{200, -200} {
		worst := steered(t, seconds*media.SampleRate/1024, 0, func(n int) time.Duration {
			// Stamps are whole milliseconds on the wire.
			return time.Duration(float64(media.SampleTime(int64(n)*1024)) * (1 + ppm*1e-6)).Truncate(time.Millisecond)
		})
		if worst > 10*time.Millisecond {
			t.Errorf("%v ppm: sound is up to %v from its place", ppm, worst)
		}
	}
}

func TestSteeringWorksOffAStep(t *testing.T) {
	for _, step := range []time.Duration{30 * time.Millisecond, -30 * time.Millisecond} {
		at := func(n int) time.Duration {
			d := media.SampleTime(int64(n) * 1024)
			if n >= 100 {
				d += step
			}
			return d
		}
		// Pieces take most of it at once; the rest goes at no more than 0.5 %.
		if worst := steered(t, 100+30*47, 100+5*47, at); worst > 3*time.Millisecond {
			t.Errorf("step of %v: still %v off after 5 s", step, worst)
		}
	}
}

func TestSteeringLeavesJitterAlone(t *testing.T) {
	for _, spread := range []int{0, 1, 12, 31} { // ms; phones' stamps have up to 31
		seed := uint32(1)
		worst := steered(t, 1000, 100, func(n int) time.Duration {
			seed = seed*1664525 + 1013904223
			return media.SampleTime(int64(n)*1024) + time.Duration(int(seed>>16)%(spread+1)-spread/2)*time.Millisecond
		})
		if limit := time.Duration(spread+8) * time.Millisecond; worst > limit {
			t.Errorf("stamps that jitter by %d ms moved the sound by %v", spread, worst)
		}
	}
}
