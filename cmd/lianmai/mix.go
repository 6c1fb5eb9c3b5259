package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/lianmai/lianmai/config"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// serverEnv names the variable with the default of --server.
const serverEnv = config.EnvPrefix + "SERVER"

// client is how the mix commands reach the service.
type client struct {
	server  string
	timeout time.Duration
	json    bool
}

func newMixCommand() *cobra.Command {
	c := &client{}
	cmd := &cobra.Command{
		Use:   "mix",
		Short: "Start, change, watch and stop mixes of a running service",
		Long: `Start, change, watch and stop mixes of a running service.

Answers are for people; with --json they are the API's messages, one JSON object in
each line.`,
		Args: subcommandArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.server, "server", cmp.Or(os.Getenv(serverEnv), config.Default().GRPC),
		"address of the service, HOST:PORT; "+serverEnv+" sets the default")
	flags.DurationVar(&c.timeout, "timeout", 10*time.Second, "how long to wait for an answer")
	flags.BoolVar(&c.json, "json", false, "write JSON")
	cmd.AddCommand(
		newMixStartCommand(c),
		newMixLayoutCommand(c),
		newMixStateCommand(c),
		newMixStopCommand(c),
		newMixGetCommand(c),
		newMixListCommand(c),
		newMixWatchCommand(c),
	)
	return cmd
}

// dial returns the API's client; the caller closes the connection. Nothing is sent
// yet.
func (c *client) dial() (pb.MixServiceClient, *grpc.ClientConn, error) {
	conn, err := grpc.NewClient("passthrough:///"+c.server, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, nil, usagef("--server %q: %w", c.server, err)
	}
	return pb.NewMixServiceClient(conn), conn, nil
}

// call makes one call with the time limit. flagOf names the flag that a field of the
// request came from.
func call[Req, Resp any](c *client, ctx context.Context,
	method func(pb.MixServiceClient, context.Context, Req, ...grpc.CallOption) (Resp, error), req Req, flagOf flagNames,
) (Resp, error) {
	var none Resp
	if c.timeout <= 0 {
		return none, usagef("--timeout must be more than 0")
	}
	api, conn, err := c.dial()
	if err != nil {
		return none, err
	}
	defer conn.Close() // nothing is left to send
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := method(api, ctx, req)
	if err != nil {
		return none, c.explain(err, flagOf)
	}
	return resp, nil
}

// answer writes the mix that a change led to: in JSON whole, else in one line.
func (c *client) answer(cmd *cobra.Command, mix *pb.Mix, verb string) error {
	p := newPrinter(cmd.OutOrStdout())
	if c.json {
		return p.message(mix)
	}
	return p.printf("%s %s: revision %d, %s", verb, p.paint(bold, mix.GetSpec().GetId()), mix.GetRevision(), describe(mix.GetSpec()))
}

// describe returns a spec in a few words.
func describe(spec *pb.MixSpec) string {
	v := spec.GetVideo()
	return fmt.Sprintf("%s, %s to %s, %d×%d at %s fps, %s",
		spec.GetLayout().GetTemplate(),
		plural(len(spec.GetParticipants()), "input"), plural(len(spec.GetOutputs()), "output"),
		v.GetWidth(), v.GetHeight(), frameRate(v.GetFrameRate()), bitrate(int64(v.GetBitrate())))
}
