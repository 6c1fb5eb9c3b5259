package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// metersDefault is the time between meters when --meters does not say it.
const metersDefault = 200 * time.Millisecond

func newMixWatchCommand(c *client) *cobra.Command {
	var meters time.Duration
	cmd := &cobra.Command{
		Use:   "watch ID [--meters[=200ms]]",
		Short: "Follow what happens in a mix until it stops or Ctrl-C",
		Long: `Follow what happens in a mix until it stops or Ctrl-C.

With --meters, how loud everything is too: on a terminal as bars with a dot for who
speaks, elsewhere in a line each time.`,
		Example: `  lianmai mix watch room1
  lianmai mix watch room1 --meters
  lianmai mix watch room1 --meters=1s --json | jq -c 'select(.meters).meters.master'`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.watch(cmd.Context(), cmd.OutOrStdout(), &pb.WatchMixRequest{Id: args[0], MeterInterval: given(cmd, "meters", meters)})
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&meters, "meters", 0, "show how loud everything is, each 100ms to 1s")
	flags.Lookup("meters").NoOptDefVal = metersDefault.String()
	return cmd
}

// watch writes what it is told until the mix stops or ctx is done.
func (c *client) watch(ctx context.Context, w io.Writer, req *pb.WatchMixRequest) error {
	api, conn, err := c.dial()
	if err != nil {
		return err
	}
	defer conn.Close() // the stream has ended
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	flagOf := namesOf(map[string]string{"id": "ID", "meter_interval": "--meters"})
	stream, err := api.WatchMix(ctx, req)
	if err != nil {
		return c.explain(err, flagOf)
	}
	write, end := c.watcher(w, req.GetMeterInterval() != nil)
	defer end()
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return c.explain(err, flagOf)
		}
		if err := write(msg); err != nil {
			return err
		}
	}
}

// watcher returns what writes the messages of a watch to w, and what is to be called
// after the last one.
func (c *client) watcher(w io.Writer, meters bool) (write func(*pb.WatchMixResponse) error, end func()) {
	p, end := newPrinter(w), func() {}
	if c.json {
		return func(msg *pb.WatchMixResponse) error { return p.message(msg) }, end
	}
	var dropped int64
	if meters {
		if b := newBoard(w); b != nil {
			return func(msg *pb.WatchMixResponse) error { return b.update(msg, &dropped) }, b.end
		}
	}
	return func(msg *pb.WatchMixResponse) error { return p.update(msg, &dropped) }, end
}

// update writes one message of a watch. dropped is how many losses were told.
func (p printer) update(msg *pb.WatchMixResponse, dropped *int64) error {
	if err := p.lost(msg.GetDropped(), dropped); err != nil {
		return err
	}
	switch u := msg.GetUpdate().(type) {
	case *pb.WatchMixResponse_Snapshot:
		return p.mix(u.Snapshot)
	case *pb.WatchMixResponse_Event:
		return p.event(u.Event)
	case *pb.WatchMixResponse_Stats:
		return p.stats(u.Stats)
	case *pb.WatchMixResponse_Meters:
		return p.metersLine(u.Meters)
	}
	return nil // a kind of message that a newer service has
}

// lost tells of lost messages, n in all. told is how many were told.
func (p printer) lost(n int64, told *int64) error {
	if n <= *told {
		return nil
	}
	more := n - *told
	*told = n
	return p.printf("%s", p.paint(yellow, fmt.Sprintf("(%d messages lost: this watcher was too slow)", more)))
}

// event writes an event in one line.
func (p printer) event(e *pb.MixEvent) error {
	state := ""
	switch e.GetKind() {
	case pb.EventKind_EVENT_KIND_SOURCE_CHANGED:
		state = enumName(e.GetSource())
	case pb.EventKind_EVENT_KIND_OUTPUT_CHANGED:
		state = enumName(e.GetOutput())
	case pb.EventKind_EVENT_KIND_LOAD_CHANGED:
		state = enumName(e.GetLoad())
	}
	parts := []string{
		p.paint(grey, e.GetTime().AsTime().Local().Format("15:04:05.000")),
		p.paint(grey, sessionTime(e.GetAt().AsDuration())),
		pad(enumName(e.GetKind()), len("source_changed")),
	}
	name := e.GetName()
	if name == "" && e.GetKind() == pb.EventKind_EVENT_KIND_ACTIVE_SPEAKER_CHANGED {
		name = "nobody"
	}
	for _, part := range []string{name, p.paint(stateColour(state), state), printable(e.GetReason())} {
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
