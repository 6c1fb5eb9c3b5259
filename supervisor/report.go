package supervisor

import (
	"slices"
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// meterFor is how long a child sends meters after they were asked for.
const meterFor = 3 * time.Second

// Stats returns the newest snapshot. Its slices are the caller's.
func (m *Mix) Stats() mixer.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := m.stats
	st.Sources, st.Outputs, st.Music = slices.Clone(st.Sources), slices.Clone(st.Outputs), slices.Clone(st.Music)
	return st
}

// Meters returns how loud everything was at most half a second ago, and from the second
// call on at most a tenth of a second ago.
func (m *Mix) Meters() mixer.Meters {
	m.mu.Lock()
	c, now := m.child, time.Now()
	ask := c != nil && now.Sub(m.asked) > meterFor/2
	if ask {
		m.asked = now
	}
	meters := m.meters
	meters.Sources = slices.Clone(meters.Sources)
	m.mu.Unlock()
	if ask {
		_ = c.send(wire.Message{Meter: &wire.Meter{For: meterFor}}, nil)
	}
	return meters
}

// absent lets the statistics say that nobody mixes; mu is held.
func (m *Mix) absent() {
	sources, outputs := m.stats.Sources, m.stats.Outputs
	m.stats.Sources, m.stats.Outputs = nil, nil // what was handed out does not change
	for _, src := range sources {
		src.State, src.FrameRate, src.Bitrate = mixer.Lost, 0, 0
		m.stats.Sources = append(m.stats.Sources, src)
	}
	for _, o := range outputs {
		o.State, o.Bitrate = mixer.OutputLost, 0
		m.stats.Outputs = append(m.stats.Outputs, o)
	}
	m.stats.Resources = mixer.Resources{}
}

// pulse implements minder.
func (m *Mix) pulse(p *wire.Pulse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats, m.meters = p.Stats, p.Meters
}

// levels implements minder.
func (m *Mix) levels(l *mixer.Meters) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.meters = *l
}

// event implements minder. A mix starts once and ends once, whatever its processes do. The
// first thing that another process tells of is that it mixes.
func (m *Mix) event(e mixer.Event) {
	m.telling.Lock()
	defer m.telling.Unlock()
	switch {
	case e.Kind == mixer.MixStopped:
		m.ended = e.Reason // finish tells of it, when the process is gone
		return
	case m.away:
		m.back(e)
	}
	if e.Kind != mixer.MixStarted || !m.started {
		m.started = m.started || e.Kind == mixer.MixStarted
		m.observe(e)
	}
}

// back tells that another process mixes, of which e is the first event; telling is held.
func (m *Mix) back(e mixer.Event) {
	m.away = false
	took := time.Since(m.lost).Round(time.Millisecond)
	m.log.Info("another worker mixes", "after_ms", took.Milliseconds())
	m.observe(mixer.Event{
		Kind: mixer.WorkerRestarted, Time: e.Time, At: e.At, Revision: e.Revision, Reason: "after " + took.String(),
	})
}

// miss tells that the worker is lost, unless no other has mixed since that was told.
func (m *Mix) miss(why string) {
	e := m.own(mixer.Event{Kind: mixer.WorkerLost, Reason: why})
	m.telling.Lock()
	defer m.telling.Unlock()
	m.ended = ""
	if !m.away {
		m.away, m.lost = true, e.Time
		m.observe(e)
	}
}

// tell tells of something that the supervisor did.
func (m *Mix) tell(e mixer.Event) {
	e = m.own(e)
	m.telling.Lock()
	defer m.telling.Unlock()
	m.observe(e)
}

// own fills in an event of the supervisor's own.
func (m *Mix) own(e mixer.Event) mixer.Event {
	e.Time, e.At = time.Now(), m.age()
	m.changing.Lock()
	defer m.changing.Unlock()
	e.Revision = m.newest.Revision
	return e
}
