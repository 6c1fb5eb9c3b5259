package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// launch starts the engine for m, whose turn the caller has.
func (r *Registry) launch(ctx context.Context, m *mix, spec *pb.MixSpec) (*pb.Mix, error) {
	spec = proto.CloneOf(spec)
	mix, running, err := r.engage(ctx, m, spec)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.admitter.Release(spec.Id)
		delete(r.mixes, spec.Id)
		r.running--
		return nil, err
	}
	mix = m.begin(mix, running)
	r.attach(m)
	return mix, nil
}

// attach tends a mix that runs until it has ended. r.mu is held.
func (r *Registry) attach(m *mix) {
	r.tending.Go(func() {
		r.tend(m)
		r.retire(m)
	})
}

// engage pins spec, has it kept and starts the engine with it. What was kept is deleted
// again when the mix does not run after all; that goes on after a failure.
func (r *Registry) engage(ctx context.Context, m *mix, spec *pb.MixSpec) (*pb.Mix, Mix, error) {
	wanted, err := r.prepare(ctx, m, spec)
	if err != nil {
		return nil, nil, err
	}
	if err := r.admit(spec); err != nil {
		return nil, nil, err
	}
	mix := fresh(spec)
	wanted.Started = mix.CreateTime.AsTime()
	if err := r.keeper.save(ctx, m, mix); err != nil {
		if !errors.Is(err, ErrElsewhere) {
			r.keeper.forget(m) // it may have come about
		}
		return nil, nil, err
	}
	running, err := r.engine.Start(wanted, m.observe)
	if err != nil {
		r.keeper.forget(m)
		return nil, nil, fmt.Errorf("%w: starting mix %q: %w", ErrEngine, spec.Id, err)
	}
	return mix, running, nil
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
