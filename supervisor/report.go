package supervisor

import (
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// meterFor is how long a child sends meters after they were asked for.
const meterFor = 3 * time.Second

// Stats returns the newest snapshot.
func (m *Mix) Stats() mixer.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
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
	m.mu.Unlock()
	if ask {
		_ = c.conn.Send(wire.Message{Meter: &wire.Meter{For: meterFor}}, nil)
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

// event implements minder. A mix starts once and ends once, whatever its processes do.
func (m *Mix) event(e mixer.Event) {
	m.telling.Lock()
	defer m.telling.Unlock()
	switch {
	case e.Kind == mixer.MixStopped:
		m.ended = e.Reason
		return // finish tells of it, when the process is gone
	case e.Kind == mixer.MixStarted && m.started:
		took := time.Since(m.lost).Round(time.Millisecond)
		m.log.Info("another worker mixes", "after", took)
		e.Kind, e.Reason = mixer.WorkerRestarted, "after "+took.String()
	case e.Kind == mixer.MixStarted:
		m.started = true
	}
	m.observe(e)
}

// tell tells of something that the supervisor did.
func (m *Mix) tell(e mixer.Event) {
	e.Time, e.At = time.Now(), m.age()
	m.changing.Lock()
	e.Revision = m.newest.Revision
	m.changing.Unlock()
	m.telling.Lock()
	defer m.telling.Unlock()
	if e.Kind == mixer.WorkerLost {
		m.lost = e.Time
	}
	m.observe(e)
}
