package server

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// isFor says whether spec is what the mix runs with or was started with.
func (m *mix) isFor(spec *pb.MixSpec, current *pb.Mix) bool {
	if proto.Equal(spec, m.started) {
		return true
	}
	spec = keepPins(proto.CloneOf(spec), current.Spec)
	return proto.Equal(carryMusic(spec, current.Spec, time.Now()), current.Spec)
}

// want notes the spec that is on its way to the engine, nil when it has arrived or
// been refused.
func (m *mix) want(spec *pb.MixSpec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted = spec
}

// specs returns those whose templates and pictures the engine may need.
func (m *mix) specs() (list []*pb.MixSpec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current != nil && m.current.State != pb.MixState_MIX_STATE_STOPPED {
		list = append(list, m.current.Spec)
	}
	if m.wanted != nil {
		list = append(list, m.wanted)
	}
	return list
}

// checkRevision returns ErrRevision unless expected is 0 or the current revision.
func checkRevision(current *pb.Mix, expected int64) error {
	if expected != 0 && expected != current.Revision {
		return fmt.Errorf("%w: mix %q is at revision %d, the change expects %d",
			ErrRevision, current.Spec.Id, current.Revision, expected)
	}
	return nil
}

// change does the work of Registry.Update. The caller has the turn.
func (r *Registry) change(ctx context.Context, m *mix, expected int64,
	change func(*pb.MixSpec) (*pb.MixSpec, error),
) (_ *pb.Mix, err error) {
	current := m.get()
	if m.isSuspended() {
		return nil, ErrClosed
	}
	if current.State != pb.MixState_MIX_STATE_RUNNING {
		return nil, fmt.Errorf("%w: mix %q has stopped or is stopping", ErrNotRunning, m.id)
	}
	if err := checkRevision(current, expected); err != nil {
		return nil, err
	}
	next, wanted, err := m.prepare(ctx, r.library, current, change)
	if err != nil {
		return nil, err
	}
	if next == nil {
		if err := r.keeper.settle(ctx, m); err != nil {
			return nil, err
		}
		return current, nil
	}
	defer m.want(nil)
	if err := r.admit(next); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.admitter.Adopt(m.id, load(current.Spec))
		}
	}()
	now := timestamppb.Now()
	changed := func(mix *pb.Mix) { mix.Spec, mix.Revision, mix.UpdateTime = next, wanted.Revision, now }
	if err := r.keeper.save(ctx, m, m.draft(changed)); err != nil {
		r.keeper.mark(m) // it may have come about
		return nil, err
	}
	if err := m.running.Apply(wanted); err != nil {
		if r.keeper.save(context.WithoutCancel(ctx), m, m.get()) != nil {
			r.keeper.mark(m)
		}
		return nil, fmt.Errorf("%w: changing mix %q: %w", ErrEngine, m.id, err)
	}
	return m.edit(changed), nil
}

// prepare returns what change makes of the current spec, also in the engine's terms,
// and notes that it is wanted; nil when nothing changes.
func (m *mix) prepare(ctx context.Context, library *Library, current *pb.Mix,
	change func(*pb.MixSpec) (*pb.MixSpec, error),
) (next *pb.MixSpec, wanted mixer.Spec, err error) {
	library.using.RLock()
	defer library.using.RUnlock()
	next, err = change(proto.CloneOf(current.Spec))
	if err != nil {
		return nil, wanted, err
	}
	if proto.Equal(next, current.Spec) {
		return nil, wanted, nil
	}
	if err := checkFixed(next, current.Spec); err != nil {
		return nil, wanted, err
	}
	if wanted, err = library.toMixer(ctx, next, current.Revision+1); err != nil {
		return nil, wanted, err
	}
	wanted.Started = current.CreateTime.AsTime()
	m.want(next)
	return next, wanted, nil
}
