package audio

import (
	"math"
	"math/rand/v2"

	"github.com/lianmai/lianmai/audio/measure"
)

// voice makes sound that moves as speech does: syllables of pulses or breath in three
// formants, three to six a second, in phrases with pauses between.
type voice struct {
	pitch float64 // Hz
	size  float64 // of the mouth: a factor on the formants
	db    float64 // RMS without the pauses
	r     *rand.Rand
}

// voices are as different as people are.
func voices(seed uint64, db ...float64) []*voice {
	pitches, sizes := []float64{110, 210, 150, 260}, []float64{1, 1.17, 0.95, 1.25}
	var all []*voice
	for i, level := range db {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		all = append(all, &voice{pitches[i%4], sizes[i%4], level, r})
	}
	return all
}

// between returns a number of seconds or Hz, as frames if multiplied by the rate.
func (v *voice) between(low, high float64) float64 { return low + (high-low)*v.r.Float64() }

// say returns mono speech of so many seconds. It starts and ends with a syllable.
func (v *voice) say(seconds float64) []float32 {
	out := make([]float32, int(seconds*SampleRate))
	phrase := int(v.between(0.8, 2.5) * SampleRate)
	for i := 0; i < len(out); {
		n := min(int(SampleRate/v.between(3, 6)), len(out)-i)
		v.syllable(out[i : i+n])
		i += n
		if phrase -= n; phrase <= 0 {
			i += int(v.between(0.15, 0.6) * SampleRate)
			phrase = int(v.between(0.8, 2.5) * SampleRate)
		}
	}
	return atLevel(out, v.db)
}

// syllable fills out with one syllable: its middle is loud, its ends are 20 dB down.
func (v *voice) syllable(out []float32) {
	vowels := [][3]float64{{730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240}, {530, 1840, 2480}, {570, 840, 2410}}
	vowel := vowels[v.r.IntN(len(vowels))]
	var near, far, turn, y1, y2 [3]float64 // of the resonances
	for k, f := range vowel {
		near[k] = math.Exp(-math.Pi * (60 + 40*float64(k)) / SampleRate)
		far[k] = near[k] * near[k]
		turn[k] = 2 * near[k] * math.Cos(2*math.Pi*f*v.size/SampleRate)
	}
	period := SampleRate / (v.pitch * v.between(0.85, 1.2))
	loud := math.Pow(10, v.between(-6, 0)/20)
	next := 0.0
	for i := range out {
		x := 0.1 * (v.r.Float64() - 0.5)
		if float64(i) >= next {
			x, next = 1, next+period
		}
		sum := 0.0
		for k := range vowel {
			y := x*(1-near[k]) + turn[k]*y1[k] - far[k]*y2[k]
			y2[k], y1[k] = y1[k], y
			sum += y / float64(k+1)
		}
		shape := math.Sin(math.Pi * (float64(i) + 0.5) / float64(len(out)))
		out[i] = float32(loud * (0.1 + 0.9*shape*shape) * sum)
	}
}

// atLevel scales mono pcm to an RMS in dBFS without its pauses, and returns it.
func atLevel(mono []float32, db float64) []float32 {
	var sum float64
	n := 0
	for _, v := range mono {
		if v != 0 {
			sum += float64(v) * float64(v)
			n++
		}
	}
	g := measure.Amplitude(db) / math.Sqrt(sum/float64(max(1, n)))
	for i := range mono {
		mono[i] *= float32(g)
	}
	return mono
}

// hiss returns mono white noise of an RMS in dBFS.
func hiss(seconds, db float64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 77))
	out := make([]float32, int(seconds*SampleRate))
	for i := range out {
		out[i] = float32(r.Float64() - 0.5)
	}
	return atLevel(out, db)
}

// fan returns mono noise of an RMS in dBFS that falls by 6 dB an octave from 200 Hz
// on, with the hum of its motor.
func fan(seconds, db float64, seed uint64) []float32 {
	out := hiss(seconds, -20, seed)
	hum := motor()
	var low float32
	for i, v := range out {
		low += (v - low) * 0.026
		out[i] = low + 0.003*hum[i%len(hum)]
	}
	return atLevel(out, db)
}

// motor returns a period of 100 Hz with three harmonics.
func motor() []float32 {
	period := make([]float32, SampleRate/100)
	for i := range period {
		for k := 1.0; k <= 4; k++ {
			period[i] += float32(math.Sin(2*math.Pi*k*float64(i)/float64(len(period))) / k)
		}
	}
	return period
}

// typing returns mono clicks of keys, five to ten a second: each a burst of noise
// with a thump of the table, gone after some 30 ms. Their peaks are at db.
func typing(seconds, db float64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 78))
	out := make([]float32, int(seconds*SampleRate))
	peak := 0.0
	for i := 0; i < len(out); i += int(SampleRate * (0.1 + 0.1*r.Float64())) {
		loud, thump := 0.3+0.7*r.Float64(), 150+200*r.Float64()
		for k := 0; k < SampleRate/20 && i+k < len(out); k++ {
			t := float64(k) / SampleRate
			v := (r.Float64()-0.5)*math.Exp(-t/0.004) + 0.3*math.Sin(2*math.Pi*thump*t)*math.Exp(-t/0.01)
			out[i+k] += float32(loud * v)
			peak = max(peak, math.Abs(float64(out[i+k])))
		}
	}
	for i := range out {
		out[i] *= float32(measure.Amplitude(db) / peak)
	}
	return out
}

// chords returns a mono bed of music of an RMS in dBFS: a chord of plucked tones
// every half second.
func chords(seconds, db float64) []float32 {
	out := make([]float32, int(seconds*SampleRate))
	for i := range out {
		beat, t := i/(SampleRate/2), float64(i%(SampleRate/2))/SampleRate
		root := 220 * math.Pow(2, float64(beat*7%12)/12)
		for _, ratio := range []float64{1, 1.26, 1.5, 2} {
			out[i] += float32(math.Sin(2*math.Pi*root*ratio*float64(i)/SampleRate) * math.Exp(-t/0.4))
		}
	}
	return atLevel(out, db)
}

// phone keeps of mono pcm what a telephone does: 300 to 3400 Hz.
func phone(mono []float32) []float32 {
	out := make([]float32, len(mono))
	var low, high [2]float64
	for i, v := range mono {
		x := float64(v)
		for k := range low {
			low[k] += (x - low[k]) * 0.36
			high[k] += (low[k] - high[k]) * 0.038
			x = low[k] - high[k]
		}
		out[i] = float32(x)
	}
	return out
}
