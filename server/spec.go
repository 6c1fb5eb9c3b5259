package server

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// The defaults of a MixSpec, as its proto documents them.
const (
	DefaultTemplate     = layout.Default
	DefaultWidth        = 720       // pixels
	DefaultHeight       = 1280      // pixels
	DefaultFrameRate    = 30        // frames per second
	DefaultVideoBitrate = 2_500_000 // bits per second
	DefaultPreset       = "balanced"
	DefaultGOP          = 2 * time.Second
	DefaultAudioBitrate = 128_000 // bits per second
)

// fillDefaults completes spec in place. It gives equal specs for requests that mean
// the same, so that they can be compared.
func fillDefaults(spec *pb.MixSpec) {
	if spec.Layout == nil {
		spec.Layout = &pb.Layout{}
	}
	if spec.Layout.Template == "" {
		spec.Layout.Template = DefaultTemplate
	}
	if spec.Layout.MainChoice == pb.MainChoice_MAIN_CHOICE_UNSPECIFIED {
		spec.Layout.MainChoice = pb.MainChoice_MAIN_CHOICE_FIXED
	}
	for _, p := range spec.Participants {
		if p.DisplayName == "" {
			p.DisplayName = p.Name
		}
	}
	if spec.Video == nil {
		spec.Video = &pb.VideoSettings{}
	}
	if spec.Audio == nil {
		spec.Audio = &pb.AudioSettings{}
	}
	fillVideo(spec.Video)
	if spec.Audio.Bitrate == 0 {
		spec.Audio.Bitrate = DefaultAudioBitrate
	}
	if spec.IdleTimeout == nil {
		spec.IdleTimeout = durationpb.New(DefaultIdleTimeout)
	}
	spec.MaxDuration = sparse(spec.MaxDuration)
	nameOutputs(spec.Outputs)
	fillMusic(spec.Music)
	spec.Sound = filledSound(spec.Sound)
}

// fillVideo completes v in place and reduces its frame rate (60/2 is 30/1).
func fillVideo(v *pb.VideoSettings) {
	if v.Width == 0 && v.Height == 0 {
		v.Width, v.Height = DefaultWidth, DefaultHeight
	}
	if v.FrameRate == nil {
		v.FrameRate = &pb.FrameRate{Num: DefaultFrameRate, Den: 1}
	}
	if v.FrameRate.Den == 0 {
		v.FrameRate.Den = 1
	}
	if d := gcd(v.FrameRate.Num, v.FrameRate.Den); d > 1 {
		v.FrameRate.Num /= d
		v.FrameRate.Den /= d
	}
	if v.Bitrate == 0 {
		v.Bitrate = DefaultVideoBitrate
	}
	if v.Preset == "" {
		v.Preset = DefaultPreset
	}
	if v.Gop == nil {
		v.Gop = durationpb.New(DefaultGOP)
	}
	if v.Decoding == pb.Decoding_DECODING_UNSPECIFIED {
		v.Decoding = pb.Decoding_DECODING_AUTO
	}
}

// fullDecoding says what is meant, also by a spec that was stored before there was a choice.
func fullDecoding(v *pb.VideoSettings) bool { return v.Decoding == pb.Decoding_DECODING_FULL }

func gcd(a, b int32) int32 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// nameOutputs names the outputs that have no name after their position, and after
// the next free number where somebody else has that name.
func nameOutputs(outputs []*pb.Output) {
	taken := make(map[string]bool, len(outputs))
	for _, o := range outputs {
		taken[o.Name] = true
	}
	for i, o := range outputs {
		for n := i + 1; o.Name == ""; n++ {
			if name := fmt.Sprintf("output-%d", n); !taken[name] {
				o.Name = name
				taken[name] = true
			}
		}
	}
}

// keepSettings gives next, in place, the video and audio settings of current where
// next leaves them out.
func keepSettings(next, current *pb.MixSpec) {
	video := proto.CloneOf(current.Video)
	if next.Video != nil {
		// A fraction and a duration are one value each, not to be merged.
		if next.Video.FrameRate != nil {
			video.FrameRate = nil
		}
		if next.Video.Gop != nil {
			video.Gop = nil
		}
		proto.Merge(video, next.Video)
	}
	audio := proto.CloneOf(current.Audio)
	if next.Audio != nil {
		proto.Merge(audio, next.Audio)
	}
	next.Video, next.Audio = video, audio
}

// checkFixed returns an error that names each setting in which next asks for
// something else than current and cannot have it.
func checkFixed(next, current *pb.MixSpec) error {
	var fields fixedError
	n, c := next.Video, current.Video
	for _, f := range []struct {
		field string
		same  bool
	}{
		{"spec.video.width", n.Width == c.Width},
		{"spec.video.height", n.Height == c.Height},
		{"spec.video.frame_rate", proto.Equal(n.FrameRate, c.FrameRate)},
		{"spec.video.bitrate", n.Bitrate == c.Bitrate},
		{"spec.video.preset", n.Preset == c.Preset},
		{"spec.video.gop", n.Gop.AsDuration() == c.Gop.AsDuration()},
		{"spec.video.decoding", fullDecoding(n) == fullDecoding(c)},
		{"spec.audio.bitrate", next.Audio.Bitrate == current.Audio.Bitrate},
	} {
		if !f.same {
			fields = append(fields, f.field)
		}
	}
	if len(fields) > 0 {
		return fields
	}
	return nil
}

// toMixer returns a complete, pinned spec in the engine's terms.
func (l *Library) toMixer(ctx context.Context, spec *pb.MixSpec, revision int64) (mixer.Spec, error) {
	t, err := l.template(ctx, spec)
	if err != nil {
		return mixer.Spec{}, err
	}
	overrides, faults := overridesOf(spec.Layout.Overrides)
	if len(faults) > 0 {
		return mixer.Spec{}, faults
	}
	out := mixer.Spec{
		ID:       spec.Id,
		Revision: revision,
		Layout: mixer.LayoutSpec{
			Template:  spec.Layout.Template,
			Custom:    t,
			Main:      spec.Layout.Main,
			Auto:      spec.Layout.MainChoice == pb.MainChoice_MAIN_CHOICE_AUTO,
			Order:     append([]string(nil), spec.Layout.Order...),
			Overrides: overrides,
			// 0, where it is left out, is the engine's default.
			PlaceholderAfter: spec.Layout.PlaceholderAfter.AsDuration(),
		},
		Video: mixer.VideoSpec{
			Width:        int(spec.Video.Width),
			Height:       int(spec.Video.Height),
			FrameRate:    media.FrameRate{Num: int(spec.Video.FrameRate.Num), Den: int(spec.Video.FrameRate.Den)},
			Bitrate:      int(spec.Video.Bitrate),
			Preset:       spec.Video.Preset,
			GOP:          spec.Video.Gop.AsDuration(),
			FullDecoding: fullDecoding(spec.Video),
		},
		Audio: mixer.AudioSpec{Bitrate: int(spec.Audio.Bitrate)},
		Music: toMusic(spec.Music),
		Sound: toSound(spec.Sound),
	}
	if spec.Layout.Transition != nil {
		d := spec.Layout.Transition.AsDuration()
		out.Layout.Transition = &d
	}
	for _, p := range spec.Participants {
		out.Participants = append(out.Participants, mixer.Participant{
			Name: p.Name, DisplayName: p.DisplayName, URL: p.Url,
			Hidden: p.Hidden, KeepAudio: p.KeepAudioWhenHidden, Muted: p.Muted, GainDB: p.GainDb, Pan: p.Pan, Solo: p.Solo,
			Placeholder: p.Placeholder,
		})
	}
	for _, o := range spec.Outputs {
		out.Outputs = append(out.Outputs, mixer.Output{Name: o.Name, URL: o.Url})
	}
	return out, nil
}
