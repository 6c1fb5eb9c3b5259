package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"google.golang.org/grpc"
)

// Option says how Dial connects.
type Option func(*settings) error

// settings are what options come to.
type settings struct {
	addr          string
	tls           *tls.Config // nil for a connection that is not encrypted
	token         string
	insecureToken bool
	further       []grpc.DialOption
}

// encrypt returns the TLS settings, which then are wanted.
func (cfg *settings) encrypt() *tls.Config {
	if cfg.tls == nil {
		cfg.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return cfg.tls
}

// WithTLS encrypts the connection. The service's certificate must be one that the system
// trusts, unless WithCA says who else.
func WithTLS() Option {
	return func(cfg *settings) error {
		cfg.encrypt()
		return nil
	}
}

// WithCA encrypts the connection and trusts the certificates in a PEM file alone.
func WithCA(file string) Option {
	return func(cfg *settings) error {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%w: CA: %w", ErrOption, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return fmt.Errorf("%w: CA: %s has no certificate in PEM", ErrOption, file)
		}
		cfg.encrypt().RootCAs = pool
		return nil
	}
}

// WithCertificate encrypts the connection and shows the service a certificate (mutual
// TLS); both files are PEM.
func WithCertificate(certFile, keyFile string) Option {
	return func(cfg *settings) error {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return fmt.Errorf("%w: certificate: %w", ErrOption, err)
		}
		cfg.encrypt().Certificates = []tls.Certificate{cert}
		return nil
	}
}

// WithServerName encrypts the connection and expects the service's certificate to be for
// name instead of the address's host.
func WithServerName(name string) Option {
	return func(cfg *settings) error {
		cfg.encrypt().ServerName = name
		return nil
	}
}

// WithToken sends a bearer token with each call.
func WithToken(token string) Option {
	return func(cfg *settings) error {
		if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("%w: a token must be printable ASCII without spaces", ErrOption) // and is not shown
		}
		cfg.token = token
		return nil
	}
}

// WithInsecureToken allows WithToken on a connection that is not encrypted. Everybody on
// the way can read the token then.
func WithInsecureToken() Option {
	return func(cfg *settings) error {
		cfg.insecureToken = true
		return nil
	}
}

// WithDialOptions adds options of gRPC, such as interceptors. They count after those of
// this package.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(cfg *settings) error {
		cfg.further = append(cfg.further, options...)
		return nil
	}
}

// bearer puts a token into each call.
type bearer struct {
	token     string
	encrypted bool
}

// GetRequestMetadata returns the header.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity lets gRPC refuse to send the token over a connection that is not
// encrypted, where that was not allowed.
func (b bearer) RequireTransportSecurity() bool { return b.encrypted }

// String is what prints see.
func (b bearer) String() string { return "[token]" }

// GoString is what prints see.
func (b bearer) GoString() string { return "[token]" }

// isLocal says whether a connection to addr does not leave this machine.
func isLocal(addr string) bool {
	if strings.HasPrefix(addr, "unix:") || strings.HasPrefix(addr, "unix-abstract:") {
		return true
	}
	for _, scheme := range []string{"dns:///", "passthrough:///", "dns:"} {
		if rest, ok := strings.CutPrefix(addr, scheme); ok {
			addr = rest
			break
		}
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
