package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func newMixWatchCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "watch ID",
		Short: "Follow what happens in a mix until it stops or Ctrl-C",
		Example: `  lianmai mix watch room1
  lianmai mix watch room1 --json | jq -c 'select(.event)'`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.watch(cmd.Context(), newPrinter(cmd.OutOrStdout()), args[0])
		},
	}
}

// watch writes what it is told until the mix stops or ctx is done.
func (c *client) watch(ctx context.Context, p printer, id string) error {
	api, conn, err := c.dial()
	if err != nil {
		return err
	}
	defer conn.Close() // the stream has ended
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	flagOf := namesOf(map[string]string{"id": "ID"})
	stream, err := api.WatchMix(ctx, &pb.WatchMixRequest{Id: id})
	if err != nil {
		return c.explain(err, flagOf)
	}
	var dropped int64
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return c.explain(err, flagOf)
		}
		if c.json {
			err = p.message(msg)
		} else {
			err = p.update(msg, &dropped)
		}
		if err != nil {
			return err
		}
	}
}

// update writes one message of a watch. dropped is how many losses were told.
func (p printer) update(msg *pb.WatchMixResponse, dropped *int64) error {
	if n := msg.GetDropped(); n > *dropped {
		if err := p.printf("%s", p.paint(yellow, fmt.Sprintf("(%d messages lost: this watcher was too slow)", n-*dropped))); err != nil {
			return err
		}
		*dropped = n
	}
	switch u := msg.GetUpdate().(type) {
	case *pb.WatchMixResponse_Snapshot:
		return p.mix(u.Snapshot)
	case *pb.WatchMixResponse_Event:
		return p.event(u.Event)
	case *pb.WatchMixResponse_Stats:
		return p.stats(u.Stats)
	}
	return nil // a kind of message that a newer service has
}

// event writes an event in one line.
func (p printer) event(e *pb.MixEvent) error {
	state := ""
	switch e.GetKind() {
	case pb.EventKind_EVENT_KIND_SOURCE_CHANGED:
		state = enumName(e.GetSource())
	case pb.EventKind_EVENT_KIND_OUTPUT_CHANGED:
		state = enumName(e.GetOutput())
	}
	parts := []string{
		p.paint(grey, e.GetTime().AsTime().Local().Format("15:04:05.000")),
		p.paint(grey, sessionTime(e.GetAt().AsDuration())),
		pad(enumName(e.GetKind()), len("source_changed")),
	}
	for _, part := range []string{e.GetName(), p.paint(stateColour(state), state), printable(e.GetReason())} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return p.printf("%s", strings.TrimRight(strings.Join(parts, "  "), " "))
}

// stats writes statistics in one line.
func (p printer) stats(s *pb.MixStats) error {
	t := s.GetTicks()
	parts := []string{fmt.Sprintf("%s  %d frames, %d late, %d skipped",
		p.paint(grey, sessionTime(s.GetAt().AsDuration())), t.GetFrames(), t.GetLate(), t.GetSkipped())}
	if main := s.GetMain(); main != "" {
		parts = append(parts, "main "+main)
	}
	for _, src := range s.GetSources() {
		state := enumName(src.GetState())
		parts = append(parts, fmt.Sprintf("%s %s %.0f fps %s %.0f dB", src.GetName(), p.paint(stateColour(state), state),
			src.GetFrameRate(), bitrate(src.GetBitrate()), src.GetLevelDb()))
	}
	for _, o := range s.GetOutputs() {
		state := enumName(o.GetState())
		parts = append(parts, fmt.Sprintf("→ %s %s %s", o.GetName(), p.paint(stateColour(state), state), bitrate(o.GetBitrate())))
	}
	return p.printf("%s", strings.Join(parts, p.paint(grey, " | ")))
}
