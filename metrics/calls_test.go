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
		resp, err := m.Unary(t.Context(), "in", &grpc.UnaryServerInfo{FullMethod: "/s/M"}, func(_ context.Context, req any) (any, error) {
			hasLines(t, scrape(t, m), `lianmai_api_calls_under_way{method="/s/M"} 1`)
			return req, test.err
		})
		if resp != "in" || !errors.Is(err, test.err) {
			t.Errorf("Unary = %v, %v", resp, err)
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
	)
	if strings.Contains(text, `lianmai_api_call_duration_seconds_count{method="/s/Watch"}`) {
		t.Error("a watcher has a latency")
	}
}
