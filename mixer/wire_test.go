package mixer

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// next waits for an event after those that were seen before.
func (d *diary) next(t *testing.T, what string, seen *int, ok func(Event) bool) Event {
	t.Helper()
	n := 0
	return d.await(t, what, func(e Event) bool {
		n++
		if n <= *seen || !ok(e) {
			return false
		}
		*seen = n
		return true
	})
}

// A participant behind a wire that stalls, is cut, refuses, gets slow, and whose server
// restarts: over real sockets, the audience sees the other two all the time, the
// output has neither gap nor repeat, and the participant is back by itself each time.
func TestLiveMixBehindAWireThatFails(t *testing.T) {
	liveAtStart(t)
	origin := startOrigin(t, "")
	home := origin.Addr().String()
	far := startOrigin(t, "")
	farAddr := far.Addr().String()
	proxy := startProxy(t, farAddr)
	for n, addr := range map[int]string{1: home, 2: farAddr, 3: home} {
		onAir(t, guest{number: n, to: 6 * time.Second}, liveURL(t, addr, fmt.Sprint("p", n)))
	}
	spec := Spec{
		ID: "wire", Revision: 1, Layout: LayoutSpec{Template: layout.Default, PlaceholderAfter: time.Second}, Video: wireVideo,
		Outputs: []Output{{Name: "cdn", URL: "rtmp://" + home + "/live/mix"}},
	}
	for n, addr := range []string{home, proxy.Addr(), home} {
		spec.Participants = append(spec.Participants, Participant{Name: fmt.Sprint("p", n+1), URL: fmt.Sprintf("rtmp://%s/live/p%d", addr, n+1)})
	}
	events := newDiary()
	s, err := NewEngine(compose.BundledFonts(), nil, slog.New(slog.DiscardHandler)).Start(0, spec, events.note)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	for n := 1; n <= 3; n++ {
		name := fmt.Sprint("p", n)
		events.await(t, name, func(e Event) bool { return e.Name == name && sourceIs(Live)(e) })
	}
	// Before, the server's cached GOP shows how they came.
	from := time.Duration(s.at.Load())
	v, hangUp := view(t, home, "mix")
	seen := 0
	is := func(state SourceState) Event {
		t.Helper()
		return events.next(t, "p2 to be "+state.String(), &seen, func(e Event) bool { return e.Name == "p2" && sourceIs(state)(e) })
	}
	is(Live)
	for _, f := range []struct {
		name       string
		spoil, end func()
		state      SourceState
	}{
		{"stall", proxy.Stall, proxy.Resume, Stalled},
		{"cut", proxy.Cut, func() {}, Lost},
		{"refused", proxy.Refuse, func() {
			if err := proxy.Allow(); err != nil {
				t.Error(err)
			}
		}, Lost},
		{"slow", func() { proxy.Limit(1500) }, func() { proxy.Limit(0) }, Stalled},
		{"server restarts", func() { far.Close() }, func() { far = startOrigin(t, farAddr) }, Lost},
	} {
		f.spoil()
		is(f.state)
		f.end()
		began := time.Duration(s.at.Load())
		t.Logf("%s: %v, live again %v after its end", f.name, f.state, (is(Live).At - began).Round(ms))
	}
	hangUp()
	if skipped := s.Stats().Ticks.Skipped; skipped > 0 {
		t.Skipf("%d frames were left out: this machine is too busy to judge a live mix", skipped)
	}
	tape := v.tape(0)
	if len(v.connections) != 1 {
		t.Fatalf("the viewer needed %d connections", len(v.connections))
	}
	tape.wholeCadence(t)
	still := map[int]int{}
	clock := map[int]time.Duration{}
	for _, sh := range tape.shots(t) {
		if sh.at < from {
			continue
		}
		for _, n := range []int{1, 3} {
			tile, ok := sh.tiles[n]
			if !ok {
				t.Errorf("at %v %d is not seen", sh.at, n)
			}
			if still[n]++; tile.Clock != clock[n] {
				still[n] = 0
			}
			if clock[n] = tile.Clock; still[n] > 10 {
				t.Errorf("at %v %d has stood still for %d pictures", sh.at, n, still[n])
			}
		}
	}
}

// Two destinations, of which one refuses, comes up, takes no bytes, is cut and comes
// back: the other one has every packet; the bad one gets headers and a key frame on each
// connection, and its timestamps go on rising.
func TestLiveMixWithADestinationThatFails(t *testing.T) {
	liveAtStart(t)
	good, bad := startOrigin(t, ""), startOrigin(t, "")
	proxy := startProxy(t, bad.Addr().String())
	proxy.Refuse()
	onAir(t, guest{number: 1, to: 6 * time.Second}, liveURL(t, good.Addr().String(), "p1"))
	events := newDiary()
	s, err := NewEngine(compose.BundledFonts(), nil, slog.New(slog.DiscardHandler)).Start(0, Spec{
		ID: "two", Revision: 1, Layout: LayoutSpec{Template: layout.Default}, Video: wireVideo,
		Participants: []Participant{{Name: "p1", URL: "rtmp://" + good.Addr().String() + "/live/p1"}},
		Outputs: []Output{
			{Name: "good", URL: "rtmp://" + good.Addr().String() + "/live/mix"},
			{Name: "bad", URL: "rtmp://" + proxy.Addr() + "/live/mix"},
		},
	}, events.note)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	seen := 0
	is := func(state OutputState) Event {
		t.Helper()
		return events.next(t, "the bad output to be "+state.String(), &seen, func(e Event) bool { return e.Name == "bad" && outputIs(state)(e) })
	}
	events.await(t, "the good output", func(e Event) bool { return e.Name == "good" && outputIs(OutputLive)(e) })
	v, hangUp := view(t, good.Addr().String(), "mix")
	w, hangUpToo := view(t, bad.Addr().String(), "mix")
	is(OutputLost)
	for _, f := range []struct {
		name       string
		spoil, end func()
	}{
		{"refused", func() {}, func() {
			if err := proxy.Allow(); err != nil {
				t.Error(err)
			}
		}},
		{"takes no bytes", proxy.Stall, proxy.Resume},
		{"cut", proxy.Cut, func() {}},
	} {
		began := time.Duration(s.at.Load())
		f.spoil()
		lost := time.Duration(0)
		if f.name != "refused" {
			lost = is(OutputLost).At - began
		}
		f.end()
		ended := time.Duration(s.at.Load())
		t.Logf("%s: noticed after %v, live again %v after its end", f.name, lost.Round(ms), (is(OutputLive).At - ended).Round(ms))
		if f.name == "takes no bytes" && lost > 9*time.Second {
			t.Errorf("a destination that takes no bytes was found after %v", lost)
		}
	}
	waitFor(t, "pictures at the bad one", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.connections) > 0 && len(w.connections[len(w.connections)-1]) > 30
	})
	waitFor(t, "statistics", func() bool { return s.Stats().Outputs[1].Reconnects >= 2 })
	hangUp()
	hangUpToo()
	stats := s.Stats()
	if stats.Outputs[1].DroppedPackets == 0 || stats.Outputs[0].Reconnects != 0 || stats.Outputs[0].DroppedPackets > 60 {
		t.Errorf("statistics %+v", stats.Outputs)
	}
	if stats.Ticks.Skipped == 0 {
		v.tape(0).wholeCadence(t)
	}
	if len(v.connections) != 1 || len(v.tape(0).shots(t)) < 50 {
		t.Errorf("the good destination had %d connections", len(v.connections))
	}
	last := time.Duration(-1)
	for i := range w.connections {
		tape := w.tape(i)
		if len(tape.packets) == 0 {
			continue // it ended before media came
		}
		if first := tape.packets[0]; first.Kind != media.Video || !first.Key || len(tape.header.VideoConfig) == 0 || len(tape.header.AudioConfig) == 0 {
			t.Errorf("connection %d begins with %v, key %v, headers of %d and %d bytes", i, first.Kind, first.Key, len(tape.header.VideoConfig), len(tape.header.AudioConfig))
		}
		if first := tape.packets[0].DTS; first <= last {
			t.Errorf("connection %d begins at %v, the one before ended at %v", i, first, last)
		}
		last = tape.packets[len(tape.packets)-1].DTS
	}
}

// A native app that sends HEVC by Enhanced RTMP is a participant like any other.
func TestLiveMixOfAnHEVCSource(t *testing.T) {
	liveAtStart(t)
	g := guest{number: 1, to: 6 * time.Second}
	coded := g.recoded(t, "mp4", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0:keyint=15", "-tag:v", "hvc1")
	slices.SortStableFunc(coded, func(a, b media.Packet) int {
		rank := func(p media.Packet) int {
			if p.Config {
				return int(p.Kind) - 2 // the picture's header, then the sound's
			}
			return 0
		}
		return rank(a) - rank(b)
	})
	if coded[0].Codec != media.CodecHEVC {
		t.Fatalf("the stream begins with %v", coded[0].Codec)
	}
	home := startOrigin(t, "").Addr().String()
	broadcast(t, coded, g.to, liveURL(t, home, "p1"))
	events := newDiary()
	s, err := NewEngine(compose.BundledFonts(), nil, slog.New(slog.DiscardHandler)).Start(0, Spec{
		ID: "hevc", Revision: 1, Layout: LayoutSpec{Template: layout.Default}, Video: wireVideo,
		Participants: []Participant{{Name: "p1", URL: "rtmp://" + home + "/live/p1"}},
		Outputs:      []Output{{Name: "cdn", URL: "rtmp://" + home + "/live/mix"}},
	}, events.note)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	events.await(t, "p1", sourceIs(Live))
	v, hangUp := view(t, home, "mix")
	waitFor(t, "pictures", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return len(v.connections) == 1 && len(v.connections[0]) > 300
	})
	hangUp()
	seen := 0
	for _, sh := range v.tape(0).shots(t) {
		if _, ok := sh.tiles[1]; ok {
			seen++
		}
	}
	if st := s.Stats().Sources[0]; seen < 15 || st.DecodeErrors > 0 {
		t.Errorf("seen in %d pictures, %d decoding errors", seen, st.DecodeErrors)
	}
}
