package metrics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestCallsAreCountedByTheirCode(t *testing.T) {
	for _, test := range []struct {
		err  error
		code string
	}{
		{nil, "OK"},
		{status.Error(codes.NotFound, "no such mix"), "NotFound"},
		{fmt.Errorf("waiting: %w", context.Canceled), "Canceled"},
		{context.DeadlineExceeded, "DeadlineExceeded"},
		{errors.New("secret"), "Unknown"},
	} {
		m := New(Config{})
		err := m.Stream(nil, nil, &grpc.StreamServerInfo{FullMethod: "/s/M"}, func(any, grpc.ServerStream) error {
			hasLines(t, scrape(t, m), `lianmai_api_calls_under_way{method="/s/M"} 1`)
			return test.err
		})
		if !errors.Is(err, test.err) {
			t.Errorf("Stream = %v", err)
		}
		hasLines(t, scrape(t, m),
			fmt.Sprintf(`lianmai_api_calls_total{code=%q,method="/s/M"} 1`, test.code),
			`lianmai_api_calls_under_way{method="/s/M"} 0`,
			`lianmai_api_call_duration_seconds_count{method="/s/M"} 1`,
		)
	}
}

// A watcher's hours are no latency; an upload's seconds are.
func TestStreams(t *testing.T) {
	m := New(Config{})
	refused := status.Error(codes.ResourceExhausted, "too many")
	for _, info := range []*grpc.StreamServerInfo{
		{FullMethod: "/s/Watch", IsServerStream: true},
		{FullMethod: "/s/Upload", IsClientStream: true},
		{FullMethod: pb.MixService_GetMix_FullMethodName, IsServerStream: true}, // unary in its proto
		{FullMethod: pb.MixService_WatchMix_FullMethodName, IsServerStream: true},
	} {
		err := m.Stream(nil, nil, info, func(any, grpc.ServerStream) error { return refused })
		if !errors.Is(err, refused) {
			t.Errorf("Stream = %v", err)
		}
	}
	text := scrape(t, m)
	hasLines(t, text,
		`lianmai_api_calls_total{code="ResourceExhausted",method="/s/Watch"} 1`,
		`lianmai_api_calls_total{code="ResourceExhausted",method="/s/Upload"} 1`,
		`lianmai_api_call_duration_seconds_count{method="/s/Upload"} 1`,
		`lianmai_api_call_duration_seconds_count{method="/lianmai.v1.MixService/GetMix"} 1`,
	)
	if strings.Contains(text, `lianmai_api_call_duration_seconds_count{method="/s/Watch"}`) {
		t.Error("a watcher has a latency")
	}
	if strings.Contains(text, `lianmai_api_call_duration_seconds_count{method="/lianmai.v1.MixService/WatchMix"}`) {
		t.Error("WatchMix has a latency")
	}
}
