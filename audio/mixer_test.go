package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sine returns frames of a sine of freq Hz on both channels, from session frame at on.
func sine(at int64, frames int, freq, amplitude, phase float64) []float32 {
	pcm := make([]float32, frames*Channels)
	for i := range frames {
		v := float32(amplitude * math.Sin(2*math.Pi*freq*float64(at+int64(i))/SampleRate+phase))
		pcm[2*i], pcm[2*i+1] = v, v
	}
	return pcm
}

// noise returns reproducible noise of the given peak amplitude.
func noise(frames int, amplitude float64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, seed))
	pcm := make([]float32, frames*Channels)
	for i := range pcm {
		pcm[i] = float32(amplitude * (2*r.Float64() - 1))
	}
	return pcm
}

// upTo returns pcm scaled to the given true peak in dBTP.
func upTo(pcm []float32, db float64) []float32 {
	peak := truePeakOf(pcm)
	scaled := make([]float32, len(pcm))
	for i, v := range pcm {
		scaled[i] = float32(float64(v) * measure.Amplitude(db-peak))
	}
	return scaled
}

// mixAll mixes frames from session frame at on, in blocks of the given size.
func mixAll(m *Mixer, at int64, frames, block int) []float32 {
	out := make([]float32, frames*Channels)
	for i := 0; i < frames; i += block {
		n := min(block, frames-i)
		m.MixInto(at+int64(i), out[i*Channels:(i+n)*Channels])
	}
	return out
}

func TestMixOfNothingIsSilence(t *testing.T) {
	m := New()
	m.Add("quiet")
	for _, v := range mixAll(m, 0, 5000, 1024) {
		if v != 0 {
			t.Fatalf("sample %v", v)
		}
	}
	if rms, peak := m.Level(); rms != FloorDB || peak != FloorDB {
		t.Errorf("level %v, %v", rms, peak)
	}
}

func TestOneSourcePassesBitExactInPlace(t *testing.T) {
	in := upTo(noise(20000, 1, 1), CeilingDB-0.05)
	for _, block := range []int{1, 7, 1024, 1600, 5000} {
		m := New()
		m.Add("host").Write(0, in)
		out := mixAll(m, 0, 10000, block)
		from, to := fadeFrames*Channels, 10000*Channels
		if !slices.Equal(out[from:to], in[from:to]) {
			t.Errorf("blocks of %d: output is not the input at the same frames", block)
		}
	}
}

func TestLeadIsWhatASourceNeeds(t *testing.T) {
	in := noise(20000, 0.3, 1)
	mix := func(lead int) []float32 {
		m := New()
		s := m.Add("host")
		var out []float32
		written := 0
		for at := 0; at < 10000; at += 500 {
			s.Write(int64(written), in[written*Channels:(at+500+lead)*Channels])
			written = at + 500 + lead
			out = append(out, mixAll(m, int64(at), 500, 500)...)
		}
		return out
	}
	from := fadeFrames * Channels
	if out := mix(Lead); !slices.Equal(out[from:], in[from:len(out)]) {
		t.Error("written Lead ahead, the source is not heard as it is")
	}
	if out := mix(Lead - 1); slices.Equal(out[from:], in[from:len(out)]) {
		t.Error("written one frame less ahead, the source is heard as it is: Lead is too long")
	}
}

func TestSixTonesSumCleanAndUndivided(t *testing.T) {
	m := New()
	freqs := []float64{331, 523, 811, 1301, 2903, 7001}
	for i, f := range freqs {
		m.Add("tone").Write(0, sine(0, 20000, f, measure.Amplitude(-18), float64(i)))
	}
	out := mixAll(m, 0, 19000, 1024)[1000*Channels:]
	for c := range Channels {
		f, err := measure.Fit(measure.Channel(out, c), freqs...)
		if err != nil {
			t.Fatal(err)
		}
		for i, db := range f.Tones {
			if math.Abs(db+18) > 0.01 {
				t.Errorf("channel %d: %v Hz at %.3f dBFS, want −18", c, freqs[i], db)
			}
		}
		t.Logf("channel %d: six tones of −18 dBFS at %.3f, THD+N %.1f dB", c, f.Tones, f.THDN)
		if f.THDN > -120 {
			t.Errorf("channel %d: THD+N %.1f dB", c, f.THDN)
		}
	}
}

func TestJoinAndLeaveDoNotChangeOthers(t *testing.T) {
	// A guest's whole stay, then the same without: the host's part is the same.
	host, guest := sine(0, 30000, 440, 0.3, 0), sine(0, 30000, 997, 0.3, 1)
	mix := func(withGuest bool) []float32 {
		m := New()
		m.Add("host").Write(0, host)
		out := mixAll(m, 0, 4800, 480)
		var g *Source
		if withGuest {
			g = m.Add("guest")
			g.Write(0, guest)
		}
		out = append(out, mixAll(m, 4800, 9600, 480)...)
		if withGuest {
			m.Remove(g)
			m.Remove(g)
		}
		out = append(out, mixAll(m, 14400, 9600, 480)...)
		if m.Len() != 1 {
			t.Errorf("%d sources left", m.Len())
		}
		return out
	}
	with, without := mix(true), mix(false)
	for i := range with {
		frame := i / Channels
		heard := math.Abs(float64(with[i]-without[i])) > 1e-6
		if heard && (frame < 4800 || frame > 14400+fadeFrames+lookahead) {
			t.Fatalf("frame %d differs when the guest is not there", frame)
		}
	}
	if got := measure.Tone(measure.Channel(with[6000*Channels:14000*Channels], 0), 997); math.Abs(got-measure.DB(0.3)) > 0.01 {
		t.Errorf("guest at %.2f dBFS", got)
	}
}

func TestGainMuteAndMeter(t *testing.T) {
	m := New()
	s := m.Add("host")
	s.Write(0, sine(0, 200000, 1000, 0.1, 0))
	at := int64(0)
	level := func() float64 {
		out := mixAll(m, at, 9600, 960)
		at += 9600
		return measure.Tone(measure.Channel(out[4800*Channels:], 0), 1000)
	}
	check := func(what string, want float64) {
		t.Helper()
		if got := level(); math.Abs(got-want) > 0.01 {
			t.Errorf("%s: %.3f dBFS, want %.3f", what, got, want)
		}
		rms, peak := s.Level()
		if math.Abs(rms-(want-3.0103)) > 0.01 || math.Abs(peak-want) > 0.01 {
			t.Errorf("%s: source meter %.3f RMS, %.3f peak", what, rms, peak)
		}
		if mixRMS, mixPeak := m.Level(); math.Abs(mixRMS-rms) > 0.01 || math.Abs(mixPeak-peak) > 0.01 {
			t.Errorf("%s: mix meter %.3f RMS, %.3f peak", what, mixRMS, mixPeak)
		}
	}
	check("0 dB", -20)
	s.SetGainDB(6)
	check("+6 dB", -14)
	s.SetGainDB(99)
	check("more than the most", -20+MaxGainDB)
	s.SetGainDB(math.NaN())
	check("not a number", -20+MaxGainDB)
	s.SetGainDB(math.Inf(-1))
	check("less than the least", -20+MinGainDB)
	s.SetGainDB(0)
	s.SetMuted(true)
	if got := level(); got > -200 {
		t.Errorf("muted: %.1f dBFS", got)
	}
	if rms, peak := s.Level(); rms != FloorDB || peak != FloorDB {
		t.Errorf("muted: meter %v, %v", rms, peak)
	}
	s.SetMuted(false)
	check("not muted", -20)
}

func TestMeterForgetsAfter100ms(t *testing.T) {
	m := New()
	s := m.Add("host")
	s.Write(0, sine(0, SampleRate, 1000, 0.5, 0))
	mixAll(m, 0, SampleRate-lookahead, 960)
	mixAll(m, SampleRate-lookahead, SampleRate/10+binFrames, 960)
	if rms, _ := s.Level(); rms != FloorDB {
		t.Errorf("RMS %v dBFS 110 ms after the end", rms)
	}
}

func TestRemoveBeforeTheFirstMix(t *testing.T) {
	m := New()
	s := m.Add("gone")
	s.Write(0, sine(0, 5000, 1000, 0.5, 0))
	m.Remove(s)
	m.Remove(nil)
	m.Remove(New().Add("another mixer's"))
	for _, v := range mixAll(m, 0, 2000, 1000) {
		if v != 0 {
			t.Fatal("a source that left before it was heard is heard")
		}
	}
	if m.Len() != 0 {
		t.Errorf("%d sources left", m.Len())
	}
}

func TestJumpGoesOnAtTheNewPlace(t *testing.T) {
	for _, by := range []int64{-5000, -1, 1, 700, 5000, 1 << 40} {
		m := New()
		s := m.Add("host")
		s.Write(0, sine(0, 20000, 440, 0.5, 0))
		const turns = 4827 // frames; the sine is near its crest there
		out := mixAll(m, 0, turns, 960)
		at := turns + by
		// The source can be written there once the mixer has been there.
		out = append(out, mixAll(m, at, 960, 960)...)
		s.Write(at+960, sine(at+960, 20000, 440, 0.5, 0))
		out = append(out, mixAll(m, at+960, 9600, 960)...)
		natural := 2 * 0.5 * math.Sin(math.Pi*440/SampleRate)
		if step := maxStep(out); step > 1.1*natural {
			t.Errorf("jump by %d: step %.4f, natural %.4f", by, step, natural)
		}
		if got := measure.Tone(measure.Channel(out[7000*Channels:], 0), 440); math.Abs(got-measure.DB(0.5)) > 0.01 {
			t.Errorf("jump by %d: %.2f dBFS afterwards", by, got)
		}
	}
}

func TestMixIsDeterministic(t *testing.T) {
	run := func() []float32 {
		m := New()
		a, b := m.Add("a"), m.Add("b")
		a.Write(0, noise(30000, 0.9, 1))
		b.Write(500, noise(30000, 0.9, 2))
		out := mixAll(m, 0, 5000, 777)
		a.SetGainDB(3)
		b.SetMuted(true)
		a.Clear(9000)
		return append(out, mixAll(m, 5000, 20000, 777)...)
	}
	if !slices.Equal(run(), run()) {
		t.Error("two runs differ")
	}
}

func TestMixAllocatesNothing(t *testing.T) {
	m, sources := sixSources()
	pcm := sine(0, 1024, 440, 0.3, 0)
	dst := make([]float32, 1024*Channels)
	at := int64(0)
	tick := func() {
		for i, s := range sources {
			s.Write(at+4096, pcm)
			s.SetGainDB(float64(at/1024%7) - 3)
			s.SetMuted((at/1024+int64(i))%5 == 0)
			s.Level()
		}
		m.MixInto(at, dst) // loud enough to be limited
		m.Level()
		at += 1024
	}
	tick()
	if n := testing.AllocsPerRun(200, tick); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

func TestMixerFromManyGoroutines(t *testing.T) {
	m := New()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for round := range 20 {
				s := m.Add("guest")
				for i := range int64(20) {
					s.Write(i*1024, noise(1024, 0.2, uint64(w)))
					s.SetGainDB(float64(i - 10))
					s.SetMuted(i%3 == 0)
					s.Level()
					m.Level()
					s.BufferedUntil()
					s.Counts()
				}
				s.Clear(int64(round) * 1000)
				m.Remove(s)
			}
		})
	}
	dst := make([]float32, 480*Channels)
	at := int64(0)
	for range 500 {
		m.MixInto(at, dst)
		at += 480
	}
	wg.Wait()
	m.MixInto(at, dst)
	m.MixInto(at+480, dst)
	if m.Len() != 0 {
		t.Errorf("%d sources left", m.Len())
	}
}

func sixSources() (*Mixer, []*Source) {
	m := New()
	var sources []*Source
	for range 6 {
		sources = append(sources, m.Add("guest"))
	}
	return m, sources
}

// BenchmarkMix mixes six sources in blocks of 1024 frames (21.3 ms), the writes
// included.
func BenchmarkMix(b *testing.B) {
	for name, amplitude := range map[string]float64{"below_ceiling": 0.1, "limiting": 0.5} {
		b.Run(name, func(b *testing.B) {
			m, sources := sixSources()
			pcm := sine(0, 1024, 468.75, amplitude, 0) // ten whole periods
			dst := make([]float32, 1024*Channels)
			at := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range sources {
					s.Write(at+2048, pcm)
				}
				m.MixInto(at, dst)
				at += 1024
			}
		})
	}
}
