package mixer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// theatre is a session on a virtual clock between scripts and a tape.
type theatre struct {
	t     *testing.T
	spec  Spec
	opts  Options
	feeds map[string]Feed // by URL
	tapes map[string]*tape
	// at are changes that are made just before the tick at that session time.
	at []cue
	// moves leaves built-in templates their transitions; without it every change is a
	// cut at the next tick.
	moves bool

	mu     sync.Mutex
	events []Event
	ready  chan *Session
	s      *Session
}

type cue struct {
	at time.Duration
	do func(s *Session, spec Spec)
}

// cueClock is a virtual clock that makes the theatre's changes.
type cueClock struct {
	VirtualClock
	st *theatre
}

func (c *cueClock) Wait(ctx context.Context, t time.Duration) error {
	for len(c.st.at) > 0 && c.st.at[0].at <= t {
		next := c.st.at[0]
		c.st.at = c.st.at[1:]
		if c.st.s == nil {
			c.st.s = <-c.st.ready
		}
		next.do(c.st.s, c.st.spec)
	}
	return c.VirtualClock.Wait(ctx, t)
}

// smallVideo is a canvas that is quick to encode and large enough for the codes.
var smallVideo = VideoSpec{Width: 240, Height: 432, FrameRate: media.FPS(15), Bitrate: 1_500_000, Preset: "ultrafast"}

// newTheatre makes a theatre with a participant for each feed, named a, b, c, …, that
// runs for d, and watches over native objects.
func newTheatre(t *testing.T, d time.Duration, feeds ...Feed) *theatre {
	liveAtStart(t)
	return setTheatre(t, d, feeds...)
}

// setTheatre is newTheatre for tests that run beside others.
func setTheatre(t *testing.T, d time.Duration, feeds ...Feed) *theatre {
	st := &theatre{
		t: t, feeds: map[string]Feed{}, tapes: map[string]*tape{}, ready: make(chan *Session, 1),
		spec: Spec{
			ID: "test", Revision: 1, Layout: LayoutSpec{Template: layout.Default}, Video: smallVideo,
			Outputs: []Output{{Name: "tape", URL: "tape"}},
		},
	}
	for i, f := range feeds {
		name := string(rune('a' + i))
		st.feeds[name] = f
		st.spec.Participants = append(st.spec.Participants, Participant{Name: name, URL: name})
	}
	st.opts = Options{
		Clock: &cueClock{st: st}, Fonts: compose.BundledFonts(), Log: slog.New(slog.DiscardHandler),
		Observe: func(e Event) {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.events = append(st.events, e)
		},
		OpenFeed: st.openFeed,
		OpenSink: st.openSink,
		Until:    d,
	}
	return st
}

// cut returns spec with its built-in template's transition taken out, unless the theatre
// moves.
func (st *theatre) cut(spec Spec) Spec {
	template, err := layout.Builtin(spec.Layout.Template)
	if st.moves || spec.Layout.Custom != nil || err != nil {
		return spec
	}
	template.Transition = layout.Transition{}
	spec.Layout.Custom = &template
	return spec
}

func (st *theatre) openFeed(p Participant) (Feed, error) {
	f, ok := st.feeds[p.URL]
	if !ok {
		return nil, errNoFeed
	}
	return f, nil
}

var errNoFeed = errors.New("no such feed")

func (st *theatre) openSink(o Output, h Header, _ func(), report func(OutputState, string)) (Sink, error) {
	s := st.tapes[o.URL]
	if s == nil {
		s = &tape{}
		st.tapes[o.URL] = s
	}
	s.header, s.report, s.closed = h, report, make(chan struct{})
	return s, nil
}

// start begins the session.
func (st *theatre) start() *Session {
	st.t.Helper()
	s, err := Start(context.Background(), st.cut(st.spec), st.opts)
	if err != nil {
		st.t.Fatal(err)
	}
	st.ready <- s
	return s
}

// play runs the session to its end and returns what is on the tape.
func (st *theatre) play() *tape {
	st.t.Helper()
	s := st.start()
	<-s.Done()
	if err := s.Err(); err != nil {
		st.t.Fatal(err)
	}
	return st.tapes["tape"]
}

// told returns the events of a kind.
func (st *theatre) told(kind EventKind) (found []Event) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, e := range st.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// cadence fails the test unless the tape has every picture and every block of sound
// of d, each exactly where the counts put it, in the order of their DTS.
func (s *tape) cadence(t *testing.T, d time.Duration) {
	t.Helper()
	next := [2]int64{}
	for i, p := range s.packets {
		want := s.header.Video.FrameRate.Time(next[media.Video])
		if p.Kind == media.Audio {
			want = media.SampleTime(next[media.Audio] * 1024)
		}
		if p.DTS != want || p.PTS != want {
			t.Fatalf("%v %d has dts %v, pts %v; want %v", p.Kind, next[p.Kind], p.DTS, p.PTS, want)
		}
		if i > 0 && p.DTS < s.packets[i-1].DTS {
			t.Fatalf("%v at %v comes after %v", p.Kind, p.DTS, s.packets[i-1].DTS)
		}
		next[p.Kind]++
	}
	if n := next[media.Video]; s.header.Video.FrameRate.Time(n) < d || s.header.Video.FrameRate.Time(n-1) >= d {
		t.Errorf("%d pictures for %v", n, d)
	}
	if end := media.SampleTime(next[media.Audio] * 1024); end < d-25*time.Millisecond || end > d+25*time.Millisecond {
		t.Errorf("sound ends at %v, want %v", end, d)
	}
}

// shot is one output picture and the participants that are seen in it.
type shot struct {
	at    time.Duration
	tiles map[int]pattern.Tile // by number
}

// shots decodes the tape's pictures.
func (s *tape) shots(t *testing.T) (all []shot) {
	t.Helper()
	s.look(t, func(f *media.Frame, finder *pattern.Finder) {
		sh := shot{at: f.PTS, tiles: map[int]pattern.Tile{}}
		for _, tile := range finder.Tiles(f, finder.Find(f, nil), nil) {
			sh.tiles[tile.Number] = tile
		}
		all = append(all, sh)
	})
	return all
}

// look decodes the tape's pictures for see, which borrows each.
func (s *tape) look(t *testing.T, see func(*media.Frame, *pattern.Finder)) {
	t.Helper()
	d, err := decode.NewVideo(media.CodecH264, s.header.VideoConfig, decode.VideoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var finder pattern.Finder
	for _, p := range s.packets {
		if p.Kind != media.Video {
			continue
		}
		if err := d.Decode(p, func(f *media.Frame) { see(f, &finder); f.Free() }); err != nil {
			t.Fatal(err)
		}
	}
}

// sound decodes the tape's sound to mono; sample 0 is session time 0.
func (s *tape) sound(t *testing.T) []float32 {
	t.Helper()
	d, err := decode.NewAudio(media.CodecAAC, s.header.AudioConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var pcm []float32
	for _, p := range s.packets {
		if p.Kind != media.Audio {
			continue
		}
		if err := d.Decode(p, func(_ time.Duration, block []float32) { pcm = append(pcm, block...) }); err != nil {
			t.Fatal(err)
		}
	}
	return measure.Mono(pcm)
}

// toneDB returns the level of a participant's tone between two times. It avoids
// beeps if both lie between 150 ms and 950 ms of a second.
func toneDB(pcm []float32, number int, from, to time.Duration) float64 {
	return measure.Tone(pcm[media.SampleIndex(from):media.SampleIndex(to)], pattern.Tone(number))
}

// rects returns where a spec's participants must be seen, by number: participant i
// of the list has number numbers[i].
func rects(t *testing.T, spec Spec, numbers ...int) map[int]image.Rectangle {
	t.Helper()
	template, err := layout.Builtin(spec.Layout.Template)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range spec.Participants {
		names = append(names, p.Name)
	}
	at := map[int]image.Rectangle{}
	for _, p := range template.Arrange(layout.Size{W: spec.Video.Width, H: spec.Video.Height}, names, spec.Layout.Main, spec.Layout.Order) {
		r := p.Rect
		at[numbers[slices.Index(names, p.Name)]] = image.Rect(r.X, r.Y, r.X+r.W, r.Y+r.H)
	}
	return at
}

// misplaced says what is wrong with where the participants of a picture are seen;
// empty if each is in its rectangle and nobody else is there.
func (sh shot) misplaced(want map[int]image.Rectangle) string {
	for number, r := range want {
		tile, ok := sh.tiles[number]
		if !ok {
			return fmt.Sprintf("%d is not seen", number)
		}
		d := max(absInt(tile.Rect.Min.X-r.Min.X), absInt(tile.Rect.Min.Y-r.Min.Y), absInt(tile.Rect.Max.X-r.Max.X), absInt(tile.Rect.Max.Y-r.Max.Y))
		if d > 4 {
			return fmt.Sprintf("%d is at %v, want %v", number, tile.Rect, r)
		}
	}
	for number := range sh.tiles {
		if _, ok := want[number]; !ok {
			return fmt.Sprintf("%d is seen", number)
		}
	}
	return ""
}
