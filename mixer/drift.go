package mixer

import "time"

const (
	// driftSpan is the number of seconds over which a sender's clock is compared.
	driftSpan = 60
	// driftLeast is how many of them it takes to tell: stamps are whole milliseconds.
	driftLeast = 15
)

// driftMeter tells how fast a sender's clock goes, from the packets that were the
// quickest of each second. The zero value is ready.
type driftMeter struct {
	low   [driftSpan]time.Duration // least transit times, a ring
	at    [driftSpan]time.Duration // the seconds that they are of
	count int
	known float64 // ppm, of the last full second
}

// second takes in the least transit time of a second that ended at session time at.
func (m *driftMeter) second(low, at time.Duration) {
	m.low[m.count%driftSpan], m.at[m.count%driftSpan] = low, at
	m.count++
	m.known = m.slope()
}

// ppm returns by how many parts per million the sender's clock is ahead of ours each
// second; 0 until there is enough to tell.
func (m *driftMeter) ppm() float64 { return m.known }

// slope fits a line through the points. A clock that is fast makes packets come earlier
// and earlier by their stamps.
func (m *driftMeter) slope() float64 {
	n := min(m.count, driftSpan)
	if n < driftLeast {
		return 0
	}
	var x, y, xx, xy float64
	for i := range n {
		// Small numbers: the differences are what counts.
		s, l := (m.at[i] - m.at[0]).Seconds(), (m.low[i] - m.low[0]).Seconds()
		x, y, xx, xy = x+s, y+l, xx+s*s, xy+s*l
	}
	spread := float64(n)*xx - x*x
	if spread == 0 {
		return 0
	}
	return -1e6 * (float64(n)*xy - x*y) / spread
}
