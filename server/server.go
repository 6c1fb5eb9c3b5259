package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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
	// Mixes is closed by Serve.
	Mixes *Registry
	// Fonts draw the names of previews.
	Fonts *compose.Fonts
	// Log gets one line for each call.
	Log *slog.Logger
	// Version is told by /version.
	Version string

	// Door lets calls in; nil lets everybody do everything.
	Door *guard.Door
	// Gate says which addresses the URLs of a spec may have; nil any.
	Gate *guard.Gate
	// TLS encrypts both listeners; nil leaves them plain.
	TLS *guard.Certificates
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
	stopping atomic.Bool
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
		lisGRPC: cfg.GRPC, lisHTTP: cfg.HTTP, health: health.NewServer(),
	}
	calls, keeper := callLog{log: cfg.Log}, doorkeeper{cfg.Door}
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
		// Unary calls are streams here too; see streamed.
		grpc.ChainStreamInterceptor(keeper.stream, calls.stream),
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
	s.grpc.RegisterService(streamed(healthpb.Health_ServiceDesc), s.health)
	reflection.Register(s.grpc)
	for _, service := range []grpc.ServiceDesc{
		pb.MixService_ServiceDesc, pb.TemplateService_ServiceDesc, pb.AssetService_ServiceDesc,
	} {
		s.health.SetServingStatus(service.ServiceName, healthpb.HealthCheckResponse_SERVING)
	}
	s.http = s.newHTTP()
	s.http.Handler = guarded(cfg.Door, s.http.Handler)
	return s, nil
}

// Serve answers until ctx is done, then stops: it takes no new mixes, ends those
// that run within StopTimeout, lets calls that are under way finish, and returns
// nil. It returns an error when a listener fails (after the same stop), or
// ErrStopTimeout when a mix did not end in time. Serve is called once.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 2) // one for each listener
	var listeners sync.WaitGroup
	listeners.Go(func() {
		if err := s.grpc.Serve(s.lisGRPC); err != nil {
			failed <- fmt.Errorf("server: gRPC: %w", err)
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
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	err = errors.Join(err, s.stop())
	listeners.Wait()
	return err
}

// stop ends the mixes, then the calls, then the probes.
func (s *Server) stop() error {
	s.stopping.Store(true)
	s.health.Shutdown()
	s.log.Info("stopping", "mixes", s.mixes.Running())
	ctx, cancel := context.WithTimeout(context.Background(), StopTimeout)
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
