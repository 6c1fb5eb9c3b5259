package mixer

import (
	"math"

	"github.com/lianmai/lianmai/media"
)

// How a piece of sound is cut out or played twice.
const (
	// spliceFade is the length of the crossfade, in frames: 5 ms.
	spliceFade = media.SampleRate * 5 / 1000
	// spliceLeast and spliceMost bound the piece, in frames: 2 ms is the period of a
	// high voice, 18 ms holds one of a low voice, and with the crossfade fits into
	// a block of AAC at 48 kHz twice.
	spliceLeast = media.SampleRate * 2 / 1000
	spliceMost  = media.SampleRate * 15 / 1000
	// spliceAlike is how much of the sound's energy the two ends of a piece may differ
	// by for nobody to hear it.
	spliceAlike = 0.1
	// spliceQuiet is the mean square below which any piece will do: -56 dBFS.
	spliceQuiet = 2.5e-6
	// every how many frames the ends are compared, and at how many places of a block
	// a piece may begin.
	spliceStride, splicePlaces = 6, 6
)

// splicer shortens or lengthens sound by pieces of a few milliseconds, whose two ends
// are so alike that one runs over into the other: a period of a voice or a tone, or
// anything in a pause. Nothing clicks, and unlike with playing it faster the pitch stays.
// It looks at one block at a time and is right with any that is long enough.
type splicer struct {
	mono []float32
	out  []float32
}

// cut returns pcm (interleaved) without one piece of at most most frames, and how many
// frames that was; 0 if there is none that is alike enough. alike bounds how much the
// ends may differ, as a share of their energy. What it returns is pcm itself or valid
// until the next call.
func (s *splicer) cut(pcm []float32, most int, alike float64) ([]float32, int) {
	at, lag := s.find(pcm, most, alike)
	if lag == 0 {
		return pcm, 0
	}
	return s.join(pcm, at, at+lag), lag
}

// repeat is cut's opposite: it plays a piece of at most most frames twice.
func (s *splicer) repeat(pcm []float32, most int, alike float64) ([]float32, int) {
	at, lag := s.find(pcm, most, alike)
	if lag == 0 {
		return pcm, 0
	}
	return s.join(pcm, at+lag, at), lag
}

// join plays pcm up to frame from and goes on at frame to, by a crossfade.
func (s *splicer) join(pcm []float32, from, to int) []float32 {
	s.out = append(s.out[:0], pcm[:from*media.Channels]...)
	for i := range spliceFade {
		w := float32(0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/spliceFade))
		for c := range media.Channels {
			a, b := pcm[(from+i)*media.Channels+c], pcm[(to+i)*media.Channels+c]
			s.out = append(s.out, a+w*(b-a))
		}
	}
	return append(s.out, pcm[(to+spliceFade)*media.Channels:]...)
}

// find returns where the piece begins whose ends are the most alike, and its length; 0
// if none is.
func (s *splicer) find(pcm []float32, most int, alike float64) (at, lag int) {
	frames := len(pcm) / media.Channels
	s.mono = s.mono[:0]
	for i := range frames {
		s.mono = append(s.mono, pcm[i*media.Channels]+pcm[i*media.Channels+1])
	}
	most = min(most, spliceMost, frames-spliceFade)
	best := alike
	for place := range splicePlaces {
		p := place * (frames - spliceFade - spliceLeast) / splicePlaces
		for l := spliceLeast; l <= most && p+l+spliceFade <= frames; l += 2 {
			if d := s.difference(p, l); d < best || d == 0 && l > lag && best == 0 {
				best, at, lag = d, p, l
			}
		}
	}
	if coarse := lag; coarse > spliceLeast && coarse < most && at+coarse+1+spliceFade <= frames {
		for _, l := range [...]int{coarse - 1, coarse + 1} {
			if d := s.difference(at, l); d < best {
				best, lag = d, l
			}
		}
	}
	return at, lag
}

// difference compares the sound at frame p with that l frames later, over a crossfade:
// 0 for the same or for silence, 1 for nothing in common.
func (s *splicer) difference(p, l int) float64 {
	var energy, off float32
	for i := 0; i < spliceFade; i += spliceStride {
		a, b := s.mono[p+i], s.mono[p+l+i]
		energy += a*a + b*b
		off += (a - b) * (a - b)
	}
	if energy < 4*spliceQuiet*2*spliceFade/spliceStride {
		return 0
	}
	return float64(off / energy)
}
