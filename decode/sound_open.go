package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// soundFormats are the demuxers that a piece of music may choose by its content. Each of
// them has a clock that counts samples.
const soundFormats = "mov,mp4,mp3,aac,flac,ogg,wav"

const (
	// maxSoundStreams bounds the streams of a file.
	maxSoundStreams = 64
	// maxTag bounds a title or an artist, in characters.
	maxTag = 200
	// The rates of a piece, in hertz.
	minSoundRate, maxSoundRate = 8000, 192000
)

// OpenSound opens the first sound stream of the file at path: MP3, AAC as ADTS, MP4 or
// M4A (AAC, ALAC, MP3, FLAC, Opus), FLAC, WAV, Ogg (Opus, Vorbis, FLAC). The content
// decides, not the name. The caller closes it.
// Errors: those of os.Open for a file that cannot be read, ErrNotMedia, ErrNoSound,
// ErrUnsupported, ErrBroken for sound of which nothing can be decoded.
func OpenSound(path string) (*Sound, error) {
	src, err := openSoundSource(path)
	if err != nil {
		return nil, err
	}
	s := &Sound{src: src, info: src.info()}
	if err := s.start(0); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// openSoundSource opens a file and decodes its first frame.
func openSoundSource(path string) (*soundSource, error) {
	head, err := readSoundHead(path)
	if err != nil {
		return nil, err
	}
	fc, err := openSoundFormat(path, head.format)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotMedia, path, err)
	}
	s := &soundSource{path: path, fc: fc, pkt: astiav.AllocPacket(), clocked: true, claim: -1, end: -1}
	media.Retain()
	if err := s.begin(); err != nil {
		s.close()
		return nil, err
	}
	s.promise(head)
	return s, nil
}

// openSoundFormat opens the container, by the named format if there is a name.
func openSoundFormat(path, format string) (*astiav.FormatContext, error) {
	options := astiav.NewDictionary()
	defer options.Free()
	for k, v := range map[string]string{
		"format_whitelist": soundFormats,
		"max_streams":      fmt.Sprint(maxSoundStreams),
		"probesize":        "1000000", // bytes
		"analyzeduration":  "2000000", // µs
	} {
		if err := options.Set(k, v, 0); err != nil {
			return nil, err
		}
	}
	var known *astiav.InputFormat
	if format != "" {
		known = astiav.FindInputFormat(format)
	}
	fc := astiav.AllocFormatContext()
	// "file:" keeps a name such as "concat:x" from being taken for a protocol.
	if err := fc.OpenInput("file:"+path, known, options); err != nil {
		fc.Free()
		return nil, err
	}
	if known == nil && probeScore(fc) <= 1 {
		fc.CloseInput()
		return nil, errors.New("the content is of no known format")
	}
	return fc, nil
}

// begin finds the sound and decodes its first frame, which says what it really is.
func (s *soundSource) begin() error {
	if err := s.fc.FindStreamInfo(nil); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNotMedia, s.path, err)
	}
	for _, st := range s.fc.Streams() {
		if s.stream == nil && st.CodecParameters().MediaType() == astiav.MediaTypeAudio {
			s.stream = st
		} else {
			st.SetDiscard(astiav.DiscardAll)
		}
	}
	if s.stream == nil {
		if s.fc.NbStreams() == 0 {
			return fmt.Errorf("%w: %s", ErrNotMedia, s.path)
		}
		return fmt.Errorf("%w: %s", ErrNoSound, s.path)
	}
	cp := s.stream.CodecParameters()
	if astiav.FindDecoder(cp.CodecID()) == nil {
		return fmt.Errorf("%w: %s", ErrUnsupported, cp.CodecID())
	}
	if err := s.renew(); err != nil {
		return err
	}
	s.rewound = true
	return s.prime()
}

// prime decodes the first frame, which is frame 0 of the piece.
func (s *soundSource) prime() error {
	if err := s.decode(); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s: no sound can be decoded", ErrBroken, s.path)
	} else if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	if s.rate < minSoundRate || s.rate > maxSoundRate {
		return fmt.Errorf("%w: %s: sound of %d Hz; %d–%d Hz can be played", ErrUnsupported, s.path, s.rate, minSoundRate, maxSoundRate)
	}
	// What is stamped before 0 is not to be heard.
	s.origin = max(0, s.heldAt)
	s.heldAt -= s.origin
	return nil
}

// promise works out how long the container says that the piece is, and whether a place
// in it can be found by its time.
func (s *soundSource) promise(head soundHead) {
	format := s.format()
	codec := s.stream.CodecParameters().CodecID()
	s.slack = frames(maxJitter, s.rate)
	if d := s.stream.Duration(); d > 0 && !lengthIsGuessed(s.fc) {
		s.claim = astiav.RescaleQ(d, s.stream.TimeBase(), astiav.NewRational(1, s.rate))
	}
	switch {
	case format == "mp3" && head.mp3 >= 0:
		s.claim = head.mp3
	case format == "wav" && isPCM(codec) && head.wav != 0:
		s.claim = head.wav
	case format == "ogg":
		s.promiseOgg(head.ogg, codec)
	case strings.HasPrefix(format, "mov"):
		s.clocked = isPCM(codec) || evenPackets(s.stream)
		s.exact = s.promiseMP4(head.mp4)
		return
	}
	s.claim = max(-1, min(s.claim, maxSoundFrames))
	s.exact = s.claim >= 0
}

// promiseOgg works out where an Ogg's only stream ends.
func (s *soundSource) promiseOgg(o oggTail, codec astiav.CodecID) {
	// A FLAC frame in Ogg is stamped with where its page ends.
	s.clocked = o.single && !o.alone && s.fc.NbStreams() == 1 && codec != astiav.CodecIDFlac
	s.torn = o.cut
	if !o.single || s.fc.NbStreams() != 1 || o.end <= 0 {
		s.claim = -1
		return
	}
	// Granule positions count from before Opus's delay, stamps from behind it.
	skip := int64(0)
	if codec == astiav.CodecIDOpus {
		skip = preSkip(s.stream.CodecParameters().ExtraData())
	}
	s.last = o.last - skip
	s.claim = o.end - skip - s.origin
	if !s.trims() {
		return
	}
	if o.alone {
		// Vorbis's first packet only leads into the second; what comes of it is not to be
		// heard. With more pages the stamps begin below 0 and say so.
		lead := int64(len(s.held) / media.Channels)
		s.origin += lead
		s.heldAt -= lead
	}
	s.end = s.claim
}

// promiseMP4 works out where a track of an MP4 ends, to the sample. It says whether the
// file is clear about that; one in fragments is not.
func (s *soundSource) promiseMP4(m mp4Times) bool {
	rate := int64(s.rate)
	n := m.length()
	if n < 0 || rate%m.scale != 0 {
		s.claim = max(-1, min(s.claim, maxSoundFrames))
		return false
	}
	if e := s.fc.Metadata().Get("iTunSMPB", nil, astiav.NewDictionaryFlags()); e != nil {
		if length := iTunesLength(e.Value()); length > 0 && length <= m.duration {
			n = length
		}
	}
	s.claim = min(n, maxSoundFrames) * (rate / m.scale)
	s.end = s.claim
	return true
}

// iTunesLength reads the length from what iTunes writes of it: a zero, delay, padding
// and length in hexadecimal, in samples. It returns 0 if that is not there.
func iTunesLength(v string) int64 {
	fields := strings.Fields(v[:min(len(v), 200)])
	if len(fields) < 4 {
		return 0
	}
	n, err := strconv.ParseInt(fields[3], 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// preSkip reads an Opus header's encoder delay, in frames at 48 kHz (RFC 7845, 5.1).
func preSkip(head []byte) int64 {
	if len(head) < 12 {
		return 0
	}
	return int64(binary.LittleEndian.Uint16(head[10:]))
}

// info says what the piece is, as far as its container knows.
func (s *soundSource) info() SoundInfo {
	info := SoundInfo{
		Format:     s.stream.CodecParameters().CodecID().Name(),
		SampleRate: s.rate,
		Channels:   s.fold.channels,
		Title:      s.tag("title"),
		Artist:     s.tag("artist"),
	}
	if isPCM(s.stream.CodecParameters().CodecID()) {
		info.Format = "wav"
	}
	switch {
	case s.claim >= 0:
		info.Frames, info.Exact = toSession(s.claim, s.rate), s.exact
	case s.fc.Duration() > 0:
		// AV_TIME_BASE is microseconds.
		info.Frames = min(s.fc.Duration(), maxSoundFrames/media.SampleRate) * media.SampleRate / 1e6
	}
	return info
}

// tag returns a tag of the file or, as in Ogg, of the stream; bounded, one line, valid UTF-8.
func (s *soundSource) tag(key string) string {
	for _, d := range []*astiav.Dictionary{s.fc.Metadata(), s.stream.Metadata()} {
		if d == nil {
			continue
		}
		if e := d.Get(key, nil, astiav.NewDictionaryFlags()); e != nil {
			return cleanTag(e.Value())
		}
	}
	return ""
}

func cleanTag(v string) string {
	// Beyond this many bytes no character can be wanted.
	v = strings.ToValidUTF8(v[:min(len(v), 8*maxTag)], "")
	n := 0
	v = strings.Map(func(r rune) rune {
		if n++; n > maxTag {
			return -1
		}
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, v)
	return strings.TrimSpace(v)
}

func isPCM(id astiav.CodecID) bool { return strings.HasPrefix(id.Name(), "pcm_") }

// toSession converts a length in frames at a rate to frames at media.SampleRate: those
// that begin before the piece ends.
func toSession(n int64, rate int) int64 {
	r := int64(rate)
	return n/r*media.SampleRate + (n%r*media.SampleRate+r-1)/r
}
