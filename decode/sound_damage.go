package decode

import (
	"errors"
	"fmt"
	"io"
)

// account notes how far the file has been read. In a raw stream it is ErrBroken when
// much has been read that went into no packet, as a demuxer does with garbage.
func (s *soundSource) account() error {
	before := s.read
	s.read = readUpTo(s.fc)
	// An MP3 parser adds garbage to the frame before it.
	s.packed += min(int64(s.pkt.Size()), maxRawFrame)
	if before == 0 {
		s.packed = s.read
	}
	garbage := s.read - s.packed
	if !s.raw() || garbage <= maxGarbage {
		return nil
	}
	s.packed = s.read
	if hasTag(s.path, before) {
		return nil
	}
	return s.broken("%d bytes of garbage", garbage)
}

// lose counts damage. It returns ErrBroken when that is too much in a row.
func (s *soundSource) lose(n int64) error {
	s.bad += max(0, min(n, maxSoundFrames))
	s.badN++
	if s.badN > maxBadPackets || s.rate > 0 && s.bad > frames(maxHole, s.rate) {
		return s.broken("damaged data")
	}
	return nil
}

// ending decides whether the end that was reached is the piece's.
func (s *soundSource) ending(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case s.readErr != nil:
		return s.broken("%w", s.readErr)
	case s.fresh:
		return io.EOF
	case s.claim >= 0 && s.pos < s.claim-s.slack:
		return s.broken("the file ends, but says that it lasts %v", sampleTime(s.claim, s.rate))
	case s.torn:
		return s.broken("the file ends within a page")
	case s.cut, s.format() == "aac" && s.badN > 0:
		return s.broken("the file ends within a packet")
	}
	return io.EOF
}

// broken makes the error of damage at the present position.
func (s *soundSource) broken(format string, args ...any) error {
	return fmt.Errorf("%w at %v: %w", ErrBroken, sampleTime(max(0, s.pos), max(s.rate, 1)), fmt.Errorf(format, args...))
}
