package audio

import (
	"math"
	"slices"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
	"pgregory.net/rapid"
)

// limit runs pcm through a limiter in blocks, as the mixer does; the output is as
// long as the input, less the look-ahead.
func limit(pcm []float32, block func() int) []float32 {
	var l limiter
	l.reset()
	const ahead = lookahead * Channels
	l.prime(pcm[:ahead])
	out := make([]float32, len(pcm)-ahead)
	for i := 0; i < len(out); {
		n := min(block()*Channels, len(out)-i)
		l.process(out[i:i+n], pcm[i:])
		i += n
	}
	return out
}

func blocks(n int) func() int { return func() int { return n } }

func TestCeilingIsMinusOne(t *testing.T) {
	if got := measure.DB(float64(ceiling)); math.Abs(got-CeilingDB) > 1e-6 {
		t.Errorf("ceiling is %v dBFS", got)
	}
}

func TestLimiterIsTransparentBelowTheCeiling(t *testing.T) {
	in := upTo(noise(48000, 1, 7), CeilingDB-0.05)
	if out := limit(in, blocks(1024)); !slices.Equal(out, in[:len(out)]) {
		t.Error("output is not the input")
	}
}

func TestLimiterBecomesTransparentAgain(t *testing.T) {
	in := upTo(noise(3*SampleRate, 1, 7), CeilingDB-0.05)
	in[4000] = 8
	out := limit(in, blocks(1024))
	if slices.Equal(out[4000:8000], in[4000:8000]) {
		t.Error("a peak of 18 dB passed")
	}
	// 2^30 halves every 59 ms until the last 4096 steps of one.
	if from := 2 * SampleRate * Channels; !slices.Equal(out[from:], in[from:len(out)]) {
		t.Error("2 s after the peak the output is still not the input")
	}
}

func TestLimiterNeverOvershoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := noise(6000, rapid.Float64Range(0, 100).Draw(t, "noise"), rapid.Uint64().Draw(t, "seed"))
		for range rapid.IntRange(0, 30).Draw(t, "peaks") {
			from := rapid.IntRange(0, len(in)-1).Draw(t, "at")
			amplitude := float32(rapid.Float64Range(-400, 400).Draw(t, "amplitude"))
			for i := from; i < min(from+rapid.IntRange(1, 300).Draw(t, "length"), len(in)); i++ {
				in[i] = amplitude
			}
		}
		out := limit(in, func() int { return rapid.IntRange(1, 1500).Draw(t, "block") })
		for i, v := range out {
			if !(v <= ceiling && v >= -ceiling) {
				t.Fatalf("sample %d is %v", i, v)
			}
			if v != 0 && (v > 0) != (in[i] > 0) {
				t.Fatalf("sample %d changed its sign", i)
			}
		}
	})
}

// The clamp on the output may take off rounding, no more: the gain by itself must
// already be as low as the frame that it is meant for needs.
func TestLimiterGainFitsItsFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		peaks := make([]float32, 3000)
		for range rapid.IntRange(1, 40).Draw(t, "peaks") {
			from := rapid.IntRange(0, len(peaks)-1).Draw(t, "at")
			amplitude := float32(rapid.Float64Range(0, 20).Draw(t, "amplitude"))
			for i := from; i < min(from+rapid.IntRange(1, 150).Draw(t, "length"), len(peaks)); i++ {
				peaks[i] = amplitude
			}
		}
		var l limiter
		l.reset()
		for i, p := range peaks {
			gain := l.next(p)
			if i < lookahead {
				continue
			}
			if level := gain * float64(peaks[i-lookahead]); level > float64(ceiling)*(1+1e-12) {
				t.Fatalf("frame %d: gain %v makes %v of %v", i-lookahead, gain, level, peaks[i-lookahead])
			}
		}
	})
}

func TestLimiterGainIsSmooth(t *testing.T) {
	// A step of +12 dB over the ceiling: the gain must not move by more than the
	// slope of two running means, whose steepest is 1/smoothFrames of the way a frame.
	in := make([]float32, 20000*Channels)
	for i := range in {
		in[i] = 0.1
		if i > 10000*Channels && i < 15000*Channels {
			in[i] = 4 * ceiling
		}
	}
	out := limit(in, blocks(1024))
	// Around the step the signal overshoots between the samples.
	least := 1.0
	for i, v := range out {
		least = min(least, float64(v)/float64(in[i]))
	}
	if least < 0.2 {
		t.Errorf("the gain comes down to %.3f", least)
	}
	last := 1.0
	for i := 0; i < len(out); i += Channels {
		gain := float64(out[i]) / float64(in[i])
		if d := math.Abs(gain - last); d > (1-least)/smoothFrames*1.001 {
			t.Fatalf("frame %d: gain moved by %.4f", i/Channels, d)
		}
		last = gain
	}
	if g := float64(out[14000*Channels]) / float64(in[14000*Channels]); math.Abs(g-0.25) > 1e-6 {
		t.Errorf("gain under a constant +12 dB is %v", g)
	}
}

func TestLimiterDistortionOfALoudTone(t *testing.T) {
	// Between two crests of a low tone the gain begins to recover; the release keeps
	// that small.
	for _, test := range []struct{ freq, thdn float64 }{{1000, -140}, {300, -80}, {100, -40}} {
		in := sine(0, 30000, test.freq, 2*float64(ceiling), 0)
		out := limit(in, blocks(1024))
		f, err := measure.Fit(measure.Channel(out[10000*Channels:], 0), test.freq)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(f.Tones[0]-CeilingDB) > 0.5 || f.THDN > test.thdn {
			t.Errorf("%v Hz, 6 dB over: %.2f dBFS, THD+N %.1f dB, want at most %v", test.freq, f.Tones[0], f.THDN, test.thdn)
		}
	}
}
