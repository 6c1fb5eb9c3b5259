package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// behaviour is what an endpoint does with one request.
type behaviour int

const (
	takes       behaviour = iota
	fails                 // 500, before it took anything
	breaks                // the connection breaks before it took anything
	forgets               // it takes the message, and the connection breaks before the answer
	hangs                 // it takes nothing and never answers
	asksToWait            // 503 with Retry-After
	takesBadly            // it takes the message and answers 500
	behaviours            // how many there are
	mixesOfTest = 3
)

// fickle is an endpoint that does what it was told, one request after another, and then
// takes everything.
type fickle struct {
	mu    sync.Mutex
	plan  []behaviour
	tries int
	took  []received
}

func (f *fickle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	f.mu.Lock()
	does := takes
	if f.tries < len(f.plan) {
		does = f.plan[f.tries]
	}
	f.tries++
	if does == takes || does == forgets || does == takesBadly {
		f.took = append(f.took, received{r.Header.Clone(), body, time.Now()})
	}
	f.mu.Unlock()
	switch does {
	case fails, takesBadly:
		w.WriteHeader(http.StatusInternalServerError)
	case breaks, forgets:
		panic(http.ErrAbortHandler)
	case hangs:
		<-r.Context().Done()
	case asksToWait:
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// Whatever an endpoint and the process do, what the endpoint takes is every event of each
// mix in its order, without a gap where the event was not too old, and more than once only
// with the same id and body and before anything newer.
func TestOrderIsKeptAndNothingIsLostWithinTheWindow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) behaviour {
			return behaviour(rapid.IntRange(0, int(behaviours)-1).Draw(t, "does"))
		}), 0, 60).Draw(rt, "plan")
		type step struct {
			mix     int
			pause   time.Duration
			restart bool
		}
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				mix:     rapid.IntRange(0, mixesOfTest-1).Draw(t, "mix"),
				pause:   time.Duration(rapid.IntRange(0, 600).Draw(t, "pause")) * time.Second,
				restart: rapid.IntRange(0, 4).Draw(t, "restart") == 0,
			}
		}), 1, 40).Draw(rt, "steps")

		synctest.Test(t, func(t *testing.T) {
			feed, endpoint := newMemory(), &fickle{plan: plan}
			begin := func() *Sender {
				return startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: endpoint}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
			}
			s := begin()
			var dropped int64
			for i, step := range steps {
				feed.add(t, strconv.Itoa(step.mix), &pb.MixEvent{Kind: source, Sequence: int64(i)})
				time.Sleep(step.pause)
				if step.restart {
					s.Close()
					dropped += s.Stats()[0].Dropped
					s = begin()
				}
			}
			time.Sleep(2 * window) // whatever happens, everything is taken or too old by then
			s.Close()
			dropped += s.Stats()[0].Dropped
			checkOrder(t, feed.events, endpoint.took, len(plan) == 0)
			if len(plan) == 0 && dropped > 0 {
				t.Errorf("%d dropped by a good endpoint", dropped)
			}
		})
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// checkOrder compares what was taken with the events that there were.
func checkOrder(t *testing.T, events []Event, took []received, all bool) {
	t.Helper()
	at, last := 0, "" // the event that is expected next, and the id of the one before
	for _, got := range took {
		var body struct{ ID, Mix string }
		if err := json.Unmarshal(got.body, &body); err != nil {
			t.Fatal(err)
		}
		if err := Verify(testSecret.Reveal(), got.header, got.body, got.at, Tolerance); err != nil {
			t.Error(err)
		}
		if body.ID == last {
			continue // once more, before anything newer
		}
		for at < len(events) && events[at].id() != body.ID {
			if tooOld := !got.at.Before(events[at].Time.Add(window)); !tooOld || all {
				t.Errorf("event %d was left out", at)
			}
			at++
		}
		if at == len(events) {
			t.Fatalf("%s came out of order or is unknown", body.ID)
		}
		if events[at].Mix != body.Mix {
			t.Errorf("event %d came as one of mix %q", at, body.Mix)
		}
		at, last = at+1, body.ID
	}
	if all && at != len(events) {
		t.Errorf("%d of %d events came", at, len(events))
	}
}
