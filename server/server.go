package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Bounds of the gRPC server.
const (
	maxMessage        = 1 << 20 // bytes, of a request
	maxAnswer         = 4 << 20 // bytes; what clients take unless told otherwise
	maxStreams        = 256     // calls at once on one connection
	handshakeTimeout  = 10 * time.Second
	keepaliveAfter    = 30 * time.Second // of silence
	keepaliveTimeout  = 10 * time.Second
	minClientInterval = 10 * time.Second // between a client's pings; faster ones end its connection
	maxIdle           = 5 * time.Minute  // without a call; clients connect again when they have one
	maxHeaders        = 16 << 10         // bytes, of a call
	// What is received before anybody asks for it, in bytes. Left to itself gRPC would
	// raise it to 16 MiB for a fast sender.
	streamWindow = 256 << 10
	connWindow   = 512 << 10
)

// drainTimeout is how long calls that are under way get after the mixes have ended.
const drainTimeout = 500 * time.Millisecond

// Config says what a Server serves.
type Config struct {
	// GRPC and HTTP are where it listens. Serve closes them. HTTP may be nil: no
	// probes then.
	GRPC, HTTP net.Listener
	// Local is where this process calls its own API, as the gateway does; nil for
	// nowhere. Serve closes it.
	Local net.Listener
	// Handlers are what HTTP answers besides the probes, by the pattern of
	// http.ServeMux, such as "/" or "GET /metrics". One that streams or takes long sets
	// its own deadlines.
	Handlers map[string]http.Handler
	// Mixes is closed by Serve.
	Mixes *Registry
	// Fonts draw the names of previews.
	Fonts *compose.Fonts
	// Log gets one line for each call.
	Log *slog.Logger
	// Version is told by /version.
	Version string
	// Checks say whether the service works, each asked once in CheckInterval (default
	// DefaultCheckInterval).
	Checks        []Check
	CheckInterval time.Duration
	// Calls counts the calls; nil for nobody.
	Calls CallMeter
	// Metrics answers GET /metrics; nil for not here.
	Metrics http.Handler
	// DrainDelay is how long a service that is to stop goes on with what it has, and
	// refuses new mixes, before it ends the mixes: the time that load balancers take
	// to notice. Default 0.
	DrainDelay time.Duration
	// DrainTimeout is how long the mixes then get; default StopTimeout.
	DrainTimeout time.Duration

	// Door lets calls in; nil lets everybody do everything.
	Door *guard.Door
	// Gate says which addresses the URLs of a spec may have; nil any.
	Gate *guard.Gate
	// TLS encrypts both listeners; nil leaves them plain.
	TLS *guard.Certificates
}

// CallMeter counts the calls of the API: the outermost interceptor, of unary calls too.
type CallMeter interface {
	Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error
}

// Server puts a Registry on the network.
type Server struct {
	mixes    *Registry
	log      *slog.Logger
	version  string
	grpc     *grpc.Server
	health   *health.Server
	http     *http.Server
	lisGRPC  net.Listener
	lisHTTP  net.Listener
	lisLocal net.Listener
	stopping atomic.Bool

	ready      *readiness
	services   []string   // that have a health
	healthTurn sync.Mutex // held while the health is set

	metrics                  http.Handler
	drainDelay, drainTimeout time.Duration
}

// New returns a Server that is ready for Serve.
func New(cfg Config) (*Server, error) {
	library := cfg.Mixes.library
	check, err := newChecker(library)
	if err != nil {
		return nil, err
	}
	check.gate = cfg.Gate
	s := &Server{
		mixes: cfg.Mixes, log: cfg.Log, version: cfg.Version,
		lisGRPC: cfg.GRPC, lisHTTP: cfg.HTTP, lisLocal: cfg.Local, health: health.NewServer(),
		ready: newReadiness(cfg.Checks, cfg.CheckInterval, cfg.Log), metrics: cfg.Metrics,
		drainDelay: cfg.DrainDelay, drainTimeout: cmp.Or(cfg.DrainTimeout, StopTimeout),
	}
	calls, keeper := callLog{log: cfg.Log}, doorkeeper{cfg.Door}
	// Unary calls are streams here too; see streamed.
	chain := []grpc.StreamServerInterceptor{keeper.stream, calls.stream}
	if cfg.Calls != nil {
		chain = slices.Insert(chain, 0, cfg.Calls.Stream)
	}
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxSendMsgSize(maxAnswer),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connWindow),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: keepaliveAfter, Timeout: keepaliveTimeout, MaxConnectionIdle: maxIdle,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minClientInterval, PermitWithoutStream: true}),
		grpc.ChainStreamInterceptor(chain...),
	}
	if cfg.TLS != nil {
		options = append(options, grpc.Creds(outsideTLS{credentials.NewTLS(cfg.TLS.Config("h2"))}))
		if cfg.HTTP != nil {
			s.lisHTTP = tls.NewListener(cfg.HTTP, cfg.TLS.Config("h2", "http/1.1"))
		}
	}
	s.grpc = grpc.NewServer(options...)
	s.grpc.RegisterService(streamed(pb.MixService_ServiceDesc), &service{mixes: cfg.Mixes, check: check})
	s.grpc.RegisterService(streamed(pb.TemplateService_ServiceDesc), &templates{
		library: library, mixes: cfg.Mixes, fonts: cfg.Fonts, check: check, drawing: make(chan struct{}, previewsAtOnce),
	})
	s.grpc.RegisterService(streamed(pb.AssetService_ServiceDesc), &assets{
		library: library, mixes: cfg.Mixes, check: check,
		receiving: make(chan struct{}, uploadsAtOnce), sounding: make(chan struct{}, soundsAtOnce),
	})
	s.services = append(slices.Sorted(maps.Keys(s.grpc.GetServiceInfo())), "") // "" is the whole of it
	s.setHealth()
	s.grpc.RegisterService(streamed(healthpb.Health_ServiceDesc), s.health)
	reflection.Register(s.grpc)
	s.http = s.newHTTP(cfg.Handlers)
	s.http.Handler = guarded(cfg.Door, s.http.Handler)
	return s, nil
}

// Serve answers until ctx is done, then stops: it takes no new mixes and says so to
// its probes, waits for DrainDelay, ends the mixes that run within DrainTimeout, lets
// calls that are under way finish, and returns nil. It returns an error when a
// listener fails (after the same stop, without the delay), or ErrStopTimeout when a mix
// did not end in time. Serve is called once.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 3) // one for each listener
	var listeners sync.WaitGroup
	listeners.Go(func() {
		if err := s.grpc.Serve(s.lisGRPC); err != nil {
			failed <- fmt.Errorf("server: gRPC: %w", err)
		}
	})
	listeners.Go(func() {
		if s.lisLocal == nil {
			return
		}
		if err := s.grpc.Serve(s.lisLocal); err != nil {
			failed <- fmt.Errorf("server: gRPC within the process: %w", err)
		}
	})
	listeners.Go(func() {
		if s.lisHTTP == nil {
			return
		}
		if err := s.http.Serve(s.lisHTTP); err != nil && !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("server: HTTP: %w", err)
		}
	})
	asking, askNoMore := context.WithCancel(context.Background())
	listeners.Go(func() { s.ready.run(asking, s.setHealth) })
	var err error
	select {
	case <-ctx.Done():
		err = s.drain(failed)
	case err = <-failed:
		s.refuse()
	}
	err = errors.Join(err, s.stop())
	askNoMore()
	listeners.Wait()
	return err
}

// refuse takes no new mixes and says so to the probes.
func (s *Server) refuse() {
	s.mixes.Refuse()
	s.stopping.Store(true)
	s.health.Shutdown()
}

// drain goes on with the mixes that run, and takes no others, for the delay. It returns
// early with the error of a listener that fails.
func (s *Server) drain(failed <-chan error) error {
	s.refuse()
	if s.drainDelay <= 0 {
		return nil
	}
	s.log.Info("draining", "mixes", s.mixes.Running(), "delay", s.drainDelay.String())
	noticed := time.NewTimer(s.drainDelay)
	defer noticed.Stop()
	select {
	case <-noticed.C:
		return nil
	case err := <-failed:
		return err
	}
}

// stop ends the mixes, then the calls, then the probes.
func (s *Server) stop() error {
	s.log.Info("stopping", "mixes", s.mixes.Running())
	ctx, cancel := context.WithTimeout(context.Background(), s.drainTimeout)
	defer cancel()
	err := s.mixes.Close(ctx)

	hard := time.AfterFunc(drainTimeout, s.grpc.Stop)
	s.grpc.GracefulStop()
	hard.Stop()

	ctx, cancel = context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // a probe that hangs is not worth an error
	}
	s.log.Info("stopped", "mixes_left", s.mixes.Running())
	return err
}
