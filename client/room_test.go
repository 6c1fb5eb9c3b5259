package client

import (
	"context"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// room is one mix of a service without a network, for tests on a virtual clock. It keeps
// a few events, as the service does, and its calls can be cut.
type room struct {
	pb.MixServiceClient // the calls that are not used
	keep                int

	mu      sync.Mutex
	created *timestamppb.Timestamp
	events  []*pb.MixEvent
	stopped bool
	away    bool // the service cannot be reached
	gone    bool // the mix is forgotten
	calls   map[*roomWatch]struct{}
}

func newRoom(keep int) *room {
	r := &room{keep: keep, calls: map[*roomWatch]struct{}{}}
	r.begin()
	return r
}

// begin starts a run of the mix.
func (r *room) begin() {
	r.mu.Lock()
	r.created, r.events, r.stopped = timestamppb.Now(), nil, false
	r.mu.Unlock()
	r.happens(pb.EventKind_EVENT_KIND_MIX_STARTED)
}

// happens adds an event and tells the calls, except those that are too slow.
func (r *room) happens(kind pb.EventKind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &pb.MixEvent{Sequence: int64(len(r.events) + 1), Kind: kind, Name: r.created.String()}
	r.events = append(r.events, e)
	for w := range r.calls {
		if !w.slow {
			w.messages <- &pb.WatchMixResponse{Update: &pb.WatchMixResponse_Event{Event: e}}
		}
	}
}

// stop ends the run.
func (r *room) stop() {
	r.happens(pb.EventKind_EVENT_KIND_MIX_STOPPED)
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.end(io.EOF)
}

// end ends the calls that are under way with err.
func (r *room) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range r.calls {
		w.err = err
		close(w.messages)
	}
	clear(r.calls)
}

// setSlow lets the calls that are under way lose what comes.
func (r *room) setSlow(slow bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range r.calls {
		w.slow = slow
	}
}

func (r *room) snapshot() *pb.GetMixResponse {
	state := pb.MixState_MIX_STATE_RUNNING
	if r.stopped {
		state = pb.MixState_MIX_STATE_STOPPED
	}
	kept := r.events[max(0, len(r.events)-r.keep):]
	return &pb.GetMixResponse{Mix: &pb.Mix{State: state, CreateTime: r.created}, Events: append([]*pb.MixEvent(nil), kept...)}
}

func (r *room) available() error {
	switch {
	case r.away:
		return status.Error(codes.Unavailable, "no service")
	case r.gone:
		return status.Error(codes.NotFound, "no such mix")
	}
	return nil
}

func (r *room) GetMix(context.Context, *pb.GetMixRequest, ...grpc.CallOption) (*pb.GetMixResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.available(); err != nil {
		return nil, err
	}
	return r.snapshot(), nil
}

func (r *room) WatchMix(ctx context.Context, _ *pb.WatchMixRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[pb.WatchMixResponse], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.available(); err != nil {
		return nil, err
	}
	w := &roomWatch{ctx: ctx, messages: make(chan *pb.WatchMixResponse, 4096)}
	w.messages <- &pb.WatchMixResponse{Update: &pb.WatchMixResponse_Snapshot{Snapshot: r.snapshot()}}
	if r.stopped {
		w.err = io.EOF
		close(w.messages)
		return w, nil
	}
	r.calls[w] = struct{}{}
	return w, nil
}

// roomWatch is one call of WatchMix.
type roomWatch struct {
	grpc.ClientStream
	ctx      context.Context
	messages chan *pb.WatchMixResponse
	err      error // after messages is closed
	slow     bool
}

func (w *roomWatch) Recv() (*pb.WatchMixResponse, error) {
	select {
	case msg, ok := <-w.messages:
		if !ok {
			return nil, w.err
		}
		return msg, nil
	case <-w.ctx.Done():
		return nil, status.FromContextError(w.ctx.Err()).Err()
	}
}
