package server

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// launch starts the engine for m, whose turn the caller has.
func (r *Registry) launch(ctx context.Context, m *mix, spec *pb.MixSpec) (*pb.Mix, error) {
	spec = proto.CloneOf(spec)
	running, err := r.engage(ctx, m, spec)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		delete(r.mixes, spec.Id)
		r.running--
		return nil, err
	}
	mix := m.begin(spec, running)
	r.tending.Add(1)
	go func() {
		defer r.tending.Done()
		m.tend(r.limits.StatsInterval)
		r.retire(m)
	}()
	return mix, nil
}

// engage pins spec and starts the engine with it.
func (r *Registry) engage(ctx context.Context, m *mix, spec *pb.MixSpec) (Mix, error) {
	wanted, err := r.prepare(ctx, m, spec)
	if err != nil {
		return nil, err
	}
	running, err := r.engine.Start(wanted, m.observe)
	if err != nil {
		return nil, fmt.Errorf("%w: starting mix %q: %w", ErrEngine, spec.Id, err)
	}
	return running, nil
}

// prepare pins spec, returns it in the engine's terms, and notes that m wants it.
func (r *Registry) prepare(ctx context.Context, m *mix, spec *pb.MixSpec) (mixer.Spec, error) {
	r.library.using.RLock()
	defer r.library.using.RUnlock()
	faults, err := r.library.pin(ctx, spec)
	if err := outcome(faults.under("spec."), err); err != nil {
		return mixer.Spec{}, err
	}
	carryMusic(spec, nil, time.Now())
	wanted, err := r.library.toMixer(ctx, spec, 1)
	if err == nil {
		m.want(spec)
	}
	return wanted, err
}
