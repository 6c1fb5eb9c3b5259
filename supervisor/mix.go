package supervisor

import (
	"cmp"
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
	s      *Supervisor
	log    *slog.Logger
	done   chan struct{}
	halted context.Context // ends with the first Stop
	halt   context.CancelFunc
	began  time.Time     // when it was started here
	base   time.Duration // how long it had run until then
	wait   backoff       // of keep

	changing sync.Mutex // one Apply, or the start of a child's successor, at a time
	newest   mixer.Spec // guarded by changing

	telling sync.Mutex // one event at a time
	observe func(mixer.Event)
	started bool      // MixStarted was told; guarded by telling
	away    bool      // the worker is lost and no other mixes; guarded by telling
	lost    time.Time // when it was lost; guarded by telling
	ended   string    // why the newest session ended; guarded by telling

	mu     sync.Mutex // guards what follows
	child  *child     // nil while there is none
	stats  mixer.Stats
	meters mixer.Meters
	asked  time.Time // when meters were last asked of the child
}

func newMix(s *Supervisor, spec mixer.Spec, observe func(mixer.Event)) *Mix {
	m := &Mix{
		s: s, log: s.cfg.Log.With("mix", spec.ID), done: make(chan struct{}),
		began: time.Now(), newest: spec, observe: observe,
	}
	m.halted, m.halt = context.WithCancel(context.Background())
	if !spec.Started.IsZero() {
		m.base = max(0, time.Since(spec.Started))
	}
	return m
}

// age is how long the mix has run, which never goes back.
func (m *Mix) age() time.Duration { return m.base + time.Since(m.began) }

// launch starts a child with spec.
func (m *Mix) launch(spec mixer.Spec) (*child, error) {
	return m.s.start(m.halted, m.log, m, &wire.Start{
		Spec: spec, Base: m.age(), Limits: m.s.cfg.Limits, Policy: m.s.cfg.Policy,
	})
}

// install makes c the child that changes go to. One that came when the mix was stopped
// already is killed.
func (m *Mix) install(c *child) {
	m.mu.Lock()
	m.child = c
	m.mu.Unlock()
	if m.halted.Err() != nil {
		c.kill("it is not wanted any more")
	}
}

// current returns the child, nil for none.
func (m *Mix) current() *child {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.child
}

// Apply hands over the next spec. While there is no process it is kept for the next one.
// Errors: ErrRefused: the mix goes on with the spec that it had; mixer.ErrStopped.
func (m *Mix) Apply(spec mixer.Spec) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	if m.halted.Err() != nil {
		return mixer.ErrStopped
	}
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
		c.watch(m.s.cfg.Patience)
		if m.lose() {
			break
		}
		m.log.Error("the worker is lost", "reason", c.why, "worker", c.cmd.Process.Pid)
		m.miss(c.why)
		c = m.replace(time.Since(born))
	}
	m.finish()
}

// lose notes that there is no child and says whether none is wanted any more.
func (m *Mix) lose() (halted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.child = nil
	if m.halted.Err() != nil {
		return true
	}
	m.absent()
	return false
}

// replace starts a child after one that lived for a while; nil when the mix is stopped.
func (m *Mix) replace(lived time.Duration) *child {
	for ; ; lived = 0 {
		wait := m.wait.next(lived)
		timer := time.NewTimer(wait + time.Duration(float64(wait)*rand.Float64()/4))
		select {
		case <-m.halted.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		c, err := m.succeed()
		if err == nil {
			return c
		}
		if m.halted.Err() == nil {
			m.log.Error("no other worker could be started", "error", err)
			m.miss(err.Error())
		}
	}
}

// succeed starts another child and lets it hear of what changed meanwhile.
func (m *Mix) succeed() (*child, error) {
	m.changing.Lock()
	spec := m.newest
	m.changing.Unlock()
	c, err := m.launch(spec)
	if err != nil {
		return nil, err
	}
	m.changing.Lock()
	defer m.changing.Unlock()
	if m.newest.Revision != spec.Revision {
		// Until it is installed, Stop does not know it.
		cut := context.AfterFunc(m.halted, func() { c.kill("it is not wanted any more") })
		defer cut()
		if err := c.apply(m.newest); err != nil {
			c.kill("it does not take a change")
			<-c.gone
			return nil, err
		}
	}
	m.install(c)
	return c, nil
}

// Stop ends the mix: what is encoded is sent and the outputs are closed. When ctx ends
// before that the rest is cut off. It may be called again.
func (m *Mix) Stop(ctx context.Context) error {
	m.halt() // a child that is just being started is killed
	if c := m.current(); c != nil {
		// That a child does not listen keeps nobody longer than ctx.
		cut := context.AfterFunc(ctx, func() { c.kill("it did not stop in time") })
		defer cut()
		if ctx.Err() == nil {
			within := time.Hour
			if deadline, ok := ctx.Deadline(); ok {
				within = max(0, time.Until(deadline))
			}
			c.stop(within)
		}
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
	}
	if c := m.current(); c != nil {
		c.kill("it did not stop in time")
	}
	return ctx.Err()
}

// finish tells of the end.
func (m *Mix) finish() {
	m.telling.Lock()
	reason := cmp.Or(m.ended, "stopped")
	m.telling.Unlock()
	m.tell(mixer.Event{Kind: mixer.MixStopped, Reason: reason})
	m.s.leave(m)
	close(m.done)
}

// Done is closed when the mix has ended and its process is gone.
func (m *Mix) Done() <-chan struct{} { return m.done }
