package worker

import (
	"sync"
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// pulseEvery is how often a worker shows that it is alive.
const pulseEvery = 500 * time.Millisecond

// pulse shows that the worker is alive, and how it is doing, until the session has ended
// and once more then.
func pulse(session *mixer.Session, out *outbox) {
	ticker := time.NewTicker(pulseEvery)
	defer ticker.Stop()
	for ended := false; ; {
		p := &wire.Pulse{Stats: session.Stats(), Meters: session.Meters()}
		p.At = p.Meters.At
		p.Stats.Resources.CPU, p.Stats.Resources.Memory = usage()
		out.beat(p)
		if ended {
			return
		}
		select {
		case <-ticker.C:
		case <-session.Done():
			ended = true
		}
	}
}

// meterEvery is how often meters are taken while they are wanted.
const meterEvery = 100 * time.Millisecond

// metering sends meters while they are wanted.
type metering struct {
	session *mixer.Session
	out     *outbox
	stopped chan struct{}
	working sync.WaitGroup

	mu    sync.Mutex
	until time.Time // guarded by mu
	runs  bool      // guarded by mu
}

func newMetering(session *mixer.Session, out *outbox) *metering {
	return &metering{session: session, out: out, stopped: make(chan struct{})}
}

// want sends meters for the next while.
func (m *metering) want(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until = time.Now().Add(d)
	if !m.runs {
		m.runs = true
		m.working.Go(m.run)
	}
}

// wanted says whether meters are still wanted; if not, run ends.
func (m *metering) wanted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs = time.Now().Before(m.until)
	return m.runs
}

func (m *metering) run() {
	ticker := time.NewTicker(meterEvery)
	defer ticker.Stop()
	for m.wanted() {
		levels := m.session.Meters()
		m.out.meter(wire.Message{Levels: &levels})
		select {
		case <-ticker.C:
		case <-m.stopped:
			return
		}
	}
}

// end ends the sending. It is called once.
func (m *metering) end() {
	close(m.stopped)
	m.working.Wait()
}
