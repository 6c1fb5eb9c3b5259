package judge

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

const (
	// gridStep is the distance between the samples that a picture is compared by.
	gridStep = 8
	// Samples that differ by more than movedBy count as moved; a picture has changed
	// when one in movedPart has. A frozen picture that is coded again differs less.
	movedBy   = 8
	movedPart = 1000
	// A picture is black when its mean luma is below blackMean and hardly a sample
	// (one in 200) is above blackMost: nothing but the dark background of a layout
	// (luma 35) counts as black too.
	blackMean, blackMost = 40, 48
)

// eye judges pictures as wholes: black, and frozen.
type eye struct {
	black, frozen stretches
	grid, anchor  []uint8
	w, h          int
	since         time.Duration // since when the picture has been like anchor
	last          time.Duration
	any           bool
}

// look takes the picture shown at.
func (e *eye) look(f *media.Frame, at time.Duration) {
	e.sample(f)
	black := e.isBlack()
	e.black.set(black, at)
	if !e.any || f.Width() != e.w || f.Height() != e.h || black || e.moved() {
		e.frozen.end(at)
		e.anchor = append(e.anchor[:0], e.grid...)
		e.w, e.h, e.since, e.any = f.Width(), f.Height(), at, true
	} else {
		e.frozen.set(true, e.since)
	}
	e.last = at
}

func (e *eye) sample(f *media.Frame) {
	e.grid = e.grid[:0]
	for y := gridStep / 2; y < f.Height(); y += gridStep {
		row := f.Plane(0)[y*f.Stride(0) : y*f.Stride(0)+f.Width()]
		for x := gridStep / 2; x < len(row); x += gridStep {
			e.grid = append(e.grid, row[x])
		}
	}
}

func (e *eye) isBlack() bool {
	sum, light := 0, 0
	for _, v := range e.grid {
		sum += int(v)
		if v > blackMost {
			light++
		}
	}
	return sum < blackMean*len(e.grid) && light*200 <= len(e.grid)
}

func (e *eye) moved() bool {
	moved := 0
	for i, v := range e.grid {
		if d := int(v) - int(e.anchor[i]); d > movedBy || d < -movedBy {
			moved++
		}
	}
	return moved*movedPart > len(e.grid)
}

// finish closes what is open at the end of the stream.
func (e *eye) finish(end time.Duration) {
	e.black.end(end)
	e.frozen.end(end)
}
