package server

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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
	keeper  *keeper       // nil when mixes end with the process
	log     *eventQueue   // nil when events end with the process

	expiring atomic.Bool // somebody is ending it because it is overdue

	mu       sync.Mutex
	current  *pb.Mix     // immutable, replaced on change; nil until the engine has started
	wanted   *pb.MixSpec // pinned, on its way to the engine; nil for none
	stats    *pb.MixStats
	events   []*pb.MixEvent // oldest first, at most maxEvents
	sequence int64          // of the last event
	reason   string         // of the MixStopped event
	why      string         // instead of what the engine will say; "" for that
	restarts int32          // of the process that mixes
	idle     idleness
	// suspended: the service ends, and the mix with it for now.
	suspended bool
	// again: an earlier process has run it.
	again bool
	// complete: the record that it was restored from had the number of the last event.
	complete bool
	watchers map[*Watcher]struct{}

	maxEvents int
}

// newMix returns a mix that has not started; its turn is taken.
func (r *Registry) newMix(spec *pb.MixSpec) *mix {
	m := &mix{
		id:        spec.Id,
		started:   spec,
		turn:      make(chan struct{}, 1),
		over:      make(chan struct{}),
		watchers:  map[*Watcher]struct{}{},
		maxEvents: r.limits.Events,
		keeper:    r.keeper,
		log:       r.events,
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

// fresh returns a mix that begins now.
func fresh(spec *pb.MixSpec) *pb.Mix {
	now := timestamppb.Now()
	return &pb.Mix{Spec: spec, Revision: 1, State: pb.MixState_MIX_STATE_RUNNING, CreateTime: now, UpdateTime: now}
}

// begin makes the mix a running one. The caller has the turn.
func (m *mix) begin(mix *pb.Mix, running Mix) *pb.Mix {
	m.running = running
	stats := statsOf(running)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats = stats
	m.wanted = nil
	m.idle.since = mix.CreateTime.AsTime()
	mix.Restarts = m.restarts
	m.current = mix
	return m.current
}

// edit replaces the current message by a changed copy.
func (m *mix) edit(change func(*pb.Mix)) *pb.Mix {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.editLocked(change)
}

func (m *mix) editLocked(change func(*pb.Mix)) *pb.Mix {
	m.current = m.draftLocked(change)
	return m.current
}

// draft returns what edit would, and changes nothing.
func (m *mix) draft(change func(*pb.Mix)) *pb.Mix {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.draftLocked(change)
}

func (m *mix) draftLocked(change func(*pb.Mix)) *pb.Mix {
	c := m.current
	next := &pb.Mix{
		Spec: c.Spec, Revision: c.Revision, State: c.State, CreateTime: c.CreateTime,
		UpdateTime: c.UpdateTime, StopTime: c.StopTime, StopReason: c.StopReason, Restarts: m.restarts,
	}
	change(next)
	return next
}

// tend takes statistics until the engine's mix has ended, and ends it when it is overdue.
func (r *Registry) tend(m *mix) {
	ticker := time.NewTicker(r.limits.StatsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			taken := m.running.Stats()
			stats := statsToProto(taken, m.running.Meters())
			m.publish(stats)
			r.measure(m.id, taken.Resources)
			if m.attend(stats, time.Now()) {
				m.keeper.mark(m)
			}
			if m.overdue(time.Now()) != "" && m.expiring.CompareAndSwap(false, true) {
				r.tending.Go(func() { r.expire(m) })
			}
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
	switch {
	case e.Kind == mixer.MixStarted && m.again:
		return // it was told when it was so
	case e.Kind == mixer.WorkerRestarted:
		m.restarts++
		if m.current != nil {
			m.editLocked(func(*pb.Mix) {})
		}
		m.keeper.mark(m)
	case e.Kind == mixer.MixStopped && m.suspended:
		e.Kind, e.Reason = mixer.WorkerLost, "the service ends; the mix goes on when it is started again"
	case e.Kind == mixer.MixStopped && m.why != "":
		e.Reason = m.why
	}
	m.sequence++
	event := eventToProto(e, m.sequence)
	m.log.offer(m.id, event)
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
	if m.ended() {
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
