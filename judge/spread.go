package judge

import (
	"math"
	"time"
)

// histogram counts values in bins of equal width, so that medians of any length of
// stream take the same memory. Values outside count in the first and the last bin;
// the greatest magnitude is kept exactly.
type histogram struct {
	low, width float64
	bins       []uint32
	count      int
	most       float64 // greatest magnitude
}

func newHistogram(low, high, width float64) histogram {
	return histogram{low: low, width: width, bins: make([]uint32, int((high-low)/width))}
}

func (h *histogram) add(v float64) {
	i := int(math.Floor((v - h.low) / h.width))
	h.bins[min(max(i, 0), len(h.bins)-1)]++
	h.count++
	h.most = max(h.most, math.Abs(v))
}

// addTime adds d in milliseconds.
func (h *histogram) addTime(d time.Duration) { h.add(float64(d) / float64(time.Millisecond)) }

func (h *histogram) centre(bin int) float64 { return h.low + (float64(bin)+0.5)*h.width }

// median returns the middle value, to half a bin; 0 of nothing.
func (h *histogram) median() float64 {
	seen := 0
	for i, n := range h.bins {
		seen += int(n)
		if n > 0 && 2*seen >= h.count {
			return h.centre(i)
		}
	}
	return 0
}

// absQuantile returns the magnitude that part q of the values do not exceed.
func (h *histogram) absQuantile(q float64) float64 {
	// Walk inward from both ends until 1−q of the values have been passed.
	pass := int(float64(h.count) * (1 - q))
	i, j := 0, len(h.bins)-1
	for i < j {
		at := &i
		if math.Abs(h.centre(j)) >= math.Abs(h.centre(i)) {
			at = &j
		}
		if pass -= int(h.bins[*at]); pass < 0 {
			return min(math.Abs(h.centre(*at)), h.most)
		}
		if at == &i {
			i++
		} else {
			j--
		}
	}
	return min(math.Abs(h.centre(i)), h.most)
}

// spread summarises a histogram of milliseconds.
func (h *histogram) spread() Spread {
	if h.count == 0 {
		return Spread{}
	}
	return Spread{
		Count: h.count, Median: round(h.median(), 1),
		AbsP95: round(h.absQuantile(0.95), 1), AbsP99: round(h.absQuantile(0.99), 1), AbsMax: round(h.most, 1),
	}
}

// round rounds v to a number of decimals, for reports.
func round(v float64, decimals int) float64 {
	scale := math.Pow(10, float64(decimals))
	return math.Round(v*scale) / scale
}

// seconds returns d in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return round(d.Seconds(), 3) }

// maxStretches bounds each list of stretches in a report.
const maxStretches = 200

// stretches collects the parts of a stream in which a state held for long enough.
type stretches struct {
	least time.Duration
	list  []Stretch
	since time.Duration
	on    bool
	total time.Duration
}

// set says whether the state holds from at on.
func (s *stretches) set(on bool, at time.Duration) {
	if on == s.on {
		return
	}
	s.end(at)
	s.on, s.since = on, at
}

// end closes a stretch that is open.
func (s *stretches) end(at time.Duration) {
	if s.on && at-s.since >= s.least {
		s.total += at - s.since
		if len(s.list) < maxStretches {
			s.list = append(s.list, Stretch{seconds(s.since), seconds(at)})
		}
	}
	s.on = false
}
