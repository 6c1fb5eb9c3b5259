package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// StopTimeout is how long one mix gets to end cleanly: to send what is encoded and
// close its outputs.
const StopTimeout = 5 * time.Second

// stopGrace is how long the engine gets beyond StopTimeout to cut off the rest.
const stopGrace = 500 * time.Millisecond

// Limits bound what a Registry holds. A zero field takes its default.
type Limits struct {
	Mixes         int           // running at once; default 64
	Stopped       int           // remembered after they stopped; default 100
	Events        int           // remembered of each mix; default 256
	Watchers      int           // of each mix at once; default 64
	WatchBuffer   int           // messages that wait for one watcher; default 256
	StatsInterval time.Duration // between statistics; default 1 s
}

// withDefaults returns l with its zero fields filled.
func (l Limits) withDefaults() Limits {
	return Limits{
		Mixes:         cmp.Or(l.Mixes, 64),
		Stopped:       cmp.Or(l.Stopped, 100),
		Events:        cmp.Or(l.Events, 256),
		Watchers:      cmp.Or(l.Watchers, 64),
		WatchBuffer:   cmp.Or(l.WatchBuffer, 256),
		StatsInterval: cmp.Or(l.StatsInterval, time.Second),
	}
}

// Registry holds the mixes of this process, running and lately stopped. Changes of
// one mix are made one after another, in the order in which they got its turn. A
// Registry is safe for concurrent use.
//
// Locks, in the order in which they are taken: a mix's turn, Library.using, Registry.mu,
// mix.mu; those of the keeper and the eventQueue after all of these.
// Only a turn is ever held during a call into the engine, and only that and the keeper's
// own during one into its store.
type Registry struct {
	engine  Engine
	library *Library
	limits  Limits
	keeper  *keeper     // nil when mixes end with the process; set by Keep, as what follows
	events  *eventQueue // nil when events end with the process
	log     *slog.Logger

	admitter Admitter

	mu      sync.Mutex
	mixes   map[string]*mix
	stopped []*mix // oldest first
	running int    // claimed and not yet retired
	closed  bool
	tending sync.WaitGroup // one for each running mix; added to under mu
}

// NewRegistry returns an empty Registry over engine. Templates and pictures come from
// library; nil has the built-in templates alone. Close ends it.
func NewRegistry(engine Engine, library *Library, limits Limits) *Registry {
	if library == nil {
		library = NewLibrary(nil, LibraryConfig{})
	}
	return &Registry{
		engine: engine, library: library, limits: limits.withDefaults(), mixes: map[string]*mix{},
		log: slog.New(slog.DiscardHandler), admitter: unlimited{},
	}
}

// Start starts a mix from a complete, validated spec, which the Registry then owns.
// When a mix of this id runs with this spec (or was started with it) that one is
// returned. Versions of templates and pictures that spec leaves open are pinned.
// When a Registry keeps mixes, the mix survives the process once Start has returned.
// Errors: Faults (paths begin at `spec.`), ErrExists, ErrElsewhere, ErrTooManyMixes, admission.ErrNoCapacity,
// ErrClosed, ErrEngine, ErrStore, ErrNoRoom, ErrNotRunning (the mix of this id is stopping), or ctx's.
func (r *Registry) Start(ctx context.Context, spec *pb.MixSpec) (*pb.Mix, error) {
	for {
		m, fresh, err := r.claim(spec)
		if err != nil {
			return nil, err
		}
		if fresh {
			defer m.release()
			return r.launch(ctx, m, spec)
		}
		if err := m.acquire(ctx); err != nil {
			return nil, err
		}
		current := m.get()
		again := current != nil && current.State == pb.MixState_MIX_STATE_RUNNING && m.isFor(spec, current)
		if again {
			err = r.keeper.settle(ctx, m)
		}
		m.release()
		switch {
		case err != nil:
			return nil, err
		case again:
			return current, nil
		case current == nil || current.State == pb.MixState_MIX_STATE_STOPPED:
			continue // it failed to start, or ended, while we waited
		case current.State == pb.MixState_MIX_STATE_STOPPING:
			return nil, fmt.Errorf("%w: mix %q is stopping", ErrNotRunning, spec.Id)
		}
		return nil, fmt.Errorf("%w: mix %q is at revision %d", ErrExists, spec.Id, current.Revision)
	}
}

// claim returns the mix of spec's id, or a fresh one in its place whose turn the
// caller then has.
func (r *Registry) claim(spec *pb.MixSpec) (m *mix, fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false, ErrClosed
	}
	old := r.mixes[spec.Id]
	if old != nil && !old.ended() {
		return old, false, nil
	}
	if r.running >= r.limits.Mixes {
		return nil, false, fmt.Errorf("%w: %d mixes run, the most that this process may", ErrTooManyMixes, r.running)
	}
	if old != nil {
		r.keeper.drop(old)
	}
	m = r.newMix(spec)
	r.mixes[spec.Id] = m
	r.running++
	r.stopped = slices.DeleteFunc(r.stopped, func(s *mix) bool { return s == old })
	return m, true, nil
}

// retire moves a mix that has ended to the stopped ones and forgets the oldest. One that
// is suspended stays where it is.
func (r *Registry) retire(m *mix) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	r.admitter.Release(m.id)
	if m.end() {
		r.stopped = append(r.stopped, m)
		r.forgetOldest()
	}
}

// forgetOldest forgets the stopped mixes beyond the limit. r.mu is held.
func (r *Registry) forgetOldest() {
	for len(r.stopped) > r.limits.Stopped {
		oldest := r.stopped[0]
		r.stopped = slices.Delete(r.stopped, 0, 1)
		delete(r.mixes, oldest.id)
		r.keeper.forget(oldest)
	}
}

// find returns the mix of this id, or ErrNotFound.
func (r *Registry) find(id string) (*mix, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.mixes[id]
	if m == nil || m.get() == nil {
		return nil, fmt.Errorf("%w: %q", ErrNotFound, id)
	}
	return m, nil
}

// Update replaces the spec of a running mix by what change makes of it. change gets
// a copy of the current spec that it may alter and return; it runs while no other
// change of this mix does, and pins what it leaves open (see Library). A spec that
// comes back equal changes nothing. Further changes follow, each with a revision of its
// own, with none of others between them. When a Registry keeps mixes, the change survives
// the process once Update has returned; on failure the mix goes on as it was. Errors:
// ErrNotFound, ErrNotRunning, ErrRevision, ErrFixed, ErrEngine, ErrStore, ErrNoRoom,
// ErrClosed, ctx's, or change's.
func (r *Registry) Update(ctx context.Context, id string, expected int64,
	change func(spec *pb.MixSpec) (*pb.MixSpec, error), further ...func(spec *pb.MixSpec) (*pb.MixSpec, error),
) (*pb.Mix, error) {
	m, err := r.find(id)
	if err != nil {
		return nil, err
	}
	if err := m.acquire(ctx); err != nil {
		return nil, err
	}
	defer m.release()
	mix, err := r.change(ctx, m, expected, change)
	for _, change := range further {
		if err != nil {
			return nil, err
		}
		mix, err = r.change(ctx, m, 0, change)
	}
	return mix, err
}

// Stop ends a mix and returns it when it has ended. The end goes on when ctx is
// done. A mix whose record cannot be written goes on. Errors: ErrNotFound, ErrRevision,
// ErrStopTimeout, ErrStore, ErrNoRoom, or ctx's.
func (r *Registry) Stop(ctx context.Context, id string, expected int64) (*pb.Mix, error) {
	m, err := r.find(id)
	if err != nil {
		return nil, err
	}
	if err := m.acquire(ctx); err != nil {
		return nil, err
	}
	defer m.release()
	return m.stop(ctx, expected)
}

// Get returns a mix with its last statistics and events, or ErrNotFound.
func (r *Registry) Get(id string) (*pb.GetMixResponse, error) {
	m, err := r.find(id)
	if err != nil {
		return nil, err
	}
	return m.snapshot(), nil
}

// List returns at most size mixes whose ids come after `after`, by id, and whether
// there are more.
func (r *Registry) List(size int, after string, stopped bool) (mixes []*pb.Mix, more bool) {
	r.mu.Lock()
	for id, m := range r.mixes {
		if mix := m.get(); mix != nil && id > after && (stopped || mix.State != pb.MixState_MIX_STATE_STOPPED) {
			mixes = append(mixes, mix)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(mixes, func(a, b *pb.Mix) int { return cmp.Compare(a.Spec.Id, b.Spec.Id) })
	if len(mixes) > size {
		return mixes[:size], true
	}
	return mixes, false
}

// Watch returns a Watcher of a mix; its first message is a snapshot. The caller
// closes it. Errors: ErrNotFound, ErrTooManyWatchers.
func (r *Registry) Watch(id string) (*Watcher, error) {
	m, err := r.find(id)
	if err != nil {
		return nil, err
	}
	return m.watch(r.limits)
}

// Running returns how many mixes run.
func (r *Registry) Running() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running
}
