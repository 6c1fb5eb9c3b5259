package audio

import (
	"math"
	"sync/atomic"
)

// FloorLUFS is what a loudness meter shows for silence, in LUFS: no sound below it
// counts as loudness.
const FloorLUFS = -70

const (
	// hopFrames is how often loudness is measured: every 100 ms, so that windows of
	// 400 ms overlap by three quarters.
	hopFrames = SampleRate / 10
	// momentaryHops and shortHops are the lengths of the two windows: 400 ms and 3 s.
	momentaryHops, shortHops = 4, 30
)

// Loudness is how loud the mix is, as EBU R128 has it, after the limiter.
type Loudness struct {
	// Momentary, ShortTerm and Integrated are the loudness of the last 400 ms, of the
	// last 3 s, and of all that was mixed so far but pauses (gated at −70 LUFS and
	// 10 LU under the mean), in LUFS; FloorLUFS is silence.
	Momentary, ShortTerm, Integrated float64
	// TruePeak and MaxTruePeak are the highest level of the last second and of all so
	// far, between samples as well, in dBTP; FloorDB is silence.
	TruePeak, MaxTruePeak float64
}

// lufs returns the loudness of a mean square after the K-weighting (the sum of both
// channels), at least FloorLUFS.
func lufs(power float64) float64 { return max(FloorLUFS, 10*math.Log10(power)-0.691) }

// loudness measures in steps of 100 ms. One goroutine feeds it, any may ask. The zero
// value has heard nothing.
type loudness struct {
	weight  kWeight
	squares float64 // of the hop that is being filled
	frames  int     // in that hop
	hops    [shortHops]float64
	slot    int // of hops: the newest
	// shown is the power of both windows as two float32, so that a reader gets both
	// of the same moment.
	shown atomic.Uint64
}

// add feeds interleaved pcm up to the end of a hop. It returns what is left, and
// whether the hop is full.
func (l *loudness) add(pcm []float32) (rest []float32, full bool) {
	n := min(len(pcm)/Channels, hopFrames-l.frames)
	l.squares += l.weight.add(pcm[:n*Channels])
	return pcm[n*Channels:], l.advance(n)
}

// addAll feeds interleaved pcm.
func (l *loudness) addAll(pcm []float32) {
	for len(pcm) >= Channels {
		pcm, _ = l.add(pcm)
	}
}

// silence feeds frames of silence. What still rings in the filters is let go.
func (l *loudness) silence(frames int) {
	l.weight.reset()
	for frames > 0 {
		n := min(frames, hopFrames-l.frames)
		l.advance(n)
		frames -= n
	}
}

// advance counts frames that have been fed into the current hop; when it is full it
// shows both windows and starts the next.
func (l *loudness) advance(frames int) (full bool) {
	if l.frames += frames; l.frames < hopFrames {
		return false
	}
	l.slot = (l.slot + 1) % shortHops
	l.hops[l.slot] = l.squares / hopFrames
	l.squares, l.frames = 0, 0
	momentary, short := float32(l.over(momentaryHops)), float32(l.over(shortHops))
	l.shown.Store(uint64(math.Float32bits(momentary))<<32 | uint64(math.Float32bits(short)))
	return true
}

// over returns the power of the last hops.
func (l *loudness) over(hops int) float64 {
	var sum float64
	for i := range hops {
		sum += l.hops[(l.slot+shortHops-i)%shortHops]
	}
	return sum / float64(hops)
}

// level returns the loudness of the last 400 ms and of the last 3 s in LUFS.
func (l *loudness) level() (momentary, shortTerm float64) {
	v := l.shown.Load()
	return lufs(float64(math.Float32frombits(uint32(v >> 32)))), lufs(float64(math.Float32frombits(uint32(v))))
}

const (
	// gateLU is how far under the mean the relative gate lies.
	gateLU = 10
	// gateBins and binsPerLU divide the loudness from FloorLUFS to 30 LUFS into bins:
	// enough to gate hours of sound with what fits into 16 kB.
	gateBins, binsPerLU = 1000, 10
)

// integrated is the gated loudness of everything so far. It keeps the power of all
// blocks by their loudness: only the relative gate is rounded, up to 0.1 LU.
type integrated struct {
	power  [gateBins]float64
	blocks [gateBins]float64
	hops   int // that were seen, up to momentaryHops
	shown  atomic.Uint32
}

// add takes in the power of the last 400 ms; the first windows, which are not full,
// do not count.
func (g *integrated) add(power float64) {
	if g.hops++; g.hops < momentaryHops {
		return
	}
	g.hops = momentaryHops
	if over := lufs(power) - FloorLUFS; over > 0 {
		bin := min(gateBins-1, int(over*binsPerLU))
		g.power[bin] += power
		g.blocks[bin]++
		g.shown.Store(math.Float32bits(float32(g.above(g.above(0)))))
	}
}

// above returns the mean power of the blocks that are not further than gateLU under
// the given mean power; of all if that is 0.
func (g *integrated) above(mean float64) float64 {
	from := 0
	if mean > 0 {
		from = max(0, int(math.Ceil((lufs(mean)-gateLU-FloorLUFS)*binsPerLU)))
	}
	var power, blocks float64
	for i := from; i < gateBins; i++ {
		power += g.power[i]
		blocks += g.blocks[i]
	}
	if blocks == 0 {
		return 0
	}
	return power / blocks
}

// level returns the loudness in LUFS.
func (g *integrated) level() float64 {
	return lufs(float64(math.Float32frombits(g.shown.Load())))
}

// program is the loudness of the mix. One goroutine feeds it, any may ask.
type program struct {
	loud  loudness
	all   integrated
	peaks peakMeter
	// shown is the true peak of the last second and of all so far as two float32.
	shown atomic.Uint64
}

func newProgram() program { return program{peaks: newPeakMeter()} }

// add feeds interleaved pcm, at most a chunk.
func (p *program) add(pcm []float32) {
	for len(pcm) >= Channels {
		rest, full := p.loud.add(pcm)
		p.peaks.add(pcm[:len(pcm)-len(rest)])
		pcm = rest
		if full {
			p.all.add(p.loud.over(momentaryHops))
			last, most := p.peaks.hop()
			p.shown.Store(uint64(math.Float32bits(last))<<32 | uint64(math.Float32bits(most)))
		}
	}
}

// level returns what was measured.
func (p *program) level() Loudness {
	momentary, short := p.loud.level()
	v := p.shown.Load()
	return Loudness{
		Momentary:   momentary,
		ShortTerm:   short,
		Integrated:  p.all.level(),
		TruePeak:    max(FloorDB, 20*math.Log10(float64(math.Float32frombits(uint32(v>>32))))),
		MaxTruePeak: max(FloorDB, 20*math.Log10(float64(math.Float32frombits(uint32(v))))),
	}
}
