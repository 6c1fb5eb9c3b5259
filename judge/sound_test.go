package judge

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// choir is the sum of participants' voices, each with its own delay and gain.
type choir []singer

type singer struct {
	number int
	late   time.Duration
	gain   float64
}

// sing returns length of stereo sound.
func (c choir) sing(t failer, length time.Duration) []float32 {
	t.Helper()
	n := media.SampleIndex(length)
	sum, one := make([]float32, n*2), make([]float32, n*2)
	for _, s := range c {
		v, err := pattern.NewVoice(s.number, media.SampleRate)
		if err != nil {
			t.Fatal(err)
		}
		v.Fill(one, 2, -media.SampleIndex(s.late))
		for i, x := range one {
			sum[i] += x * float32(s.gain)
		}
	}
	return sum
}

// hearing collects what an ear finds.
type hearing struct {
	ear
	onsets [pattern.MaxNumber][]time.Duration
	levels [][pattern.MaxNumber]float64
}

func newHearing() *hearing {
	h := &hearing{}
	h.silence.least = 100 * time.Millisecond
	h.beeps.found = func(n int, at time.Duration) { h.onsets[n-1] = append(h.onsets[n-1], at) }
	h.heard = func(_ time.Duration, levels [pattern.MaxNumber]float64) { h.levels = append(h.levels, levels) }
	return h
}

// play hands pcm over in blocks, the first at start, with stamps rounded to ms.
func (h *hearing) play(pcm []float32, start time.Duration, block int) {
	for n := 0; n < len(pcm)/2; n += block {
		end := min(n+block, len(pcm)/2)
		h.add((start + media.SampleTime(int64(n))).Round(time.Millisecond), pcm[2*n:2*end])
	}
}

func TestBeepsAreDatedAmongSix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c choir
		for n := 1; n <= 6; n++ {
			c = append(c, singer{
				number: n,
				late:   time.Duration(rapid.Int64Range(-80_000, 80_000).Draw(t, "late")) * time.Microsecond,
				gain:   math.Pow(10, rapid.Float64Range(-12, 6).Draw(t, "gain")/20),
			})
		}
		h := newHearing()
		start := time.Duration(rapid.Int64Range(0, 100).Draw(t, "start")) * time.Second
		h.play(c.sing(t, 1500*time.Millisecond), start, 1024)
		for _, s := range c {
			found := 0
			for _, at := range h.onsets[s.number-1] {
				late := at - start - s.late
				// The first one may have begun before the sound did.
				if late < 500*time.Millisecond {
					continue
				}
				found++
				if d := late - late.Round(time.Second); d > 2*time.Millisecond || d < -2*time.Millisecond {
					t.Fatalf("participant %d dated %v off", s.number, d)
				}
			}
			if found != 1 {
				t.Fatalf("participant %d: %d beeps found at %v, want 1", s.number, found, h.onsets[s.number-1])
			}
		}
	})
}

// failer is what helpers need of *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func TestNoBeepIsHeardWhereThereIsNone(t *testing.T) {
	h := newHearing()
	h.play(choir{{1, 0, 1}, {4, 0, 1}}.sing(t, 3*time.Second), 0, 960)
	for n, onsets := range h.onsets {
		if (n+1 == 1 || n+1 == 4) != (len(onsets) > 0) {
			t.Errorf("participant %d: beeps at %v", n+1, onsets)
		}
	}
}

func TestTonesTellWhoIsHeardAndHowLoud(t *testing.T) {
	h := newHearing()
	h.play(choir{{2, 0, 1}, {3, 0, 0.5}, {9, 0, 0.1}}.sing(t, 3*time.Second), 0, 1024)
	want := map[int]float64{2: -30, 3: -36.02, 9: -50}
	if len(h.levels) != 6 {
		t.Fatalf("%d measurements in 3 s", len(h.levels))
	}
	for _, levels := range h.levels {
		for k, db := range levels {
			if level, ok := want[k+1]; ok && math.Abs(db-level) > 0.5 || !ok && db > -80 {
				t.Errorf("participant %d at %.1f dB, want %.1f", k+1, db, level)
			}
		}
	}
}

func TestSilenceIsFound(t *testing.T) {
	pcm := choir{{1, 0, 1}}.sing(t, 3*time.Second)
	clear(pcm[2*48000 : 2*72000]) // 1.0 to 1.5 s
	h := newHearing()
	h.play(pcm, 10*time.Second, 1024)
	h.silence.end(h.end())
	if len(h.silence.list) != 1 || math.Abs(h.silence.list[0].From-11) > 0.02 || math.Abs(h.silence.list[0].To-11.5) > 0.02 {
		t.Errorf("silence %v, want 11.0–11.5 s", h.silence.list)
	}
}

func BenchmarkEar(b *testing.B) {
	pcm := choir{{1, 0, 1}, {2, 0, 1}}.sing(b, time.Second)
	h := newHearing()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.play(pcm, time.Duration(i)*time.Second, 1024)
		h.levels = h.levels[:0]
		h.onsets = [pattern.MaxNumber][]time.Duration{}
	}
}
