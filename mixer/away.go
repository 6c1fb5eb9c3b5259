package mixer

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

// How an app that went to the background without a word is told from a person who
// keeps still. Phones then send a waiting image at 1–5 frames per second, and silence.
const (
	// awayAtLeast is the least time of stillness and silence, however impatient the
	// spec is: people pause between sentences.
	awayAtLeast = time.Second
	// awayFast is the rate that a camera's stream has had at some time, in frames per
	// second. A source that never had it is a slide show.
	awayFast = 10
	// awaySlow is the rate at and below which a still picture is a waiting image; a
	// little above 5 because stamps jitter.
	awaySlow = 5.5
	// awayWindow is the number of pictures over which the rate is counted.
	awayWindow = 5
	// stillGrid² points of a picture are compared with those of the one before.
	stillGrid = 24
	// stillMean and stillMost bound the difference of two codings of one image: the
	// mean over the points, and any of them, of 255.
	stillMean, stillMost = 2, 24
	// silentBelow is the amplitude below which sound is silence: -60 dBFS.
	silentBelow = 0.001
)

// awayWatch looks at one source's pictures and sound for signs that its app is in the
// background. It is pure; the decode goroutine owns it.
type awayWatch struct {
	times  [awayWindow + 1]time.Duration // PTS of the newest pictures, a ring
	count  int
	points [stillGrid * stillGrid]byte // of the newest picture

	fast   bool          // had awayFast since the last reset
	active time.Duration // when something moved, at a camera's rate, or was heard
}

// reset forgets what came before a break.
func (w *awayWatch) reset() { w.count, w.fast = 0, false }

// pause says that pictures are left out from here on.
func (w *awayWatch) pause() { w.count = 0 }

// picture takes in a picture, which is due at session time at. It borrows f.
func (w *awayWatch) picture(f *media.Frame, at time.Duration) {
	still := w.look(f) && w.count > 0
	w.times[w.count%len(w.times)] = at
	w.count++
	if !still || w.count <= awayWindow {
		w.active = max(w.active, at)
		if w.count <= awayWindow {
			return
		}
	}
	// The oldest is where the next one will go. What comes after the window may be
	// slow already.
	oldest := w.times[w.count%len(w.times)]
	if span := (at - oldest).Seconds(); awayWindow > awaySlow*span {
		w.active = max(w.active, oldest)
		w.fast = w.fast || awayWindow >= awayFast*span
	}
}

// sound takes in decoded samples that are due at session time at.
func (w *awayWatch) sound(pcm []float32, at time.Duration) {
	for _, v := range pcm {
		if v > silentBelow || v < -silentBelow {
			w.active = max(w.active, at)
			return
		}
	}
}

// since returns when the last sign of presence was; ok is false as long as the source
// cannot be told from a slide show.
func (w *awayWatch) since() (at time.Duration, ok bool) { return w.active, w.fast }

// look keeps the picture's points and says whether they are those of the one before.
func (w *awayWatch) look(f *media.Frame) bool {
	luma, stride := f.Plane(0), f.Stride(0)
	sum, most := 0, 0
	for y := range stillGrid {
		row := luma[(2*y+1)*f.Height()/(2*stillGrid)*stride:]
		for x := range stillGrid {
			v := row[(2*x+1)*f.Width()/(2*stillGrid)]
			p := &w.points[y*stillGrid+x]
			d := absInt(int(v) - int(*p))
			sum, most = sum+d, max(most, d)
			*p = v
		}
	}
	return sum <= stillMean*len(w.points) && most <= stillMost
}

func absInt(n int) int { return max(n, -n) }
