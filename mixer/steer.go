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
	// spliceFrom is how far it is off when playing it faster or slower is no longer
	// enough: pieces are cut out or played twice.
	spliceFrom = 10 * time.Millisecond
	// spliceAnyway is how far it is off when a piece is taken whose ends are not quite
	// alike: dense music.
	spliceAnyway = 30 * time.Millisecond
)

// steering plays a source's sound a little faster or slower than it came, so that
// its place follows its timestamps: their drift against the session's clock, and, with
// pieces cut out or played twice, a delay that grows or shrinks.
type steering struct {
	stretch *audio.Stretcher
	splice  splicer
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
// be played now, valid until the next call. moved of those samples are new since the
// block before: the place where the sound is wanted has been moved by so much.
func (s *steering) process(early, moved int64, pcm []float32) []float32 {
	s.off += float64(moved)
	s.off += (float64(early) - s.off) * steerSmooth
	pcm = s.jump(pcm)
	ratio := 1.0
	if dead := float64(media.SampleIndex(steerDead)); s.off > dead || s.off < -dead {
		ratio += s.off / (steerOver.Seconds() * media.SampleRate)
	}
	s.out = s.stretch.Process(s.out[:0], pcm, ratio)
	return s.out
}

// jump shortens or lengthens a block by one piece if the sound is far from its place.
func (s *steering) jump(pcm []float32) []float32 {
	off := media.SampleTime(int64(s.off))
	if abs(off) < spliceFrom {
		return pcm
	}
	alike := spliceAlike
	if abs(off) >= spliceAnyway {
		alike = 1
	}
	n := 0
	if off < 0 {
		pcm, n = s.splice.cut(pcm, int(-s.off), alike)
		s.off += float64(n)
	} else {
		pcm, n = s.splice.repeat(pcm, int(s.off), alike)
		s.off -= float64(n)
	}
	return pcm
}
