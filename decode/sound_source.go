package decode

import (
	"errors"
	"io"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

const (
	// maxHole is the longest damage that is bridged with silence; a longer one ends the piece.
	maxHole = 3 * time.Second // a page of Ogg may hold one, and damage costs two
	// maxGarbage is how many bytes between two packets of a raw stream are passed over, but
	// for tags.
	maxGarbage = 32 << 10
	// maxJitter is how far a stamp may be from where counting puts the frame, before
	// something must be missing. Copies of live streams have stamps in milliseconds.
	maxJitter = 50 * time.Millisecond
	// maxRawFrame is the size of the largest frame of ADTS, in bytes; an MP3's is smaller.
	maxRawFrame = 8191
	// maxBadPackets bounds damage whose packets do not say how long they are.
	maxBadPackets = 1000
	// maxSoundFrames bounds every position in a piece, in frames: 182 years at 192 kHz.
	maxSoundFrames = 1 << 50
)

// soundSource decodes one sound stream of a file to stereo at the file's own rate. Frames
// are counted from the first that is to be heard: 0 is behind the encoder's delay.
type soundSource struct {
	path   string
	fc     *astiav.FormatContext
	pkt    *astiav.Packet
	stream *astiav.Stream
	dec    *native
	fold   foldDown
	rate   int
	origin int64 // what the container's clock says for frame 0, in frames
	first  int64 // DTS of the first packet, on the stream's clock
	known  bool  // first has been seen
	// clocked: stamps count samples, so that a place can be found by its stamp.
	// Otherwise it is found by decoding all that comes before.
	clocked bool
	claim   int64 // frames that the container promises; -1 if it does not
	exact   bool  // the claim is to the sample
	slack   int64 // how many fewer than that is no damage
	last    int64 // where an Ogg's last page begins, on the stream's clock; 0 if not known
	torn    bool  // an Ogg's last page is not whole
	end     int64 // the piece ends here whatever comes; -1 if it ends with the file

	pos     int64 // frame that next returns first
	from    int64 // frames before this one are dropped
	rewound bool  // decoding began at the start of the file
	fresh   bool  // nothing has been decoded since the last seek, so pos is not known
	held    []float32
	heldAt  int64
	silence []float32
	bad     int64 // frames lost in a row
	badN    int   // packets lost in a row
	cut     bool  // a packet was not whole
	drained bool  // the decoder was told that no more comes
	readErr error // why reading ended, if not at the end
	read    int64 // bytes of the file that have been read
	packed  int64 // and went into packets
}

// next returns the next frames, interleaved, valid until the next call. At the end it
// returns io.EOF, where the file breaks ErrBroken.
func (s *soundSource) next() ([]float32, error) {
	for {
		if s.held == nil {
			if err := s.decode(); err != nil {
				return nil, s.ending(err)
			}
		}
		pcm, err := s.place()
		if err != nil {
			return nil, err
		}
		at := s.pos
		if s.end >= 0 && at >= s.end {
			s.held = nil
			return nil, io.EOF
		}
		n := int64(len(pcm) / media.Channels)
		if s.end >= 0 && at+n > s.end {
			n = s.end - at
			pcm = pcm[:n*media.Channels]
		}
		s.pos += n
		if drop := min(s.from-at, n); drop > 0 {
			pcm = pcm[drop*media.Channels:]
		}
		if len(pcm) > 0 {
			return pcm, nil
		}
	}
}

// place takes the held frames, or the silence that must come before them. It sets pos
// to where the first of them belongs.
func (s *soundSource) place() ([]float32, error) {
	if s.fresh && s.heldAt > s.from && !s.rewound {
		// The demuxer went too far: count from the start instead.
		s.clocked = false
		if err := s.seek(s.from); err != nil {
			return nil, err
		}
		return nil, nil
	}
	if s.fresh {
		s.pos, s.fresh = s.heldAt, false
		if s.rewound {
			s.pos = min(s.pos, 0)
		}
	}
	gap := s.heldAt - s.pos
	jitter := frames(maxJitter, s.rate)
	switch {
	case gap != 0 && -jitter <= gap && gap <= jitter:
		s.clocked = false
	case gap < 0:
		return nil, s.broken("time goes back by %v", sampleTime(-gap, s.rate))
	case gap > frames(maxHole, s.rate):
		return nil, s.broken("%v are missing", sampleTime(gap, s.rate))
	case gap > 0:
		if int(gap)*media.Channels > cap(s.silence) {
			s.silence = make([]float32, gap*media.Channels)
		}
		return s.silence[:gap*media.Channels], nil
	}
	pcm := s.held
	s.held = nil
	return pcm, nil
}

// decode makes the next good frame the held one. Errors: io.EOF, ErrBroken, ErrUnsupported.
func (s *soundSource) decode() error {
	for {
		err := s.dec.ctx.ReceiveFrame(s.dec.frame)
		switch {
		case err == nil:
			ok, err := s.hold()
			s.dec.frame.Unref()
			if ok || err != nil {
				return err
			}
		case errors.Is(err, astiav.ErrEof):
			return io.EOF
		case errors.Is(err, astiav.ErrEagain):
			if s.drained {
				return io.EOF
			}
			if err := s.feed(); err != nil {
				return err
			}
		default:
			if err := s.lose(0); err != nil {
				return err
			}
		}
	}
}

// hold takes the decoded frame; ok is false for one that is damaged.
func (s *soundSource) hold() (ok bool, err error) {
	f := s.dec.frame
	n := int64(f.NbSamples())
	if s.rate == 0 {
		s.rate = f.SampleRate()
	}
	if n == 0 {
		return false, nil
	}
	// A frame of another rate is what a decoder makes of garbage.
	if f.SampleRate() != s.rate {
		return false, s.lose(n)
	}
	pcm, err := s.fold.convert(f)
	if errors.Is(err, ErrData) {
		return false, s.lose(n)
	} else if err != nil {
		return false, err
	}
	sanitise(pcm)
	at := s.pos
	if pts := f.Pts(); pts != astiav.NoPtsValue {
		at = astiav.RescaleQ(pts, s.stream.TimeBase(), astiav.NewRational(1, s.rate))
		if at > maxSoundFrames || at < -maxSoundFrames {
			return false, s.lose(n)
		}
		at -= s.origin
	} else if s.fresh && !s.rewound {
		// Without a stamp nobody knows where this is.
		return false, nil
	}
	s.held, s.heldAt, s.bad, s.badN = pcm, at, 0, 0
	return true, nil
}

// sanitise makes silence of what is no number: floats of a file can be anything.
func sanitise(pcm []float32) {
	const loudest = 8 // +18 dB over full scale
	for i, v := range pcm {
		if !(v >= -loudest && v <= loudest) {
			pcm[i] = 0
		}
	}
}

// feed reads packets until the decoder has taken one of the stream.
func (s *soundSource) feed() error {
	for {
		if err := s.fc.ReadFrame(s.pkt); err != nil {
			if !errors.Is(err, astiav.ErrEof) {
				s.readErr = err
			}
			s.drained = true
			if err := s.dec.ctx.SendPacket(nil); err != nil && !errors.Is(err, astiav.ErrEof) {
				return s.lose(0)
			}
			return nil
		}
		if s.pkt.StreamIndex() != s.stream.Index() {
			s.pkt.Unref()
			continue
		}
		if !s.known {
			s.first, s.known = s.pkt.Dts(), true
		}
		if err := s.account(); err != nil {
			s.pkt.Unref()
			return err
		}
		s.cut = s.pkt.Flags().Has(astiav.PacketFlagCorrupt) && !isPCM(s.stream.CodecParameters().CodecID())
		lost := astiav.RescaleQ(s.pkt.Duration(), s.stream.TimeBase(), astiav.NewRational(1, max(s.rate, 1)))
		err := s.dec.ctx.SendPacket(s.pkt)
		s.pkt.Unref()
		if err != nil {
			return s.lose(lost)
		}
		return nil
	}
}

func (s *soundSource) close() {
	if s.fc == nil {
		return
	}
	s.dec.free()
	s.fold.free()
	s.pkt.Free()
	s.fc.CloseInput()
	s.fc = nil
	media.Release()
}

// frames and sampleTime convert between time and frames at a rate in hertz.
func frames(d time.Duration, rate int) int64 { return int64(d) * int64(rate) / int64(time.Second) }

func sampleTime(n int64, rate int) time.Duration {
	r := int64(rate)
	return (time.Duration(n/r)*time.Second + time.Duration(n%r*int64(time.Second)/r)).Round(time.Millisecond)
}
