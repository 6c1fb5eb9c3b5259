package media

import (
	"fmt"
	"time"
)

// SampleRate is the rate of all sound inside a mix, in samples per second for each channel.
const SampleRate = 48000

// Channels is the number of channels of all sound inside a mix (left, right; interleaved).
const Channels = 2

// FrameRate is a number of frames per second as a fraction, such as 30/1 or 30000/1001.
type FrameRate struct {
	Num, Den int
}

// FPS returns the whole frame rate n/1.
func FPS(n int) FrameRate { return FrameRate{Num: n, Den: 1} }

// Time returns when frame n starts, counted from the start of the session. It is
// computed from n alone, so rounding never adds up.
func (r FrameRate) Time(n int64) time.Duration {
	return time.Duration(rescale(n, int64(r.Den)*int64(time.Second), int64(r.Num)))
}

// Index returns the number of the last frame that starts at or before t.
func (r FrameRate) Index(t time.Duration) int64 {
	n := rescale(int64(t), int64(r.Num), int64(r.Den)*int64(time.Second))
	// Time rounds down, so the frame after may start within the same nanosecond.
	if r.Time(n+1) <= t {
		n++
	}
	return n
}

// Float returns frames per second as a floating-point number.
func (r FrameRate) Float() float64 { return float64(r.Num) / float64(r.Den) }

// String returns "30" or "30000/1001".
func (r FrameRate) String() string {
	if r.Den == 1 {
		return fmt.Sprint(r.Num)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// SampleTime returns when sample n of the session's sound starts.
func SampleTime(n int64) time.Duration {
	return time.Duration(rescale(n, int64(time.Second), SampleRate))
}

// SampleIndex returns the number of the sample nearest to t.
func SampleIndex(t time.Duration) int64 {
	return rescale(int64(t)+int64(time.Second)/(2*SampleRate), SampleRate, int64(time.Second))
}

// rescale returns a*num/den rounded toward minus infinity. It splits a into a
// whole and a remaining part, so it does not overflow for any session shorter than centuries.
func rescale(a, num, den int64) int64 {
	whole, rest := a/den, a%den
	if rest < 0 {
		whole--
		rest += den
	}
	return whole*num + rest*num/den
}
