package judge

import (
	"time"

	"github.com/lianmai/lianmai/pattern"
)

// maxBackwards is how far back in its own time a participant can have gone for it to
// be an old picture shown again; further back, its stream began anew.
const maxBackwards = 10 * time.Second

// person follows one synthetic participant through the stream.
type person struct {
	number int

	frames, unread, repeats, distinct, backwards int

	visible  bool          // in the frame before
	clock    time.Duration // of that frame
	shown    time.Duration // when that frame was shown
	held     time.Duration // since when this clock has been shown
	longest  time.Duration
	largest  time.Duration
	present  time.Duration // how long it was visible in all
	flashing bool
	freezes  stretches

	pairing
	delay histogram
	hue   histogram
	heard int
	level histogram

	lastBeep time.Duration
	steady   int // beeps that came a second after the one before
}

// steadyBeeps is how many beeps must have come in their second for a tone to be a
// participant that is only heard: music and speech have all tones now and then.
const steadyBeeps = 2

// there tells whether the stream surely holds this participant.
func (p *person) there() bool { return p != nil && (p.frames > 0 || p.steady >= steadyBeeps) }

// beeped takes the start of a beep.
func (p *person) beeped(at time.Duration) {
	if d := at - p.lastBeep - time.Second; d > -20*time.Millisecond && d < 20*time.Millisecond {
		p.steady++
	}
	p.lastBeep = at
	p.beep(at)
}

func newPerson(number int, o *Options) *person {
	return &person{
		number:  number,
		freezes: stretches{least: o.FreezeAfter},
		pairing: newPairing(),
		delay:   newHistogram(-2000, 20000, 1),
		hue:     newHistogram(0, 100, 0.25),
		level:   newHistogram(-100, 10, 0.1),
	}
}

// saw takes the participant's code from the picture shown at.
func (p *person) saw(at time.Duration, s pattern.Seen) {
	p.frames++
	if p.visible {
		p.present += at - p.shown
		switch d := pattern.ClockDifference(s.Clock, p.clock); {
		case d == 0:
			p.repeats++
		case d < 0 && d > -maxBackwards:
			p.backwards++
			p.fresh(at)
		default:
			p.largest = max(p.largest, d)
			p.fresh(at)
		}
		p.longest = max(p.longest, at-p.held)
		p.freezes.set(s.Clock == p.clock, p.held)
		if s.Flash && !p.flashing && s.Clock%time.Second < pattern.FlashLength {
			p.flash(flash{exact: at - s.Clock%time.Second, shown: at})
		}
	} else {
		p.fresh(at)
	}
	p.visible, p.clock, p.shown, p.flashing = true, s.Clock, at, s.Flash
}

// fresh notes that a new picture is shown from at on.
func (p *person) fresh(at time.Duration) {
	if p.visible {
		p.longest = max(p.longest, at-p.held)
		p.freezes.set(false, at)
	}
	p.held = at
	p.distinct++
}

// gone notes that the participant is not in the picture at any more.
func (p *person) gone(at time.Duration) {
	if p.visible {
		p.freezes.end(at)
		p.visible, p.flashing = false, false
	}
}

// report sums up; measures is how often the tones were measured.
func (p *person) report(measures int) Participant {
	r := Participant{
		Number: p.number, Frames: p.frames, Unread: p.unread, Repeats: p.repeats,
		LongestHold: ms(p.longest), LargestStep: ms(p.largest), Backwards: p.backwards,
		Freezes:  p.freezes.list,
		HueError: round(p.hue.median(), 1),
		Skew:     p.skew.spread(), RawSkew: p.raw.spread(), Delay: p.delay.spread(),
	}
	if p.present > 0 {
		r.SourceRate = round(float64(p.distinct)/p.present.Seconds(), 1)
	}
	if measures > 0 {
		r.Heard = round(float64(p.heard)/float64(measures), 3)
	}
	if p.heard > 0 {
		r.Level = round(p.level.median(), 1)
	}
	return r
}
