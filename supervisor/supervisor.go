package supervisor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// Errors of this package.
var (
	// ErrWorker: a worker could not be started, or did not answer.
	ErrWorker = errors.New("supervisor: the worker failed")
	// ErrRefused: the worker's engine refused a spec; its text says why.
	ErrRefused = errors.New("supervisor: refused")
	// ErrClosed: the Supervisor is closed.
	ErrClosed = errors.New("supervisor: closed")
)

// Library gives what specs name. It is safe for concurrent use.
type Library interface {
	// PictureFile returns a picture as it was uploaded.
	PictureFile(ctx context.Context, name string) ([]byte, error)
	mixer.Sounds
}

// Config says how workers are run.
type Config struct {
	// Command starts a worker; its first word is the program. Required. The worker finds
	// its socket as file descriptor 3.
	Command []string
	// Env is the whole environment of workers, as KEY=VALUE.
	Env []string
	// Library answers workers; nil: there is nothing that specs could name.
	Library Library
	// Log gets what workers log, and what becomes of them. Required.
	Log *slog.Logger
	// Limits are those of each worker; Nice, 0–19, is added to its priority.
	Limits wire.Limits
	Nice   int
	// Policy is handed to each worker: what it may connect to.
	Policy json.RawMessage
	// Patience is how long a worker may be silent, or its tick stand still, before it
	// counts as hung; default 5 s.
	Patience time.Duration
}

// startTimeout is how long a worker may take until its mix runs.
const startTimeout = 20 * time.Second

// startTries is how many workers are started for a new mix before its start has failed.
const startTries = 3

// Supervisor runs mixes in processes of their own. Safe for concurrent use.
type Supervisor struct {
	cfg     Config
	spawner *spawner

	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	closing  sync.Once
	checks   sync.WaitGroup
	checking chan struct{} // holds one for each check that runs

	mu     sync.Mutex
	mixes  map[*Mix]struct{}
	closed bool
}

// New returns a Supervisor. Close ends it.
func New(cfg Config) *Supervisor {
	cfg.Patience = cmp.Or(cfg.Patience, 5*time.Second)
	s := &Supervisor{
		cfg: cfg, spawner: newSpawner(cfg.Nice), checking: make(chan struct{}, maxChecks), mixes: map[*Mix]struct{}{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start starts a mix in a process of its own and returns when it runs. observe is called
// for each event, one call at a time; it must not block, and is never called after the
// Mix is done. Errors: ErrRefused, ErrWorker, ErrClosed.
func (s *Supervisor) Start(spec mixer.Spec, observe func(mixer.Event)) (*Mix, error) {
	m := newMix(s, spec, observe)
	if err := s.enter(m); err != nil {
		return nil, err
	}
	c, err := m.launch(spec)
	for tries := 1; errors.Is(err, ErrWorker) && tries < startTries; tries++ {
		c, err = m.launch(spec)
	}
	if err != nil {
		defer close(m.done) // Close waits for it
		s.leave(m)
		if m.halted.Err() != nil {
			return nil, ErrClosed
		}
		return nil, err
	}
	m.install(c)
	go m.keep(c)
	return m, nil
}

// enter counts a mix among those that run.
func (s *Supervisor) enter(m *Mix) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.mixes[m] = struct{}{}
	return nil
}

// leave ends that.
func (s *Supervisor) leave(m *Mix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mixes, m)
}

// Close refuses new mixes and checks, ends those that still run without waiting for what is
// not sent yet, and returns when every worker is gone. It may be called again.
func (s *Supervisor) Close() {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		mixes := slices.Collect(maps.Keys(s.mixes))
		s.mu.Unlock()
		s.cancel()
		for _, m := range mixes {
			_ = m.Stop(s.ctx)
		}
		for _, m := range mixes {
			<-m.Done()
		}
		s.checks.Wait()
		s.spawner.close()
	})
}
