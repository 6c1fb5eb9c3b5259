package pattern

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNewVoiceRefusesBadArguments(t *testing.T) {
	if _, err := NewVoice(10, 48000); !errors.Is(err, ErrNumber) {
		t.Errorf("number 10: %v", err)
	}
	for _, rate := range []int{0, 7990, 22052, 192010, -48000} {
		if _, err := NewVoice(1, rate); !errors.Is(err, ErrSampleRate) {
			t.Errorf("%d Hz: %v", rate, err)
		}
	}
}

// Sound is a function of the sample number: cut anywhere, it is the same.
func TestFillIsTheSameInAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{11025, 16000, 44100, 48000}).Draw(t, "rate")
		v, err := NewVoice(rapid.IntRange(1, MaxNumber).Draw(t, "number"), rate)
		if err != nil {
			t.Fatal(err)
		}
		first := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "first")
		cut := rapid.IntRange(0, 5000).Draw(t, "cut")
		whole, pieces := make([]float32, 5000*2), make([]float32, 5000*2)
		v.Fill(whole, 2, first)
		v.Fill(pieces[:cut*2], 2, first)
		v.Fill(pieces[cut*2:], 2, first+int64(cut))
		if !slices.Equal(whole, pieces) {
			t.Fatalf("%d Hz from %d, cut at %d: samples differ", rate, first, cut)
		}
	})
}

func TestSixAtOnceDoNotClip(t *testing.T) {
	sum := make([]float32, 48000)
	one := make([]float32, 48000)
	for n := 1; n <= 6; n++ {
		v, err := NewVoice(n, 48000)
		if err != nil {
			t.Fatal(err)
		}
		v.Fill(one, 1, 0)
		for i, x := range one {
			sum[i] += x
		}
	}
	peak := 0.0
	for _, x := range sum {
		peak = math.Max(peak, math.Abs(float64(x)))
	}
	if db := 20 * math.Log10(peak); db > -1 || db < -6 {
		t.Errorf("peak %.2f dBFS, want below −1 and not far", db)
	}
}

// Nothing jumps: no step is steeper than the sines themselves.
func TestSoundHasNoClicks(t *testing.T) {
	for n := 1; n <= MaxNumber; n++ {
		const rate = 11025 // the one whose tables are the shortest
		v, err := NewVoice(n, rate)
		if err != nil {
			t.Fatal(err)
		}
		pcm := make([]float32, rate*2)
		v.Fill(pcm, 1, 0)
		slope := 2 * math.Pi / rate * (Tone(n)*math.Pow(10, ToneLevel/20) + Beep(n)*math.Pow(10, BeepLevel/20))
		for i := 1; i < len(pcm); i++ {
			if d := math.Abs(float64(pcm[i] - pcm[i-1])); d > slope*1.05 {
				t.Fatalf("voice %d jumps by %.4f at sample %d; sines by %.4f at most", n, d, i, slope)
			}
		}
	}
}
