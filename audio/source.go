package audio

import "sync/atomic"

// ringFrames is how far ahead a source may be written: 2^18 frames are 5.4 s and
// 2 MB, if it ever comes to that. It must hold the longest delay that a source may have
// and the burst that follows a stall.
const ringFrames = 1 << 18

// Source is one track of a mix. A Mixer makes it. Its methods may be called from
// any goroutine, Write and Clear from one at a time.
type Source struct {
	name     string
	ring     *Ring
	fader    atomic.Uint64 // see packFader
	pan      atomic.Uint32 // bits of a float32
	muted    atomic.Bool
	solo     atomic.Bool
	music    atomic.Bool
	leaving  atomic.Bool
	undamped atomic.Bool
	hushed   atomic.Bool // others are solo; set by the goroutine that mixes
	meter    meter
	loud     loudness
	speech   speech

	// What follows belongs to the goroutine that mixes.
	env    envelope
	strip  strip
	joined bool // has been mixed at least once
	onBed  bool // is mixed into the music
	loose  bool // and is not lowered
}

func newSource(name string) *Source {
	s := &Source{name: name, ring: NewRing(ringFrames, holdFrames)}
	s.fader.Store(packFader(0, gainFrames))
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
// source that is hidden or gets a new place in time. To seek in music, clear it and
// write on from BufferedUntil, which is where the fade out ends.
func (s *Source) Clear(from int64) { s.ring.Clear(from) }

// BufferedUntil returns the session frame after the newest one that has been
// written and not yet mixed; if there is none, the frame that will be taken next.
// Less the frame of the next tick it is how far ahead the source is.
func (s *Source) BufferedUntil() int64 { return s.ring.End() }

// Counts returns what was lost of the source so far.
func (s *Source) Counts() Counts { return s.ring.Counts() }

// Level returns the RMS over both channels and the sample peak of the last 100 ms
// as they went into the mix (after gain, mute and fades), in dBFS: a full-scale
// square wave has an RMS of 0, a full-scale sine −3.01; FloorDB is silence. It moves
// every 10 ms.
func (s *Source) Level() (rmsDB, peakDB float64) { return s.meter.level() }

// Loudness returns the loudness of the last 400 ms and of the last 3 s in LUFS, as
// EBU R128 has it, of what went into the mix; FloorLUFS is silence. It moves every
// 100 ms.
func (s *Source) Loudness() (momentary, shortTerm float64) { return s.loud.level() }

// Speech returns whether somebody speaks in the source, and how far over its noise
// floor in dB (0 if nobody does). It listens before the gain, so that a guest who is
// turned down still speaks; but nobody speaks in a source that is muted, that is silent
// because others are solo, that is music or that has been removed. It is about 0.1 s
// late for the first word, bridges gaps of 0.15 s, and moves every 10 ms.
func (s *Source) Speech() (active bool, strengthDB float64) {
	if s.muted.Load() || s.hushed.Load() || s.music.Load() || s.leaving.Load() {
		return false, 0
	}
	return s.speech.heard()
}

// mixInto adds the source's frames from index at on to sum; buf is as long and is
// scratch.
func (s *Source) mixInto(sum, buf []float32, at int64) {
	frames := len(sum) / Channels
	sounds := s.env.apply(buf, at, s.ring.Read(at, buf))
	if sounds {
		s.speech.add(buf)
	} else {
		s.speech.silence(frames)
	}
	if !sounds || s.strip.shut() { // of what nothing comes through there is nothing to measure
		s.strip.skip(frames)
		s.meter.silence(frames)
		s.loud.silence(frames)
		return
	}
	s.strip.apply(buf)
	s.meter.add(buf)
	s.loud.addAll(buf)
	buf = buf[:len(sum)]
	for i := range sum {
		sum[i] += buf[i]
	}
}

// left says that the source has been removed and is no longer heard.
func (s *Source) left() bool { return s.leaving.Load() && s.strip.shut() }
