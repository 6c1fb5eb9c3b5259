package server

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// mix is one mix of a Registry, from its claim to when it is forgotten.
type mix struct {
	id      string
	started *pb.MixSpec   // the spec that it was started with
	turn    chan struct{} // holds a token while somebody changes the mix
	running Mix           // set by begin; written and used with the turn, or by tend
	over    chan struct{} // closed by end

	mu       sync.Mutex
	current  *pb.Mix     // immutable, replaced on change; nil until the engine has started
	wanted   *pb.MixSpec // pinned, on its way to the engine; nil for none
	stats    *pb.MixStats
	events   []*pb.MixEvent // oldest first, at most maxEvents
	sequence int64          // of the last event
	reason   string         // of the MixStopped event
	watchers map[*Watcher]struct{}

	maxEvents int
}

// newMix returns a mix that has not started; its turn is taken.
func newMix(spec *pb.MixSpec, limits Limits) *mix {
	m := &mix{
		id:        spec.Id,
		started:   spec,
		turn:      make(chan struct{}, 1),
		over:      make(chan struct{}),
		watchers:  map[*Watcher]struct{}{},
		maxEvents: limits.Events,
	}
	m.turn <- struct{}{}
	return m
}

// acquire waits for the turn to change the mix, or for ctx.
func (m *mix) acquire(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for other changes of mix %q: %w", m.id, ctx.Err())
	}
}

// release gives the turn back.
func (m *mix) release() { <-m.turn }

// get returns the mix as it is; nil before the engine has started.
func (m *mix) get() *pb.Mix {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current
}

// ended says whether the mix ran and runs no more.
func (m *mix) ended() bool {
	select {
	case <-m.over:
		return true
	default:
		return false
	}
}

// begin makes the mix a running one. The caller has the turn.
func (m *mix) begin(spec *pb.MixSpec, running Mix) *pb.Mix {
	m.running = running
	stats := statsOf(running)
	now := timestamppb.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats = stats
	m.wanted = nil
	m.current = &pb.Mix{
		Spec: spec, Revision: 1, State: pb.MixState_MIX_STATE_RUNNING, CreateTime: now, UpdateTime: now,
	}
	return m.current
}

// edit replaces the current message by a changed copy.
func (m *mix) edit(change func(*pb.Mix)) *pb.Mix {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.current
	next := &pb.Mix{
		Spec: c.Spec, Revision: c.Revision, State: c.State, CreateTime: c.CreateTime,
		UpdateTime: c.UpdateTime, StopTime: c.StopTime, StopReason: c.StopReason,
	}
	change(next)
	m.current = next
	return next
}

// stop does the work of Registry.Stop. The caller has the turn.
func (m *mix) stop(ctx context.Context, expected int64) (*pb.Mix, error) {
	if err := checkRevision(m.get(), expected); err != nil {
		return nil, err
	}
	if m.ended() {
		return m.get(), nil
	}
	m.edit(func(mix *pb.Mix) {
		if mix.State == pb.MixState_MIX_STATE_RUNNING {
			mix.State = pb.MixState_MIX_STATE_STOPPING
		}
	})
	// A caller that goes away does not leave a mix half stopped.
	late := time.NewTimer(StopTimeout + stopGrace)
	defer late.Stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopTimeout)
	defer cancel()
	stopErr := m.running.Stop(ctx)
	select {
	case <-m.over:
		return m.get(), nil
	case <-late.C:
	}
	if stopErr != nil {
		return nil, fmt.Errorf("%w: mix %q: %w", ErrStopTimeout, m.id, stopErr)
	}
	return nil, fmt.Errorf("%w: mix %q", ErrStopTimeout, m.id)
}

// tend takes statistics until the engine's mix has ended.
func (m *mix) tend(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			m.publish(statsOf(m.running))
		case <-m.running.Done():
			m.publish(statsOf(m.running))
			return
		}
	}
}

// statsOf returns what running says of itself.
func statsOf(running Mix) *pb.MixStats { return statsToProto(running.Stats(), running.Meters()) }

// publish keeps stats and tells the watchers.
func (m *mix) publish(stats *pb.MixStats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats = stats
	for w := range m.watchers {
		w.push(&pb.WatchMixResponse{Update: &pb.WatchMixResponse_Stats{Stats: stats}})
	}
}

// observe keeps an event of the engine and tells the watchers. It does not block.
func (m *mix) observe(e mixer.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sequence++
	event := eventToProto(e, m.sequence)
	if len(m.events) == m.maxEvents {
		m.events = slices.Delete(m.events, 0, 1)
	}
	m.events = append(m.events, event)
	if e.Kind == mixer.MixStopped {
		m.reason = event.Reason
	}
	for w := range m.watchers {
		w.push(&pb.WatchMixResponse{Update: &pb.WatchMixResponse_Event{Event: event}})
	}
}

// end makes the mix a stopped one and ends its watchers.
func (m *mix) end() {
	m.edit(func(mix *pb.Mix) {
		mix.State = pb.MixState_MIX_STATE_STOPPED
		mix.StopTime = timestamppb.Now()
		mix.StopReason = m.reason
		if m.reason == "" {
			mix.StopReason = "the engine ended it without a word"
		}
	})
	close(m.over)
	m.mu.Lock()
	defer m.mu.Unlock()
	for w := range m.watchers {
		w.finish()
	}
	clear(m.watchers)
}

// snapshot returns the mix with its statistics and events.
func (m *mix) snapshot() *pb.GetMixResponse {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snapshotLocked()
}

func (m *mix) snapshotLocked() *pb.GetMixResponse {
	return &pb.GetMixResponse{Mix: m.current, Stats: m.stats, Events: slices.Clone(m.events)}
}

// watch returns a Watcher whose first message is a snapshot. Of a stopped mix that
// is its only one.
func (m *mix) watch(limits Limits) (*Watcher, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.watchers) >= limits.Watchers {
		return nil, fmt.Errorf("%w: mix %q has %d", ErrTooManyWatchers, m.id, len(m.watchers))
	}
	w := newWatcher(limits.WatchBuffer, m.snapshotLocked(), m.unwatch)
	if m.current.State == pb.MixState_MIX_STATE_STOPPED {
		w.finish()
		return w, nil
	}
	w.meters, w.over = m.running.Meters, m.over
	m.watchers[w] = struct{}{}
	return w, nil
}

func (m *mix) unwatch(w *Watcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.watchers, w)
}
