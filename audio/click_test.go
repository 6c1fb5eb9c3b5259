package audio

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// maxStep returns the greatest step between neighbouring samples of one channel.
func maxStep(pcm []float32) float64 {
	var step float64
	for i := Channels; i < len(pcm); i++ {
		step = max(step, math.Abs(float64(pcm[i])-float64(pcm[i-Channels])))
	}
	return step
}

// TestNothingClicks mixes one sine through everything that can happen to a source,
// in any order, and holds each step of the output against the greatest that the sine
// makes by itself.
func TestNothingClicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClickRun(t)
		t.Repeat(map[string]func(*rapid.T){
			"tick":    c.tick,
			"tick 2":  c.tick, // twice, to be picked more often
			"gap":     c.gap,
			"resync":  c.resync,
			"overlap": c.overlap,
			"mute":    func(t *rapid.T) { c.source.SetMuted(rapid.Bool().Draw(t, "muted")) },
			"gain": func(t *rapid.T) {
				c.source.SetGainDB(rapid.Float64Range(MinGainDB, 0).Draw(t, "dB"))
			},
			"rejoin": c.rejoin,
			"":       c.check,
		})
	})
}

// clickRun is one mix with one source, and how far that has been written.
type clickRun struct {
	m       *Mixer
	source  *Source
	freq    float64
	phase   float64
	at      int64 // of the next tick
	written int64
	lead    int64 // how far ahead the source is written
	last    float64
	step    float64
	dst     []float32
}

func newClickRun(t *rapid.T) *clickRun {
	c := &clickRun{m: New()}
	c.freq = rapid.Float64Range(120, 8000).Draw(t, "freq")
	c.lead = int64(rapid.IntRange(0, 3000).Draw(t, "lead"))
	c.at = int64(rapid.IntRange(0, 10000).Draw(t, "start"))
	c.source = c.m.Add("sine")
	c.written = c.at
	return c
}

// amplitude keeps two sources that overlap while one of them leaves below the ceiling.
const clickAmplitude = 0.4

// tick writes until the source is its lead ahead, in packets, and mixes a block.
func (c *clickRun) tick(t *rapid.T) {
	for c.written < c.at+c.lead {
		n := rapid.SampledFrom([]int{100, 960, 1024}).Draw(t, "packet")
		c.source.Write(c.written, sine(c.written, n, c.freq, clickAmplitude, c.phase))
		c.written += int64(n)
	}
	n := rapid.SampledFrom([]int{1, 33, 480, 1024, 1600}).Draw(t, "block")
	c.dst = append(c.dst[:0], make([]float32, n*Channels)...)
	c.m.MixInto(c.at, c.dst)
	c.at += int64(n)
	for i := 0; i < len(c.dst); i += Channels {
		v := float64(c.dst[i])
		c.step = max(c.step, math.Abs(v-c.last))
		c.last = v
	}
}

// gap leaves out some frames; the sine goes on at any phase.
func (c *clickRun) gap(t *rapid.T) {
	c.written += int64(rapid.IntRange(1, 2000).Draw(t, "gap"))
	c.phase = rapid.Float64Range(0, 6.3).Draw(t, "phase")
}

// resync clears what is buffered and goes on at another place and phase.
func (c *clickRun) resync(t *rapid.T) {
	from := c.at + int64(rapid.IntRange(-500, 3000).Draw(t, "clear"))
	c.source.Clear(from)
	c.written = max(c.at, from+int64(rapid.IntRange(0, 500).Draw(t, "later")))
	c.phase = rapid.Float64Range(0, 6.3).Draw(t, "phase")
}

// overlap goes on somewhere within what is there already, at another phase.
func (c *clickRun) overlap(t *rapid.T) {
	c.written -= int64(rapid.IntRange(1, 3000).Draw(t, "back"))
	c.phase = rapid.Float64Range(0, 6.3).Draw(t, "phase")
}

// rejoin removes the source once it is silent enough not to add to the next one.
func (c *clickRun) rejoin(t *rapid.T) {
	c.m.Remove(c.source)
	for range 2 {
		c.dst = append(c.dst[:0], make([]float32, 200*Channels)...)
		c.m.MixInto(c.at, c.dst)
		c.at += 200
		for i := 0; i < len(c.dst); i += Channels {
			v := float64(c.dst[i])
			c.step = max(c.step, math.Abs(v-c.last))
			c.last = v
		}
	}
	c.source = c.m.Add("sine")
	c.written = c.at + int64(rapid.IntRange(0, 500).Draw(t, "pause"))
}

func (c *clickRun) check(t *rapid.T) {
	natural := 2 * clickAmplitude * math.Sin(math.Pi*c.freq/SampleRate)
	if c.step > 1.1*natural {
		t.Fatalf("step %.5f before frame %d is %.2f× the natural %.5f of %.0f Hz", c.step, c.at, c.step/natural, natural, c.freq)
	}
}

// TestFadeStepsOfALowTone holds the fades alone to the bound where they are hardest:
// at the lowest frequency that it is claimed for.
func TestFadeStepsOfALowTone(t *testing.T) {
	natural := 2 * clickAmplitude * math.Sin(math.Pi*100/SampleRate)
	for phase := 0.0; phase < 2*math.Pi; phase += 0.1 {
		m := New()
		s := m.Add("low")
		s.Write(1000, sine(0, 5000, 100, clickAmplitude, phase))
		out := mixAll(m, 0, 3000, 500)
		s.SetMuted(true)
		out = append(out, mixAll(m, 3000, 1000, 500)...)
		s.SetMuted(false)
		out = append(out, mixAll(m, 4000, 4000, 500)...)
		if step := maxStep(out); step > 1.01*natural {
			t.Fatalf("phase %.1f: step %.3f× the natural", phase, step/natural)
		}
	}
}

// TestEnvelopeMovesOneStepAFrame proves the fade's rule for any runs: full level is
// reached only far enough from both ends, and neighbouring levels differ by one step.
func TestEnvelopeMovesOneStepAFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []Run
		at := int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			at += int64(rapid.IntRange(0, 50).Draw(t, "gap"))
			end := at + int64(rapid.IntRange(1, 3*fadeFrames).Draw(t, "length"))
			runs = append(runs, Run{at, end})
			at = end
		}
		pcm := make([]float32, (at+10)*Channels)
		for i := range pcm {
			pcm[i] = 1
		}
		var e envelope
		for i := 0; i < len(pcm); {
			n := min(len(pcm)-i, Channels*rapid.IntRange(1, 700).Draw(t, "block"))
			e.apply(pcm[i:i+n], int64(i/Channels), runs)
			i += n
		}
		for _, r := range runs {
			for i := r.Start; i < r.End; i++ {
				want := rise[2*min(i-r.Start, r.End-1-i, fadeFrames)]
				if pcm[i*Channels] != want || pcm[i*Channels+1] != want {
					t.Fatalf("run %v: frame %d at %v, want %v", r, i, pcm[i*Channels], want)
				}
			}
		}
	})
}
