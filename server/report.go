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

		mixer.MusicChanged:   pb.EventKind_EVENT_KIND_MUSIC_CHANGED,
		mixer.SpeakerChanged: pb.EventKind_EVENT_KIND_ACTIVE_SPEAKER_CHANGED,

		mixer.LoadChanged:     pb.EventKind_EVENT_KIND_LOAD_CHANGED,
		mixer.WorkerLost:      pb.EventKind_EVENT_KIND_WORKER_LOST,
		mixer.WorkerRestarted: pb.EventKind_EVENT_KIND_WORKER_RESTARTED,
	}
	loadLevels = map[mixer.LoadLevel]pb.LoadLevel{
		mixer.LoadFull:         pb.LoadLevel_LOAD_LEVEL_FULL,
		mixer.LoadLessDecoding: pb.LoadLevel_LOAD_LEVEL_LESS_DECODING,
		mixer.LoadLessEncoding: pb.LoadLevel_LOAD_LEVEL_LESS_ENCODING,
		mixer.LoadHalfRate:     pb.LoadLevel_LOAD_LEVEL_HALF_RATE,
	}
	musicStates = map[mixer.MusicState]pb.MusicState{
		mixer.MusicLoading: pb.MusicState_MUSIC_STATE_LOADING,
		mixer.MusicPlaying: pb.MusicState_MUSIC_STATE_PLAYING,
		mixer.MusicPaused:  pb.MusicState_MUSIC_STATE_PAUSED,
		mixer.MusicEnded:   pb.MusicState_MUSIC_STATE_ENDED,
		mixer.MusicFailed:  pb.MusicState_MUSIC_STATE_FAILED,
	}
)

// maxReason bounds an event's reason, in bytes. Reasons can quote what a peer said.
const maxReason = 512

// eventToProto returns e as the API has it. A state is set only for the kind that
// has one; what a track of music does is the first word of the reason.
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
	case mixer.LoadChanged:
		out.Load = loadLevels[e.Load]
	case mixer.MusicChanged:
		out.Reason = clip(e.Music.String()+": "+e.Reason, maxReason)
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

// statsToProto returns s as the API has it, with meters taken at the same time.
func statsToProto(s mixer.Stats, m mixer.Meters) *pb.MixStats {
	out := &pb.MixStats{
		Meters:   metersToProto(m),
		At:       durationpb.New(s.At),
		Revision: s.Revision,
		Main:     s.Main,
		Ticks: &pb.TickStats{
			Frames:    s.Ticks.Frames,
			Late:      s.Ticks.Late,
			Skipped:   s.Ticks.Skipped,
			EncodeMax: durationpb.New(s.Ticks.EncodeMax),

			EncodeTotal: durationpb.New(s.Ticks.EncodeTotal),
		},
		Resources: &pb.ResourceStats{
			Cpu:    durationpb.New(s.Resources.CPU),
			Memory: s.Resources.Memory,
			Load:   loadLevels[s.Resources.Load],
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
	for _, track := range s.Music {
		stats := &pb.MusicStats{
			Name:     track.Name,
			State:    musicStates[track.State],
			Position: durationpb.New(track.Position),
			Played:   track.Played,
			Reason:   clip(track.Reason, maxReason),
		}
		if track.Duration != 0 {
			stats.Duration = durationpb.New(track.Duration)
		}
		out.Music = append(out.Music, stats)
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

// metersToProto returns m as the API has it.
func metersToProto(m mixer.Meters) *pb.Meters {
	out := &pb.Meters{
		At: durationpb.New(m.At),
		Master: &pb.MasterMeter{
			RmsDb:          m.Master.RMSDB,
			PeakDb:         m.Master.PeakDB,
			TruePeakDb:     m.Master.TruePeakDB,
			LufsMomentary:  m.Master.Momentary,
			LufsShortTerm:  m.Master.ShortTerm,
			LufsIntegrated: m.Master.Integrated,
			DuckingDb:      m.Master.DuckingDB,
		},
	}
	for _, src := range m.Sources {
		out.Sources = append(out.Sources, &pb.SourceMeter{
			Name: src.Name, RmsDb: src.RMSDB, PeakDb: src.PeakDB, Lufs: src.LUFS, Speaking: src.Speaking,
		})
	}
	return out
}
