package judge

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

// Options tune a Judge. Fields that are zero take the defaults.
type Options struct {
	Expect Expect
	// FreezeAfter is how long a picture, or one participant in it, may stay the
	// same before it is a freeze; 1 s.
	FreezeAfter time.Duration
	// BlackAfter is how long a picture may be black; 0.5 s.
	BlackAfter time.Duration
	// SilenceAfter is how long the sound may stay below −60 dBFS; 1 s.
	SilenceAfter time.Duration
	// Settle is how much of the start of a live stream is left out of delay: a
	// server begins with the last key frame, all at once; 2 s.
	Settle time.Duration
	// Sheet, if there is one, is shown every picture.
	Sheet *Sheet
}

// Expect is what the stream ought to be. Zero fields expect nothing.
type Expect struct {
	// Participants: synthetic participants 1 to Participants, and no others, are
	// each seen and heard at some time.
	Participants int
	// Width and Height of every picture in pixels.
	Width, Height int
	// FrameRate that the video's timestamps count. Without it, it is found out.
	FrameRate media.FrameRate
	// MaxSkew bounds |skew| of each participant: at the median, and from 20 flashes on
	// also at the 95th percentile; 40 ms.
	MaxSkew time.Duration
	// MaxDelay bounds the median delay of each participant; 0 means no bound.
	MaxDelay time.Duration
	// MaxLate bounds how much later than the promptest a packet may arrive, which is
	// what a player's buffer has to bridge; 1 s.
	MaxLate time.Duration
}

func (o *Options) setDefaults() {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&o.FreezeAfter, time.Second)
	set(&o.BlackAfter, 500*time.Millisecond)
	set(&o.SilenceAfter, time.Second)
	set(&o.Settle, 2*time.Second)
	set(&o.Expect.MaxSkew, 40*time.Millisecond)
	set(&o.Expect.MaxLate, time.Second)
}
