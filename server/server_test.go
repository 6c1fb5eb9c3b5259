package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestWatchMixOverTheNetwork(t *testing.T) {
	b := newBench(t, Limits{StatsInterval: 5 * time.Millisecond})
	b.start(t, duet("room"))
	stream, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "room"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil || first.GetSnapshot().GetMix().GetSpec().GetId() != "room" || len(first.GetSnapshot().GetEvents()) != 1 {
		t.Fatalf("first message = %v, %v", first, err)
	}
	b.engine.mix("room").observe(mixer.Event{Kind: mixer.OutputChanged, Name: "output-1", Output: mixer.OutputLive, Reason: "published"})
	var event *pb.MixEvent
	var stats *pb.MixStats
	for event == nil || stats == nil {
		msg, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if msg.GetEvent() != nil {
			event = msg.GetEvent()
		}
		if msg.GetStats() != nil {
			stats = msg.GetStats()
		}
	}
	if event.Kind != pb.EventKind_EVENT_KIND_OUTPUT_CHANGED || event.Output != pb.OutputState_OUTPUT_STATE_LIVE ||
		event.Source != pb.SourceState_SOURCE_STATE_UNSPECIFIED || event.Sequence != 2 {
		t.Errorf("event = %v", event)
	}
	if stats.Ticks.Frames != 30 {
		t.Errorf("stats = %v", stats)
	}
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "room"}); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = stream.Recv()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("the watch ended with %v", err)
	}
}

func TestHealthAndReflection(t *testing.T) {
	b := newBench(t, Limits{})
	for _, name := range []string{"", "lianmai.v1.MixService"} {
		resp, err := healthpb.NewHealthClient(b.conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || resp.Status != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q = %v, %v", name, resp, err)
		}
	}
	stream, err := reflectionpb.NewServerReflectionClient(b.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "lianmai.v1.MixService"},
	}); err != nil {
		t.Fatal(err)
	}
	resp, err := stream.Recv()
	if err != nil || len(resp.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("reflection = %v, %v", resp, err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("reflection's end = %v", err)
	}
}

func TestProbes(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{
		"/healthz": `{"status":"ok"}`,
		"/readyz":  `{"checks":[{"name":"draining","ok":true},{"name":"capacity","ok":true}],"mixes":1,"status":"ready"}`,
		"/version": `"version":"v0.0.0-test"`,
	} {
		resp, err := client.Get("http://" + b.http + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !json.Valid(body) || !strings.Contains(string(body), want) {
			t.Errorf("%s = %s %s, %v", path, resp.Status, body, err)
		}
	}
	for path, want := range map[string]int{"/": http.StatusNotFound, "/healthz": http.StatusMethodNotAllowed} {
		resp, err := client.Post("http://"+b.http+path, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("POST %s = %s, want %d", path, resp.Status, want)
		}
	}
}

// A stop ends the mixes first, so watchers see the end, and then the calls.
func TestServeStopsGracefully(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	stream, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "room"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := b.stop(); err != nil {
		t.Errorf("Serve = %v", err)
	}
	stopped := false
	for err == nil {
		var msg *pb.WatchMixResponse
		msg, err = stream.Recv()
		stopped = stopped || msg.GetEvent().GetKind() == pb.EventKind_EVENT_KIND_MIX_STOPPED
	}
	if !errors.Is(err, io.EOF) || !stopped {
		t.Errorf("the watch ended with %v; told of the stop: %v", err, stopped)
	}
	_, err = b.ListMixes(t.Context(), &pb.ListMixesRequest{})
	wantCode(t, err, codes.Unavailable)
}

func TestServeReportsAListenerThatFails(t *testing.T) {
	lis := loopback(t)
	lis.Close()
	s, err := New(Config{GRPC: lis, Mixes: NewRegistry(newRecorder(), nil, Limits{}), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "gRPC") {
		t.Errorf("Serve = %v", err)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	b := newBench(t, Limits{})
	spec := duet("room")
	spec.Participants[0].DisplayName = strings.Repeat("a", maxMessage)
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	wantCode(t, err, codes.ResourceExhausted)
}

func TestAPanicIsOneCallsMatter(t *testing.T) {
	log := &lockedBuffer{}
	calls := callLog{log: slog.New(slog.NewJSONHandler(log, nil))}
	err := calls.stream(nil, oneMessage{ctx: t.Context(), id: strings.Repeat("x", 1000)}, &grpc.StreamServerInfo{FullMethod: "/m"},
		func(_ any, stream grpc.ServerStream) error {
			if err := stream.RecvMsg(&pb.GetMixRequest{}); err != nil {
				return err
			}
			panic("boom")
		})
	if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "boom") {
		t.Errorf("error = %v", err)
	}
	if text := log.String(); !strings.Contains(text, "boom") || strings.Contains(text, strings.Repeat("x", maxLoggedID+1)) {
		t.Errorf("log = %s", text)
	}
}

// oneMessage is a stream on which one request about a mix has come.
type oneMessage struct {
	grpc.ServerStream
	ctx context.Context
	id  string
}

func (o oneMessage) Context() context.Context { return o.ctx }

func (o oneMessage) RecvMsg(m any) error {
	m.(*pb.GetMixRequest).Id = o.id
	return nil
}
