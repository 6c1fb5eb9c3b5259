package e2e

import (
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
)

func TestDelayOf(t *testing.T) {
	began := time.Now()
	see := func(number int, clock, at time.Duration) sight { return sight{number, clock, began.Add(at)} }
	came := []sight{
		see(1, 0, 0), see(1, 100*time.Millisecond, 100*time.Millisecond), see(2, 0, 10*time.Millisecond),
		see(1, 0, 10*time.Second), // sent again
	}
	mixed := []sight{
		see(1, 0, 120*time.Millisecond),                    // 120 ms
		see(1, 0, 160*time.Millisecond),                    // the same picture again
		see(1, 100*time.Millisecond, 240*time.Millisecond), // 140 ms
		see(2, 0, 5*time.Millisecond),                      // before it came: not this one
		see(3, 0, time.Second),                             // nobody's
		see(1, 0, 10*time.Second+200*time.Millisecond),     // 200 ms, of the second time
	}
	if got, want := delayOf(mixed, came), (contest.Delay{P50: 140, P99: 200, Pictures: 3}); got != want {
		t.Errorf("delay %+v, want %+v", got, want)
	}
	if got := delayOf(nil, came); got != (contest.Delay{}) {
		t.Errorf("delay %+v of nothing", got)
	}
}

func TestProcessTime(t *testing.T) {
	stat := "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 1 0 99 1 1"
	if got := processTime(stat); got != 3*time.Second {
		t.Errorf("time %v, want 3s", got)
	}
	for _, text := range []string{"", "42 (a", "42 (a) S 1"} {
		if got := processTime(text); got != 0 {
			t.Errorf("time %v of %q", got, text)
		}
	}
}

func TestInTime(t *testing.T) {
	steady := contest.Arrival{Frames: 2000, Late: 1, Missing: 1}
	for _, c := range []struct {
		name string
		run  contest.LiveRun
		want bool
	}{
		{"two of 2000 frames", contest.LiveRun{Received: steady}, true},
		{"three of 2000 frames", contest.LiveRun{Received: steady.Add(contest.Arrival{Late: 1})}, false},
		{"nothing came", contest.LiveRun{}, false},
		{"its own ticks are late", contest.LiveRun{Received: steady, Ticks: &contest.TickCount{Frames: 2000, Late: 3}}, false},
		{"its own ticks are in time", contest.LiveRun{Received: steady, Ticks: &contest.TickCount{Frames: 2000, Late: 2}}, true},
	} {
		if ok, why := inTime(c.run); ok != c.want || ok != (why == "") {
			t.Errorf("%s: %v, %q", c.name, ok, why)
		}
	}
}
