package measure

import "math"

const (
	// boxFrames is the length of each of the three running means that make the band
	// filter of Onsets (together 12.5 ms). It is odd, so that their delay is whole.
	boxFrames = 201
	// plateauFrames is where the burst's own level is looked for after its start.
	plateauFrames = Rate / 50
)

// Onsets returns the samples at which bursts of a tone of freq Hz (200 Hz or more)
// start: where the tone's level rises through half of what it reaches in the next
// 20 ms. A start is found where the tone reaches floorDB (dBFS) after it has been 6 dB
// below that; a tone that is there from the first sample on has none.
//
// A burst should last 15 ms or more. Tones that are 200 Hz or more away are suppressed
// by 38 dB; where none of them is more than 12 dB stronger than the burst, a start is
// right within 1 ms. A burst that fades in is dated to the middle of its fade.
func Onsets(pcm []float32, freq, floorDB float64) []int {
	level := narrowband(pcm, freq)
	floor := Amplitude(floorDB)
	var onsets []int
	armed := false
	for i, v := range level {
		switch {
		case v < floor/2:
			armed = true
		case armed && v >= floor:
			armed = false
			onsets = append(onsets, halfway(level, i))
		}
	}
	return onsets
}

// halfway returns where the rise that goes through i passes half of its top.
func halfway(level []float64, i int) int {
	half := 0.0
	for _, v := range level[i:min(len(level), i+plateauFrames)] {
		half = max(half, v/2)
	}
	for i > 0 && level[i-1] >= half {
		i--
	}
	for level[i] < half {
		i++
	}
	return i
}

// narrowband returns the amplitude of a tone of freq Hz around each sample: the
// signal shifted down by freq and averaged three times.
func narrowband(pcm []float32, freq float64) []float64 {
	const margin = 3 * (boxFrames / 2) // so that the filter's delay falls out
	re := make([]float64, len(pcm)+2*margin)
	im := make([]float64, len(pcm)+2*margin)
	for i, v := range pcm {
		sin, cos := math.Sincos(phase(freq, i))
		re[i+margin] = 2 * float64(v) * cos
		im[i+margin] = 2 * float64(v) * sin
	}
	for range 3 {
		runningMean(re)
		runningMean(im)
	}
	level := re[:len(pcm)]
	for i := range level {
		// The three means lag by margin, and the margin before lags as much.
		level[i] = math.Hypot(re[i+2*margin], im[i+2*margin])
	}
	return level
}

// runningMean replaces each value by the mean of the last boxFrames values.
func runningMean(x []float64) {
	var past [boxFrames]float64
	var sum float64
	for i, v := range x {
		slot := i % boxFrames
		sum += v - past[slot]
		past[slot] = v
		x[i] = sum / boxFrames
	}
}
