package measure

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// sine adds a sine of the given frequency and level to pcm[from:to].
func sine(pcm []float32, from, to int, freq, db, phase float64) {
	amplitude := Amplitude(db)
	for i := from; i < to; i++ {
		pcm[i] += float32(amplitude * math.Sin(2*math.Pi*freq*float64(i)/Rate+phase))
	}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestToneReadsLevelsBesideOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pcm := make([]float32, Rate/10)
		db := rapid.Float64Range(-60, 0).Draw(t, "level")
		freq := rapid.Float64Range(200, 15000).Draw(t, "freq")
		other := freq + rapid.SampledFrom([]float64{-1, 1}).Draw(t, "side")*rapid.Float64Range(45, 150).Draw(t, "distance")
		sine(pcm, 0, len(pcm), freq, db, rapid.Float64Range(0, 6).Draw(t, "phase"))
		sine(pcm, 0, len(pcm), other, -6, 1)
		// The other one leaks at −98 dBFS or less.
		tolerance := 20 * math.Log10(1+Amplitude(-96)/Amplitude(db))
		if got := Tone(pcm, freq); !near(got, db, tolerance+0.01) {
			t.Fatalf("Tone(%.1f Hz) = %.3f dBFS, want %.3f", freq, got, db)
		}
	})
}

func TestToneOfSilenceAndOfNothing(t *testing.T) {
	if got := Tone(make([]float32, 4800), 1000); got != FloorDB {
		t.Errorf("silence has %v dBFS", got)
	}
	if got := Tone(nil, 1000); got != FloorDB {
		t.Errorf("nothing has %v dBFS", got)
	}
}

func TestFitFindsKnownDistortion(t *testing.T) {
	pcm := make([]float32, Rate)
	sine(pcm, 0, Rate, 1000, -6, 0.3)
	sine(pcm, 0, Rate, 2000, -66, 1) // −60 dB of harmonic
	for i := range pcm {
		pcm[i] += 0.1 // an offset is not distortion
	}
	f, err := Fit(pcm, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if !near(f.Tones[0], -6, 0.001) || !near(f.THDN, -60, 0.01) || !near(f.Residual, -66-3.01, 0.01) {
		t.Errorf("Fit = %+v", f)
	}
}

func TestFitFindsKnownNoise(t *testing.T) {
	pcm := make([]float32, Rate)
	sine(pcm, 0, Rate, 440, -18, 0)
	sine(pcm, 0, Rate, 551, -18, 2)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range pcm {
		pcm[i] += float32(r.NormFloat64() * Amplitude(-80))
	}
	f, err := Fit(pcm, 440, 551)
	if err != nil {
		t.Fatal(err)
	}
	// Two tones of −18 dBFS have −18 dBFS RMS together.
	if !near(f.Tones[0], -18, 0.001) || !near(f.Tones[1], -18, 0.001) || !near(f.THDN, -62, 0.1) {
		t.Errorf("Fit = %+v", f)
	}
}

func TestFitNoiseFloorOfFloat32(t *testing.T) {
	pcm := make([]float32, Rate/2)
	sine(pcm, 0, len(pcm), 9973, -1, 0)
	if f, err := Fit(pcm, 9973); err != nil || f.THDN > -140 {
		t.Errorf("a clean tone has THD+N %v dB, error %v", f.THDN, err)
	}
}

func TestFitRefusesWhatCannotBeToldApart(t *testing.T) {
	pcm := make([]float32, 1000)
	for name, freqs := range map[string][]float64{
		"none": nil, "twice": {440, 440}, "zero": {0}, "alias": {440, Rate - 440}, "nan": {math.NaN()},
	} {
		if _, err := Fit(pcm, freqs...); !errors.Is(err, ErrFit) {
			t.Errorf("%s: error = %v, want ErrFit", name, err)
		}
	}
	if _, err := Fit(pcm[:5], 440); !errors.Is(err, ErrFit) {
		t.Errorf("too short: error = %v, want ErrFit", err)
	}
}

func TestOnsetsWithinOneMillisecond(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]float64, Rate/2)
	for i := range noise {
		noise[i] = r.NormFloat64()
	}
	rapid.Check(t, func(t *rapid.T) {
		pcm := make([]float32, len(noise))
		freq := rapid.Float64Range(400, 4000).Draw(t, "freq")
		db := rapid.Float64Range(-30, -6).Draw(t, "level")
		sine(pcm, 0, len(pcm), freq+rapid.Float64Range(200, 2000).Draw(t, "distance"), db, 2)
		sine(pcm, 0, len(pcm), freq+5000, db+12, 1)
		hiss := Amplitude(db - 30)
		for i, v := range noise {
			pcm[i] += float32(v * hiss)
		}
		var want []int
		at := rapid.IntRange(2000, 12000).Draw(t, "first")
		for at < len(pcm)-5000 {
			length := rapid.IntRange(Rate*15/1000, Rate/10).Draw(t, "length")
			sine(pcm, at, min(at+length, len(pcm)), freq, db, rapid.Float64Range(0, 6).Draw(t, "phase"))
			want = append(want, at)
			at += length + rapid.IntRange(Rate/20, Rate/4).Draw(t, "pause")
		}
		got := Onsets(pcm, freq, db-8)
		if len(got) != len(want) {
			t.Fatalf("onsets at %v, want %v", got, want)
		}
		for i := range got {
			if d := got[i] - want[i]; d < -Rate/1000 || d > Rate/1000 {
				t.Fatalf("onset %d at %d, want %d: off by %.2f ms", i, got[i], want[i], float64(d)*1000/Rate)
			}
		}
	})
}

func TestOnsetsIgnoresWhatIsAlwaysThere(t *testing.T) {
	pcm := make([]float32, Rate)
	sine(pcm, 0, Rate, 1000, -12, 0)
	if got := Onsets(pcm, 1000, -30); len(got) != 0 {
		t.Errorf("a steady tone has onsets %v", got)
	}
	if got := Onsets(pcm, 2500, -30); len(got) != 0 {
		t.Errorf("another tone's onsets %v", got)
	}
	if got := Onsets(nil, 1000, -30); len(got) != 0 {
		t.Errorf("nothing has onsets %v", got)
	}
}

func TestLevels(t *testing.T) {
	pcm := make([]float32, Rate)
	if RMS(pcm) != FloorDB || Peak(pcm) != FloorDB || RMS(nil) != FloorDB || Peak(nil) != FloorDB {
		t.Error("silence is not FloorDB")
	}
	sine(pcm, 0, Rate, 1000, -6, math.Pi/2)
	if !near(RMS(pcm), -9.01, 0.001) || !near(Peak(pcm), -6, 0.001) {
		t.Errorf("RMS %v, peak %v", RMS(pcm), Peak(pcm))
	}
}

func TestChannels(t *testing.T) {
	stereo := []float32{1, 2, 3, 6}
	l, r, m := Channel(stereo, 0), Channel(stereo, 1), Mono(stereo)
	if l[0] != 1 || l[1] != 3 || r[0] != 2 || r[1] != 6 || m[0] != 1.5 || m[1] != 4.5 {
		t.Errorf("left %v, right %v, mono %v", l, r, m)
	}
}

func TestTruePeakReadsBetweenTheSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		freq := rapid.Float64Range(50, 22000).Draw(t, "freq")
		// A tone that comes and goes slowly, so that its edges do not ring. Its crest is
		// its level wherever the samples lie.
		pcm := make([]float32, 4000)
		sine(pcm, 0, len(pcm), freq, -3, rapid.Float64Range(0, 6.3).Draw(t, "phase"))
		for i := range pcm {
			x := 2*math.Abs(float64(i)/float64(len(pcm)-1)-0.5) - 0.5
			if x > 0 {
				pcm[i] *= float32(0.5 + 0.5*math.Cos(2*math.Pi*x))
			}
		}
		if got := TruePeak(pcm); !near(got, -3, 0.05) {
			t.Fatalf("%v Hz: %.3f dBTP", freq, got)
		}
	})
}

func TestStandardTruePeak(t *testing.T) {
	for _, freq := range []float64{100, 997, 6000, 12000} {
		pcm := make([]float32, 9600)
		sine(pcm, 0, len(pcm), freq, -6, math.Pi/4)
		// EBU Tech 3341 allows such a meter −0.4 to +0.2 dB.
		if got := StandardTruePeak(pcm); got < -6.4 || got > -5.8 {
			t.Errorf("%v Hz: %.3f dBTP", freq, got)
		}
	}
}
