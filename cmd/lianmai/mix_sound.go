package main

import (
	"cmp"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// soundFlags are the flags of `mix sound`.
type soundFlags struct {
	ducking, normalise               bool
	threshold, depth, master, target float64
	attack, release                  time.Duration
	expected                         int64
}

// errNothing says that no flag that changes something is given.
var errNothing = errors.New("nothing to change: give --ducking, --duck-…, --master-gain, --normalise or --target-lufs")

func newMixSoundCommand(c *client) *cobra.Command {
	f := &soundFlags{}
	cmd := &cobra.Command{
		Use:   "sound ID [--ducking=false] [--master-gain DB] [--normalise[=false]] …",
		Short: "Change how the sound is mixed: ducking, master gain, loudness",
		Long: `Change how the sound of a running mix is made. What no flag names stays as it is. 0 stands
for the default of --duck-… and --target-lufs.`,
		Example: `  lianmai mix sound room1 --duck-depth 18 --duck-release 1s
  lianmai mix sound room1 --ducking=false        # music keeps its level under speech
  lianmai mix sound room1 --normalise --target-lufs -14
  lianmai mix sound room1 --master-gain -3`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !f.changes(cmd) {
				return usageError{errNothing}
			}
			mix, err := c.changeSound(cmd, args[0], f)
			if err != nil {
				return err
			}
			return c.answer(cmd, mix, "changed")
		},
	}
	f.register(cmd)
	return cmd
}

func (f *soundFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.ducking, "ducking", true, "music is lowered under speech; --ducking=false ends it")
	flags.Float64Var(&f.threshold, "duck-threshold", 0, "how loud speech must be, in dBFS, -70 to -10 `DB` (default -45)")
	flags.Float64Var(&f.depth, "duck-depth", 0, "by how much music is lowered, 1 to 60 `DB` (default 12)")
	flags.DurationVar(&f.attack, "duck-attack", 0, "how long music takes to get down, 5ms to 2s (default 80ms)")
	flags.DurationVar(&f.release, "duck-release", 0, "how long music takes to come back, 50ms to 5s (default 600ms)")
	flags.Float64Var(&f.master, "master-gain", 0, "gain of the whole mix in `DB`, -60 to 12; 0 leaves it as it is")
	flags.BoolVar(&f.normalise, "normalise", false, "bring the mix slowly to --target-lufs; --normalise=false ends it")
	flags.Float64Var(&f.target, "target-lufs", 0, "the loudness to be reached, -30 to -8 `LUFS` (default -16)")
	registerExpected(cmd, &f.expected)
}

// changes says that one of the flags that change something is given.
func (f *soundFlags) changes(cmd *cobra.Command) bool {
	for _, flag := range []string{
		"ducking", "duck-threshold", "duck-depth", "duck-attack", "duck-release", "master-gain", "normalise", "target-lufs",
	} {
		if cmd.Flags().Changed(flag) {
			return true
		}
	}
	return false
}

// change puts into sound what the flags name.
func (f *soundFlags) change(cmd *cobra.Command, sound *pb.SoundSettings) {
	if sound.Ducking == nil {
		sound.Ducking = &pb.Ducking{}
	}
	d := sound.Ducking
	for flag, set := range map[string]func(){
		"ducking":        func() { d.Off = !f.ducking },
		"duck-threshold": func() { d.ThresholdDb = f.threshold },
		"duck-depth":     func() { d.DepthDb = f.depth },
		"duck-attack":    func() { d.Attack = unlessZero(f.attack) },
		"duck-release":   func() { d.Release = unlessZero(f.release) },
		"master-gain":    func() { sound.MasterGainDb = f.master },
		"normalise":      func() { sound.Normalise = f.normalise },
		"target-lufs":    func() { sound.TargetLufs = f.target },
	} {
		if cmd.Flags().Changed(flag) {
			set()
		}
	}
}

// unlessZero returns a duration; nil, which is the default, for 0.
func unlessZero(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

// soundFlagOf names what the fields of an UpdateSoundRequest came from.
var soundFlagOf = namesOf(map[string]string{
	"id": "ID", "sound.ducking.threshold_db": "--duck-threshold", "sound.ducking.depth_db": "--duck-depth",
	"sound.ducking.attack": "--duck-attack", "sound.ducking.release": "--duck-release",
	"sound.master_gain_db": "--master-gain", "sound.target_lufs": "--target-lufs", expectedField: "--expected-revision",
})

// changeSound reads the settings, changes them and writes them back. The API replaces
// them whole: it is told which revision was read, so that nobody's change in between is
// undone.
func (c *client) changeSound(cmd *cobra.Command, id string, f *soundFlags) (*pb.Mix, error) {
	read, err := call(c, cmd.Context(), services.GetMix, &pb.GetMixRequest{Id: id}, soundFlagOf)
	if err != nil {
		return nil, err
	}
	sound := read.GetMix().GetSpec().GetSound()
	if sound == nil {
		sound = &pb.SoundSettings{}
	}
	f.change(cmd, sound)
	req := &pb.UpdateSoundRequest{Id: id, Sound: sound, ExpectedRevision: cmp.Or(f.expected, read.GetMix().GetRevision())}
	resp, err := call(c, cmd.Context(), services.UpdateSound, req, soundFlagOf)
	return resp.GetMix(), err
}
