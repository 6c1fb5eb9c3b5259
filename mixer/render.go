package mixer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// Render runs a mix of files into files: the same engine on a virtual clock, as
// fast as the machine can, and the same bytes on every run. A participant's URL and
// an output's URL are paths. It ends when every participant's file has been played,
// or at opts.Until; Clock, OpenFeed and OpenSink of opts are set here.
func Render(ctx context.Context, spec Spec, opts Options) error {
	opts.Clock = &VirtualClock{}
	opts.UntilSourcesEnd = opts.Until == 0
	opts.OpenFeed = openFileFeed
	opts.OpenSink = openFileSink
	s, err := Start(ctx, spec, opts)
	if err != nil {
		return err
	}
	<-s.Done()
	return errors.Join(s.Err(), ctx.Err())
}

// fileFeed plays a media file from its start to its end.
type fileFeed struct{ file *decode.File }

func openFileFeed(p Participant) (Feed, error) {
	file, err := decode.OpenFile(p.URL)
	if err != nil {
		return nil, err
	}
	return &fileFeed{file: file}, nil
}

// maxPreroll bounds the packets that are looked at to find the first picture.
const maxPreroll = 256

// Run hands over all packets of the file, moved so that the first picture is at
// time 0; sound alone starts at 0. The file's damaged parts are passed over.
func (f *fileFeed) Run(ctx context.Context, sink rtmp.PullHandler) error {
	sink.PullConnected()
	preroll, err := f.preroll()
	origin := startOf(preroll)
	for ; err == nil || len(preroll) > 0; preroll = preroll[1:] {
		if len(preroll) == 0 {
			var p media.Packet
			if p, err = f.file.Read(); err != nil {
				break
			}
			preroll = append(preroll, p)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p := preroll[0]
		p.DTS -= origin
		p.PTS -= origin
		sink.PullPacket(p)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// preroll reads up to the first picture.
func (f *fileFeed) preroll() (packets []media.Packet, err error) {
	for len(packets) < maxPreroll {
		p, err := f.file.Read()
		if err != nil {
			return packets, err
		}
		packets = append(packets, p)
		if !p.Config && (p.Kind == media.Video || !f.file.HasVideo()) {
			break
		}
	}
	return packets, nil
}

// startOf returns the time of the first picture, or of the first sound if there is
// none.
func startOf(packets []media.Packet) time.Duration {
	if len(packets) == 0 {
		return 0
	}
	return packets[len(packets)-1].PTS
}

func (f *fileFeed) Close() { f.file.Close() }

// NewVideo makes a decoder for the file's video, whatever its codec.
func (f *fileFeed) NewVideo(o decode.VideoOptions) (*decode.Video, error) { return f.file.NewVideo(o) }

// NewAudio makes a decoder for the file's sound, whatever its codec.
func (f *fileFeed) NewAudio() (*decode.Audio, error) { return f.file.NewAudio() }

// fileSink writes the mix into a file.
type fileSink struct {
	file   *encode.File
	err    error
	bytes  atomic.Int64
	report func(OutputState, string)
}

func openFileSink(o Output, h Header, _ func(), report func(OutputState, string)) (Sink, error) {
	file, err := encode.CreateFile(o.URL, encode.FileConfig{
		Width: h.Video.Width, Height: h.Video.Height, FrameRate: h.Video.FrameRate,
		VideoBitrate: h.Video.Bitrate, AudioBitrate: h.Audio.Bitrate,
		VideoConfig: h.VideoConfig, AudioConfig: h.AudioConfig,
	})
	if err != nil {
		return nil, err
	}
	return &fileSink{file: file, report: report}, nil
}

func (s *fileSink) Write(p media.Packet) {
	if s.err != nil {
		return
	}
	if s.err = s.file.Write(p); s.err != nil {
		s.report(OutputLost, s.err.Error())
		return
	}
	s.bytes.Add(int64(len(p.Data)))
}

func (s *fileSink) Stats() OutputStats { return OutputStats{BytesSent: s.bytes.Load()} }

// Close finishes the file; the first error of writing it is returned here.
func (s *fileSink) Close(context.Context) error {
	err := s.file.Close()
	if s.err != nil {
		err = s.err
	}
	if err != nil {
		return fmt.Errorf("mixer: %w", err)
	}
	return nil
}

// RenderDuration returns how long a mix of the files at paths is, for a progress
// bar: the longest that any of them claims. Errors are those of decode.OpenFile.
func RenderDuration(paths []string) (time.Duration, error) {
	var longest time.Duration
	for _, path := range paths {
		f, err := decode.OpenFile(path)
		if err != nil {
			return 0, err
		}
		longest = max(longest, f.Duration())
		f.Close()
	}
	return longest, nil
}
