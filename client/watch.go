package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Waits of Watch between connections.
const (
	leastRewatch = 100 * time.Millisecond
	mostRewatch  = 5 * time.Second
)

// Update is one thing that Watch tells. One of Snapshot, Event, Stats and Meters is set.
type Update struct {
	// Snapshot is the mix as it is now: always the first update, and again after each new
	// connection, behind the events that happened meanwhile. The Events of the first one
	// are what happened before; they do not come as updates of their own.
	Snapshot *pb.GetMixResponse
	// Event is something that happened. Events come in their order, each once.
	Event *pb.MixEvent
	// Missed counts the events between Event and the one before it that are gone: the
	// connection was away for longer than the service remembers.
	Missed int64
	// Stats come about once a second.
	Stats *pb.MixStats
	// Meters come as WithMeters says.
	Meters *pb.Meters
}

// WatchOption says what Watch asks for.
type WatchOption func(*pb.WatchMixRequest)

// WithMeters asks for meters, one in every interval of 100 ms to 1 s.
func WithMeters(every time.Duration) WatchOption {
	return func(req *pb.WatchMixRequest) { req.MeterInterval = durationpb.New(every) }
}

// Watch calls handle with what happens in a mix until the mix has stopped; then it
// returns nil. A connection that breaks is made again, until ctx is done, and what
// happened meanwhile is made up for. When a mix that stopped was started anew under the
// same id meanwhile, Watch goes on with that one, whose events begin at sequence 1.
// handle is called by one goroutine, the caller's. Errors: handle's, ctx's, or a status
// that another try would not change, such as NOT_FOUND.
func (c *Client) Watch(ctx context.Context, id string, handle func(Update) error, options ...WatchOption) error {
	w := &watch{mixes: c.mixes, handle: handle, req: &pb.WatchMixRequest{Id: id}}
	for _, o := range options {
		o(w.req)
	}
	for {
		w.heard = false
		err := w.follow(ctx)
		if h, ok := errors.AsType[handlerError](err); ok {
			return h.error
		}
		if w.ended {
			return nil // however the call ended: everything was told
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !w.worthAnother(err) {
			return err
		}
		if w.failures++; w.heard {
			w.failures = 1
		}
		if err := sleep(ctx, rewatchWait(w.failures)); err != nil {
			return err
		}
	}
}

// watch is one call of Watch.
type watch struct {
	mixes  pb.MixServiceClient
	handle func(Update) error
	req    *pb.WatchMixRequest

	run      *timestamppb.Timestamp // when the mix was created; nil before the first snapshot
	last     int64                  // sequence of the last event
	ended    bool                   // the mix has stopped
	heard    bool                   // something came over this connection
	failures int                    // connections in a row over which nothing came
}

// handlerError is what handle returned.
type handlerError struct{ error }

// follow takes what comes over one connection. It returns nil when the service ended the
// call; ended says whether the mix has, too.
func (w *watch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.mixes.WatchMix(ctx, w.req)
	if err != nil {
		return err
	}
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return w.conclude(ctx)
		}
		if err != nil {
			return err
		}
		w.heard = true
		if err := w.take(ctx, msg); err != nil {
			return err
		}
	}
}

// take hands one message over.
func (w *watch) take(ctx context.Context, msg *pb.WatchMixResponse) error {
	switch u := msg.Update.(type) {
	case *pb.WatchMixResponse_Snapshot:
		return w.snapshot(u.Snapshot)
	case *pb.WatchMixResponse_Event:
		return w.event(ctx, u.Event)
	case *pb.WatchMixResponse_Stats:
		return w.tell(Update{Stats: u.Stats})
	case *pb.WatchMixResponse_Meters:
		return w.tell(Update{Meters: u.Meters})
	}
	return nil // of a newer service
}

// snapshot hands over what happened while there was no connection, and then s.
func (w *watch) snapshot(s *pb.GetMixResponse) error {
	var newest int64
	if n := len(s.Events); n > 0 {
		newest = s.Events[n-1].Sequence
	}
	created := s.GetMix().GetCreateTime()
	switch {
	case w.run == nil:
		w.last = newest
	case !proto.Equal(w.run, created), newest != 0 && newest < w.last:
		w.last = 0 // another run: its events are counted anew
	}
	if w.run = created; w.run == nil {
		w.run = &timestamppb.Timestamp{}
	}
	if err := w.catchUp(s.Events); err != nil {
		return err
	}
	w.ended = s.GetMix().GetState() == pb.MixState_MIX_STATE_STOPPED
	return w.tell(Update{Snapshot: s})
}

// event hands over e, and before it what the service dropped because this side was slow.
func (w *watch) event(ctx context.Context, e *pb.MixEvent) error {
	if e.Sequence <= w.last {
		w.last = 0 // counted anew: within a call no event comes twice
	}
	if e.Sequence > w.last+1 {
		now, err := w.mixes.GetMix(ctx, &pb.GetMixRequest{Id: w.req.Id})
		if err != nil && status.Code(err) != codes.NotFound {
			return err // the next connection's snapshot has them, perhaps
		}
		if proto.Equal(now.GetMix().GetCreateTime(), w.run) {
			if err := w.catchUp(before(now.GetEvents(), e.Sequence)); err != nil {
				return err
			}
		}
	}
	return w.catchUp([]*pb.MixEvent{e})
}

// before returns the events in front of a sequence.
func before(events []*pb.MixEvent, sequence int64) []*pb.MixEvent {
	for i, e := range events {
		if e.Sequence >= sequence {
			return events[:i]
		}
	}
	return events
}

// catchUp hands over those of events that were not yet.
func (w *watch) catchUp(events []*pb.MixEvent) error {
	for _, e := range events {
		if e.Sequence <= w.last {
			continue
		}
		missed := e.Sequence - w.last - 1
		w.last = e.Sequence
		w.ended = e.Kind == pb.EventKind_EVENT_KIND_MIX_STOPPED
		if err := w.tell(Update{Event: e, Missed: missed}); err != nil {
			return err
		}
	}
	return nil
}

// conclude finds out why the service ended the call, unless the mix's end was told: the
// mix has stopped and that event was dropped, or the service is about to end.
func (w *watch) conclude(ctx context.Context) error {
	if w.ended {
		return nil
	}
	now, err := w.mixes.GetMix(ctx, &pb.GetMixRequest{Id: w.req.Id})
	if status.Code(err) == codes.NotFound && w.run != nil {
		w.ended = true // so long ago that it is forgotten
		return nil
	}
	if err != nil {
		return err
	}
	if now.GetMix().GetState() != pb.MixState_MIX_STATE_STOPPED {
		return nil
	}
	return w.snapshot(now)
}

// tell calls handle.
func (w *watch) tell(u Update) error {
	if err := w.handle(u); err != nil {
		return handlerError{err}
	}
	return nil
}

// worthAnother says whether a call that failed with err is to be made again: the service
// was away, or what lies between it and here cut a call short that went well.
func (w *watch) worthAnother(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable:
		return true
	case codes.Internal, codes.Unknown:
		return w.heard
	}
	return false
}

// rewatchWait returns how long to wait after this many failures, at least 1.
func rewatchWait(failures int) time.Duration {
	d := min(mostRewatch, leastRewatch<<min(failures, 10))
	return d/2 + rand.N(d/2)
}

// sleep waits for d; the error is ctx's.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
