package main

import (
	"fmt"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

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
	c.register(cmd)
	cmd.AddCommand(
		newMixStartCommand(c),
		newMixLayoutCommand(c),
		newMixStateCommand(c),
		newMixSoundCommand(c),
		newMixStopCommand(c),
		newMixGetCommand(c),
		newMixListCommand(c),
		newMixWatchCommand(c),
	)
	return cmd
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
		pinned(spec.GetLayout().GetTemplate(), spec.GetLayout().GetTemplateVersion()),
		plural(len(spec.GetParticipants()), "input"), plural(len(spec.GetOutputs()), "output"),
		v.GetWidth(), v.GetHeight(), frameRate(v.GetFrameRate()), bitrate(int64(v.GetBitrate())))
}
