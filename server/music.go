package server

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// PlayMusic answers NOT_FOUND for a sound that is missing if nothing else is wrong.
func (s *service) PlayMusic(ctx context.Context, req *pb.PlayMusicRequest) (*pb.PlayMusicResponse, error) {
	if err := s.check.playRequest(ctx, req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Id, req.ExpectedRevision, func(spec *pb.MixSpec) (*pb.MixSpec, error) {
		if err := play(spec, req.Track, time.Now()); err != nil {
			return nil, err
		}
		faults, err := s.mixes.library.pinMusic(ctx, spec)
		if len(faults) > 0 {
			// It was there when the request was checked; the other tracks are pinned.
			return nil, fmt.Errorf("%w: %q", ErrNoSound, req.Track.GetAsset())
		}
		return spec, err
	})
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.PlayMusicResponse{Mix: mix}, nil
}

// changeTrack does the work of the calls that change one track of a mix.
func (s *service) changeTrack(ctx context.Context, req interface {
	proto.Message
	GetId() string
	GetExpectedRevision() int64
	GetTrack() string
}, change func(*pb.MusicTrack) error,
) (*pb.Mix, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.GetId(), req.GetExpectedRevision(), func(spec *pb.MixSpec) (*pb.MixSpec, error) {
		track, err := findTrack(spec, req.GetTrack())
		if err == nil {
			err = change(track)
		}
		return spec, err
	})
	return mix, toStatus(err)
}

func (s *service) PauseMusic(ctx context.Context, req *pb.PauseMusicRequest) (*pb.PauseMusicResponse, error) {
	mix, err := s.changeTrack(ctx, req, func(track *pb.MusicTrack) error {
		pause(track, req.Fade, time.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pb.PauseMusicResponse{Mix: mix}, nil
}

func (s *service) ResumeMusic(ctx context.Context, req *pb.ResumeMusicRequest) (*pb.ResumeMusicResponse, error) {
	mix, err := s.changeTrack(ctx, req, func(track *pb.MusicTrack) error {
		resume(track, req.Fade, time.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pb.ResumeMusicResponse{Mix: mix}, nil
}

func (s *service) SeekMusic(ctx context.Context, req *pb.SeekMusicRequest) (*pb.SeekMusicResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Id, req.ExpectedRevision, func(spec *pb.MixSpec) (*pb.MixSpec, error) {
		return spec, seek(spec, req.Track, req.Position.AsDuration(), time.Now())
	})
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.SeekMusicResponse{Mix: mix}, nil
}

// StopMusic makes two changes where it has a fade: the engine learns the track's fade
// before the track is gone.
func (s *service) StopMusic(ctx context.Context, req *pb.StopMusicRequest) (*pb.StopMusicResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Id, req.ExpectedRevision,
		func(spec *pb.MixSpec) (*pb.MixSpec, error) {
			track, err := findTrack(spec, req.Track)
			if err == nil && req.Fade != nil {
				track.FadeOut = sparse(req.Fade)
			}
			return spec, err
		},
		func(spec *pb.MixSpec) (*pb.MixSpec, error) { return spec, stopTrack(spec, req.Track) },
	)
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.StopMusicResponse{Mix: mix}, nil
}

func (s *service) SetMusicGain(ctx context.Context, req *pb.SetMusicGainRequest) (*pb.SetMusicGainResponse, error) {
	mix, err := s.changeTrack(ctx, req, func(track *pb.MusicTrack) error {
		if track.GainDb != req.GainDb {
			track.GainDb, track.GainFade = req.GainDb, sparse(req.Fade)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pb.SetMusicGainResponse{Mix: mix}, nil
}

func (s *service) UpdateSound(ctx context.Context, req *pb.UpdateSoundRequest) (*pb.UpdateSoundResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Id, req.ExpectedRevision, func(spec *pb.MixSpec) (*pb.MixSpec, error) {
		spec.Sound = proto.CloneOf(req.Sound)
		fillDefaults(spec)
		return spec, nil
	})
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.UpdateSoundResponse{Mix: mix}, nil
}
