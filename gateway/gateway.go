package gateway

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Bounds of what is served. Together calls and streams fit into the 256 calls that the
// service takes at once on one connection.
const (
	MaxBody    = 1 << 20 // bytes of a JSON body
	MaxCalls   = 128     // at once, uploads and downloads among them
	MaxStreams = 128     // event streams at once
)

// Bodies are read before a call takes its place, so that those who send slowly keep
// nobody else from calling. Small ones may be read as many at once as there are
// connections.
const (
	smallBody = 16 << 10 // bytes
	maxLarge  = 64       // larger ones that are read at once
)

// Times that a request may take.
const (
	callTimeout   = 30 * time.Second
	uploadTimeout = 11 * time.Minute // the service ends uploads sooner
	writeTimeout  = 15 * time.Second // that a reader may be stuck
	heartbeat     = 15 * time.Second // of silence, before a comment keeps a stream open
)

// spec is the OpenAPI document; scripts/proto.sh makes it.
//
//go:embed openapi.json
var spec []byte

// Config says what a gateway stands before.
type Config struct {
	// Conn leads to the service: MixService, TemplateService, AssetService. The caller
	// closes it, after the last request.
	Conn grpc.ClientConnInterface
	// Heartbeat is the time of silence after which a comment keeps an event stream
	// open. Default: 15 s.
	Heartbeat time.Duration
}

// gateway is the handler that New returns.
type gateway struct {
	mixes     pb.MixServiceClient
	templates pb.TemplateServiceClient
	assets    pb.AssetServiceClient
	rest      *runtime.ServeMux // every verb that is JSON both ways
	routes    []route
	heartbeat time.Duration
	loading   chan struct{} // holds a token for each large body that is read
	calling   chan struct{} // holds a token for each call under way
	streaming chan struct{} // holds a token for each event stream
}

// asJSON is how messages are written and read: names in lowerCamelCase, fields that have
// their default too, so that a reader sees all there is. A field that nobody knows is an
// error, so that a misspelt one is not lost.
var asJSON = &runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true}}

// New returns the handler of /v1/… and /openapi.json. Every other path is a Problem.
func New(cfg Config) (http.Handler, error) {
	g := &gateway{
		mixes:     pb.NewMixServiceClient(cfg.Conn),
		templates: pb.NewTemplateServiceClient(cfg.Conn),
		assets:    pb.NewAssetServiceClient(cfg.Conn),
		routes:    annotated(),
		heartbeat: cmp.Or(cfg.Heartbeat, heartbeat),
		loading:   make(chan struct{}, maxLarge),
		calling:   make(chan struct{}, MaxCalls),
		streaming: make(chan struct{}, MaxStreams),
	}
	nothing := func(string) (string, bool) { return "", false }
	g.rest = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, asJSON),
		runtime.WithIncomingHeaderMatcher(nothing),
		runtime.WithOutgoingHeaderMatcher(nothing),
		runtime.WithOutgoingTrailerMatcher(nothing),
		runtime.WithErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
			failed(w, r, err)
		}),
		runtime.WithRoutingErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
			g.unrouted(w, r, status)
		}),
		// A slash that is written %2F belongs to a name; no name has one.
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)
	for _, register := range []func() error{
		func() error { return pb.RegisterMixServiceHandlerClient(context.Background(), g.rest, g.mixes) },
		func() error {
			return pb.RegisterTemplateServiceHandlerClient(context.Background(), g.rest, g.templates)
		},
		func() error { return pb.RegisterAssetServiceHandlerClient(context.Background(), g.rest, g.assets) },
	} {
		if err := register(); err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openapi.json", serveSpec)
	mux.HandleFunc("GET /v1/mixes/{id}/events", g.events)
	mux.HandleFunc("POST /v1/templates", g.uploadTemplate)
	mux.HandleFunc("POST /v1/assets/{name}", g.upload)
	mux.HandleFunc("GET /v1/assets/{name}/data", g.download)
	mux.HandleFunc("/", g.call)

	// A page that somebody has open in a browser must not steer a service on loopback.
	sameSite := http.NewCrossOriginProtection()
	sameSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, codes.PermissionDenied, "browsers may not make this request from another site")
	}))
	return sameSite.Handler(plain(mux)), nil
}

// plain sets the headers that every answer has.
func plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func serveSpec(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(spec) // a reader that went away is no error
}

// call answers a verb that is JSON both ways.
func (g *gateway) call(w http.ResponseWriter, r *http.Request) {
	body, ok := g.readJSON(w, r)
	if !ok {
		return
	}
	free, ok := take(w, r, g.calling)
	if !ok {
		return
	}
	defer free()
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	unhurried(w)
	clean := r.Clone(ctx)
	clean.Body = body
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "Grpc-Timeout"} {
		clean.Header.Del(header)
	}
	g.rest.ServeHTTP(w, clean)
}

// succeeded answers with a message.
func succeeded(w http.ResponseWriter, m proto.Message) {
	data, err := asJSON.Marshal(m)
	if err != nil { // it has text that is not UTF-8, which gRPC would not have sent
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data) // a reader that went away is no error
}

// take takes one of the places, which free gives back, or answers that there is none.
func take(w http.ResponseWriter, r *http.Request, places chan struct{}) (free func(), ok bool) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, true
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, r, http.StatusServiceUnavailable, codes.Unavailable,
			fmt.Sprintf("%d requests of this kind are under way, the most at once", cap(places)))
		return nil, false
	}
}

// forwarded returns r's context with what the service is to know of r.
func forwarded(r *http.Request) context.Context {
	var pairs []string
	for _, value := range r.Header.Values("Authorization") {
		pairs = append(pairs, "authorization", value)
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		pairs = append(pairs, "x-forwarded-for", host)
	}
	return metadata.AppendToOutgoingContext(r.Context(), pairs...)
}
