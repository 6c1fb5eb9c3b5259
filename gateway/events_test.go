package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lianmai/lianmai/server"
)

// sent is one server-sent event.
type sent struct {
	name, id string
	data     map[string]any
}

// reader reads server-sent events as the standard has them.
type reader struct {
	t        *testing.T
	lines    *bufio.Scanner
	comments int
}

// watch opens the event stream of a mix.
func (b *bench) watch(t *testing.T, path string, headers ...string) *reader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", b.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s = %d %s", path, resp.StatusCode, body)
	}
	r := &reader{t: t, lines: bufio.NewScanner(resp.Body)}
	r.lines.Buffer(nil, 1<<20)
	return r
}

// next returns the next event; one without a name is the end of the stream.
func (r *reader) next() (e sent) {
	r.t.Helper()
	for r.lines.Scan() {
		name, value, _ := strings.Cut(r.lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				r.t.Fatalf("%q: %v", value, err)
			}
		case "":
			if value != "" {
				r.comments++
			} else if e.name != "" {
				return e
			}
		}
	}
	if err := r.lines.Err(); err != nil {
		r.t.Fatal(err)
	}
	return sent{}
}

// upTo reads events up to one of this name and returns all as "NAME ID".
func (r *reader) upTo(name string) (all []string) {
	r.t.Helper()
	for {
		e := r.next()
		all = append(all, strings.TrimSpace(e.name+" "+e.id))
		if e.name == name || e.name == "" {
			return all
		}
	}
}

func TestEventsComeInOrderAndEnd(t *testing.T) {
	b := newBench(t, server.Limits{})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	r := b.watch(t, "/v1/mixes/room/events")
	first := r.next()
	if first.name != "snapshot" || first.id != "1" || at(first.data, "mix.spec.id") != "room" {
		t.Fatalf("first = %+v", first)
	}
	b.engine.happen("room", 3)
	b.ok(t, "POST", "/v1/mixes/room:stop", "")
	want := []string{"event 2", "event 3", "event 4", "event 5", "end"}
	got := slices.DeleteFunc(r.upTo("end"), func(e string) bool { return e == "stats" })
	if !slices.Equal(got, want) {
		t.Errorf("events = %q, want %q", got, want)
	}
	if e := r.next(); e.name != "" {
		t.Errorf("after the end: %+v", e)
	}
}

func TestLastEventIDReplays(t *testing.T) {
	b := newBench(t, server.Limits{})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	b.engine.happen("room", 4) // 2 to 5
	for _, c := range []struct {
		last string
		want []string
	}{
		{"", []string{"snapshot 5"}},
		{"3", []string{"snapshot", "event 4", "event 5"}},
		{"5", []string{"snapshot"}},
		{"0", []string{"snapshot", "event 1", "event 2", "event 3", "event 4", "event 5"}},
		// That was another mix of the same id.
		{"900", []string{"snapshot", "event 1", "event 2", "event 3", "event 4", "event 5"}},
	} {
		r := b.watch(t, "/v1/mixes/room/events", "Last-Event-ID: "+c.last)
		var got []string
		for range c.want {
			e := r.next()
			got = append(got, strings.TrimSpace(e.name+" "+e.id))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("after %q: %q, want %q", c.last, got, c.want)
		}
	}
	for _, bad := range []string{"x", "-1", "1e3", "99999999999999999999"} {
		wantProblem(t, bad, b.do(t, "GET", "/v1/mixes/room/events", "", "Last-Event-ID: "+bad), 400, "INVALID_ARGUMENT")
	}
}

// A browser comes again by itself; when there is nothing more it is told not to.
func TestAStoppedMixEndsReconnecting(t *testing.T) {
	b := newBench(t, server.Limits{})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	b.ok(t, "POST", "/v1/mixes/room:stop", "")
	if r := b.do(t, "GET", "/v1/mixes/room/events", "", "Last-Event-ID: 2"); r.status != http.StatusNoContent || len(r.body) != 0 {
		t.Errorf("nothing more = %d %s", r.status, r.body)
	}
	if got := b.watch(t, "/v1/mixes/room/events", "Last-Event-ID: 1").upTo("end"); !slices.Equal(got, []string{"snapshot", "event 2", "end"}) {
		t.Errorf("the last event was not seen: %q", got)
	}
}

func TestStatsMetersAndHeartbeats(t *testing.T) {
	b := newBench(t, server.Limits{StatsInterval: 20 * time.Millisecond})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	r := b.watch(t, "/v1/mixes/room/events?meterInterval=0.1s")
	for seen := map[string]bool{}; !seen["stats"] || !seen["meters"]; {
		e := r.next()
		if e.name == "" {
			t.Fatal("the stream ended")
		}
		seen[e.name] = true
		if e.name == "meters" && at(e.data, "master.rmsDb") != -18.0 {
			t.Errorf("meters = %v", e.data)
		}
		if e.name == "stats" && at(e.data, "ticks.frames") != "30" {
			t.Errorf("stats = %v", e.data)
		}
	}
	quiet := newBench(t, server.Limits{})
	quiet.ok(t, "POST", "/v1/mixes", duet("room"))
	r = quiet.watch(t, "/v1/mixes/room/events")
	for r.lines.Scan() && !strings.HasPrefix(r.lines.Text(), ": ") {
	}
	if err := r.lines.Err(); err != nil {
		t.Error(err)
	}
	wantProblem(t, "too often", b.do(t, "GET", "/v1/mixes/room/events?meterInterval=0.001s", ""), 400, "INVALID_ARGUMENT")
	wantProblem(t, "no such mix", b.do(t, "GET", "/v1/mixes/nobody/events", ""), 404, "NOT_FOUND")
}

// A service that stops ends its streams, and with them their readers.
func TestEventsEndWithTheService(t *testing.T) {
	b := newBench(t, server.Limits{})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	r := b.watch(t, "/v1/mixes/room/events")
	r.next()
	b.stop()
	if got := r.upTo("end"); got[len(got)-1] != "end" {
		t.Errorf("events = %q", got)
	}
}

// Streams are bounded, and a bound that is reached leaves calls alone.
func TestTooManyStreams(t *testing.T) {
	b := newBench(t, server.Limits{Watchers: MaxStreams + 1})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	for range MaxStreams {
		if e := b.watch(t, "/v1/mixes/room/events").next(); e.name != "snapshot" {
			t.Fatalf("first = %+v", e)
		}
	}
	r := b.do(t, "GET", "/v1/mixes/room/events", "")
	wantProblem(t, "one more", r, http.StatusServiceUnavailable, "UNAVAILABLE")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	for i := range 3 {
		b.ok(t, "PATCH", "/v1/mixes/room/participants/ben", fmt.Sprintf(`{"gainDb":%d}`, -i))
	}
}

// stuck is a connection whose reader takes nothing: a write waits for its deadline.
type stuck struct {
	http.ResponseWriter
	deadline time.Time
	writes   int
}

func (s *stuck) SetWriteDeadline(at time.Time) error { s.deadline = at; return nil }

func (s *stuck) Write([]byte) (int, error) {
	s.writes++
	if s.deadline.IsZero() {
		select {} // for ever
	}
	time.Sleep(time.Until(s.deadline))
	return 0, os.ErrDeadlineExceeded
}

// A reader that takes nothing is cut, however much is to come.
func TestAStuckReaderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{}
		begun := time.Now()
		out := &eventWriter{w: s, conn: http.NewResponseController(s)}
		out.follow(make(chan update), heartbeat)
		if took := time.Since(begun); s.writes != 1 || took != heartbeat+writeTimeout {
			t.Errorf("%d writes, cut after %v", s.writes, took)
		}
	})
}
