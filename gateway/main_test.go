package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/server"
	"github.com/lianmai/lianmai/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// idle is an engine whose mixes do nothing. Everything on this side of it is real.
type idle struct {
	mu      sync.Mutex
	running map[string]*idleMix
}

type idleMix struct {
	observe func(mixer.Event)
	done    chan struct{}
	once    sync.Once
}

func (e *idle) Start(spec mixer.Spec, observe func(mixer.Event)) (server.Mix, error) {
	m := &idleMix{observe: observe, done: make(chan struct{})}
	e.mu.Lock()
	e.running[spec.ID] = m
	e.mu.Unlock()
	observe(mixer.Event{Kind: mixer.MixStarted, Revision: 1})
	return m, nil
}

// happen makes n events happen in a running mix.
func (e *idle) happen(id string, n int) {
	e.mu.Lock()
	m := e.running[id]
	e.mu.Unlock()
	for range n {
		m.observe(mixer.Event{Kind: mixer.SpecApplied, Revision: 1})
	}
}

func (m *idleMix) Apply(mixer.Spec) error { return nil }
func (m *idleMix) Stats() mixer.Stats     { return mixer.Stats{Ticks: mixer.TickStats{Frames: 30}} }
func (m *idleMix) Meters() mixer.Meters   { return mixer.Meters{Master: mixer.MasterMeter{RMSDB: -18}} }
func (m *idleMix) Done() <-chan struct{}  { return m.done }
func (m *idleMix) Stop(context.Context) error {
	m.once.Do(func() {
		m.observe(mixer.Event{Kind: mixer.MixStopped, Reason: "asked to"})
		close(m.done)
	})
	return nil
}

// bench is a service with its gateway on loopback.
type bench struct {
	engine *idle
	base   string // http://HOST:PORT
	addr   string
	client *http.Client
	stop   func() // stops the service, once
}

// newBench starts a service that the end of the test stops.
func newBench(t testing.TB, limits server.Limits) *bench {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Config{MaxSizes: map[store.Kind]int64{store.Sound: 16 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	library := server.NewLibrary(kept, server.LibraryConfig{Dir: filepath.Join(t.TempDir(), "sounds")})
	lis := [2]net.Listener{}
	for i := range lis {
		if lis[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	local := bufconn.Listen(1 << 16)
	conn, err := grpc.NewClient("passthrough:///local",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return local.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := New(Config{Conn: conn, Heartbeat: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if limits.StatsInterval == 0 {
		limits.StatsInterval = time.Hour // statistics only where a test wants them
	}
	b := &bench{engine: &idle{running: map[string]*idleMix{}}, addr: lis[1].Addr().String()}
	b.base = "http://" + b.addr
	b.client = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	srv, err := server.New(server.Config{
		GRPC: lis[0], HTTP: lis[1], Local: local, Handlers: map[string]http.Handler{"/": handler},
		Mixes: server.NewRegistry(b.engine, library, limits), Fonts: fonts(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		b.stop()
		conn.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// fonts are those of every bench.
var fonts = sync.OnceValue(compose.BundledFonts)

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// json returns the body as JSON.
func (r reply) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("status %d, body %q: %v", r.status, r.body, err)
	}
	return v
}

// at returns what is at a dotted path of a JSON object, or nil.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// do sends a request; a body goes as JSON unless headers (NAME: VALUE) say otherwise.
func (b *bench) do(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, data}
}

// ok sends a request that must succeed and returns its JSON.
func (b *bench) ok(t testing.TB, method, path, body string) map[string]any {
	t.Helper()
	r := b.do(t, method, path, body)
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s %s = %d %s: %s", method, path, r.status, r.header.Get("Content-Type"), r.body)
	}
	return r.json(t)
}

// duet is the JSON of a small valid spec.
func duet(id string) string {
	return `{"id":"` + id + `","participants":[{"name":"anna","url":"rtmp://127.0.0.1/live/anna"},
	  {"name":"ben","url":"rtmp://127.0.0.1/live/ben"}],"outputs":[{"url":"rtmp://127.0.0.1/out/mix"}]}`
}

// wantProblem fails the test unless r is a problem of this status and code.
func wantProblem(t testing.TB, what string, r reply, status int, code string) Problem {
	t.Helper()
	var p Problem
	if r.status != status || r.header.Get("Content-Type") != ProblemType {
		t.Errorf("%s = %d %s %s, want %d %s", what, r.status, r.header.Get("Content-Type"), r.body, status, code)
		return p
	}
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.Status != status || p.Code != code || p.Type == "" || p.Title == "" || p.Detail == "" {
		t.Errorf("%s: problem = %s (%v), want %d %s", what, r.body, err, status, code)
	}
	return p
}
