package decode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/lianmai/lianmai/media"
)

// The bounds of a piece of music, unless others are given.
const (
	MaxSoundBytes    int64 = 200 << 20
	MaxSoundDuration       = 6 * time.Hour
)

// Errors of CheckSound for good sound that is too much; the message has the numbers.
var (
	ErrSoundTooLarge = errors.New("the file is too large")
	ErrSoundTooLong  = errors.New("the sound is too long")
)

// SoundLimits bound what CheckSound accepts.
type SoundLimits struct {
	// Bytes bounds the file, Duration the sound; 0 means MaxSoundBytes and MaxSoundDuration.
	Bytes    int64
	Duration time.Duration
	// Progress, if any, is called with the share of the file that has been read, 0–1, at
	// most once for each hundredth.
	Progress func(share float64)
}

// CheckSound decodes a file from its start to its end and says what it is; Frames are
// counted. It takes as long as decoding does, some seconds for an hour of music.
// Errors: those of OpenSound, ErrSoundTooLarge, ErrSoundTooLong, ErrBroken with where,
// and that of ctx when it is done.
func CheckSound(ctx context.Context, path string, l SoundLimits) (SoundInfo, error) {
	if l.Bytes == 0 {
		l.Bytes = MaxSoundBytes
	}
	if l.Duration == 0 {
		l.Duration = MaxSoundDuration
	}
	file, err := os.Stat(path)
	if err != nil {
		return SoundInfo{}, err
	}
	if file.Mode().IsRegular() && file.Size() > l.Bytes {
		return SoundInfo{}, fmt.Errorf("%w: %d bytes; at most %d", ErrSoundTooLarge, file.Size(), l.Bytes)
	}
	src, err := openSoundSource(path)
	if err != nil {
		return SoundInfo{}, err
	}
	defer src.close()
	info := src.info()
	most := media.SampleIndex(l.Duration)
	if info.Exact && info.Frames > most {
		return SoundInfo{}, tooLong(info.Frames, l.Duration)
	}
	if err := src.playThrough(ctx, most, file.Size(), l); err != nil {
		return SoundInfo{}, err
	}
	info.Frames, info.Exact = toSession(src.pos, src.rate), true
	return info, nil
}

// playThrough decodes all that there is, up to a number of frames at media.SampleRate.
func (s *soundSource) playThrough(ctx context.Context, most, size int64, l SoundLimits) error {
	told := 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch _, err := s.next(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if n := toSession(s.pos, s.rate); n > most {
			return tooLong(n, l.Duration)
		}
		if now := int(100 * min(s.read, size) / size); now > told && l.Progress != nil {
			told = now
			l.Progress(float64(now) / 100)
		}
	}
}

func tooLong(frames int64, most time.Duration) error {
	return fmt.Errorf("%w: %v or more; at most %v", ErrSoundTooLong, media.SampleTime(frames).Round(time.Second), most)
}
