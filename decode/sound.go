package decode

import (
	"errors"
	"fmt"
	"os"

	"github.com/lianmai/lianmai/media"
)

// Errors of pieces of music, told apart with errors.Is.
var (
	// ErrNoSound: the file is media, but holds no sound stream.
	ErrNoSound = errors.New("no sound in the file")
	// ErrBroken: the file is damaged or cut off; the message says where.
	ErrBroken = errors.New("the file breaks")
)

// SoundInfo says what a piece of music is.
type SoundInfo struct {
	// Format is the codec, "wav" for any PCM: mp3, aac, alac, flac, opus, vorbis, wav.
	Format string
	// SampleRate (hertz) and Channels are the file's.
	SampleRate, Channels int
	// Frames is the length at media.SampleRate; 0 if it is not known.
	Frames int64
	// Exact says that Frames is what the container promises or what was counted, not a guess.
	Exact bool
	// Title and Artist are the file's tags: one line of at most 200 characters, or empty.
	Title, Artist string
}

// Sound plays the first sound stream of a file as stereo at media.SampleRate. Its frame n
// is what the piece sounds like n/48000 s after its first sample: the encoder's delay
// and padding are cut off where the container says how long they are, which ADTS and MP3
// without a LAME header do not. One goroutine owns it.
//
// What is played after SeekTo is the same, bit for bit, as when the piece is played from
// its start. One thing differs: where AAC only says that there is noise, the decoder
// makes it up anew.
//
// More than two channels are folded down as ITU-R BS.775 says (centre and surround at
// −3 dB, no LFE), scaled so that no sum goes beyond full scale; mono is as loud on
// both sides as it was.
type Sound struct {
	src  *soundSource
	info SoundInfo
	rate rateConverter

	ready []float32 // converted and wanted
	out   int64     // frame that the converter gives next
	want  int64     // frame that Read returns next
	begun bool      // the converter has its edge before the first frame
	tail  []float32 // the last frames that the converter got, at most edge+1
	err   error     // what Read returns when ready is empty
}

// Info says what the piece is.
func (s *Sound) Info() SoundInfo { return s.info }

// Position returns the frame that Read returns next.
func (s *Sound) Position() int64 { return s.want }

// Read fills dst with interleaved stereo samples, ±1 full scale, and returns the number
// of frames; it returns fewer than dst has room for only together with an error, and
// none only if dst has no room for one. At the end the error is io.EOF. Where the file
// breaks it is ErrBroken: all good frames before that have been returned. After an
// error SeekTo makes it play again.
func (s *Sound) Read(dst []float32) (int, error) {
	n := 0
	dst = dst[:len(dst)/media.Channels*media.Channels]
	for n < len(dst) {
		if len(s.ready) == 0 {
			if s.err != nil {
				return n / media.Channels, s.err
			}
			s.fill()
			continue
		}
		k := copy(dst[n:], s.ready)
		s.ready = s.ready[k:]
		n += k
		s.want += int64(k / media.Channels)
	}
	return n / media.Channels, nil
}

// SeekTo makes Read go on at a frame of the piece. Behind the end Read returns io.EOF.
// SeekTo(0) plays the piece again without a gap. Errors: os.ErrInvalid for a frame below
// 0, os.ErrClosed, ErrBroken.
func (s *Sound) SeekTo(frame int64) error {
	if frame < 0 {
		return fmt.Errorf("seeking to frame %d: %w", frame, os.ErrInvalid)
	}
	if s.src == nil {
		return os.ErrClosed
	}
	if err := s.start(min(frame, maxSoundFrames/maxSoundRate)); err != nil {
		s.err = err
		return err
	}
	return nil
}

// start makes Read begin at a frame. For a piece that has just been opened and frame 0
// nothing needs to be sought.
func (s *Sound) start(frame int64) error {
	s.ready, s.err, s.tail, s.want, s.begun = nil, nil, s.tail[:0], frame, false
	from := int64(0)
	if s.src.rate == media.SampleRate {
		from, s.out = frame, frame
	} else {
		// Where a frame of the file and one of the session are at the same time.
		step := int64(s.src.rate) / gcd(int64(s.src.rate), media.SampleRate)
		from = max(0, frame*int64(s.src.rate)/media.SampleRate-edge) / step * step
		s.out = from / step * (step * media.SampleRate / int64(s.src.rate))
		s.begun = from > 0
		if err := s.rate.reset(s.src.rate); err != nil {
			return err
		}
	}
	if frame == 0 && s.src.untouched() {
		return nil
	}
	return s.src.seek(from)
}

// fill makes more frames ready, or sets the error.
func (s *Sound) fill() {
	pcm, err := s.src.next()
	if s.src.rate == media.SampleRate {
		s.ready, s.err = pcm, err
		return
	}
	if err != nil {
		s.end(err)
		return
	}
	if s.tail = append(s.tail, pcm...); !s.begun {
		if len(s.tail) <= edge*media.Channels {
			return // not enough to lead in with
		}
		s.leadIn()
	} else {
		s.give(pcm)
	}
	s.tail = append(s.tail[:0], s.tail[max(0, len(s.tail)-(edge+1)*media.Channels):]...)
}

// leadIn gives the converter what comes before the first frame, and all that there is yet.
func (s *Sound) leadIn() {
	s.begun = true
	rate := int64(s.src.rate)
	step := rate / gcd(rate, media.SampleRate)
	n := (edge + step - 1) / step * step
	s.out = -n * media.SampleRate / rate
	s.give(extend(s.tail, int(n), -1))
	s.give(s.tail)
}

// end gives the converter what comes after the last frame and takes what it holds.
func (s *Sound) end(err error) {
	if len(s.tail) > 0 {
		if !s.begun {
			s.leadIn()
		}
		s.give(extend(s.tail, 2*edge, 1))
		// The frames that begin before the piece ends.
		if last := toSession(s.src.pos, s.src.rate); s.want+int64(len(s.ready)/media.Channels) > last {
			s.ready = s.ready[:max(0, last-s.want)*media.Channels]
		}
	}
	s.tail = s.tail[:0]
	if s.err == nil {
		s.err = err
	}
}

// give converts samples and adds what is wanted of the result to ready.
func (s *Sound) give(pcm []float32) {
	got, err := s.rate.convert(pcm)
	if err != nil {
		s.err = err
		return
	}
	n := int64(len(got) / media.Channels)
	next := s.want + int64(len(s.ready)/media.Channels)
	drop := max(0, min(next-s.out, n))
	s.out += n
	s.ready = append(s.ready, got[drop*media.Channels:]...)
}

// Close frees the piece. It may be called twice.
func (s *Sound) Close() {
	if s == nil || s.src == nil {
		return
	}
	s.src.close()
	s.rate.free()
	s.src = nil
	s.ready, s.err = nil, os.ErrClosed
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
