package mixer

import (
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// How a live source's sound is kept where its timestamps want it.
const (
	// steerDead is how far it may be off before anything is done: stamps are whole
	// milliseconds and jitter.
	steerDead = 2 * time.Millisecond
	// steerOver is the time over which the rest is made up for.
	steerOver = 2 * time.Second
	// steerSmooth is the share of one block in the average of how far it is off.
	steerSmooth = 0.05
)

// steering plays a source's sound a little faster or slower than it came, so that
// its place follows its timestamps: their drift against the session's clock, and a
// delay that grows or shrinks.
type steering struct {
	stretch *audio.Stretcher
	off     float64 // averaged, in samples; above 0 the sound is early
	out     []float32
}

func newSteering() steering { return steering{stretch: audio.NewStretcher()} }

// reset forgets what came before; the next block may be anywhere.
func (s *steering) reset() {
	s.stretch.Reset()
	s.off = 0
}

// early returns how much before its time the sound is played now, on average.
func (s *steering) early() time.Duration { return media.SampleTime(int64(s.off)) }

// held returns how many samples have come in that have not gone out yet.
func (s *steering) held() int64 {
	at, _ := s.stretch.Position()
	return s.stretch.Received() - at
}

// process takes in a block that is early by so many samples and returns what is to
// be played now, valid until the next call.
func (s *steering) process(early int64, pcm []float32) []float32 {
	s.off += (float64(early) - s.off) * steerSmooth
	ratio := 1.0
	if dead := float64(media.SampleIndex(steerDead)); s.off > dead || s.off < -dead {
		ratio += s.off / (steerOver.Seconds() * media.SampleRate)
	}
	s.out = s.stretch.Process(s.out[:0], pcm, ratio)
	return s.out
}
