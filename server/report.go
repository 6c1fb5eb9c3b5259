package server

import (
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// The engine's states in the API's terms.
var (
	sourceStates = map[mixer.SourceState]pb.SourceState{
		mixer.Connecting: pb.SourceState_SOURCE_STATE_CONNECTING,
		mixer.Live:       pb.SourceState_SOURCE_STATE_LIVE,
		mixer.Hidden:     pb.SourceState_SOURCE_STATE_HIDDEN,
		mixer.Frozen:     pb.SourceState_SOURCE_STATE_FROZEN,
		mixer.Stalled:    pb.SourceState_SOURCE_STATE_STALLED,
		mixer.AudioOnly:  pb.SourceState_SOURCE_STATE_AUDIO_ONLY,
		mixer.Lost:       pb.SourceState_SOURCE_STATE_LOST,
		mixer.Away:       pb.SourceState_SOURCE_STATE_AWAY,
		mixer.Refused:    pb.SourceState_SOURCE_STATE_REFUSED,
	}
	outputStates = map[mixer.OutputState]pb.OutputState{
		mixer.OutputConnecting: pb.OutputState_OUTPUT_STATE_CONNECTING,
		mixer.OutputLive:       pb.OutputState_OUTPUT_STATE_LIVE,
		mixer.OutputLost:       pb.OutputState_OUTPUT_STATE_LOST,
		mixer.OutputClosed:     pb.OutputState_OUTPUT_STATE_CLOSED,
	}
	eventKinds = map[mixer.EventKind]pb.EventKind{
		mixer.MixStarted:    pb.EventKind_EVENT_KIND_MIX_STARTED,
		mixer.MixStopped:    pb.EventKind_EVENT_KIND_MIX_STOPPED,
		mixer.SpecApplied:   pb.EventKind_EVENT_KIND_SPEC_APPLIED,
		mixer.SourceChanged: pb.EventKind_EVENT_KIND_SOURCE_CHANGED,
		mixer.SourceFormat:  pb.EventKind_EVENT_KIND_SOURCE_FORMAT,
		mixer.OutputChanged: pb.EventKind_EVENT_KIND_OUTPUT_CHANGED,
		mixer.TicksSkipped:  pb.EventKind_EVENT_KIND_TICKS_SKIPPED,
		mixer.MainChanged:   pb.EventKind_EVENT_KIND_MAIN_CHANGED,
	}
)

// maxReason bounds an event's reason, in bytes. Reasons can quote what a peer said.
const maxReason = 512

// eventToProto returns e as the API has it. A state is set only for the kind that
// has one.
func eventToProto(e mixer.Event, sequence int64) *pb.MixEvent {
	out := &pb.MixEvent{
		Sequence: sequence,
		Time:     timestamppb.New(e.Time),
		At:       durationpb.New(e.At),
		Kind:     eventKinds[e.Kind],
		Revision: e.Revision,
		Name:     e.Name,
		Reason:   clip(e.Reason, maxReason),
	}
	switch e.Kind {
	case mixer.SourceChanged:
		out.Source = sourceStates[e.Source]
	case mixer.OutputChanged:
		out.Output = outputStates[e.Output]
	}
	return out
}

// clip returns at most n bytes of s, as valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// statsToProto returns s as the API has it.
func statsToProto(s mixer.Stats) *pb.MixStats {
	out := &pb.MixStats{
		At:       durationpb.New(s.At),
		Revision: s.Revision,
		Main:     s.Main,
		Ticks: &pb.TickStats{
			Frames:    s.Ticks.Frames,
			Late:      s.Ticks.Late,
			Skipped:   s.Ticks.Skipped,
			EncodeMax: durationpb.New(s.Ticks.EncodeMax),
		},
	}
	for _, src := range s.Sources {
		out.Sources = append(out.Sources, &pb.SourceStats{
			Name:          src.Name,
			State:         sourceStates[src.State],
			Width:         int32(src.Width),
			Height:        int32(src.Height),
			FrameRate:     src.FrameRate,
			Bitrate:       src.Bitrate,
			Delay:         durationpb.New(src.Delay),
			Jitter:        durationpb.New(src.Jitter),
			Frames:        src.Frames,
			DroppedFrames: src.DroppedFrames,
			DecodeErrors:  src.DecodeErrors,
			Reconnects:    src.Reconnects,
			LevelDb:       src.LevelDB,
			Gop:           durationpb.New(src.GOP),
			DriftPpm:      src.DriftPPM,
			AvSkew:        durationpb.New(src.Skew),
			Drops: &pb.SourceDrops{
				Overflow:   src.Drops.Overflow,
				NoKeyFrame: src.Drops.NoKeyFrame,
				Refused:    src.Drops.Refused,
				NotShown:   src.Drops.NotShown,
			},
		})
	}
	for _, o := range s.Outputs {
		out.Outputs = append(out.Outputs, &pb.OutputStats{
			Name:           o.Name,
			State:          outputStates[o.State],
			Bitrate:        o.Bitrate,
			BytesSent:      o.BytesSent,
			Queue:          durationpb.New(o.Queue),
			DroppedPackets: o.DroppedPackets,
			Reconnects:     o.Reconnects,
		})
	}
	return out
}
