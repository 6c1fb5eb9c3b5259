package audio

import (
	"math"
	"slices"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
	"pgregory.net/rapid"
)

// stretch runs pcm through s in blocks of the given size.
func stretch(s *Stretcher, pcm []float32, block int, ratio func(i int) float64) []float32 {
	var out []float32
	for i := 0; len(pcm) > 0; i++ {
		n := min(block*Channels, len(pcm))
		out = s.Process(out, pcm[:n], ratio(i))
		pcm = pcm[n:]
	}
	return out
}

func always(ratio float64) func(int) float64 { return func(int) float64 { return ratio } }

func TestStretchOfOneIsBitExact(t *testing.T) {
	in := noise(10000, 1, 1)
	for _, block := range []int{1, 5, 1024, 10000} {
		s := NewStretcher()
		out := stretch(s, in, block, always(1))
		if want := in[:(10000-sincHalf)*Channels]; !slices.Equal(out, want) {
			t.Errorf("blocks of %d: %d frames came out, want the first %d as they were", block, len(out)/Channels, len(want)/Channels)
		}
		if out = s.Flush(out, 1); !slices.Equal(out, in) {
			t.Errorf("blocks of %d: after Flush %d frames, want all as they were", block, len(out)/Channels)
		}
	}
}

func TestStretchKeepsTonesClean(t *testing.T) {
	for _, test := range []struct{ freq, thdn, level float64 }{
		{100, -105, 0.001}, {1000, -95, 0.001}, {4000, -105, 0.001},
		{10000, -95, 0.001}, {15000, -95, 0.001}, {18000, -85, 0.001},
	} {
		for _, ratio := range []float64{0.995, 0.9998, 1 - 1e-6, 1 + 1e-6, 1.00005, 1.0037, 1.005} {
			out := stretch(NewStretcher(), sine(0, 13000, test.freq, 0.5, 0.4), 1024, always(ratio))
			// The exact pitch, as the step is a whole number of 2^-32 frames.
			freq := test.freq * float64(stepOf(ratio)) / positionOne
			f, err := measure.Fit(measure.Channel(out[1000*Channels:], 1), freq)
			if err != nil {
				t.Fatal(err)
			}
			if f.THDN > test.thdn || math.Abs(f.Tones[0]-measure.DB(0.5)) > test.level {
				t.Errorf("%v Hz, ratio %v: %.4f dBFS, THD+N %.1f dB, want at most %v", test.freq, ratio, f.Tones[0], f.THDN, test.thdn)
			}
		}
	}
}

// The output is the sound at the positions that are told, whatever the ratios were:
// this holds its shape, its accounting and its seams at once.
func TestStretchIsTheInputAtItsPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		freq := rapid.Float64Range(50, 4000).Draw(t, "freq")
		in := sine(0, 6000, freq, 0.5, 0)
		s := NewStretcher()
		exact := uint64(0) // the position in 2^-32 frames; the test is too short to overflow it
		out := make([]float32, 0, 3000)
		for at := 0; at < 6000; {
			n := min(rapid.IntRange(0, 2000).Draw(t, "block"), 6000-at)
			ratio := rapid.Float64Range(0.994, 1.006).Draw(t, "ratio")
			if rapid.IntRange(0, 3).Draw(t, "one") == 0 {
				ratio = 1
			}
			before := s.Produced()
			out = s.Process(out[:0], in[at*Channels:(at+n)*Channels], ratio)
			at += n
			if got := s.Produced() - before; got != int64(len(out)/Channels) || s.Received() != int64(at) {
				t.Fatalf("%d frames came out, counted %d; received %d of %d", len(out)/Channels, got, s.Received(), at)
			}
			for i := 0; i < len(out); i += Channels {
				pos := float64(exact) / positionOne
				want := 0.5 * math.Sin(2*math.Pi*freq*pos/SampleRate)
				// The silence before the start is not part of the sine.
				if got := float64(out[i]); math.Abs(got-want) > 1e-4 && pos > sincHalf {
					t.Fatalf("at %.4f: %v, want %v", pos, got, want)
				}
				exact += stepOf(ratio)
			}
			frame, fraction := s.Position()
			if told := uint64(frame)<<32 | uint64(fraction); told != exact {
				t.Fatalf("position %#x, want %#x", told, exact)
			}
			// All that could come out has.
			if need := frame + sincHalf + 1; need <= s.Received() {
				t.Fatalf("position %d was ready with %d frames received", frame, s.Received())
			}
		}
	})
}

func TestStretchRatioChangesDoNotClick(t *testing.T) {
	ratios := []float64{1, 1.005, 0.995, 1, 0.9999, 1.005}
	for _, freq := range []float64{100, 1000, 8000} {
		out := stretch(NewStretcher(), sine(0, SampleRate, freq, 0.5, 0), 333,
			func(i int) float64 { return ratios[i%len(ratios)] })
		natural := 2 * 0.5 * math.Sin(math.Pi*freq/SampleRate)
		if step := maxStep(out[100*Channels:]); step > (1+2*MaxStretch)*natural {
			t.Errorf("%v Hz: step %.4f× the natural", freq, step/natural)
		}
	}
}

func TestStretchRatioIsClamped(t *testing.T) {
	for _, test := range []struct{ ratio, like float64 }{
		{2, 1 + MaxStretch}, {0, 1 - MaxStretch}, {math.Inf(1), 1 + MaxStretch}, {-1, 1 - MaxStretch}, {math.NaN(), 1},
	} {
		if got, want := stepOf(test.ratio), stepOf(test.like); got != want {
			t.Errorf("ratio %v steps %d, want as %v: %d", test.ratio, got, test.like, want)
		}
	}
}

func TestStretchKeepsChannelsApart(t *testing.T) {
	in := noise(4000, 1, 3)
	for i := 1; i < len(in); i += Channels {
		in[i] = 0
	}
	for i, v := range stretch(NewStretcher(), in, 500, always(1.003)) {
		if i%Channels == 1 && v != 0 {
			t.Fatalf("left leaks to right: %v", v)
		}
	}
}

func TestStretchAllocatesNothing(t *testing.T) {
	s := NewStretcher()
	in := noise(1024, 0.5, 1)
	out := make([]float32, 0, 1100*Channels)
	ratio := 0.995
	block := func() {
		out = s.Process(out[:0], in, ratio)
		ratio = 2 - ratio
	}
	for range 10 {
		block()
	}
	if n := testing.AllocsPerRun(200, block); n != 0 {
		t.Errorf("%v allocations a block", n)
	}
	s.Reset()
	if frame, fraction := s.Position(); frame != 0 || fraction != 0 || s.Received() != 0 || s.Produced() != 0 {
		t.Error("Reset leaves counts")
	}
}

// BenchmarkStretch makes 1024 frames (21.3 ms) of one source.
func BenchmarkStretch(b *testing.B) {
	for name, ratio := range map[string]float64{"drift": 1.0001, "one": 1} {
		b.Run(name, func(b *testing.B) {
			s := NewStretcher()
			in := noise(1024, 0.5, 1)
			out := make([]float32, 0, 1100*Channels)
			b.ReportAllocs()
			for b.Loop() {
				out = s.Process(out[:0], in, ratio)
			}
		})
	}
}
