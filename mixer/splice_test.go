package mixer

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/media"
)

// wave makes n stereo frames of the sum of sines, each at a quarter of full scale.
func wave(n int, freqs ...float64) []float32 {
	pcm := make([]float32, n*media.Channels)
	for i := range n {
		for _, f := range freqs {
			v := float32(0.25 * math.Sin(2*math.Pi*f*float64(i)/media.SampleRate))
			pcm[2*i] += v
			pcm[2*i+1] += v
		}
	}
	return pcm
}

// rush plays pcm in blocks of 1024 frames through a steering whose sound is wanted
// faster or slower by slew for the whole of it. It returns what came out and by how
// much that differs in length.
func rush(pcm []float32, slewing time.Duration) (out []float32, shift time.Duration) {
	s := newSteering()
	next, in := int64(0), int64(0)
	for len(pcm) > 0 {
		n := min(1024, len(pcm)/media.Channels)
		at := in + in*int64(slewing)/int64(time.Second)
		moved := int64(n) * int64(slewing) / int64(time.Second)
		got := s.process(at-next-s.held(), moved, pcm[:n*media.Channels])
		out = append(out, got...)
		next += int64(len(got) / media.Channels)
		in += int64(n)
		pcm = pcm[n*media.Channels:]
	}
	return out, media.SampleTime(next - in)
}

// A delay that shrinks or grows by 90 ms a second changes no pitch, and nothing
// clicks: a tone stays the tone that it was.
func TestSpeedingUpIsNotHeard(t *testing.T) {
	const d = 10 * time.Second
	for _, slewing := range []time.Duration{-slewPerSecond, slewPerSecond} {
		for _, freqs := range [][]float64{{110}, {440}, {1000}, {3000}, {220, 660, 1100}} {
			in := wave(int(media.SampleIndex(d)), freqs...)
			out, shift := rush(in, slewing)
			want := time.Duration(d.Seconds() * float64(slewing))
			if off := abs(shift - want); off > 60*ms {
				t.Errorf("%v Hz: length changed by %v, want %v", freqs, shift, want)
			}
			mono := measure.Mono(out)
			step, most := 0.0, 0.0
			for i := 1; i < len(mono); i++ {
				step = max(step, math.Abs(float64(mono[i]-mono[i-1])))
			}
			for _, f := range freqs {
				most += 0.25 * 2 * math.Sin(math.Pi*f/media.SampleRate)
			}
			if step > 1.15*most {
				t.Errorf("%v Hz: a step of %.4f where the sound by itself has %.4f", freqs, step, most)
			}
			for _, f := range freqs {
				// 40 ms tell tones 100 Hz apart: playing it 0.5 % faster passes.
				const window = media.SampleRate * 40 / 1000
				for at := media.SampleRate; at+window < len(mono); at += window {
					if level := measure.Tone(mono[at:at+window], f); level < measure.DB(0.25)-2 {
						t.Errorf("%v Hz: at %v the level is %.1f dBFS", f, media.SampleTime(int64(at)), level)
					}
				}
			}
		}
	}
}

// What has no period is left alone until it is far off; silence can be cut anywhere.
func TestSpliceChoosesItsPlace(t *testing.T) {
	var s splicer
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]float32, 2048)
	for i := range noise {
		noise[i] = float32(random.Float64()-0.5) / 4
	}
	if _, n := s.cut(noise, spliceMost, spliceAlike); n != 0 {
		t.Errorf("noise was cut by %d", n)
	}
	if out, n := s.cut(noise, spliceMost, 1); n == 0 || len(out) != len(noise)-n*media.Channels {
		t.Errorf("noise could not be cut at all")
	}
	hush := make([]float32, 2048)
	if out, n := s.cut(hush, 300, spliceAlike); n < 298 || len(out) != len(hush)-n*media.Channels {
		t.Errorf("silence was cut by %d of 300", n)
	}
	if out, n := s.repeat(hush, 300, spliceAlike); n < 298 || len(out) != len(hush)+n*media.Channels {
		t.Errorf("silence was made longer by %d of 300", n)
	}
	for _, frames := range []int{0, 1, spliceFade, spliceFade + spliceLeast - 1, 400} {
		pcm := wave(frames, 1000)
		out, n := s.cut(pcm, spliceMost, spliceAlike)
		if len(out) != len(pcm)-n*media.Channels || n > spliceMost {
			t.Errorf("%d frames: %d cut, %d left", frames, n, len(out)/media.Channels)
		}
	}
}
