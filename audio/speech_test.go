package audio

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// stereo returns mono pcm on both channels.
func stereo(mono []float32) []float32 {
	pcm := make([]float32, 0, len(mono)*Channels)
	for _, v := range mono {
		pcm = append(pcm, v, v)
	}
	return pcm
}

// spoken10ms returns for each 10 ms of mono pcm whether somebody speaks.
func spoken10ms(s *speech, mono []float32) []bool {
	var all []bool
	for ; len(mono) >= binFrames; mono = mono[binFrames:] {
		s.add(stereo(mono[:binFrames]))
		active, _ := s.heard()
		all = append(all, active)
	}
	return all
}

// share returns how much of all is true, and the longest stretch of it in seconds.
func share(all []bool) (part, longest float64) {
	n, run, most := 0, 0, 0
	for _, active := range all {
		run++
		if !active {
			run = 0
			continue
		}
		n++
		most = max(most, run)
	}
	return float64(n) / float64(len(all)), float64(most) / 100
}

func TestSpeechAtAnyLevel(t *testing.T) {
	for _, db := range []float64{-50, -30, -10} {
		for _, v := range voices(uint64(-db), db, db, db) {
			for name, through := range map[string]func([]float32) []float32{"": func(m []float32) []float32 { return m }, "telephone": phone} {
				t.Run(fmt.Sprintf("%.0fdBFS%.0fHz%s", db, v.pitch, name), func(t *testing.T) {
					var s speech
					s.add(stereo(hiss(2, -75, 1)))
					all := spoken10ms(&s, atLevel(through(v.say(8)), db))
					// The pauses are about a tenth of it.
					if part, _ := share(all[30:]); part < 0.75 {
						t.Errorf("spoken in %.0f %% of the time", 100*part)
					}
					if late := slices.Index(all, true); late < 0 || late > 25 {
						t.Errorf("first heard after %d × 10 ms", late)
					}
				})
			}
		}
	}
}

func TestSpeechIsHeardOverNoise(t *testing.T) {
	for name, room := range map[string]func(seconds, db float64, seed uint64) []float32{"hiss": hiss, "fan": fan} {
		s := newScene(1, 14)
		s.add(0, 0, room(14, -40, 1))
		s.add(0, 3, voices(3, -22)[0].say(8))
		var d speech
		all := spoken10ms(&d, s.tracks[0])
		if part, _ := share(all[330:1090]); part < 0.75 {
			t.Errorf("%s: spoken in %.0f %% of the time", name, 100*part)
		}
		if part, _ := share(all[1130:]); part > 0.02 {
			t.Errorf("%s: spoken in %.0f %% of the time after the last word", name, 100*part)
		}
	}
}

func TestSpeechIsHeardOverMainsHum(t *testing.T) {
	s := newScene(1, 12)
	for i := range s.tracks[0] {
		s.tracks[0][i] = float32(0.045 * math.Sin(2*math.Pi*50*float64(i)/SampleRate)) // −30 dBFS
	}
	s.add(0, 3, voices(3, -35)[0].say(8))
	var d speech
	if part, _ := share(spoken10ms(&d, s.tracks[0])[330:1090]); part < 0.7 {
		t.Errorf("spoken in %.0f %% of the time", 100*part)
	}
}

func TestNoiseIsNotSpeech(t *testing.T) {
	hum := func(seconds, db float64, _ uint64) []float32 {
		out := make([]float32, int(seconds*SampleRate))
		for i := range out {
			for k := 1.0; k < 12; k++ {
				out[i] += float32(math.Sin(2*math.Pi*50*k*float64(i)/SampleRate) / k)
			}
		}
		return atLevel(out, db)
	}
	tests := map[string]struct {
		make    func(seconds, db float64, seed uint64) []float32
		longest float64 // seconds that it may pass for speech, when it starts
	}{
		"hiss": {hiss, 0.35}, "fan": {fan, 0.45}, "hum": {hum, 0.35}, "typing": {typing, 0},
	}
	for name, test := range tests {
		for _, db := range []float64{-60, -40, -20} {
			for seed := range uint64(2) {
				t.Run(fmt.Sprint(name, db, "dBFS", seed), func(t *testing.T) {
					var s speech
					s.add(stereo(hiss(2, -75, seed+100)))
					all := spoken10ms(&s, test.make(10, db, seed))
					part, longest := share(all)
					if longest > test.longest {
						t.Errorf("speech for %.2f s", longest)
					}
					if rest, _ := share(all[100:]); rest > 0.01 || part > 0.03 {
						t.Errorf("speech in %.1f %% of the time, %.1f %% once it has been there", 100*part, 100*rest)
					}
				})
			}
		}
	}
}

func TestSpeechThatTheSenderCutsToSilence(t *testing.T) {
	s := newScene(1, 30)
	v := voices(5, -25)[0]
	for at := 1.0; at < 28; at += 4 {
		s.add(0, at, v.say(2.5)) // its pauses and the rest are exact zeros
		s.add(0, at+2.6, hiss(0.2, -62, 1))
	}
	var d speech
	all := spoken10ms(&d, s.tracks[0])
	for at := 1; at < 28; at += 4 {
		if part, _ := share(all[at*100+15 : at*100+250]); part < 0.7 {
			t.Errorf("from %d s: spoken in %.0f %%", at, 100*part)
		}
		if part, _ := share(all[at*100+275 : at*100+400]); part > 0 {
			t.Errorf("from %d s: silence and comfort noise are speech in %.0f %%", at, 100*part)
		}
	}
}

func TestSourceThatJoinsLoud(t *testing.T) {
	var s speech
	if part, _ := share(spoken10ms(&s, voices(6, -10)[0].say(5))); part < 0.75 {
		t.Errorf("speech from the first sample on is heard in %.0f %%", 100*part)
	}
	var n speech
	if _, longest := share(spoken10ms(&n, hiss(5, -15, 1))); longest > 0.35 {
		t.Errorf("noise from the first sample on is speech for %.2f s", longest)
	}
}

func TestSpeechStrengthIsOverTheNoise(t *testing.T) {
	for _, db := range []float64{-40, -20} {
		var s speech
		s.add(stereo(hiss(3, -65, 1)))
		spoken10ms(&s, voices(7, db)[0].say(0.8))
		active, weak := s.heard()
		var l speech
		l.add(stereo(hiss(3, -65, 1)))
		spoken10ms(&l, voices(7, db+10)[0].say(0.8))
		if _, strong := l.heard(); !active || math.Abs(strong-weak-10) > 0.5 {
			t.Errorf("10 dB more at %v dBFS: %.1f dB, %.1f dB before", db, strong, weak)
		}
	}
}

func TestSourceSpeech(t *testing.T) {
	pcm := stereo(voices(8, -30)[0].say(4))
	play := func(block int, set func(*Source)) (*Source, []float64) {
		m := New()
		s := m.Add("host")
		set(s)
		s.Write(0, pcm)
		var strengths []float64
		for at := 0; at < 3*SampleRate; at += 4800 {
			mixAll(m, int64(at), 4800, block)
			_, strength := s.Speech()
			strengths = append(strengths, strength)
		}
		return s, strengths
	}
	s, plain := play(4800, func(*Source) {})
	if active, strength := s.Speech(); !active || strength < 6 || strength > 65 {
		t.Errorf("speech: %v, %.1f dB", active, strength)
	}
	for _, block := range []int{1, 7, 1024} {
		if _, other := play(block, func(s *Source) { s.SetGainDB(MinGainDB) }); !slices.Equal(plain, other) {
			t.Errorf("turned down, in blocks of %d: not the same", block)
		}
	}
	s.SetMuted(true)
	if active, strength := s.Speech(); active || strength != 0 {
		t.Error("somebody who is muted speaks")
	}
	s.SetMuted(false)
	s.SetMusic(true)
	if active, _ := s.Speech(); active {
		t.Error("music speaks")
	}
	s.SetMusic(false)
	if active, _ := s.Speech(); !active {
		t.Error("nobody speaks once it is no longer music")
	}
}

func TestSpeechWhileItIsMixed(t *testing.T) {
	m := New()
	s := m.Add("host")
	s.Write(0, stereo(voices(8, -30)[0].say(4)))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 1000 {
				s.SetMusic(i%3 == 0)
				if active, strength := s.Speech(); active != (strength > 0) {
					t.Errorf("speech: %v, %v dB", active, strength)
				}
			}
		})
	}
	mixAll(m, 0, 3*SampleRate, 1024)
	wg.Wait()
}

func TestInvertedChannelIsHeard(t *testing.T) {
	pcm := stereo(voices(8, -30)[0].say(0.7))
	for i := 1; i < len(pcm); i += Channels {
		pcm[i] = -pcm[i]
	}
	var s speech
	s.add(pcm)
	if active, _ := s.heard(); !active {
		t.Error("speech with one channel inverted is not heard")
	}
}

// BenchmarkSpeech is what a second of one source costs.
func BenchmarkSpeech(b *testing.B) {
	pcm := stereo(voices(1, -20)[0].say(1))
	var s speech
	b.ReportAllocs()
	for b.Loop() {
		for i := 0; i < len(pcm); i += 1024 * Channels {
			s.add(pcm[i:min(len(pcm), i+1024*Channels)])
		}
	}
}
