package server

import (
	"fmt"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Snapshots returns every mix, running and lately stopped, in no order, with its last
// statistics and without its events. Nobody changes the messages.
func (r *Registry) Snapshots() []*pb.GetMixResponse {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*pb.GetMixResponse, 0, len(r.mixes))
	for _, m := range r.mixes {
		if s := m.numbers(); s.Mix != nil {
			all = append(all, s)
		}
	}
	return all
}

// numbers is snapshot without the events. The mix is nil before the engine has started.
func (m *mix) numbers() *pb.GetMixResponse {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &pb.GetMixResponse{Mix: m.current, Stats: m.stats}
}

// room returns ErrTooManyMixes or an admission.ErrNoCapacity when no mix may be added.
func (r *Registry) room() error {
	r.mu.Lock()
	running := r.running
	r.mu.Unlock()
	if running >= r.limits.Mixes {
		return fmt.Errorf("%w: %d run, the most that this process may", ErrTooManyMixes, running)
	}
	return r.admitter.Fits(least())
}

// Refuse makes Start return ErrClosed from now on. Mixes that run go on and can be
// changed until Close.
func (r *Registry) Refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}
