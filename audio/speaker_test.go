package audio

import (
	"slices"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
)

func TestThreeInTurn(t *testing.T) {
	const seconds = 40
	noise := func(make func(seconds, db float64, seed uint64) []float32, db float64) func(*scene) {
		return func(s *scene) {
			for i := range s.tracks {
				s.add(i, 0, make(seconds, db, uint64(i)))
			}
		}
	}
	alike, unlike := []float64{-22, -25, -20}, []float64{-12, -32, -22}
	tests := []struct {
		name string
		db   []float64
		room func(*scene)
	}{
		{"silence", alike, func(*scene) {}},
		{"hiss", alike, noise(hiss, -55)},
		{"fan", alike, noise(fan, -45)},
		{"loudspeakers", alike, func(s *scene) { s.leak(-30); noise(hiss, -60)(s) }},
		{"telephone", alike, func(s *scene) { s.telephone(); noise(hiss, -60)(s) }},
		{"levels differ", unlike, noise(hiss, -58)},
		{"levels differ, telephone", unlike, func(s *scene) { s.telephone(); noise(hiss, -65)(s) }},
	}
	for seed, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(3, seconds)
			s.inTurn(voices(uint64(seed), test.db...), 1, 2.5, 6)
			test.room(s)
			s.judge(s.play(nil)).mustPass(t)
		})
	}
}

func (s *scene) telephone() {
	for i := range s.tracks {
		s.tracks[i] = phone(s.tracks[i])
	}
}

// leak lets each hear all others from his loudspeaker, at db.
func (s *scene) leak(db float64) {
	gain := float32(measure.Amplitude(db))
	var said [][]float32
	for _, track := range s.tracks {
		said = append(said, slices.Clone(track))
	}
	for i, track := range s.tracks {
		for k, other := range said {
			if k != i {
				for j, v := range other {
					track[j] += v * gain
				}
			}
		}
	}
}

// TestWhatDoesNotSwitch has the first of two or three speak for most of the time,
// while others do what must not make them the main speaker.
func TestWhatDoesNotSwitch(t *testing.T) {
	tests := map[string]func(s *scene, v []*voice){
		"mm-hm": func(s *scene, v []*voice) {
			for at := 2.0; at < 28; at += 1.3 {
				s.add(1, at, v[1].say(0.3))
			}
		},
		"a word now and then": func(s *scene, v []*voice) {
			for at := 2.0; at < 28; at += 3 {
				s.add(1, at, v[1].say(0.4))
				s.add(2, at+1.4, v[2].say(0.35))
			}
		},
		"a fan starts": func(s *scene, _ []*voice) {
			s.add(1, 8, fan(22, -40, 1))
			s.add(2, 16, hiss(14, -40, 1))
		},
		"typing": func(s *scene, _ []*voice) {
			s.add(1, 2, typing(28, -15, 1))
			s.add(2, 5, typing(25, -30, 2))
		},
		"a long silence with noise": func(s *scene, _ []*voice) {
			clear(s.tracks[0][12*SampleRate:])
			s.add(0, 0, hiss(30, -50, 1))
			s.add(1, 0, fan(30, -45, 2))
			s.add(2, 14, typing(16, -25, 3))
		},
		"talking over the main speaker": func(s *scene, v []*voice) {
			s.add(1, 5, v[1].say(4))
			s.add(2, 12, v[2].say(2))
			s.add(1, 18, v[1].say(3))
		},
	}
	for name, add := range tests {
		t.Run(name, func(t *testing.T) {
			v := voices(4, -20, -22, -21)
			s := newScene(3, 30)
			s.add(0, 1, v[0].say(28.5))
			for i := range s.tracks {
				s.add(i, 0, hiss(30, -62, uint64(i)))
			}
			add(s, v)
			if names, times := switches(s.play(nil)); names != "a" {
				t.Errorf("main speakers %s, from second %.2f on", names, times)
			}
		})
	}
}

func TestTwoTalkAtOnceForLong(t *testing.T) {
	for seed := range uint64(2) {
		v := voices(seed, -22, -22, -22)
		s := newScene(3, 40)
		s.add(0, 1, v[0].say(38))
		s.add(1, 3, v[1].say(36))
		s.add(2, 10, v[2].say(20))
		_, times := switches(s.play(nil))
		// Whose pause is long enough is by chance; what matters is that it is calm.
		if len(times) > 5 {
			t.Errorf("%d switches in 40 s: %.2f", len(times)-1, times)
		}
		for i := 2; i < len(times); i++ {
			if times[i]-times[i-1] < 2 {
				t.Errorf("%.2f s and %.2f s are too near", times[i-1], times[i])
			}
		}
	}
}

func TestWhoIsClearlyLouderTakesOver(t *testing.T) {
	v := voices(2, -34, -16)
	s := newScene(2, 20)
	s.add(0, 1, v[0].say(18))
	s.add(1, 6, v[1].say(14))
	names, times := switches(s.play(nil))
	if names != "ab" || times[1] < 7 || times[1] > 9 {
		t.Errorf("main speakers %s, from second %.2f on", names, times)
	}
}

func TestHostWithMusic(t *testing.T) {
	const seconds = 40
	s := newScene(4, seconds)
	s.inTurn(voices(3, -20, -23, -22), 1, 2.5, 6)
	s.add(0, 0, chords(seconds, -42)) // from the host's loudspeakers
	s.add(3, 0, chords(seconds, -18)) // as a source of its own
	s.judge(s.play(func(_ float64, sources []*Source, c []Candidate) []Candidate {
		sources[3].SetMusic(true)
		return c
	})).mustPass(t)
}

func TestMainSpeakerLeaves(t *testing.T) {
	without := func(c []Candidate) []Candidate { return c[:len(c)-1] }
	tests := map[string]func(sources []*Source, c []Candidate) []Candidate{
		"left": func(_ []*Source, c []Candidate) []Candidate { return without(c) },
		"hidden": func(_ []*Source, c []Candidate) []Candidate {
			c[2].Away = true
			return c
		},
		"muted": func(sources []*Source, c []Candidate) []Candidate {
			sources[2].SetMuted(true)
			c[2].Speaking, c[2].StrengthDB = sources[2].Speech()
			return c
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			// a, b, c talk in turn. At 15 s, in the middle of a word of c, c is gone; b
			// spoke last before. a talks again at 20 s.
			v := voices(5, -20, -22, -21)
			s := newScene(3, 25)
			s.add(0, 1, v[0].say(4))
			s.add(1, 5.2, v[1].say(4))
			s.add(2, 9.5, v[2].say(8))
			s.add(0, 20, v[0].say(4))
			chosen := s.play(func(at float64, sources []*Source, c []Candidate) []Candidate {
				if at < 15 {
					return c
				}
				return change(sources, c)
			})
			want, handed := "abcba", 15.0
			if name == "muted" { // nobody else speaks: he stays
				want, handed = "abca", 20.8
			}
			names, times := switches(chosen)
			if names != want || times[3]-handed > 0.2 || times[3] < handed-0.5 {
				t.Errorf("main speakers %s, from second %.2f on; want %s", names, times, want)
			}
		})
	}
}
