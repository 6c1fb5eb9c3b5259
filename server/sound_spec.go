package server

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// The defaults of SoundSettings, as its proto documents them.
const (
	DefaultTargetLUFS       = -16.0
	DefaultDuckingThreshold = -45.0 // dBFS
	DefaultDuckingDepth     = 12.0  // dB
	DefaultDuckingAttack    = 80 * time.Millisecond
	DefaultDuckingRelease   = 600 * time.Millisecond
)

// filledSound completes s, which may be nil, in place and returns it.
func filledSound(s *pb.SoundSettings) *pb.SoundSettings {
	if s == nil {
		s = &pb.SoundSettings{}
	}
	if s.TargetLufs == 0 {
		s.TargetLufs = DefaultTargetLUFS
	}
	if s.Ducking == nil {
		s.Ducking = &pb.Ducking{}
	}
	d := s.Ducking
	if d.ThresholdDb == 0 {
		d.ThresholdDb = DefaultDuckingThreshold
	}
	if d.DepthDb == 0 {
		d.DepthDb = DefaultDuckingDepth
	}
	if d.Attack == nil {
		d.Attack = durationpb.New(DefaultDuckingAttack)
	}
	if d.Release == nil {
		d.Release = durationpb.New(DefaultDuckingRelease)
	}
	return s
}

// toSound returns complete settings in the engine's terms.
func toSound(s *pb.SoundSettings) mixer.Sound {
	return mixer.Sound{
		Ducking: mixer.Ducking{
			Off: s.Ducking.Off, ThresholdDB: s.Ducking.ThresholdDb, DepthDB: s.Ducking.DepthDb,
			Attack: s.Ducking.Attack.AsDuration(), Release: s.Ducking.Release.AsDuration(),
		},
		MasterGainDB: s.MasterGainDb, Normalise: s.Normalise, TargetLUFS: s.TargetLufs,
	}
}
