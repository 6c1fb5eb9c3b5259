package audio

import (
	"math"
	"sync"
)

// scanFrames is how many frames are looked at together for whether the signal can
// get anywhere near a level between them at all.
const scanFrames = 32

// peakBeta shapes the window of these filters. It is lower than sincBeta: that the
// signal is seen nearly up to half the sample rate counts for more here than ripple,
// which makes a peak up to 0.04 dB too high.
const peakBeta = 3

// betweenTaps are the filters that give a signal's value a quarter, a half and three
// quarters of the way between two frames: four times the sample rate, as ITU-R BS.1770-4
// has it. The first and the last are each other's mirror image, so that they are kept
// as what is even and what is odd of them; of all only the first half.
type betweenTaps struct {
	half, even, odd [sincHalf]float32
	// most is how far the signal can come over its greatest sample, as a factor.
	most float32
}

var betweenTable = sync.OnceValue(func() *betweenTaps {
	var t betweenTaps
	half, quarter := sincFilter(0.5, peakBeta), sincFilter(0.25, peakBeta)
	var atHalf, atQuarter float64
	for k := range sincTaps {
		atHalf += math.Abs(half[k])
		atQuarter += math.Abs(quarter[k])
	}
	for k := range sincHalf {
		t.half[k] = float32(half[k])
		t.even[k] = float32((quarter[k] + quarter[sincTaps-1-k]) / 2)
		t.odd[k] = float32((quarter[k] - quarter[sincTaps-1-k]) / 2)
	}
	// The summit may lie between two points of the finer grid: up to 8 % above them.
	t.most = float32(max(atHalf, atQuarter) * 1.09)
	return &t
})

// window is the frames that a signal's values between the two in its middle are
// computed from.
type window = [sincTaps * Channels]float32

// between returns the magnitudes of channel c a quarter, a half and three quarters of
// the way between the two frames in the middle of w.
func (t *betweenTaps) between(w *window, c int) (quarter, half, last float32) {
	var even, odd float32
	for k := range sincHalf {
		a, b := w[Channels*k+c], w[Channels*(sincTaps-1-k)+c]
		sum, difference := a+b, a-b
		half += float32(t.half[k] * sum)
		even += float32(t.even[k] * sum)
		odd += float32(t.odd[k] * difference)
	}
	return abs(even + odd), abs(half), abs(even - odd)
}

func abs(v float32) float32 { return math.Float32frombits(magnitude(v)) }

// peakScan finds the peaks between frames, one step after the other.
type peakScan struct {
	taps *betweenTaps
	// before is the value three quarters of the way to the first frame in the middle
	// of the next window, if that follows on what was scanned.
	before  [Channels]float32
	follows bool
}

// skip says that frames were left out.
func (p *peakScan) skip() { p.follows = false }

// below says that the signal around the given frames stays at or below level.
func (p *peakScan) below(pcm []float32, level float32) bool {
	return float32(peakOf(pcm)*p.taps.most) <= level
}

// peak returns the signal's greatest magnitude from the first of the two frames in
// the middle of in[Channels:] up to the second. In holds one frame more than a window,
// at its start. What is below level may come out a little too low.
func (p *peakScan) peak(in []float32, level float32) float32 {
	w := (*window)(in[Channels:])
	if !p.follows {
		for c := range Channels {
			_, _, p.before[c] = p.taps.between((*window)(in), c)
		}
		p.follows = true
	}
	var peak float32
	for c := range Channels {
		first, second := abs(w[(sincHalf-1)*Channels+c]), abs(w[sincHalf*Channels+c])
		quarter, half, last := p.taps.between(w, c)
		top := max(first, quarter, half, last)
		if top*1.09 > level { // else no summit can be over it
			top = max(summit(p.before[c], first, quarter), summit(first, quarter, half),
				summit(quarter, half, last), summit(half, last, second))
		}
		peak = max(peak, top)
		p.before[c] = last
	}
	return peak
}

// summit returns how high the signal comes around b, given its magnitudes a quarter of
// a frame before and after: b, or the top of a parabola through the three. At half
// the sample rate that is 0.07 dB too low; what it adds is increased so that it errs
// to the other side.
func summit(a, b, c float32) float32 {
	if b < a || b < c || b+b <= a+c {
		return b
	}
	return b + float32(1.15/8)*float32((c-a)*(c-a))/(b+b-a-c)
}

// meterHops is the length of the true peak's window in hops of 100 ms: 1 s.
const meterHops = 10

// peakMeter measures the true peak. One goroutine feeds it.
type peakMeter struct {
	scan peakScan
	pcm  []float32 // the end of what was fed last, then a chunk
	now  float32   // of the hop that is being filled
	hops [meterHops]float32
	slot int
	most float32
}

func newPeakMeter() peakMeter {
	return peakMeter{
		scan: peakScan{taps: betweenTable()},
		pcm:  make([]float32, (sincTaps+chunkFrames)*Channels),
	}
}

// add feeds interleaved pcm, at most a chunk.
func (m *peakMeter) add(pcm []float32) {
	const before = sincTaps * Channels
	copy(m.pcm[before:], pcm)
	for i := 0; i < len(pcm); i += scanFrames * Channels {
		end := min(i+scanFrames*Channels, len(pcm))
		if m.scan.below(m.pcm[i+Channels:before+end], m.now) {
			m.scan.skip()
			continue
		}
		for k := i; k < end; k += Channels {
			m.now = max(m.now, m.scan.peak(m.pcm[k:k+before+Channels], m.now))
		}
	}
	copy(m.pcm[:before], m.pcm[len(pcm):])
}

// hop ends a hop. It returns the peak of the last second and of all so far.
func (m *peakMeter) hop() (last, most float32) {
	m.slot = (m.slot + 1) % meterHops
	m.hops[m.slot] = m.now
	m.most = max(m.most, m.now)
	m.now = 0
	for _, p := range m.hops {
		last = max(last, p)
	}
	return last, m.most
}
