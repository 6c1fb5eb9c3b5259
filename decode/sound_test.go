package decode_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// delay returns by how many frames pcm is later than a wave: where the two are most
// alike around frame at of pcm.
func delay(pcm []float32, w wave, at int) int {
	const window, before, behind = 12000, 200, 6000
	var want [before + behind + window]float64 // of frame at-behind and those after it
	for i := range want {
		want[i] = w(float64(at-behind+i) / media.SampleRate)
	}
	best, bestAt := math.Inf(-1), 0
	for lag := -before; lag <= behind; lag++ {
		sum := 0.0
		for i := 0; i < window; i += 5 {
			sum += float64(pcm[(at+i)*media.Channels]) * want[behind+i-lag]
		}
		if sum > best {
			best, bestAt = sum, lag
		}
	}
	return bestAt
}

// TestSoundIsWhatWentIn compares what is played with what was coded: its length, its
// place at the start and at the end, and for lossless formats each sample.
func TestSoundIsWhatWentIn(t *testing.T) {
	eachCoding(t, func(t *testing.T, c coding, rate, channels int) {
		n := 4*rate + 137
		s := openCoding(t, c.make(t, rate, channels, n, sweep))
		pcm := play(t, s, -1)
		got, want := len(pcm)/media.Channels, toSession(n, rate)
		if got < want || got > want+toSession(c.padded, rate) {
			t.Errorf("%d frames, want %d", got, want)
		}
		info := s.Info()
		if info.Format != c.format || info.SampleRate != rate || info.Channels != channels {
			t.Errorf("info is %+v", info)
		}
		if info.Exact != (c.padded == 0) || info.Exact && info.Frames != int64(got) {
			t.Errorf("info is %+v of %d frames", info, got)
		}
		first, last := delay(pcm, sweep, 24000), delay(pcm, sweep, 120000)
		slack := 0
		if c.noise == 0 {
			slack = 1 // a coder bends what the comparison goes by
		}
		if abs(first-last) > slack || first < -slack || first > toSession(c.padded, rate)+slack {
			t.Errorf("the sound is late by %d frames, by %d at its end", first, last)
		}
		if c.noise == 0 {
			return
		}
		for i := range want {
			// The resampler's filter stops short of half the rate; the sweep stays far below it.
			d := math.Abs(float64(pcm[i*media.Channels]) - sweep(float64(i)/media.SampleRate))
			if limit := c.noise + 2e-3; d > limit && i > 100 && i < want-100 {
				t.Fatalf("frame %d is off by %v", i, d)
			}
			if pcm[i*media.Channels] != pcm[i*media.Channels+1] {
				t.Fatalf("frame %d differs between the sides", i)
			}
		}
	})
}

// TestSoundAfterSeeking compares what is played from random places with what is played
// from the start: it is the same, bit for bit.
func TestSoundAfterSeeking(t *testing.T) {
	eachCoding(t, func(t *testing.T, c coding, rate, channels int) {
		s := openCoding(t, c.make(t, rate, channels, 4*rate+137, sweep))
		pcm := play(t, s, -1)
		n := len(pcm) / media.Channels
		places := []int{0, 1, n - 1, n, n + 1, 0}
		random := rand.New(rand.NewPCG(1, 2))
		for range 15 {
			places = append(places, random.IntN(n))
		}
		for _, at := range places {
			if err := s.SeekTo(int64(at)); err != nil {
				t.Fatal(err)
			}
			part := play(t, s, 2000)
			from, to := min(n, at)*media.Channels, min(n, at+2000)*media.Channels
			if !slices.Equal(part, pcm[from:to]) {
				t.Fatalf("%d frames from frame %d differ from what is there", len(part)/media.Channels, at)
			}
			if got, want := s.Position(), int64(max(at, min(n, at+2000))); got != want {
				t.Fatalf("position %d after playing from %d, want %d", got, at, want)
			}
		}
	})
}

// TestSoundLoops plays a tone of whole periods twice: the step from its end to its start
// is none that the tone does not make.
func TestSoundLoops(t *testing.T) {
	eachCoding(t, func(t *testing.T, c coding, rate, channels int) {
		if c.padded > 0 {
			t.Skip("the container does not say what to trim: the loop has a gap")
		}
		if c.name == "low.mp3" {
			t.Skip("too coarse to tell a seam from the coding")
		}
		s := openCoding(t, c.make(t, rate, channels, rate, sine))
		once := play(t, s, -1)
		if err := s.SeekTo(0); err != nil {
			t.Fatal(err)
		}
		twice := append(slices.Clone(once), play(t, s, 1000)...)
		natural := 0.5 * 2 * math.Pi * 440 / media.SampleRate
		limit := 1.1*natural + 2*c.noise
		if c.noise == 0 {
			// The coder heard silence before the start.
			limit = 2 * natural
		}
		seam := len(once)
		worst := 0.0
		for i := seam - 200*media.Channels; i < seam+200*media.Channels; i++ {
			worst = max(worst, math.Abs(float64(twice[i]-twice[i-media.Channels])))
		}
		if worst > limit {
			t.Errorf("a step of %.4f at the seam, %.2f times the tone's", worst, worst/natural)
		}
	})
}

// TestSoundFoldsDown plays one channel after the other of files of many, and all at once.
func TestSoundFoldsDown(t *testing.T) {
	const half, surround = math.Sqrt2 / 2, 1 / (1 + math.Sqrt2) // of 5.1: 1/(1 + 0.707 + 0.707)
	tests := []struct {
		channels int
		want     [][2]float64 // of each channel, in the order of WAV
	}{
		{1, [][2]float64{{1, 1}}},
		{2, [][2]float64{{1, 0}, {0, 1}}},
		{6, [][2]float64{{surround, 0}, {0, surround}, {half * surround, half * surround}, {0, 0}, {half * surround, 0}, {0, half * surround}}},
	}
	for _, tt := range tests {
		liveAtStart(t)
		path := filepath.Join(t.TempDir(), "many.wav")
		// Channel k is full scale in frames 100k to 100k+99, and all are after those.
		one := func(float64) float64 { return 1 }
		writeWAV(t, path, 48000, tt.channels, 100*(tt.channels+1), one)
		data := content(t, path)
		for k := range tt.channels {
			for i := range 100 * tt.channels {
				if i/100 != k {
					binary.LittleEndian.PutUint32(data[44+4*(i*tt.channels+k):], 0)
				}
			}
		}
		pcm := play(t, openSound(t, write(t, "many.wav", data)), -1)
		for k, want := range tt.want {
			for side := range media.Channels {
				if got := float64(pcm[(100*k+50)*media.Channels+side]); math.Abs(got-want[side]) > 1e-4 {
					t.Errorf("%d channels: channel %d gives %.4f on side %d, want %.4f", tt.channels, k, got, side, want[side])
				}
			}
		}
		if all := pcm[len(pcm)-1]; math.Abs(float64(all)-1) > 1e-4 {
			t.Errorf("%d channels: all at full scale give %.4f", tt.channels, all)
		}
	}
	nine := filepath.Join(t.TempDir(), "nine.wav")
	writeWAV(t, nine, 48000, 9, 1000, sine)
	if s, err := decode.OpenSound(nine); !errors.Is(err, decode.ErrUnsupported) && !errors.Is(err, decode.ErrConfig) {
		s.Close()
		t.Errorf("nine channels: error %v", err)
	}
}

func TestSoundAtItsLimits(t *testing.T) {
	liveAtStart(t)
	for _, n := range []int{1, 2, 40, 300} {
		path := filepath.Join(t.TempDir(), "short.wav")
		writeWAV(t, path, 44100, 1, n, sine)
		s := openSound(t, path)
		if got := len(play(t, s, -1)) / media.Channels; got != toSession(n, 44100) {
			t.Errorf("%d frames of %d at 44.1 kHz", got, n)
		}
		for _, at := range []int64{math.MaxInt64, 1 << 40, 1000} {
			if err := s.SeekTo(at); err != nil {
				t.Fatal(err)
			}
			if n, err := playUntil(s); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("from frame %d: %d frames, error %v", at, n, err)
			}
		}
		if err := s.SeekTo(-1); !errors.Is(err, os.ErrInvalid) {
			t.Errorf("seeking to -1: error %v", err)
		}
		if err := s.SeekTo(0); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Read(make([]float32, 1)); n != 0 || err != nil {
			t.Errorf("half a frame: %d, error %v", n, err)
		}
		s.Close()
		s.Close()
		if n, err := s.Read(make([]float32, 8)); n != 0 || err == nil {
			t.Errorf("closed: %d frames, error %v", n, err)
		}
		if err := s.SeekTo(0); err == nil {
			t.Error("closed: it can be sought")
		}
	}
	slow := filepath.Join(t.TempDir(), "slow.wav")
	writeWAV(t, slow, 4000, 1, 1000, sine)
	if s, err := decode.OpenSound(slow); !errors.Is(err, decode.ErrUnsupported) {
		s.Close()
		t.Errorf("4 kHz: error %v", err)
	}
}
