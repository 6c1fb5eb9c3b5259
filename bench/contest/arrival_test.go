package contest

import (
	"testing"
	"time"
)

const frame = 40 * time.Millisecond

// steady are n pictures that come 200 ms after their stamps.
func steady(n int) []Arrived {
	list := make([]Arrived, n)
	for i := range list {
		dts := time.Duration(i) * frame
		list[i] = Arrived{At: dts + 200*time.Millisecond, DTS: dts}
	}
	return list
}

func TestArrivalOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func([]Arrived) []Arrived
		want   Arrival
	}{
		{"steady", func(p []Arrived) []Arrived { return p }, Arrival{Frames: 100}},
		{"nothing", func([]Arrived) []Arrived { return nil }, Arrival{Frames: 98, Missing: 98}},
		{"two frames' time late counts only beyond it", func(p []Arrived) []Arrived {
			p[50].At += 2 * frame
			p[60].At += 2*frame + time.Millisecond
			return p
		}, Arrival{Frames: 100, Late: 1, WorstMS: 81}},
		{"early is not late", func(p []Arrived) []Arrived {
			p[50].At -= 3 * frame
			return p
		}, Arrival{Frames: 100}},
		{"left out", func(p []Arrived) []Arrived { return append(p[:40], p[43:]...) }, Arrival{Frames: 100, Missing: 3}},
		{"ends early", func(p []Arrived) []Arrived { return p[:80] }, Arrival{Frames: 98, Missing: 18}},
		{"stamps rounded to milliseconds", func(p []Arrived) []Arrived {
			for i := range p {
				p[i].DTS = (p[i].DTS + time.Duration(i%3)*300*time.Microsecond).Round(time.Millisecond)
				p[i].At = p[i].DTS
			}
			return p
		}, Arrival{Frames: 100}},
	} {
		if got := ArrivalOf(c.change(steady(100)), frame, 100*frame); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A mix that is made too slowly falls behind more and more.
func TestArrivalOfAMixThatFallsBehind(t *testing.T) {
	slow := steady(100)
	for i := range slow {
		slow[i].At += time.Duration(i) * frame / 4
	}
	if a := ArrivalOf(slow, frame, 125*frame); a.Late < 40 || a.OutOfStep() < 0.4 {
		t.Errorf("%+v of a mix at four fifths of its speed", a)
	}
}

func TestArrivalsAddUp(t *testing.T) {
	a := Arrival{Frames: 100, Late: 1, WorstMS: 80}.Add(Arrival{Frames: 100, Missing: 2, WorstMS: 5})
	if a != (Arrival{200, 1, 2, 80}) || a.OutOfStep() != 0.015 {
		t.Errorf("%+v, out of step %v", a, a.OutOfStep())
	}
	if (Arrival{}).OutOfStep() != 1 || (TickCount{}).LateShare() != 1 {
		t.Error("nothing at all is in time")
	}
	if got := (TickCount{Frames: 990, Late: 5, Skipped: 10}).LateShare(); got != 0.015 {
		t.Errorf("late share %v", got)
	}
}
