package judge

import (
	"math"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// The beep detector shifts each beep's frequency down to zero, adds up blocks of
// blockSamples, and smooths them with a Hann window of windowBlocks (20 ms, zero at
// the other beeps' distance of 300 Hz). The envelope of a sharp start then rises
// symmetrically around it, so the crossing of half of the plateau is the start,
// whatever the level is. audio/measure.Onsets does the same for whole recordings; this
// one runs along with a stream, for nine beeps at about 1 % of a core.
const (
	blockSamples = 24 // 0.5 ms
	windowBlocks = 40 // 20 ms
	// beepPeriod is a whole number of periods of each beep, in samples,
	// and of blocks.
	beepPeriod = 480
	// beepFloor is the least amplitude of a beep, −44 dBFS: 25 dB below full level.
	beepFloor = 0.0063
	// Blocks after the floor is passed between which the plateau is measured.
	plateauFrom, plateauTo = 50, 100
	// history holds an envelope from before the rise to the end of the plateau.
	history = 256
)

// beepTable holds what each beep is multiplied with; hann is the window. Neither is
// written after it has been made.
var (
	beepTable = makeBeepTable()
	hann      = makeHann()
)

// oscillator is one period of the beeps of all participants, as cosine and sine.
type oscillator struct {
	cos, sin [beepPeriod]float32
}

func makeBeepTable() *[pattern.MaxNumber]oscillator {
	var t [pattern.MaxNumber]oscillator
	for k := range t {
		for i := range beepPeriod {
			s, c := math.Sincos(2 * math.Pi * pattern.Beep(k+1) * float64(i) / media.SampleRate)
			t[k].cos[i], t[k].sin[i] = float32(c), float32(s)
		}
	}
	return &t
}

// makeHann scales the window so that the envelope is the beep's amplitude.
func makeHann() *[windowBlocks]float32 {
	var w [windowBlocks]float32
	sum := 0.0
	for i := range w {
		s := math.Sin(math.Pi * (float64(i) + 0.5) / windowBlocks)
		w[i] = float32(s * s)
		sum += s * s
	}
	for i := range w {
		w[i] *= float32(2 / (sum * blockSamples))
	}
	return &w
}

// beeps finds when each participant's beep starts in a continuous sound.
type beeps struct {
	start  time.Duration // time of sample 0
	n      int64         // samples taken
	block  int64         // blocks completed
	pcm    [blockSamples]float32
	voices [pattern.MaxNumber]beepVoice
	found  func(number int, at time.Duration)
}

type beepVoice struct {
	re, im   [2 * windowBlocks]float32 // blocks, each stored twice so that a window is one piece
	envelope [history]float32          // by block, of the window that ends there
	risen    int64                     // block at which the floor was passed; 0 = waiting for it
	sounding bool                      // until the envelope falls
	plateau  float32
}

// restart begins a new sound at time start.
func (b *beeps) restart(start time.Duration) { *b = beeps{start: start, found: b.found} }

// add takes one mono sample.
func (b *beeps) add(x float32) {
	at := int(b.n % blockSamples)
	b.pcm[at] = x
	b.n++
	if at < blockSamples-1 {
		return
	}
	first := (b.n - blockSamples) % beepPeriod
	for k := range b.voices {
		o := &beepTable[k]
		cos, sin := o.cos[first:first+blockSamples], o.sin[first:first+blockSamples]
		var re, im float32
		for i, x := range b.pcm {
			re += x * cos[i]
			im += x * sin[i]
		}
		b.step(k, re, im)
	}
	b.block++
}

// step takes the block number b.block of beep k.
func (b *beeps) step(k int, re, im float32) {
	v := &b.voices[k]
	slot := int(b.block % windowBlocks)
	v.re[slot], v.re[slot+windowBlocks] = re, re
	v.im[slot], v.im[slot+windowBlocks] = im, im
	// The oldest block is the one after the newest.
	wre, wim := v.re[slot+1:slot+1+windowBlocks], v.im[slot+1:slot+1+windowBlocks]
	re, im = 0, 0
	for i, w := range hann {
		re += wre[i] * w
		im += wim[i] * w
	}
	e := float32(math.Sqrt(float64(re*re + im*im)))
	v.envelope[b.block%history] = e
	switch {
	case v.sounding:
		v.sounding = e > v.plateau/4
	case v.risen == 0:
		if e >= beepFloor {
			v.risen = b.block
		}
	case b.block == v.risen+plateauTo:
		b.decide(k, v)
		v.risen = 0
	}
}

// decide looks at the envelope around a rise and reports the beep's start.
func (b *beeps) decide(k int, v *beepVoice) {
	v.plateau = 0
	for m := v.risen + plateauFrom; m < v.risen+plateauTo; m++ {
		v.plateau += v.envelope[m%history] / (plateauTo - plateauFrom)
	}
	if v.plateau < beepFloor {
		return // a click
	}
	v.sounding = true
	half := v.plateau / 2
	// A beep that was sounding when the sound began has no start.
	for m := max(v.risen-windowBlocks, 2*windowBlocks); m < v.risen+plateauFrom; m++ {
		before, e := v.envelope[(m-1)%history], v.envelope[m%history]
		if before < half && e >= half {
			// The window that ends with block m is centred half a window before.
			blocks := float64(m-1-windowBlocks/2+1) + float64((half-before)/(e-before))
			samples := blocks * blockSamples
			at := b.start + time.Duration(samples/media.SampleRate*float64(time.Second))
			b.found(k+1, at-pattern.BeepEdge/2)
			return
		}
	}
}
