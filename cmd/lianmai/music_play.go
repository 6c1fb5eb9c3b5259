package main

import (
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// playFlags are the flags of `music play`.
type playFlags struct {
	asset, url      string
	gain            float64
	plays           playsFlag
	start           positionFlag
	fadeIn, fadeOut time.Duration
	undamped        bool
	expected        int64
}

func newMusicPlayCommand(c *client) *cobra.Command {
	f := &playFlags{}
	cmd := &cobra.Command{
		Use:   "play ID NAME --asset SOUND[@VERSION] | --url RTMP …",
		Short: "Play a sound or a stream from its start; NAME is what the track is called",
		Example: `  lianmai music play room1 bed --asset theme --plays forever --gain -6 --fade-in 2s --fade-out 3s
  lianmai music play room1 laugh --asset laugh --undamped    # an effect, not lowered under speech
  lianmai music play room1 song --asset song@2 --start 1:12.500
  lianmai music play room1 radio --url 'rtmp://127.0.0.1/live/bot?key=…'`,
		Args:              args(cobra.ExactArgs(2)),
		ValidArgsFunction: c.completeTrack,
		RunE: func(cmd *cobra.Command, args []string) error {
			req, err := f.request(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			resp, err := call(c, cmd.Context(), services.PlayMusic, req, namesOf(playFlagOf))
			if err != nil {
				return err
			}
			return c.answerMusic(cmd, resp.GetMix(), "playing", args[1], describeTrack)
		},
	}
	f.register(c, cmd)
	return cmd
}

func (f *playFlags) register(c *client, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.asset, "asset", "", "an uploaded sound, `SOUND[@VERSION]`")
	flags.StringVar(&f.url, "url", "", "a stream, an `RTMP` URL")
	flags.Float64Var(&f.gain, "gain", 0, "gain in `DB`, -60 to 12; 0 leaves the sound as it is")
	flags.Var(&f.plays, "plays", "how often; not for a stream (default 1)")
	flags.Var(&f.start, "start", "where the first play begins, up to 6h; not for a stream (default the beginning)")
	flags.DurationVar(&f.fadeIn, "fade-in", 0, "how long it rises when it begins or goes on, 0s to 30s (default 5ms)")
	flags.DurationVar(&f.fadeOut, "fade-out", 0, "how long it falls when it is paused or stopped, 0s to 30s (default 5ms)")
	flags.BoolVar(&f.undamped, "undamped", false, "not lowered under speech")
	registerExpected(cmd, &f.expected)
	complete(cmd, "asset", c.sounds)
	completeFrom(cmd, "plays", []string{forever})
}

// playFlagOf has what the fields of a PlayMusicRequest come from.
var playFlagOf = map[string]string{
	"id": "ID", "track.name": "NAME", "track.source": "--asset or --url", "track.asset": "--asset", "track.url": "--url",
	"track.gain_db": "--gain", "track.plays": "--plays", "track.start": "--start",
	"track.fade_in": "--fade-in", "track.fade_out": "--fade-out", expectedField: "--expected-revision",
}

// request returns the flags as the API takes them.
func (f *playFlags) request(cmd *cobra.Command, id, name string) (*pb.PlayMusicRequest, error) {
	track := &pb.MusicTrack{
		Name: name, GainDb: f.gain, Plays: int32(f.plays), Undamped: f.undamped,
		FadeIn: given(cmd, "fade-in", f.fadeIn), FadeOut: given(cmd, "fade-out", f.fadeOut),
	}
	if f.start != 0 {
		track.Start = durationpb.New(time.Duration(f.start))
	}
	switch {
	case f.asset != "" && f.url != "":
		return nil, usagef("give --asset or --url, not both")
	case f.url != "":
		track.Source = &pb.MusicTrack_Url{Url: f.url}
	case f.asset != "":
		if _, _, err := cutVersion("--asset", f.asset); err != nil {
			return nil, err
		}
		track.Source = &pb.MusicTrack_Asset{Asset: f.asset}
	default:
		return nil, usagef("nothing to play: give --asset or --url")
	}
	return &pb.PlayMusicRequest{Id: id, ExpectedRevision: f.expected, Track: track}, nil
}
