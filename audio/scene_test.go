package audio

import (
	"testing"
)

// turn says whose turn it is from one moment to another, in seconds.
type turn struct {
	who        int
	start, end float64
}

// scene is what some people in one mix say, each on a mono track of his own.
type scene struct {
	tracks [][]float32
	turns  []turn
}

func newScene(people int, seconds float64) *scene {
	s := &scene{}
	for range people {
		s.tracks = append(s.tracks, make([]float32, int(seconds*SampleRate)))
	}
	return s
}

// add mixes mono pcm into a track.
func (s *scene) add(who int, at float64, mono []float32) {
	track := s.tracks[who][int(at*SampleRate):]
	for i := range min(len(track), len(mono)) {
		track[i] += mono[i]
	}
}

// inTurn lets the voices talk in turn until the end, from start on, for low to high
// seconds each, with gaps of up to 0.3 s or an overlap of 0.2 s.
func (s *scene) inTurn(people []*voice, start, low, high float64) {
	end := float64(len(s.tracks[0])) / SampleRate
	for who, at := 0, start; ; who = (who + 1) % len(people) {
		v := people[who]
		length := v.between(low, high)
		if at+length > end {
			return
		}
		s.add(who, at, v.say(length))
		s.turns = append(s.turns, turn{who, at, at + length})
		at += length + v.between(-0.2, 0.3)
	}
}

// stepFrames is how often the director is asked: every 40 ms.
const stepFrames = SampleRate / 25

// play mixes the scene and returns whom the director chose at each step. The caller
// may change what is known of the candidates before each step, at t seconds.
func (s *scene) play(change func(t float64, sources []*Source, c []Candidate) []Candidate) []string {
	m := New()
	var sources []*Source
	for i := range s.tracks {
		sources = append(sources, m.Add(string(rune('a'+i))))
	}
	var d Director
	var chosen []string
	frames := len(s.tracks[0]) / stepFrames * stepFrames
	dst, pcm := make([]float32, stepFrames*Channels), make([]float32, stepFrames*Channels)
	for at := -stepFrames; at < frames-stepFrames; at += stepFrames {
		for i, track := range s.tracks {
			for k := range stepFrames {
				v := track[at+stepFrames+k]
				pcm[2*k], pcm[2*k+1] = v, v
			}
			sources[i].Write(int64(at+stepFrames), pcm)
		}
		if at < 0 {
			continue
		}
		m.MixInto(int64(at), dst)
		var c []Candidate
		for _, src := range sources {
			active, strength := src.Speech()
			c = append(c, Candidate{Name: src.Name(), Speaking: active, StrengthDB: strength})
		}
		if change != nil {
			c = change(float64(at)/SampleRate, sources, c)
		}
		chosen = append(chosen, c[d.Step(int64(at+stepFrames), c)].Name)
	}
	return chosen
}

// verdict is how well the choices fit the turns.
type verdict struct {
	turns, right int
	latest       float64 // of the right ones, in seconds after the start of the turn
	flaps        int     // switches to somebody whose turn it was not
}

// judge holds the choices against the turns: one is right if the main speaker is the
// one whose turn it is from a second after its start to its end.
func (s *scene) judge(chosen []string) verdict {
	v := verdict{turns: len(s.turns)}
	at := func(seconds float64) int { return min(len(chosen)-1, int(seconds*SampleRate/stepFrames)) }
	for _, turn := range s.turns {
		name := string(rune('a' + turn.who))
		last := at(turn.start)
		for i := at(turn.start); i < at(turn.end); i++ {
			if chosen[i] != name {
				last = i + 1
			}
		}
		if late := float64(last)*stepFrames/SampleRate - turn.start; late <= 1 {
			v.right++
			v.latest = max(v.latest, late)
		}
	}
	for i := 1; i < len(chosen); i++ {
		if chosen[i] == chosen[i-1] {
			continue
		}
		wanted := false
		for _, turn := range s.turns {
			wanted = wanted || chosen[i] == string(rune('a'+turn.who)) && i >= at(turn.start) && i <= at(turn.end)
		}
		if !wanted {
			v.flaps++
		}
	}
	return v
}

// mustPass fails unless 95 % of the turns are right and nothing flaps.
func (v verdict) mustPass(t *testing.T) {
	t.Helper()
	t.Logf("%d of %d turns right, the last of them after %.2f s; %d flaps", v.right, v.turns, v.latest, v.flaps)
	if v.turns == 0 || float64(v.right) < 0.95*float64(v.turns) {
		t.Errorf("%d of %d turns right within a second", v.right, v.turns)
	}
	if v.flaps > 0 {
		t.Errorf("%d switches to somebody whose turn it was not", v.flaps)
	}
}

// switches returns who was chosen, each time that it changed, and when in seconds.
func switches(chosen []string) (names string, times []float64) {
	for i, name := range chosen {
		if i == 0 || name != chosen[i-1] {
			names += name
			times = append(times, float64(i)*stepFrames/SampleRate)
		}
	}
	return names, times
}
