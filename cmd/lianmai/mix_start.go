package main

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/encode"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// startFlags are the flags of `mix start`.
type startFlags struct {
	id           string
	inputs       []string // NAME=URL
	outputs      []string // [NAME=]URL
	template     string   // NAME[@VERSION]
	main         string
	look         lookFlags
	displayNames []string // NAME=TEXT
	placeholders []string // NAME=PICTURE
	music        []string // NAME=SOUND
	normalise    bool
	size         sizeFlag
	fps          fpsFlag
	videoBitrate bitrateFlag
	preset       string
	decoding     string
	audioBitrate bitrateFlag
	idleTimeout  time.Duration
	maxDuration  time.Duration
}

func newMixStartCommand(c *client) *cobra.Command {
	f := &startFlags{}
	cmd := &cobra.Command{
		Use:   "start --id ID --input NAME=URL … --output URL …",
		Short: "Start a mix",
		Long: `Start a mix of up to six RTMP inputs and push it to one or more RTMP outputs.

Starting the same mix twice is fine: the second time changes nothing.`,
		Example: `  lianmai mix start --id room1 \
    --input anna=rtmp://127.0.0.1/live/anna --input ben=rtmp://127.0.0.1/live/ben \
    --output 'rtmp://push.example.com/live/room1?txSecret=…' --main anna
  lianmai mix start --id pk7 --template pk --size 1280x720 --fps 25 --video-bitrate 3M \
    --input red=rtmp://a.example.com/live/1 --input blue=rtmp://b.example.com/live/2 \
    --output cdn=rtmp://push.example.com/live/pk7 --output rec=rtmp://127.0.0.1/record/pk7
  lianmai mix start --id talk --template stage@2 --auto-main --display anna=安娜 --placeholder anna=anna-away \
    --music bed=theme --normalise \
    --input anna=rtmp://127.0.0.1/live/anna --input ben=rtmp://127.0.0.1/live/ben \
    --output rtmp://127.0.0.1/live/talk
  lianmai mix start --id show --idle-timeout 90s --max-duration 4h \
    --input anna=rtmp://127.0.0.1/live/anna --output rtmp://127.0.0.1/live/show
  lianmai mix start --id lobby --idle-timeout 0 --output rtmp://127.0.0.1/live/lobby   # until it is stopped`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			req, err := f.request(cmd)
			if err != nil {
				return err
			}
			resp, err := call(c, cmd.Context(), services.StartMix, req, f.flagOf)
			if err != nil {
				return err
			}
			return c.answer(cmd, resp.GetMix(), "started")
		},
	}
	f.register(c, cmd)
	return cmd
}

func (f *startFlags) register(c *client, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.id, "id", "", "the mix's id (required)")
	flags.StringArrayVar(&f.inputs, "input", nil, "a participant, `NAME=URL`; up to six, in join order")
	flags.StringArrayVar(&f.outputs, "output", nil, "a destination, `[NAME=]URL`; one to ten")
	flags.StringVar(&f.template, "template", "", "layout, built in or uploaded, `NAME[@VERSION]` (default grid-by-count)")
	flags.StringVar(&f.main, "main", "", "the main speaker's `NAME` (default: the first input)")
	f.look.register(cmd)
	flags.StringArrayVar(&f.displayNames, "display", nil, "what the audience reads as an input's name, `NAME=TEXT`; may be repeated (default: the name)")
	flags.StringArrayVar(&f.placeholders, "placeholder", nil, "the uploaded picture of an input that shows none, `NAME=PICTURE`; may be repeated")
	flags.StringArrayVar(&f.music, "music", nil, "an uploaded sound that is played for ever, `NAME=SOUND[@VERSION]`; may be repeated; see lianmai music")
	flags.BoolVar(&f.normalise, "normalise", false, "bring the loudness of the mix slowly to -16 LUFS; see lianmai mix sound")
	flags.Var(&f.size, "size", "size of the picture in pixels (default 720x1280)")
	flags.Var(&f.fps, "fps", "frames per second, also as a fraction (default 30)")
	flags.Var(&f.videoBitrate, "video-bitrate", "bits per second of the picture (default 2500k)")
	flags.StringVar(&f.preset, "preset", "", presetUsage+" (default balanced)")
	flags.StringVar(&f.decoding, "decoding", "", decodingUsage+" (default auto)")
	flags.Var(&f.audioBitrate, "audio-bitrate", "bits per second of the sound (default 128k)")
	flags.DurationVar(&f.idleTimeout, "idle-timeout", 0, "end the mix when no input has been live for so long, such as 90s, up to 24h; 0 = never (default 5m)")
	flags.DurationVar(&f.maxDuration, "max-duration", 0, "end the mix that long after its start, such as 4h, up to 720h; 0 = never (default)")
	complete(cmd, "template", c.templates)
	completeFrom(cmd, "idle-timeout", []string{"0", "30s", "5m", "1h"})
	completeFrom(cmd, "max-duration", []string{"0", "1h", "4h", "24h"})
	completeFrom(cmd, "preset", encode.Presets())
	completeFrom(cmd, "decoding", decodings)
	complete(cmd, "main", f.inputNames)
	completePairs(cmd, "display", f.inputNames, nil)
	completePairs(cmd, "placeholder", f.inputNames, c.assets)
	completePairs(cmd, "music", nameless, c.sounds)
}

// request returns the flags as the API takes them.
func (f *startFlags) request(cmd *cobra.Command) (*pb.StartMixRequest, error) {
	if f.id == "" {
		return nil, usagef("--id is required")
	}
	if len(f.outputs) == 0 {
		return nil, usagef("--output is required")
	}
	template, version, err := cutVersion("--template", f.template)
	if err != nil {
		return nil, err
	}
	spec := &pb.MixSpec{
		Id: f.id,
		Layout: &pb.Layout{
			Template: template, TemplateVersion: version, Main: f.main,
			MainChoice: f.look.mainChoice(cmd), Transition: f.look.moving(cmd),
			PlaceholderAfter: f.look.patience(cmd),
		},
		Video: &pb.VideoSettings{
			Width: int32(f.size.Width), Height: int32(f.size.Height),
			Bitrate: int32(f.videoBitrate), Preset: f.preset,
		},
		Audio:       &pb.AudioSettings{Bitrate: int32(f.audioBitrate)},
		IdleTimeout: given(cmd, "idle-timeout", f.idleTimeout),
		MaxDuration: given(cmd, "max-duration", f.maxDuration),
	}
	if spec.Video.Decoding, err = decodingOf(f.decoding); err != nil {
		return nil, err
	}
	if f.fps.Den != 0 {
		spec.Video.FrameRate = &pb.FrameRate{Num: int32(f.fps.Num), Den: int32(f.fps.Den)}
	}
	for _, input := range f.inputs {
		name, url := cutName(input)
		if name == "" {
			return nil, usagef("--input: want NAME=URL, the name of letters, digits, '_', '.' and '-'")
		}
		spec.Participants = append(spec.Participants, &pb.Participant{Name: name, Url: url})
	}
	for _, output := range f.outputs {
		name, url := cutName(output)
		spec.Outputs = append(spec.Outputs, &pb.Output{Name: name, Url: url})
	}
	if spec.Music, err = bedsOf(f.music); err != nil {
		return nil, err
	}
	if f.normalise {
		spec.Sound = &pb.SoundSettings{Normalise: true}
	}
	if err := eachPair(spec.Participants, "--display", "TEXT", f.displayNames, func(p *pb.Participant, text string) { p.DisplayName = text }); err != nil {
		return nil, err
	}
	return &pb.StartMixRequest{Spec: spec}, eachPair(spec.Participants, "--placeholder", "PICTURE", f.placeholders,
		func(p *pb.Participant, picture string) { p.Placeholder = picture })
}

// eachPair gives participants what a flag says of them in pairs NAME=VALUE.
func eachPair(participants []*pb.Participant, flag, what string, pairs []string, set func(*pb.Participant, string)) error {
	for _, pair := range pairs {
		name, value := cutName(pair)
		i := slices.IndexFunc(participants, func(p *pb.Participant) bool { return p.Name == name })
		if value == "" || i < 0 {
			return usagef("%s %q: want NAME=%s, the name that of an --input", flag, pair, what)
		}
		set(participants[i], value)
	}
	return nil
}

// inputNames returns the names of the inputs so far, each once: completion can read
// the flags twice.
func (f *startFlags) inputNames(*cobra.Command, []string) []string {
	var names []string
	for _, input := range f.inputs {
		if name, _ := cutName(input); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
