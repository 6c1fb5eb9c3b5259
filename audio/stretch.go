package audio

import "math"

// MaxStretch is how far a ratio may be from 1: 0.5 % (9 cents) goes unnoticed.
const MaxStretch = 0.005

// positionOne is one frame in a position: positions count 2^-32 frames.
const positionOne = 1 << 32

// Stretcher plays sound a little longer or shorter than it is, by windowed-sinc
// interpolation. The engine steers clock drift with it and moves a source's delay
// without a click. Pitch moves along.
//
// Frame n that comes out is the input's sound at an exactly known position; frame 0
// is at position 0. A frame can come out once the 12 frames after its position are
// in, so that many are always held back; nothing else is delayed. While the ratio is
// 1, and has been from the start, the frames that come out are those that went in, bit
// for bit.
//
// Not safe for concurrent use.
type Stretcher struct {
	table *[sincPhases]sincRow
	// buf holds the input that is still needed: sincHalf−1 frames before the
	// position's, and all after.
	buf      []float32
	pos      uint64 // of the next output in buf, in 2^-32 frames, counted from frame sincHalf−1
	dropped  int64  // input frames that were used up and left buf
	received int64
	produced int64
}

// NewStretcher returns a stretcher that has taken in nothing. What comes before the
// first frame counts as silence.
func NewStretcher() *Stretcher {
	s := &Stretcher{table: sincTable()}
	s.Reset()
	return s
}

// Reset forgets all sound and all counts.
func (s *Stretcher) Reset() {
	*s = Stretcher{table: s.table, buf: append(s.buf[:0], make([]float32, (sincHalf-1)*Channels)...)}
}

// Process takes in interleaved pcm (a trailing odd sample is left out) and appends
// to out all frames that are ready now; it returns the extended slice. ratio is
// output per input duration: above 1 the sound lasts longer. It is clamped to
// 1±MaxStretch; what is not a number counts as 1. It may differ at every call, and the
// sound goes on without a seam.
//
// Once buffers have grown to the size of the blocks nothing is allocated, given that
// out has room for len(pcm)·(1+MaxStretch) + 4 samples.
func (s *Stretcher) Process(out, pcm []float32, ratio float64) []float32 {
	pcm = pcm[:len(pcm)/Channels*Channels]
	s.received += int64(len(pcm) / Channels)
	s.buf = append(s.buf, pcm...)
	out = s.produce(out, stepOf(ratio))
	s.drop()
	return out
}

// stepOf returns how far the position moves for each frame that comes out.
func stepOf(ratio float64) uint64 {
	if math.IsNaN(ratio) {
		ratio = 1
	}
	ratio = max(1-MaxStretch, min(1+MaxStretch, ratio))
	return uint64(math.Round(positionOne / ratio))
}

// produce appends all frames whose position has the input that it needs.
func (s *Stretcher) produce(out []float32, step uint64) []float32 {
	// The filter at frame i of pos takes frames i … i+sincTaps−1 of buf.
	frames := uint64(len(s.buf) / Channels)
	if step == positionOne && s.pos%positionOne == 0 {
		if i := s.pos / positionOne; i+sincTaps <= frames {
			n := frames - sincTaps + 1 - i
			from := (i + sincHalf - 1) * Channels
			out = append(out, s.buf[from:from+n*Channels]...)
			s.pos += n * positionOne
			s.produced += int64(n)
		}
		return out
	}
	for ; s.pos/positionOne+sincTaps <= frames; s.pos += step {
		i := s.pos / positionOne * Channels
		l, r := s.at(s.buf[i:], uint32(s.pos%positionOne))
		out = append(out, l, r)
		s.produced++
	}
	return out
}

// at returns the frame at the fraction of 2^32 between frames sincHalf−1 and sincHalf
// of in.
func (s *Stretcher) at(in []float32, fraction uint32) (float32, float32) {
	const perPhase = positionOne / sincPhases
	if fraction == 0 {
		return in[(sincHalf-1)*Channels], in[(sincHalf-1)*Channels+1]
	}
	row := &s.table[fraction/perPhase]
	x := float32(fraction%perPhase) / perPhase
	window := (*[sincTaps * Channels]float32)(in)
	// Two sums for each channel: one would be a chain of additions that wait for
	// each other.
	var l0, r0, l1, r1 float32
	for k := 0; k < sincTaps; k += 2 {
		tap0 := row.taps[k] + float32(row.delta[k]*x)
		tap1 := row.taps[k+1] + float32(row.delta[k+1]*x)
		l0 += float32(window[2*k] * tap0)
		r0 += float32(window[2*k+1] * tap0)
		l1 += float32(window[2*k+2] * tap1)
		r1 += float32(window[2*k+3] * tap1)
	}
	return l0 + l1, r0 + r1
}

// drop takes out of buf what lies before the next position's filter.
func (s *Stretcher) drop() {
	n := min(s.pos/positionOne, uint64(len(s.buf)/Channels))
	s.buf = s.buf[:copy(s.buf, s.buf[n*Channels:])]
	s.pos -= n * positionOne
	s.dropped += int64(n)
}

// Received returns how many frames have been taken in.
func (s *Stretcher) Received() int64 { return s.received }

// Produced returns how many frames have come out.
func (s *Stretcher) Produced() int64 { return s.produced }

// Position returns where in the input the frame that comes out next lies, exactly:
// whole frames from the first that was taken in, and a fraction of 2^32.
func (s *Stretcher) Position() (frame int64, fraction uint32) {
	return s.dropped + int64(s.pos/positionOne), uint32(s.pos % positionOne)
}

// Flush appends the frames that are held back, with silence taken as what follows,
// and returns the extended slice. Afterwards only Reset may follow.
func (s *Stretcher) Flush(out []float32, ratio float64) []float32 {
	s.buf = append(s.buf, make([]float32, sincHalf*Channels)...)
	return s.produce(out, stepOf(ratio))
}
