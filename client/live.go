package client

import (
	"context"
	"errors"
	"fmt"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Errors of WaitLive.
var (
	// ErrNoOutput: the mix has no output of this name, or none at all.
	ErrNoOutput = errors.New("client: no such output")
	// ErrEnded: the output was closed, or the mix has stopped.
	ErrEnded = errors.New("client: ended before it was live")
)

// errLive ends the watching: all is well.
var errLive = errors.New("client: live")

// WaitLive returns nil as soon as the destination takes the stream of an output; empty
// for all outputs of the mix. Errors: ErrNoOutput, ErrEnded, ctx's, or the status of a
// call, such as NOT_FOUND.
func (c *Client) WaitLive(ctx context.Context, id, output string) error {
	l := liveness{output: output, states: map[string]pb.OutputState{}}
	err := c.Watch(ctx, id, l.take)
	switch {
	case err == nil:
		return fmt.Errorf("%w: mix %q has stopped: %s", ErrEnded, id, l.reason)
	case errors.Is(err, errLive):
		return nil
	}
	return err
}

// liveness is what a caller of WaitLive knows.
type liveness struct {
	output string // "" for all
	wanted []string
	states map[string]pb.OutputState
	reason string // why the mix stopped
}

// take is for Watch. It returns errLive, ErrNoOutput or ErrEnded when it is clear how the
// waiting ends.
func (l *liveness) take(u Update) error {
	switch {
	case u.Snapshot != nil:
		if err := l.begin(u.Snapshot); err != nil {
			return err
		}
	case u.Event != nil:
		l.happened(u.Event)
	case u.Stats != nil:
		l.count(u.Stats)
	}
	return l.verdict()
}

// begin takes what is known at first.
func (l *liveness) begin(s *pb.GetMixResponse) error {
	l.reason = s.GetMix().GetStopReason()
	l.wanted = nil
	for _, o := range s.GetMix().GetSpec().GetOutputs() {
		if l.output == "" || o.Name == l.output {
			l.wanted = append(l.wanted, o.Name)
		}
	}
	if len(l.wanted) == 0 {
		return fmt.Errorf("%w: %q", ErrNoOutput, l.output)
	}
	l.count(s.Stats)
	for _, e := range s.Events {
		if e.At.AsDuration() >= s.Stats.GetAt().AsDuration() {
			l.happened(e)
		}
	}
	return nil
}

// count takes the states of statistics.
func (l *liveness) count(stats *pb.MixStats) {
	for _, o := range stats.GetOutputs() {
		l.states[o.Name] = o.State
	}
}

// happened takes an event.
func (l *liveness) happened(e *pb.MixEvent) {
	switch e.Kind {
	case pb.EventKind_EVENT_KIND_OUTPUT_CHANGED:
		l.states[e.Name] = e.Output
	case pb.EventKind_EVENT_KIND_MIX_STOPPED:
		l.reason = e.Reason
	}
}

// verdict says how the waiting ends; nil as long as it does not.
func (l *liveness) verdict() error {
	if l.wanted == nil {
		return nil
	}
	for _, name := range l.wanted {
		switch l.states[name] {
		case pb.OutputState_OUTPUT_STATE_LIVE:
		case pb.OutputState_OUTPUT_STATE_CLOSED:
			return fmt.Errorf("%w: output %q is closed", ErrEnded, name)
		default:
			return nil
		}
	}
	return errLive
}
