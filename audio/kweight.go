package audio

import "math"

// The two filters of the K-weighting at 48 kHz, as ITU-R BS.1770-4 has them: a shelf
// that stands for the head, and a high pass. The high pass's numerator is 1, −2, 1.
const (
	shelfB0, shelfB1, shelfB2 = 1.53512485958697, -2.69169618940638, 1.19839281085285
	shelfA1, shelfA2          = -1.69065929318241, 0.73248077421585
	highA1, highA2            = -1.99004745483398, 0.99007225036621
)

// kStates are what the two filters remember of one channel.
type kStates struct {
	shelf1, shelf2, high1, high2 float64
}

// kWeight is the K-weighting of both channels. The zero value has heard nothing.
type kWeight struct {
	left, right kStates
}

// add feeds interleaved pcm and returns the sum of its squares after the weighting,
// over both channels. The channels are one loop, because their chains of additions
// then run side by side.
func (k *kWeight) add(pcm []float32) float64 {
	l, r := k.left, k.right
	var left, right float64
	for i := 0; i+1 < len(pcm); i += Channels {
		x, y := float64(pcm[i]), float64(pcm[i+1])

		u := float64(shelfB0*x) + l.shelf1
		v := float64(shelfB0*y) + r.shelf1
		l.shelf1 = float64(shelfB1*x) - float64(shelfA1*u) + l.shelf2
		r.shelf1 = float64(shelfB1*y) - float64(shelfA1*v) + r.shelf2
		l.shelf2 = float64(shelfB2*x) - float64(shelfA2*u)
		r.shelf2 = float64(shelfB2*y) - float64(shelfA2*v)

		x = u + l.high1
		y = v + r.high1
		l.high1 = l.high2 - float64(2*u) - float64(highA1*x)
		r.high1 = r.high2 - float64(2*v) - float64(highA1*y)
		l.high2 = u - float64(highA2*x)
		r.high2 = v - float64(highA2*y)

		left += float64(x * x)
		right += float64(y * y)
	}
	l.settle()
	r.settle()
	k.left, k.right = l, r
	return left + right
}

// settle forgets what is left of a sound that ended long ago, before it is so small
// that the processor becomes slow at it.
func (s *kStates) settle() {
	const nothing = 1e-30
	if math.Abs(s.high1) < nothing && math.Abs(s.high2) < nothing && math.Abs(s.shelf1) < nothing {
		*s = kStates{}
	}
}

// reset forgets all sound.
func (k *kWeight) reset() { *k = kWeight{} }
