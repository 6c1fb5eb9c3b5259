package main

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// trackFlagOf names what the fields of requests for one track came from.
var trackFlagOf = namesOf(map[string]string{
	"id": "ID", "track": "NAME", "fade": "--fade", "position": "TIME", "gain_db": "DB", expectedField: "--expected-revision",
})

// fadeFlags are the flags of the commands that let a track rise or fall.
type fadeFlags struct {
	fade     time.Duration
	expected int64
}

func (f *fadeFlags) register(cmd *cobra.Command, usage string) {
	cmd.Flags().DurationVar(&f.fade, "fade", 0, usage)
	registerExpected(cmd, &f.expected)
}

func newMusicPauseCommand(c *client) *cobra.Command {
	f := &fadeFlags{}
	cmd := &cobra.Command{
		Use:               "pause ID NAME [--fade 2s]",
		Short:             "Let a track fall silent and hold its place",
		Example:           `  lianmai music pause room1 bed --fade 1s`,
		Args:              args(cobra.ExactArgs(2)),
		ValidArgsFunction: c.completeTrack,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &pb.PauseMusicRequest{Id: args[0], Track: args[1], ExpectedRevision: f.expected, Fade: given(cmd, "fade", f.fade)}
			resp, err := call(c, cmd.Context(), services.PauseMusic, req, trackFlagOf)
			if err != nil {
				return err
			}
			return c.answerMusic(cmd, resp.GetMix(), "paused", args[1], trackPosition)
		},
	}
	f.register(cmd, "how long it falls, 0s to 30s (default the track's --fade-out)")
	return cmd
}

func newMusicResumeCommand(c *client) *cobra.Command {
	f := &fadeFlags{}
	cmd := &cobra.Command{
		Use:               "resume ID NAME [--fade 2s]",
		Short:             "Let a paused track go on where it was",
		Example:           `  lianmai music resume room1 bed --fade 1s`,
		Args:              args(cobra.ExactArgs(2)),
		ValidArgsFunction: c.completeTrack,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &pb.ResumeMusicRequest{Id: args[0], Track: args[1], ExpectedRevision: f.expected, Fade: given(cmd, "fade", f.fade)}
			resp, err := call(c, cmd.Context(), services.ResumeMusic, req, trackFlagOf)
			if err != nil {
				return err
			}
			return c.answerMusic(cmd, resp.GetMix(), "resumed", args[1], trackPosition)
		},
	}
	f.register(cmd, "how long it rises, 0s to 30s (default the track's --fade-in)")
	return cmd
}

func newMusicStopCommand(c *client) *cobra.Command {
	f := &fadeFlags{}
	cmd := &cobra.Command{
		Use:               "stop ID NAME [--fade 2s]",
		Short:             "Let a track fall silent and forget it",
		Example:           `  lianmai music stop room1 bed --fade 5s`,
		Args:              args(cobra.ExactArgs(2)),
		ValidArgsFunction: c.completeTrack,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &pb.StopMusicRequest{Id: args[0], Track: args[1], ExpectedRevision: f.expected, Fade: given(cmd, "fade", f.fade)}
			resp, err := call(c, cmd.Context(), services.StopMusic, req, trackFlagOf)
			if err != nil {
				return err
			}
			return c.answerMusic(cmd, resp.GetMix(), "stopped", args[1], nil)
		},
	}
	f.register(cmd, "how long it falls, 0s to 30s (default the track's --fade-out)")
	return cmd
}

func newMusicSeekCommand(c *client) *cobra.Command {
	var expected int64
	cmd := &cobra.Command{
		Use:   "seek ID NAME TIME",
		Short: "Move a track to another place in its piece",
		Example: `  lianmai music seek room1 song 1m30s
  lianmai music seek room1 song 1:30.500
  lianmai music seek room1 song 0s               # from the beginning`,
		Annotations:       negativeLast,
		Args:              args(cobra.ExactArgs(3)),
		ValidArgsFunction: c.completeTrack,
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := parsePosition(args[2])
			if err != nil {
				return usagef("TIME %q: %w", args[2], err)
			}
			req := &pb.SeekMusicRequest{Id: args[0], Track: args[1], ExpectedRevision: expected, Position: durationpb.New(to)}
			resp, err := call(c, cmd.Context(), services.SeekMusic, req, trackFlagOf)
			if err != nil {
				return err
			}
			return c.answerMusic(cmd, resp.GetMix(), "moved", args[1], func(*pb.MusicTrack) string { return "to " + position(to) })
		},
	}
	registerExpected(cmd, &expected)
	return cmd
}

func newMusicGainCommand(c *client) *cobra.Command {
	f := &fadeFlags{}
	cmd := &cobra.Command{
		Use:   "gain ID NAME DB [--fade 2s]",
		Short: "Set how loud a track is, at once or as a fade; DB is -60 to 12",
		Example: `  lianmai music gain room1 bed -18 --fade 3s
  lianmai music gain room1 bed 0                 # as it is`,
		Annotations:       negativeLast,
		Args:              args(cobra.ExactArgs(3)),
		ValidArgsFunction: c.completeTrack,
		RunE: func(cmd *cobra.Command, args []string) error {
			gain, err := strconv.ParseFloat(args[2], 64)
			if err != nil {
				return usagef("DB %q: want a gain in dB, such as -6 or 2.5", args[2])
			}
			req := &pb.SetMusicGainRequest{Id: args[0], Track: args[1], ExpectedRevision: f.expected, GainDb: gain, Fade: given(cmd, "fade", f.fade)}
			resp, err := call(c, cmd.Context(), services.SetMusicGain, req, trackFlagOf)
			if err != nil {
				return err
			}
			return c.answerMusic(cmd, resp.GetMix(), "changed", args[1], func(t *pb.MusicTrack) string { return decibels(t.GetGainDb()) })
		},
	}
	f.register(cmd, "how long it takes to get there, 0s to 30s (default 10ms)")
	return cmd
}
