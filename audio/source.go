package audio

import (
	"math"
	"sync/atomic"
)

// ringFrames is how far ahead a source may be written: 2^18 frames are 5.4 s and
// 2 MB. It must hold the longest delay that a source may have and the burst that
// follows a stall.
const ringFrames = 1 << 18

// The range of a gain, in dB.
const (
	MinGainDB = -60
	MaxGainDB = 12
)

// Source is one track of a mix. A Mixer makes it. Its methods may be called from
// any goroutine, Write and Clear from one at a time.
type Source struct {
	name    string
	ring    *Ring
	gain    atomic.Uint32 // bits of a float32 amplitude
	muted   atomic.Bool
	music   atomic.Bool
	leaving atomic.Bool
	meter   meter
	speech  speech

	// What follows belongs to the goroutine that mixes.
	env    envelope
	ramp   ramp
	joined bool // has been mixed at least once
}

func newSource(name string) *Source {
	s := &Source{name: name, ring: NewRing(ringFrames, holdFrames)}
	s.gain.Store(math.Float32bits(1))
	return s
}

// Name returns the name that the source was added under.
func (s *Source) Name() string { return s.name }

// Write hands over interleaved pcm that is to be heard from session frame at on;
// it copies, and returns how many frames were taken. Each write should start where
// the one before ended: any other starts a new run, and the sound fades out and in
// at the seam. See [Ring.Write] for what is dropped, and [Lead] for how early it
// must come.
func (s *Source) Write(at int64, pcm []float32) int { return s.ring.Write(at, pcm) }

// Clear drops what has been written from session frame from on, but for the 5 ms
// that the fade out takes, and makes the next Write start a new run. It is for a
// source that is hidden or gets a new place in time.
func (s *Source) Clear(from int64) { s.ring.Clear(from) }

// BufferedUntil returns the session frame after the newest one that has been
// written and not yet mixed; if there is none, the frame that will be taken next.
// Less the frame of the next tick it is how far ahead the source is.
func (s *Source) BufferedUntil() int64 { return s.ring.End() }

// Counts returns what was lost of the source so far.
func (s *Source) Counts() Counts { return s.ring.Counts() }

// SetGainDB sets the gain in dB, clamped to MinGainDB…MaxGainDB; what is not a
// number is ignored. The level moves there within 10 ms.
func (s *Source) SetGainDB(db float64) {
	if math.IsNaN(db) {
		return
	}
	db = max(MinGainDB, min(MaxGainDB, db))
	s.gain.Store(math.Float32bits(float32(math.Pow(10, db/20))))
}

// SetMuted silences the source, or lets it be heard again, within 5 ms. A muted
// source is read on all the same: its sound does not wait.
func (s *Source) SetMuted(muted bool) { s.muted.Store(muted) }

// Level returns the RMS over both channels and the sample peak of the last 100 ms
// as they went into the mix (after gain, mute and fades), in dBFS: a full-scale
// square wave has an RMS of 0, a full-scale sine −3.01; FloorDB is silence. It moves
// every 10 ms.
func (s *Source) Level() (rmsDB, peakDB float64) { return s.meter.level() }

// SetMusic says whether the source is music, in which nobody ever speaks. What is
// sung would else count as speech.
func (s *Source) SetMusic(music bool) { s.music.Store(music) }

// Speech returns whether somebody speaks in the source, and how far over its noise
// floor in dB (0 if nobody does). It listens before the gain, so that a guest who is
// turned down still speaks; but nobody speaks in a source that is muted, that is music
// or that has been removed. It is about 0.1 s late for the first word, bridges gaps of
// 0.15 s, and moves every 10 ms.
func (s *Source) Speech() (active bool, strengthDB float64) {
	if s.muted.Load() || s.music.Load() || s.leaving.Load() {
		return false, 0
	}
	return s.speech.heard()
}

// mixInto adds the source's frames from index at on to sum; buf is as long and is
// scratch.
func (s *Source) mixInto(sum, buf []float32, at int64) {
	s.steer()
	if !s.env.apply(buf, at, s.ring.Read(at, buf)) {
		s.ramp.skip(len(sum) / Channels)
		s.meter.silence(len(sum) / Channels)
		s.speech.silence(len(sum) / Channels)
		return
	}
	s.speech.add(buf[:len(sum)])
	s.ramp.apply(buf)
	s.meter.add(buf)
	buf = buf[:len(sum)]
	for i := range sum {
		sum[i] += buf[i]
	}
}

// steer aims the ramp at the gain that is wanted now. The first time it is there
// at once: the envelope sees to the fade in.
func (s *Source) steer() {
	to := math.Float32frombits(s.gain.Load())
	if s.muted.Load() || s.leaving.Load() {
		to = 0
	}
	switch {
	case !s.joined:
		s.joined = true
		s.ramp.jump(to)
	case to == 0 || s.ramp.to == 0:
		s.ramp.move(to, fadeFrames)
	default:
		s.ramp.move(to, gainFrames)
	}
}

// left says that the source has been removed and is no longer heard.
func (s *Source) left() bool { return s.leaving.Load() && s.ramp.still() && s.ramp.value == 0 }
