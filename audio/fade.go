package audio

import "math"

const (
	// fadeFrames is the length of a fade to or from silence: 5 ms.
	fadeFrames = 5 * SampleRate / 1000
	// gainFrames is the length of a change of gain: 10 ms.
	gainFrames = 10 * SampleRate / 1000
	// holdFrames is how much of a run must stay as it is for a fade out to fit:
	// from full level on this frame to zero on the run's last.
	holdFrames = fadeFrames + 1
)

// rise is half a period of a raised cosine from 0 to 1. Its slope is greatest in
// the middle, where the level is already half, and nothing at both ends: faded by
// it over 5 ms, a sine of 100 Hz or more never moves faster than it does by itself.
var rise = raisedCosine()

func raisedCosine() (t [gainFrames + 1]float32) {
	for i := range t {
		t[i] = float32(0.5 - 0.5*math.Cos(math.Pi*float64(i)/gainFrames))
	}
	return t
}

// ramp is a gain that moves to its target along rise.
type ramp struct {
	from, to, value float32
	pos, frames     int // the move is over when pos == frames
}

// jump sets the gain at once.
func (r *ramp) jump(to float32) { *r = ramp{from: to, to: to, value: to} }

// move starts the way to a new target, from wherever the gain is.
func (r *ramp) move(to float32, frames int) {
	if to != r.to {
		r.start(to, frames)
	}
}

// start starts the way to a target, even if it is on its way there already.
func (r *ramp) start(to float32, frames int) {
	*r = ramp{from: r.value, to: to, value: r.value, frames: frames}
}

// still says that the gain is at its target.
func (r *ramp) still() bool { return r.pos >= r.frames }

// step advances by one frame and returns the gain there.
func (r *ramp) step() float32 {
	r.pos++
	r.value = r.to
	if r.pos < r.frames {
		r.value = r.from + float32((r.to-r.from)*risen(r.pos, r.frames))
	}
	return r.value
}

// risen returns rise stretched to frames, at pos below that.
func risen(pos, frames int) float32 {
	i, rest := pos*gainFrames/frames, pos*gainFrames%frames
	if rest == 0 {
		return rise[i]
	}
	return rise[i] + float32((rise[i+1]-rise[i])*(float32(rest)/float32(frames)))
}

// apply multiplies interleaved pcm by the gain.
func (r *ramp) apply(pcm []float32) {
	for len(pcm) >= Channels && !r.still() {
		g := r.step()
		pcm[0] *= g
		pcm[1] *= g
		pcm = pcm[Channels:]
	}
	if r.value == 1 {
		return
	}
	for i := range pcm {
		pcm[i] *= r.value
	}
}

// balance is the gain of each channel by a pan, on its way.
type balance struct {
	left, right ramp
}

// aim moves towards pan −1…1 within frames. In the middle both channels are as they
// are; to one side the other one is turned down.
func (b *balance) aim(pan float32, frames int) {
	b.left.move(min(1, 1-pan), frames)
	b.right.move(min(1, 1+pan), frames)
}

// jump is aim at once.
func (b *balance) jump(pan float32) {
	b.left.jump(min(1, 1-pan))
	b.right.jump(min(1, 1+pan))
}

// apply multiplies interleaved pcm by the gains.
func (b *balance) apply(pcm []float32) {
	for len(pcm) >= Channels && !(b.left.still() && b.right.still()) {
		pcm[0] *= b.left.step()
		pcm[1] *= b.right.step()
		pcm = pcm[Channels:]
	}
	left, right := b.left.value, b.right.value
	if left == 1 && right == 1 {
		return
	}
	for i := 0; i+1 < len(pcm); i += Channels {
		pcm[i] *= left
		pcm[i+1] *= right
	}
}

// skip advances by frames without sound.
func (b *balance) skip(frames int) {
	b.left.skip(frames)
	b.right.skip(frames)
}

// skip advances by frames without sound.
func (r *ramp) skip(frames int) {
	for ; frames > 0 && !r.still(); frames-- {
		r.step()
	}
}

// envelope fades in where a run starts and out before it ends. Its level k moves
// by at most one step of rise (k/fadeFrames) a frame: up where there is enough of
// the run left to come down again, else down. So it cannot jump as long as the end
// that it sees never comes closer than holdFrames, which the ring sees to; if more
// of the run arrives when it is already on its way down, it turns round.
type envelope struct {
	k int // 0 is silence, fadeFrames full level
}

// apply shapes interleaved pcm, which starts at index at and holds what the runs
// say. It reports whether any frame is there.
func (e *envelope) apply(pcm []float32, at int64, runs []Run) bool {
	end := at + int64(len(pcm)/Channels)
	i, any := at, false
	for _, run := range runs {
		if run.Start >= end {
			break
		}
		if run.Start > i {
			e.k = 0
			i = run.Start
		}
		if stop := min(run.End, end); i < stop {
			any = true
			e.within(pcm, at, i, stop, run)
			i = stop
		}
	}
	if i < end {
		e.k = 0
	}
	return any
}

// within shapes the frames [i, stop) of one run.
func (e *envelope) within(pcm []float32, at, i, stop int64, run Run) {
	for i < stop {
		left := run.End - 1 - i
		switch {
		case i == run.Start:
			e.k = 0
		case e.k == fadeFrames && left >= fadeFrames:
			i = min(stop, run.End-fadeFrames) // at full level all the way
			continue
		default:
			e.k = int(min(int64(e.k)+1, fadeFrames, left))
		}
		g := rise[e.k*(gainFrames/fadeFrames)]
		f := pcm[(i-at)*Channels:]
		f[0] *= g
		f[1] *= g
		i++
	}
}
