package audio

import (
	"math"
	"sync/atomic"
	"time"
)

// DuckingConfig says how music is lowered while somebody is heard. The zero value of a
// threshold, an attack or a release stands for its default; everything is clamped to
// its range.
type DuckingConfig struct {
	// ThresholdDB is the level above which what is not music counts as heard, in dBFS:
	// the RMS of the last 10 ms over both channels, of all of it together, as it is
	// mixed. −80…−10, default −45.
	ThresholdDB float64
	// DepthDB is the gain of the music meanwhile. −60…0; 0 is no ducking.
	DepthDB float64
	// Attack is how long the music takes to come down. 5 ms…2 s, default 80 ms.
	Attack time.Duration
	// Release is the time from the last sound above the threshold until the music is
	// back. 20 ms…10 s, default 600 ms.
	Release time.Duration
	// Hold is the first part of Release, in which the music stays down: it bridges the
	// pauses between words. 0…Release less 10 ms.
	Hold time.Duration
}

// DefaultDucking returns what suits talk over music: −12 dB above −45 dBFS, down within
// 80 ms, back after 600 ms, of which it is held down for 300 ms.
func DefaultDucking() DuckingConfig {
	return DuckingConfig{
		ThresholdDB: -45,
		DepthDB:     -12,
		Attack:      80 * time.Millisecond,
		Release:     600 * time.Millisecond,
		Hold:        300 * time.Millisecond,
	}
}

// within returns the configuration with its defaults filled in and all in range. What
// is not a number counts as not set; a depth, as 0.
func (c DuckingConfig) within() DuckingConfig {
	defaults := DefaultDucking()
	if c.ThresholdDB == 0 || math.IsNaN(c.ThresholdDB) {
		c.ThresholdDB = defaults.ThresholdDB
	}
	if math.IsNaN(c.DepthDB) {
		c.DepthDB = 0
	}
	if c.Attack == 0 {
		c.Attack = defaults.Attack
	}
	if c.Release == 0 {
		c.Release = defaults.Release
	}
	c.ThresholdDB = max(-80, min(-10, c.ThresholdDB))
	c.DepthDB = max(-60, min(0, c.DepthDB))
	c.Attack = max(5*time.Millisecond, min(2*time.Second, c.Attack))
	c.Release = max(20*time.Millisecond, min(10*time.Second, c.Release))
	c.Hold = max(0, min(c.Release-gainFrames*time.Second/SampleRate, c.Hold))
	return c
}

// SetDucking changes how music is lowered under speech, from the next block on. The
// music moves there within the new attack. A new mixer does not duck.
func (m *Mixer) SetDucking(c DuckingConfig) {
	c = c.within()
	m.duck.config.Store(&c)
}

const (
	// duckFrames is how often the level of speech is looked at: every 1 ms.
	duckFrames = SampleRate / 1000
	// duckSteps is how many of these its RMS is over.
	duckSteps = 10
)

// duck lowers the music while the level of everything else is over the threshold.
type duck struct {
	config atomic.Pointer[DuckingConfig]
	now    atomic.Uint32 // bits of the gain, for DuckingDB

	// What follows belongs to the goroutine that mixes.
	seen      *DuckingConfig
	threshold float64 // a sum of squares over duckSteps and both channels
	depth     float32
	attack    int // frames
	release   int // frames, without hold
	hold      int // frames

	steps  [duckSteps]float64 // sums of squares
	slot   int                // of steps: the one that is being filled
	frames int                // in that step
	quiet  int                // frames since the level was over the threshold
	down   bool
	gain   ramp
}

func newDuck() *duck {
	d := &duck{}
	c := DuckingConfig{}.within()
	d.config.Store(&c)
	d.gain.jump(1)
	d.now.Store(math.Float32bits(1))
	return d
}

// tune takes over the configuration if it is new.
func (d *duck) tune() {
	c := d.config.Load()
	if c == d.seen {
		return
	}
	d.seen = c
	d.threshold = math.Pow(10, c.ThresholdDB/10) * duckSteps * duckFrames * Channels
	d.depth = amplitude(c.DepthDB)
	d.attack = framesOf(c.Attack)
	d.hold = framesOf(c.Hold)
	d.release = framesOf(c.Release) - d.hold
	if d.down {
		d.gain.move(d.depth, d.attack)
	}
}

func framesOf(d time.Duration) int { return int(d * SampleRate / time.Second) }

// mix listens to the speech and adds the music to it, lowered; there may be none.
func (d *duck) mix(speech, music []float32) {
	for len(speech) >= Channels {
		n := min(len(speech), (duckFrames-d.frames)*Channels)
		d.steps[d.slot] += squaresOf(speech[:n])
		if music == nil {
			d.gain.skip(n / Channels)
		} else {
			d.gain.apply(music[:n])
			for i, v := range music[:n] {
				speech[i] += v
			}
			music = music[n:]
		}
		speech = speech[n:]
		if d.frames += n / Channels; d.frames == duckFrames {
			d.judge()
		}
	}
}

// judge decides at the end of a step where the music goes.
func (d *duck) judge() {
	var sum float64
	for _, s := range d.steps {
		sum += s
	}
	d.slot = (d.slot + 1) % duckSteps
	d.steps[d.slot] = 0
	d.frames = 0
	d.now.Store(math.Float32bits(float32(d.gain.value)))
	if sum > d.threshold {
		d.quiet, d.down = 0, true
		d.gain.move(d.depth, d.attack)
		return
	}
	if d.quiet += duckFrames; d.down && d.quiet > d.hold {
		d.down = false
		d.gain.move(1, d.release)
	}
}
