package mixer

import (
	"context"
	"log/slog"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
	"github.com/lianmai/lianmai/stage"
)

// Engine runs live mixes in this process: RTMP in, RTMP out, on the wall clock. Its
// zero value is not usable; make one with NewEngine. Safe for concurrent use.
type Engine struct {
	fonts   *compose.Fonts
	library Library
	log     *slog.Logger
	dials   Dials
}

// Library gives what specs name.
type Library interface {
	stage.Pictures
	Sounds
}

// NewEngine returns an engine that draws names with fonts, takes the pictures and the
// sounds that specs name from library (nil: there are none), and logs to log.
func NewEngine(fonts *compose.Fonts, library Library, log *slog.Logger) *Engine {
	return &Engine{fonts: fonts, library: library, log: log}
}

// Start begins the mix that spec describes, which has run for base in other processes: the
// output's timestamps count on from there. observe is called for each event, one call at a
// time; it must not block. The caller stops the session.
func (e *Engine) Start(base time.Duration, spec Spec, observe func(Event)) (*Session, error) {
	return Start(context.Background(), spec, Options{
		Clock: NewWallClock(), Base: base, Fonts: e.fonts, Pictures: e.library, Sounds: e.library, Log: e.log, Observe: observe,
		OpenFeed: e.openFeed,
		OpenSink: func(o Output, h Header, keyFrame func(), report func(OutputState, string)) (Sink, error) {
			return e.openSink(o, h, keyFrame, report, e.log.With("mix", spec.ID))
		},
	})
}

func (e *Engine) openFeed(p Participant) (Feed, error) {
	u, err := rtmp.ParseURL(p.URL)
	if err != nil {
		return nil, err
	}
	return pullFeed{u, e.dials.Input}, nil
}

// pullFeed is an RTMP stream that is pulled for as long as the source lives.
type pullFeed struct {
	url  rtmp.URL
	dial rtmp.DialFunc
}

func (f pullFeed) Run(ctx context.Context, sink rtmp.PullHandler) error {
	return rtmp.Pull(ctx, rtmp.PullConfig{URL: f.url, Dial: f.dial}, sink)
}

func (pullFeed) Close() {}

func (e *Engine) openSink(o Output, h Header, keyFrame func(), report func(OutputState, string), log *slog.Logger) (Sink, error) {
	u, err := rtmp.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	s := &pushSink{keyFrame: keyFrame, report: report, log: log.With("output", o.Name, "url", u.Destination())}
	s.pusher = rtmp.NewPusher(rtmp.PushConfig{URL: u, Dial: e.dials.Output, Header: rtmp.Header{
		VideoConfig: h.VideoConfig, AudioConfig: h.AudioConfig,
		Width: h.Video.Width, Height: h.Video.Height, FrameRate: h.Video.FrameRate,
		VideoBitrate: h.Video.Bitrate, AudioBitrate: h.Audio.Bitrate,
	}}, s)
	return s, nil
}

// pushSink is one RTMP destination.
type pushSink struct {
	pusher   *rtmp.Pusher
	keyFrame func()
	report   func(OutputState, string)
	log      *slog.Logger
}

func (s *pushSink) Write(p media.Packet) { s.pusher.Write(p) }

func (s *pushSink) Close(ctx context.Context) error { return s.pusher.Close(ctx) }

func (s *pushSink) Stats() OutputStats {
	st := s.pusher.Stats()
	return OutputStats{BytesSent: st.BytesSent, Queue: st.Queue, DroppedPackets: st.DroppedPackets, Reconnects: st.Reconnects}
}

// PushConnected implements rtmp.PushHandler.
func (s *pushSink) PushConnected() {
	s.log.Info("output is live")
	s.report(OutputLive, "the server accepted the stream")
}

// PushDisconnected implements rtmp.PushHandler.
func (s *pushSink) PushDisconnected(err error, retryIn time.Duration) {
	s.log.Warn("output lost", "error", err, "retry_in", retryIn.Round(time.Millisecond))
	s.report(OutputLost, err.Error())
}

// PushKeyFrameWanted implements rtmp.PushHandler.
func (s *pushSink) PushKeyFrameWanted() { s.keyFrame() }
