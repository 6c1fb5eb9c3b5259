package audio

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
)

// TestRecordedVoicesInTurn holds the director against real recordings: of every three
// files with sound in the folders that LIANMAI_VOICES names (separated as in PATH) it
// makes people who talk in turn, cut where they really speak. It needs ffmpeg. Each
// three have few turns: 95 % of all must be right.
func TestRecordedVoicesInTurn(t *testing.T) {
	folders := os.Getenv("LIANMAI_VOICES")
	if folders == "" {
		t.Skip("LIANMAI_VOICES names no folders of recorded voices")
	}
	var recordings [][]float32
	var names []string
	for _, folder := range filepath.SplitList(folders) {
		files, err := filepath.Glob(filepath.Join(folder, "*.*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			recordings = append(recordings, decoded(t, file))
			names = append(names, filepath.Base(file))
		}
	}
	var all verdict
	for i := 0; i+3 <= len(recordings); i++ {
		t.Run(strings.Join(names[i:i+3], ","), func(t *testing.T) {
			for seed, db := range [][]float64{{-20, -20, -20}, {-14, -34, -24}, {-40, -30, -20}} {
				s := newScene(3, 120)
				s.recorded(recordings[i:i+3], db, uint64(seed))
				v := s.judge(s.play(nil))
				t.Logf("levels %v: %d of %d turns right, %d flaps", db, v.right, v.turns, v.flaps)
				all.turns, all.right, all.flaps = all.turns+v.turns, all.right+v.right, all.flaps+v.flaps
				all.latest = max(all.latest, v.latest)
			}
		})
	}
	all.mustPass(t)
}

// decoded returns the sound of a file, mono.
func decoded(t *testing.T, file string) []float32 {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", file, "-vn", "-ac", "1", "-ar", "48000", "-f", "f32le", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg, %s: %v", file, err)
	}
	mono := make([]float32, len(out)/4)
	for i := range mono {
		mono[i] = math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
	}
	return mono
}

// TestSynthesizedVoicesInTurn does the same with what espeak-ng says.
func TestSynthesizedVoicesInTurn(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed: no synthesized voices to test with")
	}
	const text = "Good evening, and welcome back. Tonight we have two guests, both of them well known. " +
		"Well, thank you; it is a pleasure to be here. I did not expect so many people to watch us! " +
		"Let me ask you something: how did you start? It began when I was young. My father had an old guitar, " +
		"and nobody played it. So I did. Did you have a teacher? No, never. I listened, and tried, and listened again. " +
		"That is remarkable, I think. And what about you? My way was quite another one. I studied law for six years, " +
		"until I found out that I liked to sing in court more than to talk."
	var recordings [][]float32
	for _, voice := range []string{"en-us+m3", "en-gb+f2", "en-us+m7"} {
		recordings = append(recordings, spoken(t, voice, text))
	}
	for seed, db := range [][]float64{{-20, -20, -20}, {-12, -32, -22}} {
		s := newScene(3, 120)
		s.recorded(recordings, db, uint64(seed))
		s.judge(s.play(nil)).mustPass(t)
	}
}

// spoken returns what espeak-ng makes of text, mono.
func spoken(t *testing.T, voice, text string) []float32 {
	t.Helper()
	wav, err := exec.Command("espeak-ng", "-v", voice, "-s", "160", "--stdout", text).Output()
	if err != nil || len(wav) < 44 {
		t.Fatalf("espeak-ng: %d bytes, %v", len(wav), err)
	}
	rate, pcm := float64(binary.LittleEndian.Uint32(wav[24:])), wav[44:]
	mono := make([]float32, int(float64(len(pcm)/2-1)*SampleRate/rate))
	for i := range mono {
		at := float64(i) * rate / SampleRate
		k := int(at)
		a, b := int16(binary.LittleEndian.Uint16(pcm[2*k:])), int16(binary.LittleEndian.Uint16(pcm[2*k+2:]))
		mono[i] = float32((float64(a) + (at-float64(k))*float64(b-a)) / 32768)
	}
	return mono
}

// recorded lets three recordings talk in turn, each at its level, over noise at the
// level of its own room.
func (s *scene) recorded(recordings [][]float32, db []float64, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	end := float64(len(s.tracks[0])) / SampleRate
	turns := make([][][]float32, len(recordings))
	for i, mono := range recordings {
		mono = atLevel(slices.Clone(mono), db[i])
		var room float64
		turns[i], room = spokenTurns(mono, r)
		s.add(i, 0, hiss(end, room, seed+uint64(i)))
	}
	for k, at := 0, 1.0; ; k++ {
		who := k % len(turns)
		mono := turns[who][k/len(turns)%len(turns[who])]
		length := float64(len(mono)) / SampleRate
		if at+length > end {
			return
		}
		s.add(who, at, mono)
		s.turns = append(s.turns, turn{who, at, at + length})
		at += length - 0.2 + 0.5*r.Float64()
	}
}

// spokenTurns cuts a recording into turns of 2.5 to 7 s that start with the first
// sound of a phrase and end with the last of another, and returns the level of its room.
func spokenTurns(mono []float32, r *rand.Rand) (turns [][]float32, roomDB float64) {
	const block = SampleRate / 100
	var levels []float64
	for i := 0; i+block <= len(mono); i += block {
		levels = append(levels, measure.RMS(mono[i:i+block]))
	}
	sorted := slices.Sorted(slices.Values(levels))
	roomDB = max(-90, sorted[len(sorted)/20])
	threshold := (roomDB + sorted[len(sorted)*95/100]) / 2
	start, last, wanted := -1, -100, 0
	for i, level := range levels {
		paused := i-last > 15
		if start >= 0 && paused && last-start >= wanted {
			turns = append(turns, faded(mono[start*block:(last+1)*block]))
			start = -1
		}
		if level > threshold {
			if start < 0 && paused {
				start, wanted = i, 250+r.IntN(450)
			}
			last = i
		}
	}
	return turns, roomDB
}

// faded returns a copy of mono without clicks at its ends.
func faded(mono []float32) []float32 {
	mono = slices.Clone(mono)
	for i := range min(len(mono)/2, fadeFrames) {
		g := float32(i) / fadeFrames
		mono[i] *= g
		mono[len(mono)-1-i] *= g
	}
	return mono
}
