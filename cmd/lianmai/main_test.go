package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/server"
)

// asCommandEnv makes the test binary run as the command itself.
const asCommandEnv = "LIANMAI_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommandEnv) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// stubEngine stands where the media begin; the service and its clients are real.
type stubEngine struct{}

type stubMix struct {
	observe func(mixer.Event)
	revs    chan int64 // holds the newest revision
	done    chan struct{}
	once    sync.Once
}

// stubMaker makes a stubEngine.
func stubMaker(*compose.Fonts, mixer.Library, guard.Policy, *slog.Logger) (server.Engine, error) {
	return stubEngine{}, nil
}

// Start starts nothing.
func (stubEngine) Start(spec mixer.Spec, observe func(mixer.Event)) (server.Mix, error) {
	m := &stubMix{observe: observe, revs: make(chan int64, 1), done: make(chan struct{})}
	m.revs <- spec.Revision
	observe(mixer.Event{Kind: mixer.MixStarted, Revision: 1})
	observe(mixer.Event{Kind: mixer.SourceChanged, Name: "anna", Source: mixer.Lost, Reason: "refused\x1b[2J"})
	observe(mixer.Event{Kind: mixer.MainChanged, Name: "ben"})
	return m, nil
}

func (m *stubMix) Apply(spec mixer.Spec) error {
	<-m.revs
	m.revs <- spec.Revision
	return nil
}

func (m *stubMix) Stats() mixer.Stats {
	rev := <-m.revs
	m.revs <- rev
	return mixer.Stats{
		Revision: rev, Ticks: mixer.TickStats{Frames: 90}, Main: "ben",
		Sources: []mixer.SourceStats{{Name: "anna", State: mixer.Live, Width: 360, Height: 640, Bitrate: 812_000}},
		Outputs: []mixer.OutputStats{{Name: "output-1", State: mixer.OutputLive, Bitrate: 2_510_000}},
	}
}

func (m *stubMix) Meters() mixer.Meters {
	return mixer.Meters{Sources: []mixer.SourceMeter{{Name: "anna", RMSDB: -20, PeakDB: -8, LUFS: -23, Speaking: true}}}
}

func (m *stubMix) Stop(context.Context) error {
	m.once.Do(func() {
		m.observe(mixer.Event{Kind: mixer.MixStopped, Reason: "stopped by request"})
		close(m.done)
	})
	return nil
}

func (m *stubMix) Done() <-chan struct{} { return m.done }

// lineWriter hands what is written to it to a reader, line by line.
type lineWriter struct{ lines chan string }

func (w lineWriter) Write(p []byte) (int, error) {
	w.lines <- string(p)
	return len(p), nil
}

// grpcIn finds the API's address in the banner.
var grpcIn = regexp.MustCompile(`gRPC (\S+)`)

// startService runs the service on free ports and returns its API's address and a
// function that stops it.
func startService(t *testing.T) (addr string, stop func() error) {
	t.Helper()
	return startServiceIn(t, "")
}

// startServiceIn is startService with a folder for templates and pictures.
func startServiceIn(t *testing.T, data string) (addr string, stop func() error) {
	t.Helper()
	cfg := config.Default()
	cfg.Data = data
	cfg.GRPC, cfg.HTTP, cfg.RTMP = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	banner := lineWriter{make(chan string, 1)}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, cfg, stubMaker, slog.New(slog.DiscardHandler), banner) }()
	stop = sync.OnceValue(func() error { cancel(); return <-served })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case line := <-banner.lines:
		for _, want := range []string{"lianmai dev", "gRPC 127.0.0.1:", "HTTP 127.0.0.1:", "RTMP 127.0.0.1:"} {
			if !strings.Contains(line, want) {
				t.Errorf("banner %q has no %q", line, want)
			}
		}
		return grpcIn.FindStringSubmatch(line)[1], stop
	case err := <-served:
		t.Fatalf("serve: %v", err)
		return "", nil
	}
}

// shell runs commands against one service.
type shell struct {
	t    *testing.T
	addr string
}

// run runs a command and returns its exit code and what it wrote.
func (s shell) run(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	return s.runTo(nil, args...)
}

// runTo is run that also writes what comes on stdout to w.
func (s shell) runTo(w io.Writer, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	var out, err bytes.Buffer
	var target io.Writer = &out
	if w != nil {
		target = io.MultiWriter(&out, w)
	}
	code = run(s.t.Context(), append(args, "--server", s.addr), target, &err)
	return code, out.String(), err.String()
}

// must runs a command that has to succeed.
func (s shell) must(args ...string) string {
	s.t.Helper()
	code, out, err := s.run(args...)
	if code != 0 || err != "" {
		s.t.Fatalf("%q = %d\n%s%s", args, code, out, err)
	}
	return out
}
