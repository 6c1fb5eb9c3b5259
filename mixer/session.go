package mixer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/stage"
)

// Errors of a session.
var (
	// ErrStopped: the session has ended or is ending.
	ErrStopped = errors.New("mixer: the mix has stopped")
	// ErrFixed: a change of the picture's or the sound's encoding was asked for.
	ErrFixed = errors.New("mixer: video and audio settings cannot change while the mix runs")
	// ErrSpec: a spec that contradicts itself, or asks for more than there can be.
	ErrSpec = errors.New("mixer: bad spec")
)

// Options connects a session to the world.
type Options struct {
	// Clock is the session's time; it must have been made just now.
	Clock Clock
	// Fonts draws names.
	Fonts *compose.Fonts
	// Pictures gives the pictures that templates and participants name. May be nil if
	// no spec names any.
	Pictures stage.Pictures
	// Log receives what an operator should know. Required.
	Log *slog.Logger
	// Observe is called for each event, from the tick goroutine and others, one
	// call at a time. It must not block. May be nil.
	Observe func(Event)
	// OpenFeed makes the feed of a participant that is new.
	OpenFeed func(Participant) (Feed, error)
	// Sounds gives the sounds that music names. May be nil if no spec names any.
	Sounds Sounds
	// OpenSink makes the sink of an output that is new. It may call keyFrame when
	// the destination needs one, and report when its state changes.
	OpenSink func(o Output, h Header, keyFrame func(), report func(OutputState, string)) (Sink, error)
	// Until ends the session at that session time; 0 runs until Stop. With
	// UntilSourcesEnd it ends when every feed has ended and been played.
	Until           time.Duration
	UntilSourcesEnd bool
	// Base is added to every time that leaves the session: timestamps of the output,
	// events and statistics. It is how long the mix had run in other processes.
	Base time.Duration
	// Progress is called about each second of session time. May be nil.
	Progress func(time.Duration)

	// pressure stands in for what is measured, in tests. May be nil.
	pressure func(time.Duration) pressure
}

// Session is one running mix. Its methods may be called from any goroutine.
type Session struct {
	opts  Options
	video VideoSpec
	audio AudioSpec
	clock Clock
	log   *slog.Logger
	began time.Time

	dresser stage.Dresser

	applying sync.Mutex // one change at a time; guards newest and nextID
	newest   *plan      // the latest that was handed over
	nextID   int
	pending  atomic.Pointer[plan]

	keyFrame atomic.Bool
	at       atomic.Int64 // session time of the newest tick, ns
	stopping atomic.Bool
	ctx      context.Context // of the run; ends with Stop
	cancel   context.CancelFunc
	done     chan struct{}
	err      error // set before done is closed

	directing sync.WaitGroup // changes of the main speaker that the voices want
	heard     atomic.Pointer[[]heard]
	observing sync.Mutex
	closing   sync.WaitGroup // sources and outputs that are being closed

	snapshot sync.Mutex // guards stats
	stats    Stats

	// What follows belongs to the tick goroutine.
	plan      *plan
	cast      cast
	speakers  speakers
	fading    []*track // no longer wanted, fading away
	canvas    *compose.Canvas
	videoEnc  *encode.Video
	audioEnc  *encode.Audio
	mix       *audio.Mixer
	pcm       []float32
	tiles     []compose.Tile
	interlace interleaver
	frame     int64         // number of the next video frame
	block     int64         // number of the next block of sound
	hurried   bool          // the frame that is made now repeats the canvas
	lag       time.Duration // of the pictures' ticks behind the pictures' times
	ticks     TickStats
	told      time.Duration // when stats were last taken
	untold    int64         // frames left out that no event has told of yet
	load      loadWatch
}

// Start begins a mix as spec says. It returns when the first tick is about to run.
// The session runs until Stop, until ctx ends, or until the end that opts sets.
func Start(ctx context.Context, spec Spec, opts Options) (*Session, error) {
	if opts.Observe == nil {
		opts.Observe = func(Event) {}
	}
	s := &Session{
		opts: opts, video: spec.Video, audio: spec.Audio, clock: opts.Clock,
		log: opts.Log.With("mix", spec.ID), began: time.Now(), done: make(chan struct{}),
		mix: audio.New(),
	}
	canvas := layout.Size{W: spec.Video.Width, H: spec.Video.Height}
	s.dresser.Fonts, s.dresser.Pictures, s.dresser.Canvas = opts.Fonts, opts.Pictures, canvas
	s.cast.canvas = canvas
	if err := s.open(); err != nil {
		s.closeNative()
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	if err := s.Apply(spec); err != nil {
		s.cancel()
		s.closeNative()
		return nil, err
	}
	go s.run(s.ctx)
	return s, nil
}

// pictureLag is how long after its time a live picture is made. It has to wait for the
// sound of its time anyway, which leaves its encoder 21 ms later at the earliest; made
// that much later it shows what came meanwhile, and sources need less delay.
const pictureLag = 12 * time.Millisecond

// open makes the canvas and the encoders.
func (s *Session) open() (err error) {
	v := s.video
	if v.FrameRate.Num <= 0 || v.FrameRate.Den <= 0 {
		return fmt.Errorf("%w: frame rate %d/%d", ErrSpec, v.FrameRate.Num, v.FrameRate.Den)
	}
	if s.canvas, err = compose.NewCanvas(v.Width, v.Height); err != nil {
		return fmt.Errorf("mixer: %w", err)
	}
	s.videoEnc, err = encode.NewVideo(encode.VideoConfig{
		Width: v.Width, Height: v.Height, FrameRate: v.FrameRate, Bitrate: v.Bitrate, Preset: v.Preset, GOP: v.GOP,
	})
	if err != nil {
		return fmt.Errorf("mixer: %w", err)
	}
	if s.audioEnc, err = encode.NewAudio(encode.AudioConfig{Bitrate: s.audio.Bitrate}); err != nil {
		return fmt.Errorf("mixer: %w", err)
	}
	s.pcm = make([]float32, s.audioEnc.FrameSize()*media.Channels)
	s.cast.frame = v.FrameRate.Time(1)
	if s.clock.Live() {
		s.lag = pictureLag
	}
	return nil
}

// closeNative frees the canvas and the encoders, or as many as open has made.
func (s *Session) closeNative() {
	if s.canvas != nil {
		s.canvas.Close()
	}
	s.videoEnc.Close()
	s.audioEnc.Close()
}

func (s *Session) header() Header {
	return Header{VideoConfig: s.videoEnc.Config(), AudioConfig: s.audioEnc.Config(), Video: s.video, Audio: s.audio}
}

// newSource makes and starts a source that feed fills; applying is held.
func (s *Session) newSource(name string, feed Feed) *source {
	s.nextID++
	src := newSource(s.nextID, name, feed, s.clock, s.mix.Add(name), s.log)
	src.start(s.ctx)
	return src
}

// newOutput makes the output for o; applying is held.
func (s *Session) newOutput(o Output) (*output, error) {
	out := &output{Output: o}
	report := func(state OutputState, reason string) {
		if out.setState(state) {
			s.tell(Event{Kind: OutputChanged, Name: o.Name, Output: state, Reason: reason})
		}
	}
	sink, err := s.opts.OpenSink(o, s.header(), func() { s.keyFrame.Store(true) }, report)
	if err != nil {
		return nil, fmt.Errorf("mixer: output %s: %w", o.Name, err)
	}
	out.sink = sink
	return out, nil
}

// Stop ends the mix: the last packets are flushed to the outputs, streams are ended
// as their protocol asks, everything is freed. When ctx ends first, what is not yet
// sent is dropped. It may be called many times; all calls return when the mix has ended.
func (s *Session) Stop(ctx context.Context) error {
	s.stopping.Store(true)
	s.cancel()
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed when the mix has ended and everything is freed.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err returns why the mix ended, after Done: nil for Stop and for a planned end.
func (s *Session) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// tell hands an event to the observer.
func (s *Session) tell(e Event) {
	e.Time = time.Now()
	e.At = s.opts.Base + time.Duration(s.at.Load())
	s.observing.Lock()
	defer s.observing.Unlock()
	s.opts.Observe(e)
}

// closeTimeout bounds how long an output may take to send its last packets.
const closeTimeout = 3 * time.Second

// closeOutput ends one output; its error is for the caller to keep or not.
func (s *Session) closeOutput(o *output) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := o.sink.Close(ctx)
	if err != nil {
		s.log.Warn("output did not end cleanly", "output", o.Name, "error", err)
	}
	if o.setState(OutputClosed) {
		s.tell(Event{Kind: OutputChanged, Name: o.Name, Output: OutputClosed, Reason: "ended"})
	}
	return err
}
