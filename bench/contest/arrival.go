package contest

import (
	"math"
	"slices"
	"time"
)

// Arrived is one picture of a mix as its receiver got it.
type Arrived struct {
	// At is when it came, by a steady clock; DTS is its stamp.
	At, DTS time.Duration
}

// Arrival is how steadily the pictures of mixes came to their receivers.
type Arrival struct {
	// Frames is how many should have come.
	Frames int `json:"frames"`
	// Late came more than lateAfter frames' time after the steady course of their mix,
	// which is the median of arrival − stamp.
	Late int `json:"late"`
	// Missing never came: the stamps leap over them, or the receiver looked longer than
	// there were pictures for.
	Missing int `json:"missing"`
	// WorstMS is how late the latest was, in milliseconds.
	WorstMS float64 `json:"worst_ms"`
}

// lateAfter is how many frames' time a picture may come after the course: senders and
// servers on the way alone set single pictures aside by nearly one.
const lateAfter = 2

// edge is how many frames may lack at both ends of the time that a receiver looks.
const edge = 2

// ArrivalOf judges the pictures of one mix with frame time interval that came while
// its receiver looked for so long. It is the same yardstick for whoever made them: it
// knows nothing but stamps and arrivals.
func ArrivalOf(pictures []Arrived, interval, looked time.Duration) Arrival {
	expected := max(0, int(looked/interval)-edge)
	if len(pictures) == 0 {
		return Arrival{Frames: expected, Missing: expected}
	}
	offsets := make([]time.Duration, len(pictures))
	for i, p := range pictures {
		offsets[i] = p.At - p.DTS
	}
	course := slices.Sorted(slices.Values(offsets))[len(offsets)/2]
	var a Arrival
	for i, offset := range offsets {
		late := offset - course
		a.WorstMS = max(a.WorstMS, float64(late)/float64(time.Millisecond))
		if late > lateAfter*interval {
			a.Late++
		}
		if i == 0 {
			continue
		}
		// Stamps of FLV are whole milliseconds: steps are rounded to frames.
		if step := int(math.Round(float64(pictures[i].DTS-pictures[i-1].DTS) / float64(interval))); step > 1 {
			a.Missing += step - 1
		}
	}
	a.Missing = max(a.Missing, expected-len(pictures))
	a.Frames = len(pictures) + a.Missing
	return a
}

// Add adds up the mixes of one run.
func (a Arrival) Add(b Arrival) Arrival {
	return Arrival{
		Frames: a.Frames + b.Frames, Late: a.Late + b.Late, Missing: a.Missing + b.Missing,
		WorstMS: max(a.WorstMS, b.WorstMS),
	}
}

// OutOfStep returns the share of frames that came late or never, 0 to 1; 1 if there
// was none.
func (a Arrival) OutOfStep() float64 {
	if a.Frames == 0 {
		return 1
	}
	return float64(a.Late+a.Missing) / float64(a.Frames)
}
