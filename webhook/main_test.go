package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Feed that keeps its events for an hour, as the store's does. It outlives a
// Sender, as the store outlives a process.
type memory struct {
	mu     sync.Mutex
	events []Event
	acked  map[string]uint64 // the last Seq of each name
	more   chan struct{}     // closed when there is another event
}

func newMemory() *memory { return &memory{acked: map[string]uint64{}, more: make(chan struct{})} }

// add appends an event of a mix that happens now, and returns it.
func (m *memory) add(t testing.TB, mix string, happened *pb.MixEvent) Event {
	t.Helper()
	now := time.Now()
	happened.Time = timestamppb.New(now)
	data, err := proto.Marshal(happened)
	if err != nil {
		t.Fatal(err)
	}
	return m.put(Event{Mix: mix, Time: now, Data: data})
}

// put appends an event as it is, but for its number.
func (m *memory) put(e Event) Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Seq = uint64(len(m.events) + 1)
	m.events = append(m.events, e)
	close(m.more)
	m.more = make(chan struct{})
	return e
}

// next returns the first event that name has not acknowledged and that is not too old, or
// what to wait for.
func (m *memory) next(name string) (*Event, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events[m.acked[name]:] {
		if time.Since(e.Time) < window {
			return &e, nil
		}
	}
	return nil, m.more
}

func (m *memory) Follow(ctx context.Context, name string, handle func(context.Context, Event) error) error {
	for {
		e, more := m.next(name)
		if e == nil {
			select {
			case <-more:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := handle(ctx, *e)
		if ctx.Err() != nil {
			return ctx.Err() // the answer of a process that is gone
		}
		if err == nil {
			m.mu.Lock()
			m.acked[name] = e.Seq
			m.mu.Unlock()
		}
	}
}

// received is one request that an endpoint got.
type received struct {
	header http.Header
	body   []byte
	at     time.Time
}

// receiver is an endpoint that notes what it gets and answers as it is told.
type receiver struct {
	mu     sync.Mutex
	got    []received
	answer func(n int, w http.ResponseWriter, r *http.Request) // to the request n, from 0; nil for 204
	came   chan struct{}                                       // gets a token for each request
}

func newReceiver(answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	return &receiver{answer: answer, came: make(chan struct{}, 1024)}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	n := len(r.got)
	r.got = append(r.got, received{req.Header.Clone(), body, time.Now()})
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, w, req)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	r.came <- struct{}{}
}

// all returns what came so far.
func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

// wait waits until n requests were answered.
func (r *receiver) wait(t testing.TB, n int) []received {
	t.Helper()
	for range n {
		select {
		case <-r.came:
		case <-t.Context().Done():
			t.Fatal("the test is over")
		}
	}
	return r.all()
}

// statuses answers with one status after another and then with 204.
func statuses(codes ...int) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, _ *http.Request) {
		if n < len(codes) {
			w.WriteHeader(codes[n])
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// inMemory is an http.RoundTripper without a network, for tests on a virtual clock. A
// handler that panics with http.ErrAbortHandler breaks the connection.
type inMemory struct{ handler http.Handler }

var errBroken = errors.New("the connection broke")

func (t inMemory) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if recover() != nil {
			resp, err = nil, errBroken
		}
	}()
	w := httptest.NewRecorder()
	t.handler.ServeHTTP(w, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// lockedBuffer is a bytes.Buffer that many may write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// testSecret is that of every endpoint of the tests.
var testSecret = NewSecret()

// startInMemory starts a Sender whose endpoints are handlers.
func startInMemory(t testing.TB, feed Feed, log io.Writer, handlers map[string]http.Handler, endpoints ...Endpoint) *Sender {
	t.Helper()
	s, err := newSender(endpoints, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.followers {
		f.client.Transport = inMemory{handlers[f.url]}
	}
	s.start(feed)
	return s
}
