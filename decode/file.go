package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// File reads the first video and the first sound stream of a media file, in the
// order in which they are stored. One goroutine owns it.
type File struct {
	fc    *astiav.FormatContext
	pkt   *astiav.Packet
	ahead []*astiav.Packet // read to find the streams
	video *astiav.Stream   // nil where there is none
	audio *astiav.Stream
	heads []media.Packet // configurations, and what follows them, not yet read
	// The newest configuration of each kind.
	configs [2][]byte
}

// formats are the demuxers that a file may choose by its content, by FFmpeg's names.
// A playlist or a script is not among them: it would open other files.
const formats = "flv,live_flv,mov,mp4,matroska,webm,mpegts,mp3,aac,flac,ogg,wav,h264,hevc"

// OpenFile opens the media file at path: FLV, MP4, Matroska, MPEG-TS, or sound
// alone as MP3, AAC, FLAC, Ogg or WAV. The caller closes it.
// Errors: those of os.Open for a file that cannot be read, ErrNotMedia.
func OpenFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%w: %s is a folder", ErrNotMedia, path)
	}
	options := astiav.NewDictionary()
	defer options.Free()
	if err := options.Set("format_whitelist", formats, 0); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	fc := astiav.AllocFormatContext()
	// "file:" keeps a name such as "concat:x" from being taken for a protocol.
	if err := fc.OpenInput("file:"+path, nil, options); err != nil {
		fc.Free()
		return nil, fmt.Errorf("%w: %s: %w", ErrNotMedia, path, err)
	}
	slimReader(fc)
	f := &File{fc: fc, pkt: astiav.AllocPacket()}
	media.Retain()
	if err := f.findStreams(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s: %w", ErrNotMedia, path, err)
	}
	for _, s := range fc.Streams() {
		switch s.CodecParameters().MediaType() {
		case astiav.MediaTypeVideo:
			// A song's cover is a "video stream" too; it is not one here.
			if f.video == nil && !s.DispositionFlags().Has(astiav.DispositionFlagAttachedPic) {
				f.video = s
			}
		case astiav.MediaTypeAudio:
			if f.audio == nil {
				f.audio = s
			}
		}
	}
	if f.video == nil && f.audio == nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s holds neither pictures nor sound", ErrNotMedia, path)
	}
	for _, s := range []*astiav.Stream{f.video, f.audio} {
		if s != nil {
			f.heads = append(f.heads, f.head(s, s.CodecParameters().ExtraData()))
		}
	}
	return f, nil
}

// HasVideo and HasAudio say which streams there are.
func (f *File) HasVideo() bool { return f.video != nil }

// HasAudio says whether there is sound.
func (f *File) HasAudio() bool { return f.audio != nil }

// Duration returns the length that the file claims; 0 if it does not say.
func (f *File) Duration() time.Duration {
	// AV_TIME_BASE is microseconds.
	longest := time.Duration(f.fc.Duration()) * time.Microsecond
	for _, s := range f.fc.Streams() {
		longest = max(longest, rescale(s.Duration(), s))
	}
	return max(0, longest)
}

// NewVideo makes a decoder for the file's video, whatever its codec, as it is at the
// start of the file. The caller closes it. There must be video. Errors: ErrUnsupported, ErrConfig.
func (f *File) NewVideo(o VideoOptions) (*Video, error) {
	cp := f.video.CodecParameters()
	return newVideo(cp.CodecID(), o, cp.ToCodecContext)
}

// NewAudio makes a decoder for the file's sound, whatever its codec, as it is at the
// start of the file. The caller closes it. There must be sound. Errors: ErrUnsupported, ErrConfig.
func (f *File) NewAudio() (*Audio, error) {
	cp := f.audio.CodecParameters()
	return newAudio(cp.CodecID(), cp.ToCodecContext)
}

// Read returns the next packet, the configurations first; a configuration that
// changes in mid-stream comes just before the packet that needs it. At the end it
// returns io.EOF; damaged data is skipped by the reader below.
func (f *File) Read() (media.Packet, error) {
	if len(f.heads) > 0 {
		pkt := f.heads[0]
		f.heads = f.heads[1:]
		return pkt, nil
	}
	for {
		if err := f.next(); err != nil {
			if errors.Is(err, astiav.ErrEof) {
				return media.Packet{}, io.EOF
			}
			return media.Packet{}, fmt.Errorf("%w: %w", ErrData, err)
		}
		pkt, s := f.packet()
		config := newExtraData(f.pkt)
		f.pkt.Unref()
		if s == nil {
			continue
		}
		if len(config) > 0 && !bytes.Equal(config, f.configs[pkt.Kind]) {
			f.heads = append(f.heads, pkt)
			return f.head(s, config), nil
		}
		return pkt, nil
	}
}

// head makes the packet of a stream's configuration.
func (f *File) head(s *astiav.Stream, config []byte) media.Packet {
	kind := f.kind(s.Index())
	f.configs[kind] = config
	return media.Packet{Kind: kind, Codec: codecOf(s.CodecParameters().CodecID()), Config: true, Key: true, Data: config}
}

// packet copies the native packet if it belongs to one of the two streams; if not,
// or if it has no time, s is nil.
func (f *File) packet() (pkt media.Packet, s *astiav.Stream) {
	switch i := f.pkt.StreamIndex(); {
	case f.video != nil && i == f.video.Index():
		s = f.video
	case f.audio != nil && i == f.audio.Index():
		s = f.audio
	default:
		return media.Packet{}, nil
	}
	pts, dts := f.pkt.Pts(), f.pkt.Dts()
	switch {
	case pts == astiav.NoPtsValue && dts == astiav.NoPtsValue:
		return media.Packet{}, nil
	case pts == astiav.NoPtsValue:
		pts = dts
	case dts == astiav.NoPtsValue:
		dts = pts
	}
	return media.Packet{
		Kind:  f.kind(s.Index()),
		Codec: codecOf(s.CodecParameters().CodecID()),
		Key:   f.pkt.Flags().Has(astiav.PacketFlagKey),
		PTS:   rescale(pts, s),
		DTS:   rescale(dts, s),
		Data:  f.pkt.Data(),
	}, s
}

// rescale turns a time of the stream's clock into one of ours.
func rescale(t int64, s *astiav.Stream) time.Duration {
	return time.Duration(astiav.RescaleQ(t, s.TimeBase(), astiav.NewRational(1, int(time.Second))))
}

func (f *File) kind(index int) media.Kind {
	if f.video != nil && index == f.video.Index() {
		return media.Video
	}
	return media.Audio
}

// Close frees the reader. It may be called twice.
func (f *File) Close() {
	if f == nil || f.fc == nil {
		return
	}
	f.pkt.Free()
	for _, pkt := range f.ahead {
		pkt.Free()
	}
	f.fc.CloseInput()
	f.fc = nil
	media.Release()
}

func codecOf(id astiav.CodecID) media.Codec {
	switch id {
	case astiav.CodecIDH264:
		return media.CodecH264
	case astiav.CodecIDHevc:
		return media.CodecHEVC
	case astiav.CodecIDAac:
		return media.CodecAAC
	default:
		return media.CodecNone
	}
}
