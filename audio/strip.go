package audio

import "math"

// The range of a gain, in dB.
const (
	MinGainDB = -60
	MaxGainDB = 12
)

// MaxRampFrames is the longest ramp of a gain: 10 minutes.
const MaxRampFrames = 600 * SampleRate

// SetGainDB sets the gain in dB, clamped to MinGainDB…MaxGainDB; what is not a
// number is ignored. The level moves there within 10 ms.
func (s *Source) SetGainDB(db float64) { s.RampGainDB(db, gainFrames) }

// RampGainDB is SetGainDB within the given frames (10 ms…MaxRampFrames, clamped): it
// fades music in and out. The level starts from where it is, moves on in the source's
// pauses too, and turns to what is set next at once. To set again what was set last
// changes nothing.
func (s *Source) RampGainDB(db float64, frames int) {
	if math.IsNaN(db) {
		return
	}
	db = max(MinGainDB, min(MaxGainDB, db))
	s.fader.Store(packFader(db, max(gainFrames, min(MaxRampFrames, frames))))
}

// packFader puts a gain, as the bits of a float32 amplitude, and the frames that its
// ramp takes into one word.
func packFader(db float64, frames int) uint64 {
	return uint64(math.Float32bits(amplitude(db)))<<32 | uint64(frames)
}

// amplitude returns a level in dB as a factor.
func amplitude(db float64) float32 { return float32(math.Pow(10, db/20)) }

// SetPan sets where the source is heard, from −1 (left) over 0 (as it is) to +1
// (right), clamped; what is not a number is ignored. The channel on the other side is
// turned down in proportion, and neither is ever turned up. It moves within 10 ms.
func (s *Source) SetPan(pan float64) {
	if math.IsNaN(pan) {
		return
	}
	s.pan.Store(math.Float32bits(float32(max(-1, min(1, pan)))))
}

// SetMuted silences the source, or lets it be heard again, within 5 ms. A muted
// source is read on all the same: its sound does not wait.
func (s *Source) SetMuted(muted bool) { s.muted.Store(muted) }

// SetSolo says whether the source is solo: as long as any is, those that are not are
// silent. It is among who speaks: music goes on, and is never solo itself.
func (s *Source) SetSolo(solo bool) { s.solo.Store(solo) }

// SetMusic says whether the source is music. Music can be lowered while somebody is
// heard (see [Mixer.SetDucking]) and nobody ever speaks in it: what is sung would else count
// as speech. A source that is heard already dips for 10 ms when this changes.
func (s *Source) SetMusic(music bool) { s.music.Store(music) }

// SetUndamped says whether music keeps its level while somebody is heard, as an effect
// that must be heard does. It counts when the source is heard for the first time.
func (s *Source) SetUndamped(undamped bool) { s.undamped.Store(undamped) }

// isSolo says that the source silences those that are not solo.
func (s *Source) isSolo() bool { return s.solo.Load() && !s.music.Load() && !s.leaving.Load() }

// strip is what a source's sound goes through on its way into the mix. All of it
// moves along raised cosines.
type strip struct {
	fader uint64 // what level was steered to last
	level ramp
	gate  ramp // 1 is open, 0 silence
	pan   balance
}

// apply shapes interleaved pcm.
func (s *strip) apply(pcm []float32) {
	s.pan.apply(pcm)
	for ; len(pcm) >= Channels && !(s.level.still() && s.gate.still()); pcm = pcm[Channels:] {
		g := float32(s.level.step() * s.gate.step())
		pcm[0] *= g
		pcm[1] *= g
	}
	if g := float32(s.level.value * s.gate.value); g != 1 {
		for i := range pcm {
			pcm[i] *= g
		}
	}
}

// skip advances by frames without sound.
func (s *strip) skip(frames int) {
	s.level.skip(frames)
	s.gate.skip(frames)
	s.pan.skip(frames)
}

// shut says that nothing comes through, and nothing will.
func (s *strip) shut() bool { return s.gate.still() && s.gate.value == 0 }

// steer aims the strip at what is wanted now; anySolo says that some source of the mix
// is solo. The first time it is there at once: the envelope sees to the fade in. A
// source that has become music, or is no longer, is silent for a moment in between.
func (s *Source) steer(anySolo bool) {
	music := s.music.Load()
	hushed := anySolo && !music && !s.solo.Load()
	s.hushed.Store(hushed)
	gate := float32(1)
	if s.muted.Load() || s.leaving.Load() || hushed {
		gate = 0
	}
	fader := s.fader.Load()
	level, pan := math.Float32frombits(uint32(fader>>32)), math.Float32frombits(s.pan.Load())
	if !s.joined {
		s.joined, s.onBed, s.loose = true, music, s.undamped.Load()
		s.strip.fader = fader
		s.strip.level.jump(level)
		s.strip.gate.jump(gate)
		s.strip.pan.jump(pan)
		return
	}
	if s.onBed != music {
		if s.strip.shut() {
			s.onBed = music
		} else {
			gate = 0
		}
	}
	if s.strip.fader != fader {
		s.strip.fader = fader
		s.strip.level.start(level, int(uint32(fader)))
	}
	s.strip.gate.move(gate, fadeFrames)
	s.strip.pan.aim(pan, gainFrames)
}
