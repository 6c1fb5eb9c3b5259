package audio

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// chainRun is one mix of music and of a guest who is soft, both on one sine, so that
// the greatest natural step of their sum is known.
type chainRun struct {
	m            *Mixer
	music, guest *Source
	freq         float64
	phase        float64 // of the music
	at           int64   // of the next tick
	written      int64   // of the music
	spoken       int64   // of the guest
	talks        bool
	loudest      float64 // the master's highest gain so far
	last         [Channels]float64
	step         float64
	dst          []float32
}

const musicAmplitude, guestAmplitude = 0.3, 0.03

func newChainRun(t *rapid.T) *chainRun {
	c := &chainRun{m: New(), loudest: 1}
	c.m.SetDucking(DefaultDucking())
	c.freq = rapid.Float64Range(120, 8000).Draw(t, "freq")
	c.music, c.guest = c.m.Add("music"), c.m.Add("guest")
	c.music.SetMusic(true)
	return c
}

// TestNothingClicksInTheWholeChain turns every knob of the mix at any time and holds
// each step of the output against the greatest that the sine makes by itself.
func TestNothingClicksInTheWholeChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newChainRun(t)
		pick := func() *Source { return rapid.SampledFrom([]*Source{c.music, c.guest}).Draw(t, "who") }
		dB := func(low, high float64) float64 { return rapid.Float64Range(low, high).Draw(t, "dB") }
		ms := func(high int) time.Duration {
			return time.Duration(rapid.IntRange(0, high).Draw(t, "ms")) * time.Millisecond
		}
		t.Repeat(map[string]func(*rapid.T){
			"tick":   c.tick,
			"tick 2": c.tick, // more often, so that things get on
			"tick 3": c.tick,
			"tick 4": c.tick,
			"talk":   func(*rapid.T) { c.talks = !c.talks },
			"seek":   c.seek,
			"jump":   func(t *rapid.T) { c.at += int64(rapid.IntRange(1, 5000).Draw(t, "by")) },
			"rejoin": c.rejoin,
			"pan":    func(t *rapid.T) { pick().SetPan(rapid.Float64Range(-1, 1).Draw(t, "pan")) },
			"solo":   func(t *rapid.T) { pick().SetSolo(rapid.Bool().Draw(t, "solo")) },
			"mute":   func(t *rapid.T) { pick().SetMuted(rapid.Bool().Draw(t, "muted")) },
			"role":   func(t *rapid.T) { pick().SetMusic(rapid.Bool().Draw(t, "music")) },
			"gain":   func(*rapid.T) { pick().SetGainDB(dB(MinGainDB, 0)) },
			"ramp": func(t *rapid.T) {
				pick().RampGainDB(dB(MinGainDB, 0), rapid.IntRange(0, 20000).Draw(t, "frames"))
			},
			"duck": func(*rapid.T) {
				c.m.SetDucking(DuckingConfig{dB(-60, -30), dB(-60, 0), ms(100), ms(300), ms(100)})
			},
			"master": func(*rapid.T) {
				gain := dB(-30, 6)
				c.loudest = max(c.loudest, float64(amplitude(gain)))
				c.m.SetMaster(MasterConfig{GainDB: gain})
			},
			"": c.check,
		})
	})
}

// tick writes what is due and mixes a block.
func (c *chainRun) tick(t *rapid.T) {
	n := rapid.SampledFrom([]int{1, 33, 480, 1024, 1600}).Draw(t, "block")
	until := c.at + int64(n) + 500
	if c.written < until {
		n := int(until - max(c.written, c.at))
		c.music.Write(until-int64(n), sine(until-int64(n), n, c.freq, musicAmplitude, c.phase))
		c.written = until
	}
	if c.talks {
		from := max(c.spoken, c.at)
		c.guest.Write(from, sine(from, int(until-from), c.freq, guestAmplitude, 1))
		c.spoken = until
	}
	c.mix(n)
}

func (c *chainRun) mix(n int) {
	c.dst = append(c.dst[:0], make([]float32, n*Channels)...)
	c.m.MixInto(c.at, c.dst)
	c.at += int64(n)
	for i, v := range c.dst {
		c.step = max(c.step, math.Abs(float64(v)-c.last[i%Channels]))
		c.last[i%Channels] = float64(v)
	}
}

// seek goes on with the music from another place, hence at another phase.
func (c *chainRun) seek(t *rapid.T) {
	c.music.Clear(c.at)
	c.written = c.music.BufferedUntil()
	c.phase = rapid.Float64Range(0, 6.3).Draw(t, "phase")
}

// rejoin takes the guest out and lets one in whose sound goes on.
func (c *chainRun) rejoin(t *rapid.T) {
	c.m.Remove(c.guest)
	c.mix(400)
	c.guest = c.m.Add("guest")
	c.spoken = c.at
}

func (c *chainRun) check(t *rapid.T) {
	natural := 2 * (musicAmplitude + guestAmplitude) * c.loudest * math.Sin(math.Pi*c.freq/SampleRate)
	if c.step > 1.1*natural {
		t.Fatalf("step %.5f before frame %d is %.2f× the natural %.5f of %.0f Hz", c.step, c.at, c.step/natural, natural, c.freq)
	}
}

// TestEveryKnobMovesSmoothly shows each gain as it is, by a constant: none moves by
// more in a frame than the raised cosine of 5 ms does.
func TestEveryKnobMovesSmoothly(t *testing.T) {
	for name, turn := range map[string]func(m *Mixer, music, guest *Source){
		"gain":      func(_ *Mixer, music, _ *Source) { music.SetGainDB(-60) },
		"pan":       func(_ *Mixer, music, _ *Source) { music.SetPan(-1) },
		"mute":      func(_ *Mixer, music, _ *Source) { music.SetMuted(true) },
		"remove":    func(m *Mixer, music, _ *Source) { m.Remove(music) },
		"clear":     func(_ *Mixer, music, _ *Source) { music.Clear(0) },
		"solo":      func(m *Mixer, music, guest *Source) { music.SetMusic(false); guest.SetSolo(true) },
		"master":    func(m *Mixer, _, _ *Source) { m.SetMaster(MasterConfig{GainDB: -60}) },
		"ducking":   func(m *Mixer, _, _ *Source) { m.SetDucking(DuckingConfig{DepthDB: -60, Attack: 1}) },
		"no duck":   func(m *Mixer, _, _ *Source) { m.SetDucking(DuckingConfig{Release: 1}) },
		"normalize": func(m *Mixer, _, _ *Source) { m.SetMaster(MasterConfig{Normalize: true, TargetLUFS: -36}) },
	} {
		m := New()
		m.SetDucking(DefaultDucking())
		music, guest := m.Add("music"), m.Add("guest")
		music.SetMusic(true)
		guest.SetPan(-1)
		music.Write(0, constant(200000, 0.5))
		guest.Write(0, sine(0, 200000, 440, 0.1, 0))
		out := mixAll(m, 0, 9600, 960)
		turn(m, music, guest)
		out = append(out, mixAll(m, 9600, 90000, 960)...)
		var step float64
		for i := 3; i < len(out); i += Channels {
			step = max(step, math.Abs(float64(out[i]-out[i-Channels])))
		}
		if most := 0.5 * math.Pi / 2 / fadeFrames; step > 1.01*most {
			t.Errorf("%s: step %.6f, the most of a fade is %.6f", name, step, most)
		}
		if m.Loudness().MaxTruePeak > CeilingDB {
			t.Errorf("%s: the limiter was at work", name)
		}
	}
}

// TestSameCallsSameBits runs everything at once twice.
func TestSameCallsSameBits(t *testing.T) {
	run := func(block int) ([]float32, Loudness) {
		m := New()
		m.SetDucking(DefaultDucking())
		m.SetMaster(MasterConfig{GainDB: 6, Normalize: true})
		music, a, b := m.Add("music"), m.Add("a"), m.Add("b")
		music.SetMusic(true)
		music.Write(0, noise(200000, 0.5, 1))
		a.Write(3000, noise(90000, 0.7, 2))
		b.Write(500, noise(200000, 0.4, 3))
		b.SetPan(0.3)
		out := mixAll(m, 0, 48000, block)
		music.RampGainDB(-12, 30000)
		a.SetSolo(true)
		m.SetDucking(DuckingConfig{DepthDB: -20, Release: time.Second})
		out = append(out, mixAll(m, 48000, 72000, block)...)
		return out, m.Loudness()
	}
	// Knobs are looked at when a block or a chunk of 1024 frames starts: the same for
	// blocks that end where these turn.
	first, loud := run(960)
	for _, block := range []int{960, 480, 1000, 4800} {
		again, loudAgain := run(block)
		if !slices.Equal(first, again) || loud != loudAgain {
			t.Errorf("blocks of %d: not the same bits; %+v, %+v", block, loud, loudAgain)
		}
	}
}

// TestKnobsFromManyGoroutines is for the race detector.
func TestKnobsFromManyGoroutines(t *testing.T) {
	m := New()
	s := m.Add("host")
	s.Write(0, sine(0, 100000, 440, 0.3, 0))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				s.SetPan(float64(i%3) - 1)
				s.SetSolo(i%2 == 0)
				s.SetMusic(i%5 == w)
				s.RampGainDB(float64(-i%60), 1000*i)
				m.SetDucking(DuckingConfig{DepthDB: -float64(i)})
				m.SetMaster(MasterConfig{Normalize: i%2 == 0, GainDB: -float64(w)})
				s.Loudness()
				s.Speech()
				m.Loudness()
			}
		})
	}
	for at := int64(0); at < 96000; at += 480 {
		m.MixInto(at, make([]float32, 480*Channels))
	}
	wg.Wait()
}

func TestWholeChainAllocatesNothing(t *testing.T) {
	m := New()
	m.SetDucking(DefaultDucking())
	m.SetMaster(MasterConfig{GainDB: 6, Normalize: true})
	music, guest := m.Add("music"), m.Add("guest")
	music.SetMusic(true)
	pcm := sine(0, 1024, 468.75, 0.4, 0)
	dst := make([]float32, 1024*Channels)
	at := int64(0)
	tick := func() {
		music.Write(at+2048, pcm)
		if at/1024%60 < 30 {
			guest.Write(at+2048, pcm)
		}
		guest.SetPan(float64(at/1024%3) - 1)
		music.RampGainDB(-float64(at/10240%7), 4000)
		m.MixInto(at, dst)
		m.Loudness()
		guest.Loudness()
		at += 1024
	}
	tick()
	if n := testing.AllocsPerRun(300, tick); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}
