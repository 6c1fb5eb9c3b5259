package audio

import (
	"math"
	"slices"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
	"pgregory.net/rapid"
)

// truePeakOf returns the true peak of interleaved pcm by the reference.
func truePeakOf(pcm []float32) float64 {
	left, right := measure.Channel(pcm, 0), measure.Channel(pcm, 1)
	if slices.Equal(left, right) {
		return measure.TruePeak(left)
	}
	return max(measure.TruePeak(left), measure.TruePeak(right))
}

// bandLimited returns a square wave of harmonics up to 20 kHz.
func bandLimited(frames int, freq, amplitude float64) []float32 {
	pcm := make([]float32, frames*Channels)
	for k := 1.0; k*freq < 20000; k += 2 {
		for i, v := range sine(0, frames, k*freq, 4/math.Pi/k*amplitude, 0) {
			pcm[i] += v
		}
	}
	return pcm
}

// square returns a naive square wave: its edges ring between the samples.
func square(frames int, freq, amplitude float64) []float32 {
	pcm := sine(0, frames, freq, 1, 0.1)
	for i := range pcm {
		pcm[i] = float32(math.Copysign(amplitude, float64(pcm[i])))
	}
	return pcm
}

// alternating is +1 −1 in turn, of which one is left out in the middle of each hundred:
// the signal comes up between the two samples that are equal then.
func alternating(frames int) []float32 {
	pcm := make([]float32, frames*Channels)
	sign := float32(1)
	for i := range frames {
		if i%100 != 50 {
			sign = -sign
		}
		pcm[2*i], pcm[2*i+1] = sign, -sign
	}
	return pcm
}

// clipped is noise that has been driven into full scale.
func clipped(frames int, drive float64) []float32 {
	pcm := noise(frames, drive, 3)
	for i := range pcm {
		pcm[i] = max(-1, min(1, pcm[i]))
	}
	return pcm
}

// ended returns pcm with a slow fade at both ends, so that nothing rings there.
func ended(pcm []float32) []float32 {
	n := len(pcm) / Channels
	for i := range 2000 {
		g := float32(0.5 - 0.5*math.Cos(math.Pi*float64(i)/2000))
		for c := range Channels {
			pcm[i*Channels+c] *= g
			pcm[(n-1-i)*Channels+c] *= g
		}
	}
	return pcm
}

// The reference looks at sixteen times the rate through 128 taps. What a signal has in
// the last tenth below half the sample rate is beyond 24 taps; there the standard's own
// meter, which has 12, must still be content.
func TestTruePeakStaysBelowTheCeiling(t *testing.T) {
	const frames = 8000
	for _, test := range []struct {
		name     string
		in       []float32
		standard bool
	}{
		{"sine 997 Hz", sine(0, frames, 997, 1, 0), false},
		{"sine, a quarter of the rate, between samples", sine(0, frames, 12000, 1, math.Pi/4), false},
		{"sine, a quarter of the rate, 12 dB over", sine(0, frames, 12000, 4, math.Pi/4), false},
		{"sine, a sixth of the rate", sine(0, frames, 8000, 1.4, math.Pi/3), false},
		{"sine 19997 Hz", sine(0, frames, 19997, 2, 0), false},
		{"square 100 Hz", square(frames, 100, 1), false},
		{"square 997 Hz", square(frames, 997, 1), false},
		{"square 4321 Hz, 12 dB over", square(frames, 4321, 4), false},
		{"square, a quarter of the rate", square(frames, 12000, 1), false},
		{"band-limited square 50 Hz", bandLimited(frames, 50, 1), false},
		{"band-limited square 441 Hz", bandLimited(frames, 441, 2), false},
		{"band-limited square 4776 Hz", bandLimited(frames, 4776, 4), false},
		{"square 7873 Hz, 16 dB over", square(frames, 7873, 6.2), true},
		{"noise", noise(frames, 2, 5), true},
		{"clipped noise", clipped(frames, 30), true},
		{"alternating", alternating(frames), true},
	} {
		in := append(ended(test.in), make([]float32, 2*lookahead*Channels)...)
		out := limit(in, blocks(1024))
		got, by := truePeakOf(out), "the reference"
		t.Logf("%-46s %+.2f dBTP, limited %+.3f", test.name, truePeakOf(in), got)
		if test.standard {
			got = max(measure.StandardTruePeak(measure.Channel(out, 0)), measure.StandardTruePeak(measure.Channel(out, 1)))
			by = "the standard"
			t.Logf("%-46s by the standard %+.3f", test.name, got)
		}
		if got > CeilingDB {
			t.Errorf("%s: %.3f dBTP by %s", test.name, got, by)
		}
	}
}

func TestTruePeakOfWhatIsMixedStaysBelowTheCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const frames = 3000
		in := make([]float32, frames*Channels)
		for range rapid.IntRange(1, 5).Draw(t, "bursts") {
			freq := rapid.Float64Range(50, 18000).Draw(t, "freq")
			amplitude := rapid.Float64Range(0.1, 3).Draw(t, "amplitude")
			from, n := rapid.IntRange(0, 1000).Draw(t, "from"), rapid.IntRange(200, 1900).Draw(t, "frames")
			for i, v := range sine(0, n, freq, amplitude, rapid.Float64Range(0, 6.3).Draw(t, "phase")) {
				g := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i/Channels)/float64(n))
				in[from*Channels+i] += v * float32(g)
			}
		}
		out := limit(in, func() int { return rapid.IntRange(1, 1500).Draw(t, "block") })
		if got := truePeakOf(out); got > CeilingDB+0.02 {
			t.Fatalf("%.3f dBTP", got)
		}
	})
}

// The meter is held to the minimum requirements of EBU Tech 3341 for true peaks, the
// cases 15 to 23: from 0.4 dB under to 0.2 dB over. The last four are one crest at the
// four places that it can have between samples at four times the rate.
func TestTruePeakMeterByEBUTech3341(t *testing.T) {
	tone := func(fraction, phase, db float64) []float32 {
		return ended(sine(0, SampleRate, SampleRate*fraction, measure.Amplitude(db), phase*math.Pi/180))
	}
	crest := func(offset float64) []float32 {
		pcm := make([]float32, SampleRate*Channels)
		for i := range SampleRate {
			x := float64(i) - SampleRate/2 - offset/4
			v := math.Cos(2*math.Pi*x/6) * math.Exp(-x*x/20000)
			pcm[2*i], pcm[2*i+1] = float32(v), float32(v)
		}
		return pcm
	}
	for _, test := range []struct {
		name string
		in   []float32
		want float64
	}{
		{"15: a quarter of the rate", tone(1./4, 0, -6), -6},
		{"16: at 45°", tone(1./4, 45, -6), -6},
		{"17: a sixth, at 60°", tone(1./6, 60, -6), -6},
		{"18: an eighth, at 67.5°", tone(1./8, 67.5, -6), -6},
		{"19: at 45°, 3 dB over", tone(1./4, 45, 3), 3},
		{"20: a crest at a sample", crest(0), 0},
		{"21: a quarter after it", crest(1), 0},
		{"22: half after it", crest(2), 0},
		{"23: three quarters after it", crest(3), 0},
	} {
		p := newProgram()
		for i := 0; i < len(test.in); i += 960 {
			p.add(test.in[i:min(i+960, len(test.in))])
		}
		got := p.level()
		t.Logf("%-30s %+.3f dBTP", test.name, got.MaxTruePeak)
		if got.MaxTruePeak > test.want+0.2 || got.MaxTruePeak < test.want-0.4 {
			t.Errorf("%s: %.3f dBTP, want %v", test.name, got.MaxTruePeak, test.want)
		}
		if got.TruePeak != got.MaxTruePeak {
			t.Errorf("%s: %.3f dBTP in the last second", test.name, got.TruePeak)
		}
	}
}

func TestTruePeakMeterForgets(t *testing.T) {
	p := newProgram()
	loud := ended(sine(0, 8000, 1000, 0.5, 0))
	for i := 0; i < len(loud); i += 2000 {
		p.add(loud[i : i+2000])
	}
	for range 60 {
		p.add(make([]float32, 1000*Channels))
	}
	got := p.level()
	if got.TruePeak != FloorDB || math.Abs(got.MaxTruePeak+6.02) > 0.05 {
		t.Errorf("a second after a tone of −6 dBTP: %.2f, the most %.2f", got.TruePeak, got.MaxTruePeak)
	}
}
