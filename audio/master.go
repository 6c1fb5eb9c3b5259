package audio

import (
	"math"
	"sync/atomic"
)

// DefaultTargetLUFS is what the mix is levelled to, in LUFS.
const DefaultTargetLUFS = -16

// MasterConfig is what happens to the mix before the limiter. The zero value does
// nothing.
type MasterConfig struct {
	// GainDB is clamped to MinGainDB…MaxGainDB.
	GainDB float64
	// Normalize levels the mix to TargetLUFS: slowly, by at most 12 dB up or down, and
	// not in pauses. GainDB comes on top of it.
	Normalize bool
	// TargetLUFS is the loudness to level to, −36…−6 LUFS; 0 stands for
	// DefaultTargetLUFS.
	TargetLUFS float64
}

// within returns the configuration with its defaults filled in and all in range. What
// is not a number counts as 0.
func (c MasterConfig) within() MasterConfig {
	if math.IsNaN(c.GainDB) {
		c.GainDB = 0
	}
	if c.TargetLUFS == 0 || math.IsNaN(c.TargetLUFS) {
		c.TargetLUFS = DefaultTargetLUFS
	}
	c.GainDB = max(MinGainDB, min(MaxGainDB, c.GainDB))
	c.TargetLUFS = max(-36, min(-6, c.TargetLUFS))
	return c
}

// SetMaster changes what happens to the mix before the limiter, from the next block
// on. The gain moves there within 10 ms; what the normalisation did is undone within
// 1 s when it ends.
func (m *Mixer) SetMaster(c MasterConfig) {
	c = c.within()
	m.master.config.Store(&c)
}

// master is the gain of the sum.
type master struct {
	config atomic.Pointer[MasterConfig]

	// What follows belongs to the goroutine that mixes.
	seen   *MasterConfig
	gain   ramp
	level  leveller
	active bool // level is on
}

func newMaster() *master {
	m := &master{}
	c := MasterConfig{}.within()
	m.config.Store(&c)
	m.level.gain.jump(1)
	return m
}

// tune takes over the configuration if it is new.
func (m *master) tune() {
	c := m.config.Load()
	if c == m.seen {
		return
	}
	if m.seen == nil {
		m.gain.jump(amplitude(c.GainDB)) // nothing is heard yet
	}
	m.seen = c
	m.gain.move(amplitude(c.GainDB), gainFrames)
	m.level.target = c.TargetLUFS
	if c.Normalize != m.active {
		m.active = c.Normalize
		m.level.restart(c.Normalize)
	}
}

// apply shapes the sum.
func (m *master) apply(pcm []float32) {
	if m.active {
		m.level.apply(pcm)
	} else {
		m.level.gain.apply(pcm)
	}
	m.gain.apply(pcm)
}

const (
	// maxLevelDB is how far a leveller goes.
	maxLevelDB = 12
	// quietLU is how far under the target sound may be to be levelled: what is below
	// that is a pause, whatever came before.
	quietLU = 30
	// usualHops is the time constant of what is usual, 15 s; the first hops simply
	// make a mean.
	usualHops = 150
	// firstHops is how long the first sound lasts, 5 s, in which a leveller is fast.
	firstHops = 50
	// firstStepDB and stepDB are how far the gain moves for each hop: 4 and 1 dB a second.
	firstStepDB, stepDB = 0.4, 0.1
	// reachGrowth is how much further down the gate reaches for each hop of sound that
	// it kept out: 0.25 LU a second. So music on its own is left alone for a while, and a
	// mix that stays quiet is levelled in the end.
	reachGrowth = 0.025
)

// leveller steers the loudness of a mix to a target by what is usual in it: the mean
// loudness of the last 15 s of sound, where sound is what is not far below the mean.
// In pauses it knows nothing new and does nothing.
type leveller struct {
	target float64 // LUFS
	loud   loudness
	usual  float64 // power; 0 is not known
	heard  int     // hops of sound, up to usualHops
	reach  float64 // LU under the usual that is sound
	gainDB float64
	gain   ramp
}

// restart forgets what is usual. If the levelling ends, the gain goes back to 1.
func (l *leveller) restart(on bool) {
	l.loud.silence(shortHops * hopFrames)
	l.usual, l.heard, l.reach = 0, 0, gateLU
	l.gainDB = 20 * math.Log10(float64(l.gain.value))
	if on {
		l.gain.move(l.gain.value, gainFrames)
	} else {
		l.gain.move(1, SampleRate)
	}
}

// apply measures interleaved pcm and levels it.
func (l *leveller) apply(pcm []float32) {
	for len(pcm) >= Channels {
		rest, full := l.loud.add(pcm)
		l.gain.apply(pcm[:len(pcm)-len(rest)])
		pcm = rest
		if full {
			l.judge(l.loud.over(momentaryHops))
		}
	}
}

// judge takes in the power of the last 400 ms.
func (l *leveller) judge(power float64) {
	level := lufs(power)
	if level < l.target-quietLU {
		return
	}
	if l.usual > 0 && level < lufs(l.usual)-l.reach {
		l.reach += reachGrowth
		return
	}
	if level >= lufs(l.usual)-gateLU {
		l.reach = gateLU
	}
	if l.usual == 0 {
		l.usual = power
	}
	l.heard = min(usualHops, l.heard+1)
	// A bang counts as 10 LU over the usual at most.
	l.usual += (min(power, float64(10*l.usual)) - l.usual) / float64(l.heard)
	if l.heard < momentaryHops {
		return
	}
	step := stepDB
	if l.heard < firstHops {
		step = firstStepDB
	}
	want := max(-maxLevelDB, min(maxLevelDB, l.target-lufs(l.usual)))
	l.gainDB += max(-step, min(step, want-l.gainDB))
	l.gain.move(amplitude(l.gainDB), hopFrames)
}
