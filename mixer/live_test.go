package mixer

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/internal/faults"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// diary keeps a live session's events and lets a test wait for one.
type diary struct {
	mu      sync.Mutex
	events  []Event
	changed chan struct{}
}

func newDiary() *diary { return &diary{changed: make(chan struct{})} }

func (d *diary) note(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	close(d.changed)
	d.changed = make(chan struct{})
}

// await waits for an event that ok accepts and returns it.
func (d *diary) await(t *testing.T, what string, ok func(Event) bool) Event {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for seen := 0; ; {
		d.mu.Lock()
		for ; seen < len(d.events); seen++ {
			if e := d.events[seen]; ok(e) {
				d.mu.Unlock()
				return e
			}
		}
		changed := d.changed
		d.mu.Unlock()
		select {
		case <-changed:
		case <-late.C:
			d.mu.Lock()
			defer d.mu.Unlock()
			t.Fatalf("waited in vain for %s; events: %+v", what, d.events)
		}
	}
}

func sourceIs(state SourceState) func(Event) bool {
	return func(e Event) bool { return e.Kind == SourceChanged && e.Source == state }
}

func outputIs(state OutputState) func(Event) bool {
	return func(e Event) bool { return e.Kind == OutputChanged && e.Output == state }
}

// onlooker keeps what it pulls until it has enough.
type onlooker struct {
	mu      sync.Mutex
	tape    tape
	enough  int // pictures
	have    int
	done    chan struct{}
	stopped bool
}

func (p *onlooker) PullConnected()                        {}
func (p *onlooker) PullDisconnected(error, time.Duration) {}
func (p *onlooker) PullPacket(pkt media.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopped:
	case pkt.Config && pkt.Kind == media.Video:
		p.tape.header.VideoConfig = pkt.Data
	case pkt.Config:
		p.tape.header.AudioConfig = pkt.Data
	default:
		p.tape.packets = append(p.tape.packets, pkt)
		if pkt.Kind == media.Video {
			p.have++
		}
		if p.have == p.enough {
			p.stopped = true
			close(p.done)
		}
	}
}

// onAir pushes a guest in real time until the test ends, from the first key frame.
func onAir(t *testing.T, g guest, to rtmp.URL) { broadcast(t, g.stream(t), g.to, to) }

// broadcast pushes packets, of which the first two are the headers, in real time and
// again and again until the test ends. A round is so long.
func broadcast(t *testing.T, packets []media.Packet, round time.Duration, to rtmp.URL) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { faults.Publish(ctx, to, packets, round, nil) })
	t.Cleanup(func() { cancel(); wait.Wait() })
}

func mustURL(t *testing.T, s string) rtmp.URL {
	t.Helper()
	u, err := rtmp.ParseURL(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Nobody listens at first: source and destination are lost, with a reason, and the
// mix runs. Then the server comes up, and both come to life by themselves.
func TestLiveMixFindsItsServerLater(t *testing.T) {
	liveAtStart(t)
	port := peers.FreePort(t)
	base := fmt.Sprintf("rtmp://127.0.0.1:%d/live/", port)
	events := newDiary()
	engine := NewEngine(compose.BundledFonts(), nil, slog.New(slog.DiscardHandler))
	s, err := engine.Start(0, Spec{
		ID: "live", Revision: 1, Layout: LayoutSpec{Template: layout.Default},
		Video:        VideoSpec{Width: 160, Height: 284, FrameRate: media.FPS(15), Bitrate: 800_000, Preset: "ultrafast"},
		Participants: []Participant{{Name: "a", URL: base + "a?token=SECRET"}},
		Outputs:      []Output{{Name: "cdn", URL: base + "mix?txSecret=SECRET"}},
	}, events.note)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	for what, e := range map[string]Event{
		"source": events.await(t, "the source to be lost", sourceIs(Lost)),
		"output": events.await(t, "the output to be lost", outputIs(OutputLost)),
	} {
		if e.Reason == "" || strings.Contains(e.Reason, "SECRET") {
			t.Errorf("%s is lost for the reason %q", what, e.Reason)
		}
	}

	origin := rtmp.NewOrigin(rtmp.OriginConfig{Addr: fmt.Sprintf("127.0.0.1:%d", port)})
	if err := origin.Start(); err != nil {
		t.Fatal(err)
	}
	defer origin.Close()
	onAir(t, guest{number: 1, to: 6 * time.Second}, mustURL(t, base+"a"))
	events.await(t, "the output to be live", outputIs(OutputLive))
	events.await(t, "the source to be live", sourceIs(Live))

	// An onlooker: pictures in order, at their counts, and soon the guest is in them.
	p := &onlooker{enough: 20, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: mustURL(t, base+"mix")}, p) })
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Error("the onlooker sees nothing")
	}
	cancel()
	wait.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var last int64 = -1
	for _, pkt := range p.tape.packets {
		if pkt.Kind != media.Video {
			continue
		}
		n := media.FPS(15).Index(pkt.DTS + ms) // whole milliseconds on the wire
		if off := abs(pkt.DTS - media.FPS(15).Time(n)); off > ms {
			t.Errorf("picture at %v, want %v", pkt.DTS, media.FPS(15).Time(n))
		}
		if last >= 0 && n != last+1 {
			t.Errorf("picture %d follows picture %d", n, last)
		}
		last = n
	}
	shots := p.tape.shots(t)
	if len(shots) == 0 || len(shots[len(shots)-1].tiles) != 1 {
		t.Error("the guest is not seen")
	}
	if err := stop(t, s); err != nil {
		t.Errorf("Stop: %v", err)
	}
	events.await(t, "the end of the output", outputIs(OutputClosed))
	events.await(t, "the end", func(e Event) bool { return e.Kind == MixStopped })
}

// A live mix is on time although its only source never says a word, and its
// statistics say so.
func TestLiveMixDoesNotWaitForAnybody(t *testing.T) {
	st := newTheatre(t, 700*ms)
	silent := newScript()
	silent.stay = true
	st.feeds["a"] = silent
	st.spec.Participants = []Participant{{Name: "a", URL: "a"}}
	st.opts.Clock = NewWallClock()
	began := time.Now()
	s := st.start()
	<-s.Done()
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d < 650*ms {
		t.Errorf("700 ms took %v", d)
	}
	stats := s.Stats()
	if stats.Ticks.Skipped == 0 {
		st.tapes["tape"].cadence(t, 700*ms)
	}
	if len(stats.Sources) != 1 || stats.Sources[0].State != Connecting || stats.Sources[0].LevelDB > -100 {
		t.Errorf("stats %+v", stats.Sources)
	}
}

func TestEngineRefusesBadAddresses(t *testing.T) {
	liveAtStart(t)
	engine := NewEngine(compose.BundledFonts(), nil, slog.New(slog.DiscardHandler))
	for name, spec := range map[string]Spec{
		"input":  {Participants: []Participant{{Name: "a", URL: "http://x/y/z"}}},
		"output": {Participants: []Participant{{Name: "a", URL: "rtmp://127.0.0.1:1/a/b"}}, Outputs: []Output{{Name: "o", URL: "file:///etc/passwd"}}},
		"music":  {Music: []Music{{Name: "m", URL: "http://x/y/z"}}},
	} {
		spec.Video, spec.Layout.Template = smallVideo, layout.Default
		if s, err := engine.Start(0, spec, func(Event) {}); err == nil {
			t.Errorf("%s: started", name)
			_ = stop(t, s)
		}
	}
}
