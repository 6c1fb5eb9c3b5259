package server

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is an Engine that notes what it is asked. It stands where the media
// begin; everything on this side of it is real.
type recorder struct {
	mu      sync.Mutex
	mixes   map[string]*recorded // the latest of each id
	starts  int
	metered int                 // calls of Meters
	startAs error               // what Start returns
	applyAs error               // what Apply returns
	sources []mixer.SourceStats // of every mix
	hang    bool                // Stop does not end the mix
	before  func(mixer.Spec)    // called by Start and Apply with what they get; nil for nothing
}

func newRecorder() *recorder { return &recorder{mixes: map[string]*recorded{}} }

// recorded is one mix of a recorder.
type recorded struct {
	engine  *recorder
	observe func(mixer.Event)
	specs   []mixer.Spec // guarded by engine.mu
	done    chan struct{}
	once    sync.Once
}

func (r *recorder) Start(spec mixer.Spec, observe func(mixer.Event)) (Mix, error) {
	if r.before != nil {
		r.before(spec)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts++
	if r.startAs != nil {
		return nil, r.startAs
	}
	m := &recorded{engine: r, observe: observe, specs: []mixer.Spec{spec}, done: make(chan struct{})}
	r.mixes[spec.ID] = m
	observe(mixer.Event{Kind: mixer.MixStarted, Revision: 1})
	return m, nil
}

// mix returns the latest mix of an id.
func (r *recorder) mix(id string) *recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mixes[id]
}

// seen returns every spec that the mix was given.
func (m *recorded) seen() []mixer.Spec {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	return append([]mixer.Spec(nil), m.specs...)
}

func (m *recorded) Apply(spec mixer.Spec) error {
	if m.engine.before != nil {
		m.engine.before(spec)
	}
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	if m.engine.applyAs != nil {
		return m.engine.applyAs
	}
	m.specs = append(m.specs, spec)
	return nil
}

func (m *recorded) Stats() mixer.Stats {
	seen := m.seen()
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	return mixer.Stats{Revision: seen[len(seen)-1].Revision, Ticks: mixer.TickStats{Frames: 30}, Sources: m.engine.sources}
}

func (m *recorded) Meters() mixer.Meters {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	m.engine.metered++
	return mixer.Meters{
		At:      time.Duration(m.engine.metered),
		Sources: []mixer.SourceMeter{{Name: "anna", RMSDB: -20, PeakDB: -10, LUFS: -23, Speaking: true}},
		Master:  mixer.MasterMeter{RMSDB: -18, PeakDB: -3, TruePeakDB: -2, Momentary: -15, ShortTerm: -16, Integrated: -17, DuckingDB: -12},
	}
}

func (m *recorded) Stop(ctx context.Context) error {
	if m.engine.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	m.end("asked to")
	return nil
}

// end ends the mix as an engine does.
func (m *recorded) end(reason string) {
	m.once.Do(func() {
		m.observe(mixer.Event{Kind: mixer.MixStopped, Reason: reason})
		close(m.done)
	})
}

func (m *recorded) Done() <-chan struct{} { return m.done }

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

// bench is a service on loopback with a recorder behind it.
type bench struct {
	pb.MixServiceClient
	pb.TemplateServiceClient
	pb.AssetServiceClient
	engine  *recorder
	library *Library     // nil has the built-in templates alone
	keep    *store.Store // nil lets the mixes end with the bench
	mixes   *Registry
	server  *Server
	conn    *grpc.ClientConn
	http    string // address
	log     *lockedBuffer
	config  func(*Config) // changes what New gets; nil for nothing
	change  []func(*Config)
	stop    func() error // stops the service, once
}

// An option changes a bench before it starts.
type option func(*bench)

// over puts a bench on a library.
func over(l *Library) option { return func(b *bench) { b.library = l } }

// newBench starts a service that the end of the test stops.
func newBench(t testing.TB, limits Limits, options ...option) *bench {
	t.Helper()
	b := &bench{engine: newRecorder(), log: &lockedBuffer{}}
	for _, o := range options {
		o(b)
	}
	if limits.StatsInterval == 0 {
		limits.StatsInterval = time.Hour // statistics only where a test wants them
	}
	b.mixes = NewRegistry(b.engine, b.library, limits)
	if b.keep != nil {
		b.mixes.Keep(Keeping{Mixes: b.keep, Events: b.keep})
		if err := b.mixes.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	grpcLis, httpLis := loopback(t), loopback(t)
	b.http = httpLis.Addr().String()
	var err error
	cfg := Config{
		GRPC: grpcLis, HTTP: httpLis, Mixes: b.mixes, Version: "v0.0.0-test", Fonts: fonts(),
		Log: slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if b.config != nil {
		b.config(&cfg)
	}
	for _, change := range b.change {
		change(&cfg)
	}
	b.server, err = New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx) }()
	b.stop = sync.OnceValue(func() error { cancel(); return <-served })
	b.conn, err = grpc.NewClient("passthrough:///"+grpcLis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	b.MixServiceClient = pb.NewMixServiceClient(b.conn)
	b.TemplateServiceClient = pb.NewTemplateServiceClient(b.conn)
	b.AssetServiceClient = pb.NewAssetServiceClient(b.conn)
	t.Cleanup(func() {
		b.conn.Close()
		if err := b.stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return b
}

// fonts are those of every bench.
var fonts = sync.OnceValue(compose.BundledFonts)

func loopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start starts a mix or ends the test.
func (b *bench) start(t testing.TB, spec *pb.MixSpec) *pb.Mix {
	t.Helper()
	resp, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Mix
}

// duet returns a small valid spec.
func duet(id string) *pb.MixSpec {
	return &pb.MixSpec{
		Id: id,
		Participants: []*pb.Participant{
			{Name: "anna", Url: "rtmp://127.0.0.1/live/anna?auth_key=" + secret},
			{Name: "ben", Url: "rtmps://[::1]:443/live/ben"},
		},
		Outputs: []*pb.Output{{Url: "rtmp://127.0.0.1/out/mix?txSecret=" + secret}},
	}
}

// secret is in the URLs of duet and must be nowhere else.
const secret = "hush0815"

// violations returns the fields of an error's BadRequest with what is allowed.
func violations(err error) map[string]string {
	found := map[string]string{}
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.FieldViolations {
				found[v.Field] += v.Description
			}
		}
	}
	return found
}
