package audio

import (
	"math"
	"math/bits"
	"sync/atomic"
)

const (
	// bandFrames is how many frames make one sample of the band that is listened
	// to: their mean takes away what lies far above 2 kHz, where there is more hiss
	// and clicking than voice.
	bandFrames = 12
	// bandPole is the pole of each of the two high passes at 4 kHz: 180 Hz. They take
	// hum down by 21 dB at 50 Hz and leave the harmonics of a deep voice.
	bandPole = 0.75
	// lastBins is how long sound must last, in bins of 10 ms, to be looked at: a key's
	// click does not.
	lastBins = 3
	// smoothBins is the length of the mean that the noise floor is read from.
	smoothBins = 4
	// steadyBins is how long a level must stay within steadyRange to be noise. A voice
	// moves by more within one or two syllables.
	steadyBins = 32
	// steadyRange is 4.5 dB, as a ratio of powers.
	steadyRange = 2.8
	// blockBins and floorBlocks are the span of the minimum that is the noise floor:
	// eight blocks of 250 ms.
	blockBins, floorBlocks = 25, 8
	// The window in which loud bins are counted is 200 ms; so many open and close it.
	countBins, openCount, closeCount = 20, 7, 4
)

// Powers of the band, relative to full scale.
const (
	// quietest is the lowest noise floor, −65 dBFS: below it a voice is not told from
	// the sound of silence, and a source without any noise would be all voice.
	quietest = 3.2e-7
	// openOver and stayOver are how far over the floor a voice must be: 9 and 6 dB.
	openOver, stayOver = 8, 4
	// underUsual is how far a voice may be under what is usual in its source, 20 dB. One
	// that is weaker is somebody else's, from a loudspeaker in the same room.
	underUsual = 0.01
	// usualRise and usualFall are how fast that follows the voice, for each bin: 25 dB
	// and 1 dB a second. A door that slams must not make a voice unusual.
	usualRise, usualFall = 1.06, 0.9977
)

// speech tells whether somebody speaks: a sound in the band of voices that stands
// out from the noise floor, lasts longer than a click and does not stay as it is.
// One goroutine feeds it, any may ask. The zero value has heard nothing.
type speech struct {
	left, right float64 // the sum of the frames of the band's next sample
	count       int     // how many they are
	in, out     [2]float64
	squares     float64 // of the bin that is being filled
	samples     int     // in that bin

	bins   [steadyBins]float64 // the power of the last bins
	means  [steadyBins]float64 // the last means over smoothBins
	slot   int                 // of both: the newest
	blocks [floorBlocks]float64
	block  int // of blocks: the one that is being filled
	filled int // bins in that block
	floor  float64
	usual  float64 // the power that a voice usually comes up to
	recent uint32  // the last countBins: 1 is loud
	active bool

	// shown is the strength as a ratio of powers; 0 if nobody speaks.
	shown atomic.Uint32
}

// add feeds interleaved pcm.
func (s *speech) add(pcm []float32) {
	for len(pcm) >= Channels {
		n := min(len(pcm)/Channels, bandFrames-s.count)
		left, right := s.left, s.right
		for i := 0; i < n*Channels; i += Channels {
			left += float64(pcm[i])
			right += float64(pcm[i+1])
		}
		s.left, s.right = left, right
		s.advance(n)
		pcm = pcm[n*Channels:]
	}
}

// silence feeds frames of silence.
func (s *speech) silence(frames int) {
	for frames > 0 {
		n := min(frames, bandFrames-s.count)
		s.advance(n)
		frames -= n
	}
}

// advance counts frames that have been added up, and when they are enough makes a
// sample of the band and, with that, a bin. The channels have unequal weights so
// that a sender who has one of them inverted is heard as well.
func (s *speech) advance(frames int) {
	if s.count += frames; s.count < bandFrames {
		return
	}
	v := (2*s.left + s.right) / (3 * bandFrames)
	s.left, s.right, s.count = 0, 0, 0
	for i := range s.in {
		v, s.in[i] = v-s.in[i]+float64(bandPole*s.out[i]), v
		s.out[i] = v
	}
	s.squares += float64(v * v)
	if s.samples++; s.samples == binFrames/bandFrames {
		s.judge(s.squares / (binFrames / bandFrames))
		s.squares, s.samples = 0, 0
	}
}

// judge takes in the power of one bin and decides.
func (s *speech) judge(power float64) {
	s.slot = (s.slot + 1) % steadyBins
	s.bins[s.slot] = power
	mean := 0.0
	lasting := math.Inf(1)
	for i := range smoothBins {
		p := s.bins[(s.slot+steadyBins-i)%steadyBins]
		mean += p / smoothBins
		if i < lastBins {
			lasting = min(lasting, p)
		}
	}
	s.means[s.slot] = mean
	steady := s.listen(mean)
	over := float64(openOver)
	if s.active {
		over = stayOver
	}
	s.recent = s.recent << 1 & (1<<countBins - 1)
	if lasting > max(float64(s.floor*over), float64(s.usual*underUsual)) {
		s.recent |= 1
	}
	if steady {
		s.recent = 0
	}
	loud := bits.OnesCount32(s.recent)
	s.active = loud >= openCount || s.active && loud >= closeCount
	s.follow(mean)
	s.show()
}

// follow moves what is usual towards the power of a voice.
func (s *speech) follow(mean float64) {
	s.usual = max(s.floor, float64(s.usual*usualFall))
	if s.active && mean > s.usual {
		s.usual = min(mean, float64(s.usual*usualRise))
	}
}

// listen moves the noise floor: down at once, up to the least that was heard for two
// seconds, and up at once to a level that stays as it is, which it reports.
func (s *speech) listen(mean float64) (steady bool) {
	least, most := mean, mean
	for _, m := range s.means {
		least, most = min(least, m), max(most, m)
	}
	steady = most < float64(least*steadyRange)
	if s.filled == 0 {
		s.blocks[s.block] = mean
	}
	s.blocks[s.block] = min(s.blocks[s.block], mean)
	if s.filled++; s.filled == blockBins {
		s.filled, s.block = 0, (s.block+1)%floorBlocks
	}
	floor := mean
	for _, b := range s.blocks {
		floor = min(floor, b)
	}
	s.floor = max(quietest, floor, min(s.floor, mean))
	if steady {
		s.floor = max(s.floor, least)
	}
	return steady
}

// show publishes the strength: the loudest of the last 320 ms over the floor.
func (s *speech) show() {
	strength := 0.0
	if s.active {
		for _, m := range s.means {
			strength = max(strength, m)
		}
		strength = max(1, strength/s.floor)
	}
	s.shown.Store(math.Float32bits(float32(strength)))
}

// heard returns whether somebody speaks and how far over the noise floor, in dB.
func (s *speech) heard() (active bool, strengthDB float64) {
	strength := float64(math.Float32frombits(s.shown.Load()))
	if strength == 0 {
		return false, 0
	}
	return true, 10 * math.Log10(strength)
}
