package audio

import (
	"math"
	"sync/atomic"
)

// FloorDB is the level of silence in every meter, in dBFS.
const FloorDB = -120

const (
	meterBins = 10
	binFrames = SampleRate / 100 // 10 ms
)

// bin adds up the sound of 10 ms.
type bin struct {
	squares float64 // over both channels
	peak    float32
}

// add adds interleaved pcm.
func (b *bin) add(pcm []float32) {
	b.squares += squaresOf(pcm)
	b.peak = max(b.peak, peakOf(pcm))
}

// squaresOf returns the sum of squares over both channels. Each has a sum of its own:
// two chains of additions run side by side.
func squaresOf(pcm []float32) float64 {
	var left, right float64
	for i := 0; i+1 < len(pcm); i += Channels {
		l, r := float64(pcm[i]), float64(pcm[i+1])
		left += float64(l * l)
		right += float64(r * r)
	}
	return left + right
}

// magnitude returns the bits of |v|. They are ordered as the magnitudes are, and
// whole numbers compare several times faster than floats.
func magnitude(v float32) uint32 { return math.Float32bits(v) &^ (1 << 31) }

// peakOf returns the greatest magnitude in pcm.
func peakOf(pcm []float32) float32 {
	var peak uint32
	for _, v := range pcm {
		peak = max(peak, magnitude(v))
	}
	return math.Float32frombits(peak)
}

// meter measures the last 100 ms in steps of 10 ms. One goroutine feeds it, any
// may ask for the level. The zero value is silence.
type meter struct {
	bins   [meterBins]bin
	slot   int // the bin that is being filled
	frames int // in that bin
	// shown is the mean square and the peak as two float32, so that a reader gets
	// both of the same moment.
	shown atomic.Uint64
}

// add feeds interleaved pcm.
func (m *meter) add(pcm []float32) {
	for len(pcm) >= Channels {
		n := min(len(pcm)/Channels, binFrames-m.frames)
		m.bins[m.slot].add(pcm[:n*Channels])
		pcm = pcm[n*Channels:]
		m.advance(n)
	}
}

// silence feeds frames of silence.
func (m *meter) silence(frames int) {
	for frames > 0 {
		n := min(frames, binFrames-m.frames)
		m.advance(n)
		frames -= n
	}
}

// advance counts frames that have been fed into the current bin, and when it is
// full shows the sum of all and starts the next.
func (m *meter) advance(frames int) {
	if m.frames += frames; m.frames < binFrames {
		return
	}
	var all bin
	for _, b := range m.bins {
		all.squares += b.squares
		all.peak = max(all.peak, b.peak)
	}
	mean := float32(all.squares / (meterBins * binFrames * Channels))
	m.shown.Store(uint64(math.Float32bits(mean))<<32 | uint64(math.Float32bits(all.peak)))
	m.slot = (m.slot + 1) % meterBins
	m.bins[m.slot] = bin{}
	m.frames = 0
}

// level returns the RMS over both channels and the sample peak in dBFS.
func (m *meter) level() (rmsDB, peakDB float64) {
	v := m.shown.Load()
	mean := float64(math.Float32frombits(uint32(v >> 32)))
	peak := float64(math.Float32frombits(uint32(v)))
	return max(FloorDB, 10*math.Log10(mean)), max(FloorDB, 20*math.Log10(peak))
}
