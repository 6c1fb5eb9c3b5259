package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

const hookURL = "https://hooks.example.org/take?token=hush0815"

// kinds of events that the tests use.
const (
	started = pb.EventKind_EVENT_KIND_MIX_STARTED
	source  = pb.EventKind_EVENT_KIND_SOURCE_CHANGED
	speaker = pb.EventKind_EVENT_KIND_ACTIVE_SPEAKER_CHANGED
)

func TestAMessageHasWhatItIsToHave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, r := newMemory(), newReceiver(nil)
		s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
		defer s.Close()
		feed.add(t, "room", &pb.MixEvent{Kind: source, Sequence: 7, Name: "anna", Source: pb.SourceState_SOURCE_STATE_LIVE, Reason: "frames arrive"})
		got := r.wait(t, 1)[0]
		if err := Verify(testSecret.Reveal(), got.header, got.body, time.Now(), Tolerance); err != nil {
			t.Error(err)
		}
		var body struct {
			ID, Type, Mix string
			Timestamp     time.Time
			Data          map[string]any
		}
		if err := json.Unmarshal(got.body, &body); err != nil {
			t.Fatal(err)
		}
		if body.ID == "" || body.ID != got.header.Get("webhook-id") || body.Type != "source_changed" || body.Mix != "room" || !body.Timestamp.Equal(got.at) {
			t.Errorf("body = %s", got.body)
		}
		if body.Data["kind"] != "EVENT_KIND_SOURCE_CHANGED" || body.Data["sequence"] != "7" || body.Data["name"] != "anna" || body.Data["source"] != "SOURCE_STATE_LIVE" {
			t.Errorf("data = %v", body.Data)
		}
		if got.header.Get("content-type") != "application/json" {
			t.Errorf("header = %v", got.header)
		}
	})
}

func TestOnlyWantedKindsAreSent(t *testing.T) {
	for _, c := range []struct {
		events []string
		want   []string
	}{
		{nil, []string{"mix_started", "source_changed"}},
		{[]string{"all"}, []string{"mix_started", "active_speaker_changed", "source_changed"}},
		{[]string{"active_speaker_changed", "mix_started"}, []string{"mix_started", "active_speaker_changed"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			feed, r := newMemory(), newReceiver(nil)
			s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}, Events: c.events})
			defer s.Close()
			for _, kind := range []pb.EventKind{started, speaker, source} {
				feed.add(t, "room", &pb.MixEvent{Kind: kind})
			}
			synctest.Wait()
			var types []string
			for _, got := range r.all() {
				types = append(types, typeOf(t, got))
			}
			if strings.Join(types, " ") != strings.Join(c.want, " ") {
				t.Errorf("%v: got %v, want %v", c.events, types, c.want)
			}
			if stats := s.Stats()[0]; stats.Delivered != int64(len(c.want)) || stats.Dropped != 0 || stats.Failed != 0 {
				t.Errorf("%v: %+v", c.events, stats)
			}
		})
	}
}

func typeOf(t testing.TB, got received) string {
	t.Helper()
	var body struct{ Type string }
	if err := json.Unmarshal(got.body, &body); err != nil {
		t.Fatal(err)
	}
	return body.Type
}

// Each failure is followed by a longer wait, spread, within 1 s and 5 min; each attempt
// is signed anew with the same id; what comes after waits.
func TestFailuresAreTriedAgainWithTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, r := newMemory(), newReceiver(statuses(500, 404, 302, 500, 500, 500, 500, 500, 500, 500, 500))
		s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
		defer s.Close()
		feed.add(t, "room", &pb.MixEvent{Kind: started})
		feed.add(t, "room", &pb.MixEvent{Kind: source})
		got := r.wait(t, 13)
		for i, g := range got[:12] {
			if err := Verify(testSecret.Reveal(), g.header, g.body, g.at, Tolerance); err != nil {
				t.Errorf("attempt %d: %v", i, err)
			}
			if g.header.Get("webhook-id") != got[0].header.Get("webhook-id") || string(g.body) != string(got[0].body) {
				t.Errorf("attempt %d is of another message", i)
			}
			if i == 0 {
				continue
			}
			wait, most := g.at.Sub(got[i-1].at), min(5*time.Minute, time.Second<<i)
			if wait < max(time.Second, most/2) || wait > most {
				t.Errorf("wait %d is %v, want %v to %v", i, wait, most/2, most)
			}
		}
		if typeOf(t, got[12]) != "source_changed" || !got[12].at.Equal(got[11].at) {
			t.Errorf("the next message came at %v after the first one was taken at %v", got[12].at, got[11].at)
		}
		synctest.Wait()
		if stats := s.Stats()[0]; stats.Delivered != 2 || stats.Failed != 11 || stats.Behind != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestRetryAfterIsHonouredWithinBounds(t *testing.T) {
	for _, c := range []struct {
		header string
		want   time.Duration // 0: as without one
	}{
		{"20", 20 * time.Second},
		{"0", time.Second},
		{"86400", 5 * time.Minute},
		{"4294967296", 0}, // more than a number of seconds may be
		{"-5", 0},
		{"soon", 0},
		{"date+90s", 90 * time.Second},
		{"date-1h", time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReceiver(func(n int, w http.ResponseWriter, _ *http.Request) {
				if n > 0 {
					return
				}
				header := c.header
				if offset, ok := strings.CutPrefix(header, "date"); ok {
					d, err := time.ParseDuration(offset)
					if err != nil {
						t.Error(err)
					}
					header = time.Now().Add(d).UTC().Format(http.TimeFormat)
				}
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			feed := newMemory()
			s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
			defer s.Close()
			feed.add(t, "room", &pb.MixEvent{Kind: started})
			got := r.wait(t, 2)
			wait := got[1].at.Sub(got[0].at)
			if c.want == 0 && (wait < time.Second || wait > 2*time.Second) || c.want != 0 && wait != c.want {
				t.Errorf("Retry-After: %s: waited %v, want %v", c.header, wait, c.want)
			}
		})
	}
}

// A dead endpoint gets the last hour when it is back, in order; the rest is counted.
// Another endpoint has long had all of it.
func TestADeadEndpointLosesWhatIsTooOldAndHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, alive := time.Now(), newReceiver(nil)
		dead := newReceiver(func(_ int, w http.ResponseWriter, _ *http.Request) {
			if time.Since(begin) < 2*time.Hour {
				panic(http.ErrAbortHandler)
			}
		})
		var log lockedBuffer
		feed := newMemory()
		s := startInMemory(t, feed, &log, map[string]http.Handler{hookURL: dead, "https://other.example.org": alive},
			Endpoint{URL: hookURL, Secrets: []Secret{testSecret}}, Endpoint{URL: "https://other.example.org", Secrets: []Secret{testSecret}})
		defer s.Close()
		for i := range 180 { // one a minute
			feed.add(t, "room", &pb.MixEvent{Kind: source, Sequence: int64(i)})
			synctest.Wait()
			if n := len(alive.all()); n != i+1 {
				t.Fatalf("the other endpoint has %d messages after %d events", n, i+1)
			}
			time.Sleep(time.Minute)
		}
		stats := s.Stats()
		if stats[0].Dropped < 55 || stats[0].Dropped > 65 || stats[0].Delivered+stats[0].Dropped != 180 || stats[1].Delivered != 180 {
			t.Errorf("%+v", stats)
		}
		if strings.Contains(log.String(), "hush0815") || strings.Contains(log.String(), "/take") {
			t.Error("the log has the URL")
		}
		if !strings.Contains(log.String(), "takes messages again") || !strings.Contains(log.String(), "too old") {
			t.Errorf("the log does not tell: %s", log.String())
		}
	})
}

func TestGoneEndsAnEndpointUntilTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, r := newMemory(), newReceiver(statuses(410))
		endpoint := Endpoint{URL: hookURL, Secrets: []Secret{testSecret}}
		s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, endpoint)
		feed.add(t, "room", &pb.MixEvent{Kind: started})
		time.Sleep(10 * time.Minute)
		feed.add(t, "room", &pb.MixEvent{Kind: source})
		time.Sleep(10 * time.Minute)
		if n := len(r.all()); n != 1 || !s.Stats()[0].Gone {
			t.Errorf("%d requests, %+v", n, s.Stats()[0])
		}
		s.Close()
		s = startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, endpoint)
		defer s.Close()
		if got := r.wait(t, 3); typeOf(t, got[1]) != "mix_started" || typeOf(t, got[2]) != "source_changed" {
			t.Errorf("after the next start: %s, %s", got[1].body, got[2].body)
		}
	})
}

func TestWhatIsNoEventIsDroppedAndHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, r := newMemory(), newReceiver(nil)
		s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
		defer s.Close()
		feed.put(Event{Mix: "room", Time: time.Now(), Data: []byte("\xff\xff")})
		feed.put(Event{Mix: "room", Time: time.Now(), Data: make([]byte, maxEvent+1)})
		feed.put(Event{Mix: "room", Time: time.Now().Add(-2 * window), Data: nil}) // not handed out by this feed
		feed.add(t, "room", &pb.MixEvent{Kind: 9999})
		if got := r.wait(t, 1); typeOf(t, got[0]) != "9999" {
			t.Errorf("got %s", got[0].body)
		}
		synctest.Wait()
		if stats := s.Stats()[0]; stats.Dropped != 2 || stats.Delivered != 1 {
			t.Errorf("%+v", stats)
		}
	})
}

// An endpoint that takes the connection and never answers is given up after 10 s.
func TestAnAttemptHasATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, r := newMemory(), newReceiver(func(n int, _ http.ResponseWriter, req *http.Request) {
			if n == 0 {
				<-req.Context().Done()
			}
		})
		s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
		defer s.Close()
		feed.add(t, "room", &pb.MixEvent{Kind: started})
		time.Sleep(5 * time.Second)
		if behind := s.Stats()[0].Behind; behind != 5*time.Second {
			t.Errorf("behind by %v after 5 s", behind)
		}
		got := r.wait(t, 2)
		if wait := got[1].at.Sub(got[0].at); wait < 11*time.Second || wait > 12*time.Second {
			t.Errorf("the second attempt came %v after the first", wait)
		}
	})
}
