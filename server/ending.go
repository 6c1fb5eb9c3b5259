package server

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Close refuses new mixes, stops those that run, all at once, and returns when
// every one has ended, or ErrStopTimeout when ctx is done before that. When the Registry
// keeps mixes, they are stopped for now: the next process runs them again.
func (r *Registry) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	mixes := make([]*mix, 0, len(r.mixes))
	for _, m := range r.mixes {
		mixes = append(mixes, m)
	}
	r.mu.Unlock()

	ended := make(chan struct{})
	var stops sync.WaitGroup
	for _, m := range mixes {
		stops.Go(func() {
			if m.acquire(ctx) != nil {
				return
			}
			defer m.release()
			switch {
			case m.get() == nil:
			case r.keeper != nil && !m.stopping():
				m.suspend(ctx)
			default:
				_, _ = m.stop(ctx, 0) // what matters is whether it has ended, below
			}
		})
	}
	go func() {
		defer close(ended)
		stops.Wait()
		r.tending.Wait()
	}()
	defer r.events.close(ctx)
	defer r.keeper.close(ctx)
	select {
	case <-ended:
		r.farewell(ctx, mixes)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %d of them", ErrStopTimeout, r.Running())
	}
}

// farewell notes in the records of suspended mixes that nothing of theirs was lost.
func (r *Registry) farewell(ctx context.Context, mixes []*mix) {
	for _, m := range mixes {
		if !m.isSuspended() {
			continue
		}
		if err := r.keeper.rewrite(ctx, m, true); err != nil {
			r.log.Warn("the record of a mix was not closed", "mix", m.id, "error", err)
		}
	}
}

// stop does the work of Registry.Stop. The caller has the turn.
func (m *mix) stop(ctx context.Context, expected int64) (*pb.Mix, error) {
	if err := checkRevision(m.get(), expected); err != nil {
		return nil, err
	}
	if m.isSuspended() {
		return nil, ErrClosed
	}
	if m.ended() {
		if err := m.keeper.settle(ctx, m); err != nil {
			return nil, err
		}
		return m.get(), nil
	}
	stopping := func(mix *pb.Mix) {
		if mix.State == pb.MixState_MIX_STATE_RUNNING {
			mix.State = pb.MixState_MIX_STATE_STOPPING
		}
	}
	// Once its record says so, no later process runs it again.
	if err := m.keeper.save(ctx, m, m.draft(stopping)); err != nil {
		m.keeper.mark(m) // it may say so all the same, and the mix goes on
		return nil, err
	}
	m.edit(stopping)
	// A caller that goes away does not leave a mix half stopped.
	late := time.NewTimer(StopTimeout + stopGrace)
	defer late.Stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopTimeout)
	defer cancel()
	stopErr := m.running.Stop(ctx)
	select {
	case <-m.over:
		if err := m.keeper.save(ctx, m, m.get()); err != nil {
			m.keeper.mark(m) // that it is being stopped is written
		}
		return m.get(), nil
	case <-late.C:
	}
	if stopErr != nil {
		return nil, fmt.Errorf("%w: mix %q: %w", ErrStopTimeout, m.id, stopErr)
	}
	return nil, fmt.Errorf("%w: mix %q", ErrStopTimeout, m.id)
}

// suspend ends the mix for now: its record says that it runs. The caller has the turn.
func (m *mix) suspend(ctx context.Context) {
	m.mu.Lock()
	m.suspended = true
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, StopTimeout)
	defer cancel()
	_ = m.running.Stop(ctx) // what matters is whether it has ended, which Close sees
}

// isSuspended says whether the mix ends with the service, for now.
func (m *mix) isSuspended() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.suspended
}

// end makes the mix a stopped one, unless it is suspended, and ends its watchers.
func (m *mix) end() (stopped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.suspended {
		m.editLocked(func(mix *pb.Mix) {
			mix.State = pb.MixState_MIX_STATE_STOPPED
			mix.StopTime = timestamppb.Now()
			mix.StopReason = cmp.Or(m.reason, "the engine ended it without a word")
		})
		m.keeper.mark(m) // before anybody sees that it is over
	}
	close(m.over)
	for w := range m.watchers {
		w.finish()
	}
	clear(m.watchers)
	return !m.suspended
}
