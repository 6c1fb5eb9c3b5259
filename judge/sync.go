package judge

import (
	"time"
)

// maxPair is the greatest distance between a flash and a beep that belong together.
// They come once a second, so it must stay below half of that.
const maxPair = 450 * time.Millisecond

// maxPending bounds the flashes and beeps that wait for their counterpart.
const maxPending = 8

// flash is a flash seen: the instant it stands for by the code's clock, and when the
// first picture that shows it was shown.
type flash struct{ exact, shown time.Duration }

// pairing brings the flashes and the beeps of one participant together, in whatever
// order picture and sound arrive.
type pairing struct {
	flashes   []flash
	beeps     []time.Duration
	skew, raw histogram
}

func newPairing() pairing {
	return pairing{skew: newHistogram(-500, 500, 0.25), raw: newHistogram(-600, 600, 0.25)}
}

func (p *pairing) flash(f flash) {
	for i, b := range p.beeps {
		if d := b - f.exact; d > -maxPair && d < maxPair {
			p.beeps = append(p.beeps[:i], p.beeps[i+1:]...)
			p.pair(f, b)
			return
		}
	}
	p.flashes = pend(p.flashes, f)
}

func (p *pairing) beep(b time.Duration) {
	for i, f := range p.flashes {
		if d := b - f.exact; d > -maxPair && d < maxPair {
			p.flashes = append(p.flashes[:i], p.flashes[i+1:]...)
			p.pair(f, b)
			return
		}
	}
	p.beeps = pend(p.beeps, b)
}

func (p *pairing) pair(f flash, b time.Duration) {
	p.skew.addTime(b - f.exact)
	p.raw.addTime(b - f.shown)
}

// pend appends v, dropping the oldest of maxPending: it has no counterpart.
func pend[T any](list []T, v T) []T {
	if len(list) == maxPending {
		list = append(list[:0], list[1:]...)
	}
	return append(list, v)
}
