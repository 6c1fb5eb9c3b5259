package server

import (
	"context"
	"fmt"
	"time"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// DefaultIdleTimeout is how long a mix without live input goes on, where its spec says
// nothing else.
const DefaultIdleTimeout = 5 * time.Minute

// Of a mix without live input.
const (
	// idleTold is how long it is so until that is kept: a short while is no write.
	idleTold = 10 * time.Second
	// idleGrace is how long inputs get, at least, to come back after a restart of the
	// service; less where the timeout is shorter.
	idleGrace = 30 * time.Second
)

// idleness is since when a mix has no live input.
type idleness struct {
	since time.Time // when an input was live last; when the mix began, before that
	told  bool      // the record has it
}

// live says whether something arrives of a participant's stream. A hidden one counts
// while its stream comes, and so does one whose camera is off while its sound comes; an
// app in the background does not: it sends a still picture and silence for ever.
func live(s *pb.SourceStats) bool {
	switch s.State {
	case pb.SourceState_SOURCE_STATE_LIVE, pb.SourceState_SOURCE_STATE_AUDIO_ONLY:
		return true
	case pb.SourceState_SOURCE_STATE_HIDDEN, pb.SourceState_SOURCE_STATE_FROZEN,
		pb.SourceState_SOURCE_STATE_STALLED, pb.SourceState_SOURCE_STATE_REFUSED:
		return s.Bitrate > 0
	default:
		return false
	}
}

// attend notes whether stats have live input, and whether the record should have that it
// has none.
func (m *mix) attend(stats *pb.MixStats, now time.Time) (changed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// A mix that is being started again says nothing of its sources yet.
	alive := len(stats.Sources) == 0 && len(m.current.Spec.Participants) > 0
	for _, s := range stats.Sources {
		alive = alive || live(s)
	}
	told := m.idle.told
	if alive {
		m.idle = idleness{since: now}
	} else {
		m.idle.told = now.Sub(m.idle.since) >= idleTold
	}
	return m.idle.told != told
}

// overdue says why the mix should end by itself now; "" when it should not.
func (m *mix) overdue(now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.current
	if c.State != pb.MixState_MIX_STATE_RUNNING || m.suspended {
		return ""
	}
	if most := c.Spec.MaxDuration.AsDuration(); most > 0 && now.Sub(c.CreateTime.AsTime()) >= most {
		return fmt.Sprintf("it has run for %v (max_duration)", most)
	}
	if most := c.Spec.IdleTimeout.AsDuration(); most > 0 && now.Sub(m.idle.since) >= most {
		return fmt.Sprintf("no live input for %v (idle_timeout)", most)
	}
	return ""
}

// expire ends a mix that is overdue. When its record cannot be written it goes on, and is
// overdue still.
func (r *Registry) expire(m *mix) {
	defer m.expiring.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), StopTimeout)
	defer cancel()
	if m.acquire(ctx) != nil {
		return // somebody changes it; the next look at it decides
	}
	defer m.release()
	why := m.overdue(time.Now())
	if why == "" {
		return
	}
	m.because(why)
	if _, err := m.stop(ctx, 0); err != nil {
		if !m.stopping() {
			m.because("")
		}
		r.log.Warn("a mix cannot be ended", "mix", m.id, "reason", why, "error", err)
		return
	}
	r.log.Info("a mix was ended", "mix", m.id, "reason", why)
}

// because notes why the mix is ended, for the event that says so.
func (m *mix) because(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.why = why
}

// stopping says whether the mix is being ended or has ended.
func (m *mix) stopping() bool { return m.get().State != pb.MixState_MIX_STATE_RUNNING }
