package audio

import (
	"math"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
)

func TestPan(t *testing.T) {
	for _, test := range []struct{ pan, left, right float64 }{
		{0, 1, 1}, {-1, 1, 0}, {1, 0, 1}, {-0.5, 1, 0.5}, {0.25, 0.75, 1}, {9, 0, 1}, {math.Inf(-1), 1, 0}, {math.NaN(), 1, 1},
	} {
		m := New()
		s := m.Add("host")
		s.SetPan(test.pan)
		s.Write(0, constant(5000, 0.5))
		out := mixAll(m, 0, 4000, 960)
		if l, r := out[3000*Channels], out[3000*Channels+1]; l != float32(0.5*test.left) || r != float32(0.5*test.right) {
			t.Errorf("pan %v: %v, %v", test.pan, l, r)
		}
	}
}

func TestLongRamp(t *testing.T) {
	m := New()
	s := m.Add("music")
	s.Write(0, constant(200000, 0.5))
	mixAll(m, 0, 4800, 960)
	s.RampGainDB(-20, 48000)
	out := mixAll(m, 4800, 4800*12, 960)
	gain := func(frame int) float64 { return float64(out[frame*Channels]) / 0.5 }
	out = out[lookahead*Channels:] // where the ramp starts
	for i := 1; i < len(out)/Channels; i++ {
		if d := gain(i-1) - gain(i); d < 0 || d > 0.9*math.Pi/2/48000*1.01 {
			t.Fatalf("frame %d: the gain moves by %v", i, -d)
		}
	}
	if mid := gain(24000 - 1); math.Abs(mid-0.55) > 0.001 {
		t.Errorf("half way the gain is %.4f", mid)
	}
	if gain(47900) <= gain(47999) || gain(47999) != gain(52000) || math.Abs(gain(47999)-0.1) > 1e-6 {
		t.Errorf("the gain ends at %v", gain(47999))
	}
}

// A mute in the middle of a fade does not end the fade.
func TestMuteDoesNotTouchAFade(t *testing.T) {
	m := New()
	s := m.Add("music")
	s.SetGainDB(-60)
	s.Write(0, constant(200000, 0.5))
	mixAll(m, 0, 4800, 960)
	s.RampGainDB(0, 96000)
	mixAll(m, 4800, 9600, 960)
	s.SetMuted(true)
	for _, v := range mixAll(m, 14400, 9600, 960)[2000:] {
		if v != 0 {
			t.Fatal("not silent")
		}
	}
	s.SetMuted(false)
	out := mixAll(m, 24000, 28800, 960)
	if got := float64(out[len(out)-1]) / 0.5; math.Abs(got-0.5) > 0.01 {
		t.Errorf("half way through the fade the gain is %v", got)
	}
	s.RampGainDB(0, 1) // sooner, but no sooner than in 10 ms
	out = mixAll(m, 52800, 960, 960)
	if got := float64(out[(lookahead+gainFrames)*Channels]) / 0.5; got != 1 {
		t.Errorf("after the shortest ramp the gain is %v", got)
	}
}

func TestRampsAreBounded(t *testing.T) {
	s := New().Add("music")
	s.RampGainDB(99, math.MaxInt)
	if got := s.fader.Load(); got != packFader(MaxGainDB, MaxRampFrames) {
		t.Errorf("%x", got)
	}
	s.RampGainDB(math.NaN(), 5)
	s.RampGainDB(-99, math.MinInt)
	if got := s.fader.Load(); got != packFader(MinGainDB, gainFrames) {
		t.Errorf("%x", got)
	}
	var r ramp
	r.move(1, MaxRampFrames)
	r.skip(MaxRampFrames / 2)
	if math.Abs(float64(r.value)-0.5) > 1e-6 {
		t.Errorf("half of the longest ramp is %v", r.value)
	}
}

func TestSolo(t *testing.T) {
	m := New()
	names := []string{"a", "b", "music"}
	freqs := []float64{500, 1100, 2300}
	var sources []*Source
	for i, name := range names {
		s := m.Add(name)
		s.Write(0, sine(0, 240000, freqs[i], 0.1, 0))
		sources = append(sources, s)
	}
	a, b, music := sources[0], sources[1], sources[2]
	music.SetMusic(true)
	at := int64(0)
	check := func(what string, heard ...bool) {
		t.Helper()
		out := measure.Channel(mixAll(m, at, 9600, 960)[4800*Channels:], 0)
		at += 9600
		for i, want := range heard {
			if got := measure.Tone(out, freqs[i]); (got > -20.1) != want || !want && got > -100 {
				t.Errorf("%s: %s at %.1f dBFS", what, names[i], got)
			}
		}
	}
	check("nobody", true, true, true)
	a.SetSolo(true)
	check("a", true, false, true)
	b.SetSolo(true)
	check("a and b", true, true, true)
	a.SetMuted(true)
	check("a, who is muted, and b", false, true, true)
	b.SetSolo(false)
	check("a, who is muted", false, false, true)
	m.Remove(a)
	check("a, who is gone", false, true, true)
	music.SetSolo(true)
	check("music", false, true, true)
}

// Nobody speaks who is not heard because somebody else is solo.
func TestSoloHushesSpeech(t *testing.T) {
	m := New()
	a, b := m.Add("a"), m.Add("b")
	for i, v := range voices(1, -20)[0].say(3) {
		b.Write(int64(i), []float32{v, v})
	}
	mixAll(m, 0, 2*SampleRate, 960)
	if active, _ := b.Speech(); !active {
		t.Fatal("b does not speak")
	}
	a.SetSolo(true)
	mixAll(m, 2*SampleRate, 960, 960)
	if active, _ := b.Speech(); active {
		t.Error("b speaks though only a is heard")
	}
}

// A source that becomes music dips, and is under the ducking afterwards.
func TestBecomingMusicDips(t *testing.T) {
	m := New()
	m.SetDucking(DefaultDucking())
	music, guest := m.Add("music"), m.Add("guest")
	music.SetPan(1)
	guest.SetPan(-1)
	music.Write(0, constant(100000, 0.25))
	guest.Write(0, sine(0, 100000, 440, 0.2, 0))
	out := mixAll(m, 0, 9600, 960)
	music.SetMusic(true)
	out = append(out, mixAll(m, 9600, 9600, 960)...)
	for i := 400 * Channels; i < len(out); i += Channels {
		if d := math.Abs(float64(out[i+1] - out[i+1-Channels])); d > 0.25*math.Pi/2/fadeFrames*1.01 {
			t.Fatalf("frame %d steps by %v", i/Channels, d)
		}
	}
	if got := out[len(out)-1] / 0.25; math.Abs(float64(got-amplitude(-12))) > 1e-5 {
		t.Errorf("at the end the music's gain is %v", got)
	}
}

// A track that is sought is cleared and written from another place.
func TestSeekDoesNotClick(t *testing.T) {
	for _, freq := range []float64{100, 440, 3000} {
		for phase := 0.0; phase < 6.3; phase += 0.3 {
			m := New()
			s := m.Add("music")
			s.SetMusic(true)
			s.Write(0, sine(0, 48000, freq, 0.5, 0))
			out := mixAll(m, 0, 9600, 960)
			s.Clear(9600)
			from := s.BufferedUntil()
			s.Write(from, sine(0, 48000, freq, 0.5, phase))
			out = append(out, mixAll(m, 9600, 9600, 960)...)
			natural := 2 * 0.5 * math.Sin(math.Pi*freq/SampleRate)
			if step := maxStep(out); step > 1.1*natural {
				t.Errorf("%v Hz, phase %.1f: step %.2f× the natural", freq, phase, step/natural)
			}
			if got := s.Counts(); got.Late+got.Held != 0 {
				t.Errorf("%+v", got)
			}
			// The new place is heard at the frame that it was written for.
			want := float32(0.5 * math.Sin(2*math.Pi*freq*4000/SampleRate+phase))
			if got := out[(from+4000)*Channels]; math.Abs(float64(got-want)) > 1e-6 {
				t.Errorf("%v Hz: %v at frame 4000 of the new place, want %v", freq, got, want)
			}
		}
	}
}
