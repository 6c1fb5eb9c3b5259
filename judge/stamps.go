package judge

import (
	"math"
	"slices"
	"time"

	"github.com/lianmai/lianmai/media"
)

const (
	// stampTolerance is RTMP's rounding to whole milliseconds.
	stampTolerance = time.Millisecond + 10*time.Microsecond
	// driftTolerance is the same for the distance from an exact count, whose start
	// is rounded too.
	driftTolerance = 1500 * time.Microsecond
	// learnSteps is how many steps the frame rate is found out from.
	learnSteps = 90
	maxFaults  = 50
)

// counter checks that timestamps count frames of a rate exactly.
type counter struct {
	rate   media.FrameRate // zero until it is known
	held   []time.Duration // stamps seen before that
	report Stamps
	anchor time.Duration // stamp that the count starts from
	n      int64         // frames since
	last   time.Duration
	any    bool
}

// add takes the next timestamp.
func (c *counter) add(at time.Duration) {
	if c.rate.Num == 0 {
		c.held = append(c.held, at)
		if len(c.held) > learnSteps {
			c.learn()
		}
		return
	}
	c.check(at)
}

// restart forgets the last timestamp: the next one starts a new count.
func (c *counter) restart() {
	if c.rate.Num == 0 && len(c.held) > 1 {
		c.learn()
	}
	c.held, c.any = nil, false
}

// learn finds the rate from the held stamps and checks them.
func (c *counter) learn() {
	if len(c.held) < 2 {
		return
	}
	c.rate = guessRate(c.held)
	held := c.held
	c.held = nil
	for _, at := range held {
		c.check(at)
	}
}

func (c *counter) check(at time.Duration) {
	if !c.any {
		c.anchor, c.n, c.last, c.any = at, 0, at, true
		return
	}
	period := c.rate.Time(1)
	step := at - c.last
	c.n++
	drift := at - c.anchor - c.rate.Time(c.n)
	bad := step <= 0 || step-period > stampTolerance || period-step > stampTolerance
	if !bad && (drift > driftTolerance || drift < -driftTolerance) {
		bad = true
	}
	c.last = at
	if !bad {
		return
	}
	if step > period || step == period && drift > 0 {
		c.report.Gaps++
	} else {
		c.report.Repeats++
	}
	if len(c.report.Faults) < maxFaults {
		c.report.Faults = append(c.report.Faults, StampFault{seconds(at), ms(step), ms(period)})
	}
	c.anchor, c.n = at, 0
}

func ms(d time.Duration) float64 { return round(float64(d)/float64(time.Millisecond), 2) }

// finish returns the result.
func (c *counter) finish() Stamps {
	if c.rate.Num == 0 {
		c.learn()
	}
	if c.rate.Num != 0 {
		c.report.Rate = round(c.rate.Float(), 3)
	}
	return c.report
}

// usualRates are the frame rates that streams have.
var usualRates = []media.FrameRate{
	{Num: 5, Den: 1}, {Num: 8, Den: 1}, {Num: 10, Den: 1}, {Num: 12, Den: 1}, {Num: 15, Den: 1}, {Num: 18, Den: 1},
	{Num: 20, Den: 1}, {Num: 24000, Den: 1001}, {Num: 24, Den: 1}, {Num: 25, Den: 1}, {Num: 30000, Den: 1001},
	{Num: 30, Den: 1}, {Num: 50, Den: 1}, {Num: 60000, Den: 1001}, {Num: 60, Den: 1},
}

// guessRate returns the usual rate nearest to the mean of the steps that are about
// as long as the median one, or that mean itself if no usual rate is within 1 %.
func guessRate(stamps []time.Duration) media.FrameRate {
	steps := make([]time.Duration, 0, len(stamps))
	for i := 1; i < len(stamps); i++ {
		steps = append(steps, stamps[i]-stamps[i-1])
	}
	slices.Sort(steps)
	median := steps[len(steps)/2]
	sum, n := time.Duration(0), 0
	for _, s := range steps {
		if s >= median-2*time.Millisecond && s <= median+2*time.Millisecond {
			sum += s
			n++
		}
	}
	period := sum.Seconds() / float64(n)
	if !(period > 0) {
		return media.FPS(1000) // all stamps are the same: every step is a repeat
	}
	best, distance := media.FrameRate{}, 0.01
	for _, r := range usualRates {
		if d := math.Abs(period*r.Float() - 1); d < distance {
			best, distance = r, d
		}
	}
	if best.Num == 0 {
		// Bounded, for stamps that mean nothing: 1 frame in 1000 s to 1000 a second.
		best = media.FrameRate{Num: min(max(int(math.Round(1000/period)), 1), 1_000_000), Den: 1000}
	}
	return best
}

// wrapPeriod is where RTMP's 32-bit milliseconds start again.
const wrapPeriod = time.Duration(1<<32) * time.Millisecond

// unwrapper turns RTMP timestamps into a time that never wraps.
type unwrapper struct {
	last, offset time.Duration
	any          bool
}

func (u *unwrapper) add(t time.Duration) time.Duration {
	if u.any {
		switch d := t - u.last; {
		case d < -wrapPeriod/2:
			u.offset += wrapPeriod
		case d > wrapPeriod/2:
			u.offset -= wrapPeriod
		}
	}
	u.last, u.any = t, true
	return t + u.offset
}
