package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// configured is an option that changes what New gets.
func configured(change func(*Config)) option { return func(b *bench) { b.config = change } }

// get returns the status and the body of GET path.
func (b *bench) get(t *testing.T, path string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + b.http + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// watchHealth watches the health of a service.
func (b *bench) watchHealth(t *testing.T, service string) healthpb.Health_WatchClient {
	t.Helper()
	w, err := healthpb.NewHealthClient(b.conn).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// until reads a health until it is want.
func until(t *testing.T, w healthpb.Health_WatchClient, want healthpb.HealthCheckResponse_ServingStatus) {
	t.Helper()
	for {
		resp, err := w.Recv()
		if err != nil {
			t.Fatalf("waiting for %v: %v", want, err)
		}
		if resp.Status == want {
			return
		}
	}
}

func TestAStoreThatRefusesWritesIsToldEverywhere(t *testing.T) {
	var broken atomic.Bool
	b := newBench(t, Limits{}, configured(func(c *Config) {
		c.CheckInterval = time.Millisecond
		c.Checks = []Check{{Name: "store", Run: func(context.Context) error {
			if broken.Load() {
				return errors.New("no space left on device")
			}
			return nil
		}}}
	}))
	for _, service := range []string{"", "lianmai.v1.MixService", "lianmai.v1.TemplateService", "lianmai.v1.AssetService"} {
		broken.Store(false)
		w := b.watchHealth(t, service)
		until(t, w, healthpb.HealthCheckResponse_SERVING)
		if code, body := b.get(t, "/readyz"); code != http.StatusOK || !strings.Contains(body, `{"name":"store","ok":true}`) {
			t.Errorf("/readyz = %d %s", code, body)
		}
		broken.Store(true)
		until(t, w, healthpb.HealthCheckResponse_NOT_SERVING)
		code, body := b.get(t, "/readyz")
		if code != http.StatusServiceUnavailable || !strings.Contains(body, `{"name":"store","ok":false,"reason":"no space left on device"}`) ||
			!strings.Contains(body, `"status":"not ready"`) || !json.Valid([]byte(body)) {
			t.Errorf("/readyz = %d %s", code, body)
		}
		if code, _ := b.get(t, "/healthz"); code != http.StatusOK {
			t.Errorf("/healthz = %d: the process answers", code)
		}
	}
	// A mix that runs is still reached, whatever the probes say.
	if _, err := b.ListMixes(t.Context(), &pb.ListMixesRequest{}); err != nil {
		t.Error(err)
	}
}

func TestAFullServiceIsNotReadyButServes(t *testing.T) {
	b := newBench(t, Limits{Mixes: 1})
	b.start(t, duet("room"))
	code, body := b.get(t, "/readyz")
	if code != http.StatusServiceUnavailable || !strings.Contains(body, `"capacity","ok":false,"reason":"too many mixes: 1 run`) {
		t.Errorf("/readyz = %d %s", code, body)
	}
	until(t, b.watchHealth(t, "lianmai.v1.MixService"), healthpb.HealthCheckResponse_SERVING)
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "room"}); err != nil {
		t.Fatal(err)
	}
	if code, body := b.get(t, "/readyz"); code != http.StatusOK {
		t.Errorf("/readyz = %d %s", code, body)
	}
}

// A check that hangs is noticed, a probe is answered from memory, and nobody waits for
// the check for long.
func TestACheckThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		asked := 0
		var noticed atomic.Int64
		r := newReadiness([]Check{
			{Name: "z", Run: func(context.Context) error { return nil }},
			{Name: "disk", Run: func(context.Context) error {
				if asked++; asked == 2 {
					<-release
				}
				return nil
			}},
		}, 0, slog.New(slog.DiscardHandler))
		if got := r.results(); !anyFails(got) || got[0].Name != "disk" || got[0].Reason != "not asked yet" {
			t.Errorf("before the first answer: %v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan struct{})
		go func() {
			r.run(ctx, func() {
				if anyFails(r.results()) {
					noticed.Add(1)
				}
			})
			close(ran)
		}()
		synctest.Wait()
		if got := r.results(); anyFails(got) {
			t.Errorf("after the first answer: %v", got)
		}
		noticed.Store(0)
		time.Sleep(staleAfter + DefaultCheckInterval + time.Millisecond) // virtual
		if got := r.results(); got[0].OK || got[0].Reason != "no answer for 12s" || !got[1].OK || noticed.Load() == 0 {
			t.Errorf("of a check that hangs: %v, noticed %d times", got, noticed.Load())
		}
		begin := time.Now()
		cancel()
		<-ran
		if took := time.Since(begin); took != drainTimeout {
			t.Errorf("waited %v for it", took)
		}
		close(release)
	})
}

func TestDrain(t *testing.T) {
	b := newBench(t, Limits{}, configured(func(c *Config) { c.DrainDelay = 200 * time.Millisecond }))
	b.start(t, duet("room"))
	health := b.watchHealth(t, "lianmai.v1.MixService")
	until(t, health, healthpb.HealthCheckResponse_SERVING)
	begin := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- b.stop() }()
	until(t, health, healthpb.HealthCheckResponse_NOT_SERVING)

	// It takes no new mix and says so; the one that runs goes on and can be changed.
	if code, body := b.get(t, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, `"status":"stopping"`) ||
		!strings.Contains(body, `{"name":"draining","ok":false,"reason":"the service is shutting down"}`) || !strings.Contains(body, `"mixes":1`) {
		t.Errorf("/readyz = %d %s", code, body)
	}
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: duet("late")})
	wantCode(t, err, codes.Unavailable)
	if _, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: "anna", Muted: new(true)}); err != nil {
		t.Errorf("a change while draining: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if took := time.Since(begin); took < 200*time.Millisecond {
		t.Errorf("it ended after %v", took)
	}
	if b.mixes.Running() != 0 {
		t.Error("a mix runs still")
	}
}

func TestAMixThatDoesNotEndIsBoundedByTheDrainTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newRecorder()
		engine.hang = true
		mixes := NewRegistry(engine, nil, Limits{})
		open(t, mixes, "room")
		s, err := New(Config{Mixes: mixes, Log: slog.New(slog.DiscardHandler), DrainTimeout: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := s.stop(); !errors.Is(err, ErrStopTimeout) {
			t.Errorf("stop = %v", err)
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("stopping took %v", took)
		}
		engine.mix("room").end("at last")
		time.Sleep(StopTimeout + stopGrace) // virtual: until the engine's Stop has given up
		synctest.Wait()
	})
}

// meter is a CallMeter that notes the methods.
type meter struct{ methods chan string }

func (m meter) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	err := handler(srv, stream)
	m.methods <- info.FullMethod
	return err
}

func TestCallsAreCountedAndMetricsServed(t *testing.T) {
	counted := meter{make(chan string, 10)}
	b := newBench(t, Limits{}, configured(func(c *Config) {
		c.Calls = counted
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "numbers") })
	}))
	b.start(t, duet("room"))
	stream, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "none"})
	if err == nil {
		_, err = stream.Recv()
	}
	wantCode(t, err, codes.NotFound)
	if got := []string{<-counted.methods, <-counted.methods}; !slices.Equal(got, []string{
		"/lianmai.v1.MixService/StartMix", "/lianmai.v1.MixService/WatchMix",
	}) {
		t.Errorf("counted %v", got)
	}
	if code, body := b.get(t, "/metrics"); code != http.StatusOK || body != "numbers" {
		t.Errorf("/metrics = %d %s", code, body)
	}
	if code, _ := newBench(t, Limits{}).get(t, "/metrics"); code != http.StatusNotFound {
		t.Errorf("/metrics that are elsewhere = %d", code)
	}
}

func TestSnapshots(t *testing.T) {
	r := NewRegistry(newRecorder(), nil, Limits{})
	defer shut(t, r)
	open(t, r, "runs")
	open(t, r, "over")
	if _, err := r.Stop(t.Context(), "over", 0); err != nil {
		t.Fatal(err)
	}
	states := map[string]pb.MixState{}
	for _, s := range r.Snapshots() {
		states[s.Mix.Spec.Id] = s.Mix.State
		if s.Stats.GetTicks().GetFrames() != 30 || s.Events != nil {
			t.Errorf("snapshot %v", s)
		}
	}
	if len(states) != 2 || states["runs"] != pb.MixState_MIX_STATE_RUNNING || states["over"] != pb.MixState_MIX_STATE_STOPPED {
		t.Errorf("states %v", states)
	}
	// One that is being claimed has nothing to tell yet.
	m, _, err := r.claim(filled("claimed"))
	if err != nil || len(r.Snapshots()) != 2 {
		t.Errorf("%d snapshots, %v", len(r.Snapshots()), err)
	}
	r.mu.Lock()
	delete(r.mixes, m.id)
	r.running--
	r.mu.Unlock()
}
