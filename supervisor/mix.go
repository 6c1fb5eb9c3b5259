package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// Mix is one mix in a process of its own, started anew for as long as it is wanted.
type Mix struct {
	s     *Supervisor
	log   *slog.Logger
	done  chan struct{}
	halt  chan struct{} // closed by the first Stop
	once  sync.Once
	began time.Time     // when it was started here
	base  time.Duration // how long it had run until then

	changing sync.Mutex // one Apply, or the start of a child's successor, at a time
	newest   mixer.Spec // guarded by changing

	telling sync.Mutex // one event at a time
	observe func(mixer.Event)
	started bool      // MixStarted was told; guarded by telling
	lost    time.Time // when the last worker was lost; guarded by telling
	ended   string    // why the session of a mix that is stopped ended; guarded by telling

	mu     sync.Mutex // guards what follows
	child  *child     // nil while there is none
	stats  mixer.Stats
	meters mixer.Meters
	asked  time.Time // when meters were last asked of the child
}

func newMix(s *Supervisor, spec mixer.Spec, observe func(mixer.Event)) *Mix {
	m := &Mix{
		s: s, log: s.cfg.Log.With("mix", spec.ID), done: make(chan struct{}), halt: make(chan struct{}),
		began: time.Now(), newest: spec, observe: observe,
	}
	if !spec.Started.IsZero() {
		m.base = max(0, time.Since(spec.Started))
	}
	return m
}

// age is how long the mix has run, which never goes back.
func (m *Mix) age() time.Duration { return m.base + time.Since(m.began) }

// launch starts a child with spec.
func (m *Mix) launch(spec mixer.Spec) (*child, error) {
	return m.s.start(m.log, m, &wire.Start{
		Spec: spec, Base: m.age(), Limits: m.s.cfg.Limits, Policy: m.s.cfg.Policy,
	})
}

// install makes c the child that changes go to.
func (m *Mix) install(c *child) {
	m.mu.Lock()
	m.child = c
	m.mu.Unlock()
	go c.watch(m.s.cfg.Patience)
}

// current returns the child, nil for none.
func (m *Mix) current() *child {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.child
}

// Apply hands over the next spec. While there is no process it is kept for the next one.
// Errors: ErrRefused: the mix goes on with the spec that it had.
func (m *Mix) Apply(spec mixer.Spec) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	if c := m.current(); c != nil {
		if err := c.apply(spec); err != nil && !errors.Is(err, errGone) {
			return err
		}
	}
	m.newest = spec
	return nil
}

// keep starts another child whenever one has ended, until the mix is stopped.
func (m *Mix) keep(c *child) {
	for c != nil {
		born := time.Now()
		<-c.gone
		if m.lose() {
			break
		}
		m.log.Error("the worker is lost", "reason", c.why, "worker", c.cmd.Process.Pid)
		m.tell(mixer.Event{Kind: mixer.WorkerLost, Reason: c.why})
		c = m.replace(time.Since(born))
	}
	m.finish()
}

// lose notes that there is no child and says whether none is wanted any more.
func (m *Mix) lose() (halted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.child = nil
	if m.halted() {
		return true
	}
	m.absent()
	return false
}

// The wait before a child is started again after one that did not live long: it doubles
// from shortestWait to longestWait. The first start is at once.
const (
	shortestWait = 200 * time.Millisecond
	longestWait  = 10 * time.Second
	goodLife     = 30 * time.Second // after which the next start is at once again
)

// replace starts a child after one that lived for a while; nil when the mix is stopped.
func (m *Mix) replace(lived time.Duration) *child {
	var wait time.Duration
	if lived < goodLife/10 {
		wait = shortestWait
	}
	for {
		select {
		case <-m.halt:
			return nil
		case <-time.After(wait + time.Duration(float64(wait)*rand.Float64()/4)):
		}
		m.changing.Lock()
		spec := m.newest
		m.changing.Unlock()
		c, err := m.launch(spec)
		if err == nil && m.adopt(c, spec.Revision) {
			return c
		}
		if err != nil {
			m.log.Error("no other worker could be started", "error", err)
		}
		wait = min(max(2*wait, shortestWait), longestWait)
	}
}

// adopt installs a child that was started with the spec of a revision, after it has heard
// of what changed meanwhile. It returns false when the child did not survive that.
func (m *Mix) adopt(c *child, revision int64) bool {
	m.changing.Lock()
	defer m.changing.Unlock()
	if m.newest.Revision != revision {
		if err := c.apply(m.newest); err != nil {
			m.log.Error("another worker refused the newest spec", "error", err)
			c.kill()
			<-c.gone
			return false
		}
	}
	m.install(c)
	if m.halted() {
		c.kill()
	}
	return true
}

// Stop ends the mix: what is encoded is sent and the outputs are closed. When ctx ends
// before that the rest is cut off. It may be called again.
func (m *Mix) Stop(ctx context.Context) error {
	m.once.Do(func() { close(m.halt) })
	// A child that is just being started is killed as soon as it is there.
	if c := m.current(); c != nil {
		within := time.Hour
		if deadline, ok := ctx.Deadline(); ok {
			within = max(0, time.Until(deadline))
		}
		c.stop(within)
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
	}
	if c := m.current(); c != nil {
		c.kill()
	}
	return ctx.Err()
}

// halted says whether Stop was called.
func (m *Mix) halted() bool {
	select {
	case <-m.halt:
		return true
	default:
		return false
	}
}

// finish tells of the end.
func (m *Mix) finish() {
	m.telling.Lock()
	reason := m.ended
	m.telling.Unlock()
	if reason == "" {
		reason = "stopped"
	}
	m.tell(mixer.Event{Kind: mixer.MixStopped, Reason: reason})
	m.s.leave(m)
	close(m.done)
}

// Done is closed when the mix has ended and its process is gone.
func (m *Mix) Done() <-chan struct{} { return m.done }
