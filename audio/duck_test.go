package audio

import (
	"math"
	"testing"
	"time"
)

// constant returns frames of the same value on both channels: what becomes of it shows
// every gain as it is.
func constant(frames int, v float32) []float32 {
	pcm := make([]float32, frames*Channels)
	for i := range pcm {
		pcm[i] = v
	}
	return pcm
}

// ducked mixes music on the right under speech on the left, which is there from frame
// from up to frame to, and returns the music's gain for every frame.
func ducked(c DuckingConfig, speechDB float64, from, to, frames, block int) []float64 {
	m := New()
	m.SetDucking(c)
	music, guest := m.Add("music"), m.Add("guest")
	music.SetMusic(true)
	music.SetPan(1)
	guest.SetPan(-1)
	music.Write(-1000, constant(frames+2000, 0.25))
	guest.Write(int64(from), sine(0, to-from, 440, math.Sqrt2*float64(amplitude(speechDB+3.0103)), 0))
	m.MixInto(-1000, make([]float32, 1000*Channels))
	out := mixAll(m, 0, frames, block)
	gain := make([]float64, frames)
	for i := range gain {
		gain[i] = float64(out[i*Channels+1]) / 0.25
	}
	return gain
}

// TestDuckingKeepsItsTimes is the bar: the depth within the attack and 20 ms of the
// speech's start, full level within the release and 20 ms of its end, for speech that
// is loud and for speech that is just over the threshold.
func TestDuckingKeepsItsTimes(t *testing.T) {
	const from, to, frames = 4800, 38400, 96000
	ms := func(frame int) float64 { return float64(frame) * 1000 / SampleRate }
	for _, c := range []DuckingConfig{
		DefaultDucking(),
		{DepthDB: -12, Attack: 5 * time.Millisecond, Release: 20 * time.Millisecond},
		{DepthDB: -20, Attack: 20 * time.Millisecond, Release: 200 * time.Millisecond, Hold: 50 * time.Millisecond},
		{DepthDB: -6, Attack: 300 * time.Millisecond, Release: time.Second},
		{DepthDB: -60, Attack: 80 * time.Millisecond, Release: 600 * time.Millisecond, Hold: time.Hour},
	} {
		for _, speechDB := range []float64{-10, -43} {
			gain := ducked(c, speechDB, from, to, frames, 960)
			depth := float64(amplitude(c.DepthDB))
			reached, back := 0, 0
			for i := range gain {
				switch {
				case i < from && gain[i] != 1:
					t.Fatalf("%+v: gain %v at frame %d, before anybody speaks", c, gain[i], i)
				case i < to && reached == 0 && math.Abs(gain[i]-depth) < 1e-5:
					reached = i
				case i >= to && back == 0 && gain[i] == 1:
					back = i
				}
				if i > from && (i < to && gain[i] > gain[i-1]+1e-7 || i >= to && gain[i] < gain[i-1]-1e-7) {
					t.Fatalf("%+v, speech at %v dB: the gain turns at frame %d", c, speechDB, i)
				}
			}
			c := c.within()
			attack, release := ms(reached-from), ms(back-to)
			t.Logf("%3.0f dB, attack %v, release %v (hold %v), speech at %v dBFS: down after %.1f ms, back after %.1f ms",
				c.DepthDB, c.Attack, c.Release, c.Hold, speechDB, attack, release)
			if reached == 0 || attack > float64(c.Attack.Milliseconds()+20) {
				t.Errorf("down after %.1f ms", attack)
			}
			if back == 0 || release > float64(c.Release.Milliseconds()+20) {
				t.Errorf("back after %.1f ms", release)
			}
		}
	}
}

func TestDuckingIsTheSameInAnyBlocks(t *testing.T) {
	one := ducked(DefaultDucking(), -20, 4800, 20000, 60000, 1)
	for _, block := range []int{33, 960, 5000} {
		for i, g := range ducked(DefaultDucking(), -20, 4800, 20000, 60000, block) {
			if g != one[i] {
				t.Fatalf("blocks of %d: gain %v at frame %d, want %v", block, g, i, one[i])
			}
		}
	}
}

func TestDuckingBridgesAPauseWithinItsHold(t *testing.T) {
	m := New()
	m.SetDucking(DefaultDucking())
	music, guest := m.Add("music"), m.Add("guest")
	music.SetMusic(true)
	music.SetPan(1)
	guest.SetPan(-1)
	music.Write(0, constant(100000, 0.25))
	guest.Write(0, sine(0, 20000, 440, 0.2, 0))
	guest.Write(20000+12000, sine(0, 20000, 440, 0.2, 0)) // 250 ms later
	out := mixAll(m, 0, 50000, 960)[10000*Channels:]
	for i := 1; i < len(out); i += Channels {
		if math.Abs(float64(out[i])/0.25-float64(amplitude(-12))) > 1e-5 {
			t.Fatalf("music at %v, frame %d", out[i]/0.25, 10000+i/Channels)
		}
	}
}

// Only what is heard lowers the music: not itself, not other music, nobody who is
// muted, turned down, silent or gone.
func TestDuckingHearsOnlySpeechThatIsHeard(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(m *Mixer, guest *Source)
		want float64
	}{
		"speech":      {func(*Mixer, *Source) {}, -12},
		"other music": {func(_ *Mixer, g *Source) { g.SetMusic(true) }, 0},
		"muted":       {func(_ *Mixer, g *Source) { g.SetMuted(true) }, 0},
		"turned down": {func(_ *Mixer, g *Source) { g.SetGainDB(-40) }, 0},
		"others solo": {func(m *Mixer, _ *Source) { m.Add("silent").SetSolo(true) }, 0},
		"removed":     {func(m *Mixer, g *Source) { m.Remove(g) }, 0},
		"no depth":    {func(m *Mixer, _ *Source) { m.SetDucking(DuckingConfig{}) }, 0},
		"not a number": {func(m *Mixer, _ *Source) {
			m.SetDucking(DuckingConfig{DepthDB: math.NaN(), ThresholdDB: math.NaN()})
		}, 0},
		"higher threshold": {func(m *Mixer, _ *Source) {
			m.SetDucking(DuckingConfig{DepthDB: -12, ThresholdDB: -15})
		}, 0},
		"another depth": {func(m *Mixer, _ *Source) { m.SetDucking(DuckingConfig{DepthDB: -30}) }, -30},
		"too deep":      {func(m *Mixer, _ *Source) { m.SetDucking(DuckingConfig{DepthDB: -300}) }, -60},
	} {
		m := New()
		m.SetDucking(DefaultDucking())
		music, guest := m.Add("music"), m.Add("guest")
		music.SetMusic(true)
		music.SetPan(1)
		guest.SetPan(-1)
		music.Write(0, constant(100000, 0.25))
		guest.Write(0, sine(0, 100000, 440, 0.15, 0)) // −19.5 dBFS
		mixAll(m, 0, 9600, 960)
		test.do(m, guest)
		out := mixAll(m, 9600, 48000, 960)
		// The meter of the music shows it before the ducking; the mix, after.
		if got := 20 * math.Log10(float64(out[len(out)-1])/0.25); math.Abs(got-test.want) > 0.01 {
			t.Errorf("%s: music at %.2f dB, want %v", name, got, test.want)
		}
		if rms, _ := music.Level(); math.Abs(rms-20*math.Log10(0.25)+3.0103) > 0.01 {
			t.Errorf("%s: the music's meter shows %.2f dBFS", name, rms)
		}
	}
}

func TestDuckingConfigIsBounded(t *testing.T) {
	c := DuckingConfig{ThresholdDB: 9, DepthDB: 9, Attack: -1, Release: -1, Hold: -1}.within()
	if want := (DuckingConfig{-10, 0, 5 * time.Millisecond, 20 * time.Millisecond, 0}); c != want {
		t.Errorf("%+v", c)
	}
	c = DuckingConfig{ThresholdDB: -999, DepthDB: -999, Attack: 1 << 62, Release: 1 << 62, Hold: 1 << 62}.within()
	if want := (DuckingConfig{-80, -60, 2 * time.Second, 10 * time.Second, 9990 * time.Millisecond}); c != want {
		t.Errorf("%+v", c)
	}
	if c := DefaultDucking(); c.within() != c {
		t.Error("the default is not in range")
	}
}

// Music that is undamped keeps its level under speech, to the bit, while the bed beside
// it is lowered; DuckingDB says by how much.
func TestUndampedMusicIsNotLowered(t *testing.T) {
	m := New()
	m.SetDucking(DefaultDucking())
	voice, effect := m.Add("voice"), m.Add("effect")
	effect.SetMusic(true)
	effect.SetUndamped(true)
	const n = SampleRate
	pcm := make([]float32, n*Channels)
	for i := range pcm {
		pcm[i] = .1
	}
	voice.Write(0, pcm)
	effect.Write(0, pcm)
	out := make([]float32, n/2*Channels)
	m.MixInto(0, out)
	for i, v := range out[SampleRate/5*Channels:] {
		if v != .2 {
			t.Fatalf("sample %d is %v, want 0.2", i, v)
		}
	}
	if db := m.DuckingDB(); db > -11.9 || db < -12.1 {
		t.Errorf("the ducking is at %.2f dB, want -12", db)
	}
}
