package decode

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// seek makes next begin at frame pos of the piece. Errors: ErrBroken.
func (s *soundSource) seek(pos int64) error {
	if !s.clocked && !s.fresh && !s.drained && pos >= s.pos {
		s.from = pos
		return nil
	}
	if err := s.renew(); err != nil {
		return err
	}
	s.from = pos
	base := s.stream.TimeBase()
	if at := pos - preroll(s.stream.CodecParameters().CodecID(), s.rate); s.clocked && at > 0 {
		stamp := astiav.RescaleQ(s.origin+at, astiav.NewRational(1, s.rate), base)
		if s.last > 0 {
			stamp = min(stamp, s.last-1)
		}
		if s.fc.SeekFrame(s.stream.Index(), stamp, astiav.NewSeekFlags(astiav.SeekFlagBackward)) == nil {
			return nil
		}
	}
	s.rewound = true
	if err := s.fc.SeekFrame(s.stream.Index(), s.first, astiav.NewSeekFlags(astiav.SeekFlagBackward)); err != nil {
		return s.broken("going back to the start: %w", err)
	}
	return nil
}

// renew starts a new decoder, so that what comes out depends on the place alone, not
// on what was played before.
func (s *soundSource) renew() error {
	s.dec.free()
	s.held, s.bad, s.badN, s.cut, s.drained, s.rewound, s.readErr = nil, 0, 0, false, false, false, nil
	s.pos, s.fresh, s.read = 0, true, 0
	cp := s.stream.CodecParameters()
	var err error
	s.dec, err = open(cp.CodecID(), nil, func(c *astiav.CodecContext) error {
		if err := cp.ToCodecContext(c); err != nil {
			return err
		}
		if n := channelsSaid(c); n > maxSoundChannels {
			return fmt.Errorf("%d channels; at most %d", n, maxSoundChannels)
		}
		if cp.CodecID() == astiav.CodecIDFlac {
			// Each FLAC frame has a checksum; without this, damage is noise.
			c.SetErrorRecognitionFlags(astiav.NewErrorRecognitionFlags(astiav.ErrorRecognitionFlagCRCCheck))
		}
		if s.trims() {
			keepPadding(c)
		}
		setPacketClock(c, s.stream.TimeBase())
		return nil
	})
	return err
}

// format returns FFmpeg's name of the container.
func (s *soundSource) format() string { return s.fc.InputFormat().Name() }

// raw says that there is no container: packets are found in what is there.
func (s *soundSource) raw() bool { return s.format() == "mp3" || s.format() == "aac" }

// trims says that the source cuts off delay and padding, not the decoder: FFmpeg takes
// too much off a Vorbis stream that is a single page.
func (s *soundSource) trims() bool {
	return s.format() == "ogg" && s.stream.CodecParameters().CodecID() == astiav.CodecIDVorbis
}

// preroll returns how many frames before a place decoding must start, so that what
// comes out there is what it would be from the beginning.
func preroll(id astiav.CodecID, rate int) int64 {
	switch id {
	case astiav.CodecIDMp3:
		// Main data may begin 255 bytes earlier in frames that hold 3: 85 frames of 576.
		return 64 * 1152
	case astiav.CodecIDAac, astiav.CodecIDAacLatm:
		// Spectral band replication repeats its header about twice a second.
		return 2 * int64(rate)
	case astiav.CodecIDOpus:
		// Energies are coded as changes: 80 ms are enough to hear (RFC 7845), two
		// seconds for the same samples.
		return 2 * int64(rate)
	case astiav.CodecIDVorbis:
		return 2 * 8192 // two of the longest windows
	default:
		return 0
	}
}

// untouched says that nothing has been returned since the file was opened.
func (s *soundSource) untouched() bool { return s.fresh && s.rewound && s.held != nil && s.from == 0 }
