package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// Of a start of the service.
const (
	// resumeAtOnce is how many mixes the engine is asked to start at the same time.
	resumeAtOnce = 8
	// sequenceLeap is what the numbers of events leave out when the last of them may have
	// been lost: more than ever wait to be kept.
	sequenceLeap = 2 * (eventsWaiting + eventsAtOnce)
)

// resumed is the reason of the event that tells of a restart of the service.
const resumed = "the service was restarted"

// Resume finds the mixes that an earlier process kept and runs those again that should
// run. When it returns the list of mixes is complete; the engine starts them meanwhile,
// and is asked again as long as it refuses. It is called once, after Keep and before
// anything else. Errors: ErrStore.
func (r *Registry) Resume(ctx context.Context) error {
	if r.keeper == nil {
		return nil
	}
	records, err := r.keeper.records.Mixes(ctx)
	if err != nil {
		r.log.Error("the records of the mixes cannot be read", "error", err)
		return storeFailure{is: ErrStore, cause: err, why: "the records of the mixes cannot be read"}
	}
	mixes := make([]*mix, len(records))
	for i, record := range records {
		if mixes[i], err = r.restore(record); err != nil {
			r.log.Error("the record of a mix cannot be read", "mix", record.ID, "error", err)
			return storeFailure{is: ErrStore, cause: err, why: fmt.Sprintf("the record of mix %q cannot be read", record.ID)}
		}
	}
	r.recall(ctx, mixes)
	for _, m := range mixes {
		// From now on the record does not have the last number any more.
		if !m.complete || r.keeper.write(ctx, m, m.current, false) != nil {
			m.sequence += sequenceLeap
		}
	}

	now := time.Now()
	turns := make(chan struct{}, resumeAtOnce)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range mixes {
		r.mixes[m.id] = m
		if m.current.State == pb.MixState_MIX_STATE_RUNNING {
			r.running++
			r.admitter.Adopt(m.id, load(m.current.Spec))
			m.excuse(now)
			m.running = r.revive(m, turns)
			r.attach(m)
		} else {
			r.bury(m, now)
		}
		m.release()
	}
	if r.running > 0 {
		r.log.Info("mixes of an earlier process go on", "mixes", r.running)
	}
	slices.SortStableFunc(r.stopped, func(a, b *mix) int {
		return a.current.StopTime.AsTime().Compare(b.current.StopTime.AsTime())
	})
	r.forgetOldest()
	return nil
}

// restore returns the mix of a record; its turn is taken.
func (r *Registry) restore(record store.MixRecord) (*mix, error) {
	var kept mixRecord
	if err := json.Unmarshal(record.Data, &kept); err != nil {
		return nil, err
	}
	current, started, err := kept.read()
	if err != nil {
		return nil, err
	}
	if current.Spec.Id != record.ID {
		return nil, fmt.Errorf("it is that of mix %q", current.Spec.Id)
	}
	m := r.newMix(started)
	m.current, m.restarts, m.again = current, current.Restarts, true
	m.stats = &pb.MixStats{Revision: current.Revision}
	m.sequence, m.complete = kept.Sequence, kept.Clean
	m.idle.since = current.CreateTime.AsTime()
	if kept.IdleSince != nil {
		m.idle = idleness{since: *kept.IdleSince, told: true}
	} else if record.Live {
		m.idle.since = time.Now()
	}
	r.keeper.knows(m.id, record.Revision)
	return m, nil
}

// recall gives mixes their last events, as far as they are kept.
func (r *Registry) recall(ctx context.Context, mixes []*mix) {
	if r.events == nil {
		return
	}
	turns := make(chan struct{}, resumeAtOnce)
	var reading sync.WaitGroup
	for _, m := range mixes {
		turns <- struct{}{}
		reading.Go(func() {
			defer func() { <-turns }()
			events, err := r.events.to.EventsOf(ctx, m.id, r.limits.Events)
			if err != nil {
				r.log.Warn("the events of a mix cannot be read", "mix", m.id, "error", err)
				return
			}
			for _, kept := range events {
				event := &pb.MixEvent{}
				// One from before this mix was another mix's, of the same id.
				if kept.Time.Before(m.current.CreateTime.AsTime()) || proto.Unmarshal(kept.Data, event) != nil {
					continue
				}
				m.events = append(m.events, event)
			}
			if n := len(m.events); n > 0 && m.events[n-1].Sequence > m.sequence {
				m.sequence, m.complete = m.events[n-1].Sequence, false
			}
		})
	}
	reading.Wait()
}

// excuse gives the inputs of a mix that is resumed now time to come back.
func (m *mix) excuse(now time.Time) {
	timeout := m.current.Spec.IdleTimeout.AsDuration()
	if latest := now.Add(min(timeout, idleGrace) - timeout); m.idle.since.Before(latest) {
		m.idle.since = latest
	}
}

// bury makes a mix that was found a stopped one: it had ended, or was being ended.
// r.mu is held.
func (r *Registry) bury(m *mix, now time.Time) {
	if m.current.State != pb.MixState_MIX_STATE_STOPPED {
		m.current = proto.CloneOf(m.current)
		m.current.State, m.current.StopTime = pb.MixState_MIX_STATE_STOPPED, timestamppb.New(now)
		m.current.StopReason = "it was being stopped when the service was restarted"
		r.keeper.mark(m)
	}
	close(m.over)
	r.stopped = append(r.stopped, m)
}

// revive returns a Mix that is started again as soon as the engine can. The turns bound
// how many are at once.
func (r *Registry) revive(m *mix, turns chan struct{}) Mix {
	ctx, cancel := context.WithCancel(context.Background())
	v := &revival{
		id: m.id, engine: r.engine, observe: m.observe, turns: turns, cancel: cancel,
		settled: make(chan struct{}), done: make(chan struct{}),
		spec: func(ctx context.Context) (mixer.Spec, error) { return r.library.spec(ctx, m.get()) },
	}
	go v.run(ctx)
	return v
}

// spec returns a mix in the engine's terms.
func (l *Library) spec(ctx context.Context, mix *pb.Mix) (mixer.Spec, error) {
	spec, err := l.toMixer(ctx, mix.Spec, mix.Revision)
	spec.Started = mix.CreateTime.AsTime()
	return spec, err
}
