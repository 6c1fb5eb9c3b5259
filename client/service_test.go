package client_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/client"
	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/internal/faults"
	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/server"
	"github.com/lianmai/lianmai/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine stands where the media begin; everything on this side of it is real.
type engine struct {
	mu    sync.Mutex
	mixes map[string]*running
}

// running is one mix of an engine.
type running struct {
	spec    mixer.Spec
	observe func(mixer.Event)
	done    chan struct{}
	once    sync.Once
}

func (e *engine) Start(spec mixer.Spec, observe func(mixer.Event)) (server.Mix, error) {
	m := &running{spec: spec, observe: observe, done: make(chan struct{})}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mixes[spec.ID] = m
	observe(mixer.Event{Kind: mixer.MixStarted, Revision: 1})
	return m, nil
}

// mix returns the latest mix of an id.
func (e *engine) mix(id string) *running {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mixes[id]
}

func (m *running) Apply(mixer.Spec) error { return nil }
func (m *running) Stats() mixer.Stats     { return mixer.Stats{} }
func (m *running) Meters() mixer.Meters   { return mixer.Meters{} }
func (m *running) Done() <-chan struct{}  { return m.done }

func (m *running) Stop(context.Context) error {
	m.once.Do(func() {
		m.observe(mixer.Event{Kind: mixer.MixStopped, Reason: "asked to"})
		close(m.done)
	})
	return nil
}

// output tells of an output's new state.
func (m *running) output(name string, state mixer.OutputState) {
	m.observe(mixer.Event{Kind: mixer.OutputChanged, Name: name, Output: state})
}

// service is a real server on loopback.
type service struct {
	*client.Client
	engine *engine
	addr   string
}

// newService starts a service that the end of the test stops.
func newService(t testing.TB) *service {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	kept, err := store.Open(t.Context(), store.Config{MaxSizes: map[store.Kind]int64{store.Sound: 1 << 20}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	library := server.NewLibrary(kept, server.LibraryConfig{Dir: filepath.Join(t.TempDir(), "sounds")})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{engine: &engine{mixes: map[string]*running{}}, addr: lis.Addr().String()}
	srv, err := server.New(server.Config{
		GRPC: lis, Mixes: server.NewRegistry(s.engine, library, server.Limits{}), Fonts: compose.BundledFonts(), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx) }()
	if s.Client, err = client.Dial(t.Context(), s.addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		if err := errors.Join(<-served, kept.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// duet returns a small valid spec.
func duet(id string) *pb.MixSpec {
	return &pb.MixSpec{
		Id: id,
		Participants: []*pb.Participant{
			{Name: "anna", Url: "rtmp://127.0.0.1/live/anna"},
			{Name: "ben", Url: "rtmp://127.0.0.1/live/ben"},
		},
		Outputs: []*pb.Output{{Name: "cdn", Url: "rtmp://127.0.0.1/out/mix"}, {Name: "copy", Url: "rtmp://127.0.0.1/out/copy"}},
	}
}

// start starts a mix or ends the test.
func (s *service) start(t testing.TB, id string) (*pb.Mix, *running) {
	t.Helper()
	resp, err := s.Mixes().StartMix(t.Context(), &pb.StartMixRequest{Spec: duet(id)})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Mix, s.engine.mix(id)
}

func TestWatchOverABrokenConnection(t *testing.T) {
	s := newService(t)
	_, mix := s.start(t, "room")
	proxy, err := faults.NewProxy(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	watcher, err := client.Dial(t.Context(), proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	seen, done := make(chan client.Update, 64), make(chan error, 1)
	go func() {
		done <- watcher.Watch(t.Context(), "room", func(u client.Update) error {
			if u.Stats == nil {
				seen <- u
			}
			return nil
		})
	}()
	if first := <-seen; first.Snapshot.GetMix().GetSpec().GetId() != "room" || len(first.Snapshot.Events) != 1 {
		t.Fatalf("the first update is %v", first)
	}
	const rounds = 3
	for i := range rounds {
		proxy.Refuse()
		mix.output("cdn", mixer.OutputLost)
		mix.output("cdn", mixer.OutputLive)
		proxy.Allow()
		for j := range 2 {
			if u := <-seen; u.Event.GetSequence() != int64(2+2*i+j) || u.Missed != 0 {
				t.Fatalf("round %d: %v", i, u)
			}
		}
		if u := <-seen; u.Snapshot == nil { // behind what happened
			t.Fatalf("round %d: %v", i, u)
		}
	}
	if err := mix.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if u := <-seen; u.Event.GetKind() != pb.EventKind_EVENT_KIND_MIX_STOPPED || len(seen) > 0 {
		t.Errorf("the last update is %v", u)
	}
}

func TestWaitLive(t *testing.T) {
	s := newService(t)
	_, mix := s.start(t, "room")
	wait := func(output string) chan error {
		done := make(chan error, 1)
		go func() { done <- s.WaitLive(t.Context(), "room", output) }()
		return done
	}
	cdn, both := wait("cdn"), wait("")
	mix.output("copy", mixer.OutputLost)
	mix.output("cdn", mixer.OutputLive)
	if err := <-cdn; err != nil {
		t.Errorf("cdn: %v", err)
	}
	select {
	case err := <-both:
		t.Errorf("both: %v with one live", err)
	default:
	}
	mix.output("copy", mixer.OutputLive)
	if err := <-both; err != nil {
		t.Errorf("both: %v", err)
	}
	if err := <-wait("nowhere"); !errors.Is(err, client.ErrNoOutput) {
		t.Errorf("no such output: %v", err)
	}
	if err := s.WaitLive(t.Context(), "hall", ""); status.Code(err) != codes.NotFound {
		t.Errorf("no such mix: %v", err)
	}
	mix.output("copy", mixer.OutputClosed)
	if err := <-wait("copy"); !errors.Is(err, client.ErrEnded) {
		t.Errorf("a closed output: %v", err)
	}

	_, other := s.start(t, "other")
	ended := make(chan error, 1)
	go func() { ended <- s.WaitLive(t.Context(), "other", "") }()
	if err := other.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, client.ErrEnded) {
		t.Errorf("a mix that stopped: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	s.start(t, "third")
	if err := s.WaitLive(ctx, "third", ""); !errors.Is(err, context.DeadlineExceeded) && status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("too late: %v", err)
	}
}
