package audio

import (
	"math"
	"slices"
	"sync"
)

// chunkFrames is how many frames are mixed at a time; it bounds the scratch memory.
const chunkFrames = 1024

// Mixer makes one sound of its sources. MixInto belongs to one goroutine; the
// other methods may be called from any.
type Mixer struct {
	mu      sync.Mutex
	sources []*Source // in the order in which they were added

	duck    *duck
	master  *master
	meter   meter
	program program

	// What follows belongs to the goroutine that mixes.
	active  []*Source // a copy of sources
	started bool
	next    int64 // the frame after the last that was mixed
	limiter limiter
	work    []float32 // the look-ahead, then a chunk
	buf     []float32 // one source's chunk
	bed     []float32 // the music's chunk
	anySolo bool

	last    [Channels]float32 // the last frame that went out
	residue [Channels]float32 // what fades away after a jump
	fading  int               // frames of residue still to go
}

// New returns a mixer without sources.
func New() *Mixer {
	return &Mixer{
		duck:    newDuck(),
		master:  newMaster(),
		program: newProgram(),
		work:    make([]float32, (lookahead+chunkFrames)*Channels),
		buf:     make([]float32, chunkFrames*Channels),
		bed:     make([]float32, chunkFrames*Channels),
	}
}

// Add makes a source at 0 dB, not muted. Its sound fades in; no other source's
// level changes. The name is for the caller.
func (m *Mixer) Add(name string) *Source {
	s := newSource(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources = append(m.sources, s)
	return s
}

// Remove fades the source out within 5 ms of the next MixInto and then lets go of
// it. A source that is not the mixer's, or nil, is ignored.
func (m *Mixer) Remove(s *Source) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains(m.sources, s) {
		s.leaving.Store(true)
	}
}

// Len returns the number of sources, with those that are still fading out.
func (m *Mixer) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sources)
}

// Level returns the RMS and the sample peak of the last 100 ms of the mix, after
// the limiter, in dBFS as [Source.Level] has them.
func (m *Mixer) Level() (rmsDB, peakDB float64) { return m.meter.level() }

// DuckingDB returns the gain of the music under speech now, in dB: 0 where it is not
// lowered.
func (m *Mixer) DuckingDB() float64 {
	return max(MinGainDB, 20*math.Log10(float64(math.Float32frombits(m.duck.now.Load()))))
}

// Loudness returns how loud the mix is, after the limiter. It moves every 100 ms.
func (m *Mixer) Loudness() Loudness { return m.program.level() }

// MixInto fills dst (interleaved; a whole number of frames) with the mix from
// session frame at on. Frame n of the output is frame n of every source: the
// limiter's look-ahead is made up for by reading sources early. It never blocks for
// longer than a Write copies, and allocates nothing once it has seen all sources.
//
// at must be where the last block ended. If it is not, the mix goes on there all the
// same: the old sound fades away and every source fades in.
func (m *Mixer) MixInto(at int64, dst []float32) {
	m.mu.Lock()
	m.active = append(m.active[:0], m.sources...)
	m.mu.Unlock()
	m.anySolo = slices.ContainsFunc(m.active, (*Source).isSolo)
	m.duck.tune()
	m.master.tune()
	if !m.started || at != m.next {
		m.jump(at)
	}
	for rest := dst; len(rest) >= Channels; {
		n := min(chunkFrames, len(rest)/Channels)
		m.chunk(at, rest[:n*Channels])
		rest = rest[n*Channels:]
		at += int64(n)
	}
	m.next = at
	m.letGo()
}

// jump starts afresh at index at: it fills the look-ahead from there. The last
// frame that went out is held and fades, so that the output does not step.
func (m *Mixer) jump(at int64) {
	if m.started {
		m.residue, m.fading = m.last, fadeFrames
	}
	m.started = true
	for _, s := range m.active {
		s.env.k = 0
	}
	m.limiter.reset()
	ahead := m.work[:lookahead*Channels]
	m.sum(at, ahead)
	m.limiter.prime(ahead)
}

// chunk makes the frames of dst, which start at index at.
func (m *Mixer) chunk(at int64, dst []float32) {
	const ahead = lookahead * Channels
	m.sum(at+lookahead, m.work[ahead:ahead+len(dst)])
	m.limiter.process(dst, m.work)
	copy(m.work[:ahead], m.work[len(dst):])
	m.meter.add(dst)
	m.program.add(dst)
	m.last = [Channels]float32(dst[len(dst)-Channels:])
}

// sum fills into with the sum of all sources from index at on, the music lowered under
// the rest, at the master's gain.
func (m *Mixer) sum(at int64, into []float32) {
	clear(into)
	var bed []float32
	for _, s := range m.active {
		s.steer(m.anySolo)
		if s.onBed && s.loose {
			continue // not lowered: below
		}
		to := into
		if s.onBed {
			if bed == nil {
				bed = m.bed[:len(into)]
				clear(bed)
			}
			to = bed
		}
		s.mixInto(to, m.buf[:len(into)], at)
	}
	m.duck.mix(into, bed)
	for _, s := range m.active {
		if s.onBed && s.loose {
			s.mixInto(into, m.buf[:len(into)], at)
		}
	}
	m.master.apply(into)
	for i := 0; i < len(into) && m.fading > 0; i += Channels {
		m.fading--
		g := rise[m.fading*(gainFrames/fadeFrames)]
		into[i] += float32(m.residue[0] * g)
		into[i+1] += float32(m.residue[1] * g)
	}
}

// letGo takes out the sources that have faded away.
func (m *Mixer) letGo() {
	if !slices.ContainsFunc(m.active, (*Source).left) {
		return
	}
	m.mu.Lock()
	m.sources = slices.DeleteFunc(m.sources, (*Source).left)
	m.mu.Unlock()
	clear(m.active) // do not keep them alive
	m.active = m.active[:0]
}
