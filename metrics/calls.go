package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// calls counts the API's calls. Its labels are bounded: an interceptor sees only
// methods that are registered, and codes are gRPC's.
type calls struct {
	ended     *prometheus.CounterVec
	underWay  *prometheus.GaugeVec
	durations *prometheus.HistogramVec
}

func newCalls() calls {
	return calls{
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "api_calls_total", Help: "API calls that have ended, by gRPC method and code.",
		}, []string{"method", "code"}),
		underWay: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "api_calls_under_way", Help: "API calls that have not ended.",
		}, []string{"method"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "api_call_duration_seconds",
			Help:    "Time that API calls took, without those that watch until they are ended.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method"}),
	}
}

func (c calls) register(m *Metrics) {
	m.Register(c.ended)
	m.Register(c.underWay)
	m.Register(c.durations)
}

// Stream counts a call; the server of Lianmai handles unary ones as streams too. It comes
// before the interceptors that change errors. A stream that the server sends has no
// duration worth telling: it lasts for as long as somebody watches.
func (m *Metrics) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	end := m.calls.begin(info.FullMethod)
	err := handler(srv, stream)
	took := end(err)
	if !watches(info) {
		m.calls.durations.WithLabelValues(info.FullMethod).Observe(took.Seconds())
	}
	return err
}

// watches says whether a call is one whose answer is a stream, as its proto has it: what
// gRPC says is true of all that the server handles as streams.
func watches(info *grpc.StreamServerInfo) bool {
	name := strings.ReplaceAll(strings.TrimPrefix(info.FullMethod, "/"), "/", ".")
	found, _ := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name)) // nil: not one of ours
	if method, ok := found.(protoreflect.MethodDescriptor); ok {
		return method.IsStreamingServer()
	}
	return info.IsServerStream
}

// begin counts a call as under way; end counts it as ended and returns how long it took.
func (c calls) begin(method string) (end func(error) time.Duration) {
	began := time.Now()
	underWay := c.underWay.WithLabelValues(method)
	underWay.Inc()
	return func(err error) time.Duration {
		underWay.Dec()
		c.ended.WithLabelValues(method, codeOf(err).String()).Inc()
		return time.Since(began)
	}
}

// codeOf returns the code that the caller gets for err.
func codeOf(err error) codes.Code {
	if st, ok := status.FromError(err); ok {
		return st.Code()
	}
	return status.FromContextError(err).Code()
}
