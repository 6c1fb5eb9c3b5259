package main

import (
	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// expectedField is the field that --expected-revision sets.
const expectedField = "expected_revision"

// registerExpected adds --expected-revision.
func registerExpected(cmd *cobra.Command, revision *int64) {
	cmd.Flags().Int64Var(revision, "expected-revision", 0, "refuse if the mix is not at this `REVISION` (default: any)")
}

func newMixStateCommand(c *client) *cobra.Command {
	var (
		hidden, muted, keepAudio, solo bool
		gain, pan                      float64
		expected                       int64
	)
	cmd := &cobra.Command{
		Use:   "state ID PARTICIPANT [--hidden[=false]] [--keep-audio[=false]] [--muted[=false]] [--gain DB] [--pan N] [--solo[=false]]",
		Short: "Hide, mute or solo one participant, set the gain or the place of the sound",
		Example: `  lianmai mix state room1 ben --hidden           # ben's app went to the background
  lianmai mix state room1 ben --hidden --keep-audio   # and goes on talking
  lianmai mix state room1 ben --hidden=false     # and came back
  lianmai mix state room1 anna --gain -6 --pan -0.5
  lianmai mix state room1 anna --solo            # the others are silent; music plays on`,
		Args:              args(cobra.ExactArgs(2)),
		ValidArgsFunction: c.completeParticipant,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &pb.SetParticipantStateRequest{Id: args[0], Participant: args[1], ExpectedRevision: expected}
			changed := cmd.Flags().Changed
			if changed("hidden") {
				req.Hidden = &hidden
			}
			if changed("muted") {
				req.Muted = &muted
			}
			if changed("gain") {
				req.GainDb = &gain
			}
			if changed("keep-audio") {
				req.KeepAudioWhenHidden = &keepAudio
			}
			if changed("pan") {
				req.Pan = &pan
			}
			if changed("solo") {
				req.Solo = &solo
			}
			if req.Hidden == nil && req.Muted == nil && req.GainDb == nil && req.KeepAudioWhenHidden == nil && req.Pan == nil && req.Solo == nil {
				return usagef("nothing to change: give --hidden, --keep-audio, --muted, --gain, --pan or --solo")
			}
			resp, err := call(c, cmd.Context(), services.SetParticipantState, req, namesOf(map[string]string{
				"id": "ID", "participant": "PARTICIPANT", "gain_db": "--gain", "pan": "--pan", expectedField: "--expected-revision",
			}))
			if err != nil {
				return err
			}
			return c.answer(cmd, resp.GetMix(), "changed")
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&hidden, "hidden", false, "placeholder and silence; --hidden=false ends it")
	flags.BoolVar(&keepAudio, "keep-audio", false, "leave the sound on while hidden")
	flags.BoolVar(&muted, "muted", false, "silence; --muted=false ends it")
	flags.Float64Var(&gain, "gain", 0, "gain in `DB`, -60 to 12; 0 leaves the sound as it is")
	flags.Float64Var(&pan, "pan", 0, "where the sound is heard, `N` of -1 (left) to 1 (right); 0 leaves it as it is")
	flags.BoolVar(&solo, "solo", false, "participants who are not solo are silent; --solo=false ends it")
	registerExpected(cmd, &expected)
	return cmd
}

func newMixStopCommand(c *client) *cobra.Command {
	var expected int64
	cmd := &cobra.Command{
		Use:               "stop ID",
		Short:             "End a mix: send what is encoded, close the outputs",
		Example:           `  lianmai mix stop room1`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &pb.StopMixRequest{Id: args[0], ExpectedRevision: expected}
			resp, err := call(c, cmd.Context(), services.StopMix, req,
				namesOf(map[string]string{"id": "ID", expectedField: "--expected-revision"}))
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			if c.json {
				return p.message(resp.GetMix())
			}
			return p.printf("stopped %s: %s", p.paint(bold, args[0]), resp.GetMix().GetStopReason())
		},
	}
	registerExpected(cmd, &expected)
	return cmd
}
