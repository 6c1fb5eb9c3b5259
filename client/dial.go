package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Errors of Dial.
var (
	// ErrOption: an option is not what it may be, or does not go with the others.
	ErrOption = errors.New("client: bad option")
	// ErrPlaintext: the token would be sent unencrypted to another machine.
	ErrPlaintext = errors.New("client: a token over an unencrypted connection")
	// ErrUnreachable: the service did not answer in time.
	ErrUnreachable = errors.New("client: the service cannot be reached")
)

// How connections are kept. The service ends the connection of who pings more often than
// every 10 s.
const (
	pingAfter      = 30 * time.Second // of silence during a call
	pingTimeout    = 10 * time.Second
	connectTimeout = 5 * time.Second
	leastReconnect = 200 * time.Millisecond
	mostReconnect  = 5 * time.Second
)

// serviceConfig says which calls are repeated while the service is unavailable: those
// that come to the same when they are made twice.
const serviceConfig = `{"methodConfig": [{
  "name": [
    {"service": "lianmai.v1.MixService", "method": "StartMix"},
    {"service": "lianmai.v1.MixService", "method": "StopMix"},
    {"service": "lianmai.v1.MixService", "method": "GetMix"},
    {"service": "lianmai.v1.MixService", "method": "ListMixes"},
    {"service": "lianmai.v1.TemplateService", "method": "UploadTemplate"},
    {"service": "lianmai.v1.TemplateService", "method": "GetTemplate"},
    {"service": "lianmai.v1.TemplateService", "method": "ListTemplates"},
    {"service": "lianmai.v1.TemplateService", "method": "PreviewTemplate"},
    {"service": "lianmai.v1.AssetService", "method": "GetAsset"},
    {"service": "lianmai.v1.AssetService", "method": "ListAssets"}
  ],
  "retryPolicy": {
    "maxAttempts": 4, "initialBackoff": "0.2s", "maxBackoff": "3s", "backoffMultiplier": 3,
    "retryableStatusCodes": ["UNAVAILABLE"]
  }
}]}`

// Client is a connection to a service. It is safe for concurrent use.
type Client struct {
	conn      *grpc.ClientConn
	mixes     pb.MixServiceClient
	templates pb.TemplateServiceClient
	assets    pb.AssetServiceClient
}

// Dial connects to the service at addr, HOST:PORT or unix:PATH, and returns when it has
// answered. It tries until ctx is done. Close ends the connection; if it breaks before, it
// is made again. Errors: ErrOption, ErrPlaintext, ErrUnreachable, or the status
// UNAUTHENTICATED when the service does not take the token.
func Dial(ctx context.Context, addr string, options ...Option) (*Client, error) {
	cfg := settings{addr: addr}
	for _, o := range options {
		if err := o(&cfg); err != nil {
			return nil, err
		}
	}
	opts, err := cfg.dialOptions()
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(addr, opts...)
	if err != nil {
		return nil, fmt.Errorf("%w: address %q: %w", ErrOption, addr, err)
	}
	if err := greet(ctx, conn); err != nil {
		conn.Close() // nothing was under way
		return nil, err
	}
	return &Client{
		conn: conn, mixes: pb.NewMixServiceClient(conn), templates: pb.NewTemplateServiceClient(conn), assets: pb.NewAssetServiceClient(conn),
	}, nil
}

// dialOptions returns what cfg comes to. Errors: ErrOption, ErrPlaintext.
func (cfg *settings) dialOptions() ([]grpc.DialOption, error) {
	transport := insecure.NewCredentials()
	if cfg.tls != nil {
		transport = credentials.NewTLS(cfg.tls)
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: leastReconnect, Multiplier: 2, Jitter: 0.2, MaxDelay: mostReconnect},
			MinConnectTimeout: connectTimeout,
		}),
	}
	if cfg.token != "" {
		if cfg.tls == nil && !cfg.insecureToken && !isLocal(cfg.addr) {
			return nil, fmt.Errorf("%w to %s: use WithTLS, or WithInsecureToken where the network is yours", ErrPlaintext, cfg.addr)
		}
		opts = append(opts, grpc.WithPerRPCCredentials(bearer{token: cfg.token, encrypted: cfg.tls != nil}))
	}
	return append(opts, cfg.further...), nil
}

// greet waits until the service answers; what it says of its health does not matter.
func greet(ctx context.Context, conn *grpc.ClientConn) error {
	for {
		_, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
		switch status.Code(err) {
		case codes.Unauthenticated:
			return err
		case codes.DeadlineExceeded, codes.Canceled:
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		case codes.Unavailable: // a connection was made and broke
			if sleep(ctx, leastReconnect) != nil {
				return fmt.Errorf("%w: %w", ErrUnreachable, err)
			}
		default:
			return nil
		}
	}
}

// Close ends the connection. Calls that are under way fail.
func (c *Client) Close() error { return c.conn.Close() }

// Mixes starts, changes, watches and stops mixes.
func (c *Client) Mixes() pb.MixServiceClient { return c.mixes }

// Templates keeps layout templates.
func (c *Client) Templates() pb.TemplateServiceClient { return c.templates }

// Assets keeps pictures and sounds.
func (c *Client) Assets() pb.AssetServiceClient { return c.assets }
