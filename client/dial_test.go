package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// guarded is a service that takes one token and may be unavailable for some calls.
type guarded struct {
	pb.UnimplementedMixServiceServer
	failures atomic.Int64 // calls that are still to fail
	starts   atomic.Int64
	updates  atomic.Int64
}

func (g *guarded) StartMix(context.Context, *pb.StartMixRequest) (*pb.StartMixResponse, error) {
	g.starts.Add(1)
	if g.failures.Add(-1) >= 0 {
		return nil, status.Error(codes.Unavailable, "soon")
	}
	return &pb.StartMixResponse{}, nil
}

func (g *guarded) UpdateMix(context.Context, *pb.UpdateMixRequest) (*pb.UpdateMixResponse, error) {
	g.updates.Add(1)
	return nil, status.Error(codes.Unavailable, "soon")
}

const testToken = "hush0815"

// serve starts g; with creds it is encrypted. It wants testToken.
func (g *guarded) serve(t testing.TB, options ...grpc.ServerOption) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	check := func(ctx context.Context) error {
		md, _ := metadata.FromIncomingContext(ctx)
		if strings.Join(md["authorization"], " ") != "Bearer "+testToken {
			return status.Error(codes.Unauthenticated, "no")
		}
		return nil
	}
	srv := grpc.NewServer(append(options, grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		if err := check(s.Context()); err != nil {
			return err
		}
		return status.Error(codes.Unimplemented, "no health")
	}), grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
		if err := check(ctx); err != nil {
			return nil, err
		}
		return h(ctx, req)
	}))...)
	pb.RegisterMixServiceServer(srv, g)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(lis) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return lis.Addr().String()
}

// certificate makes files with a certificate for 127.0.0.1 that vouches for itself.
func certificate(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestDialOverMutualTLS(t *testing.T) {
	certFile, keyFile := certificate(t)
	otherCert, _ := certificate(t)
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	addr := (&guarded{}).serve(t, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})))
	for _, c := range []struct {
		name    string
		options []Option
		check   func(error) bool
	}{
		{"all of it", []Option{WithCA(certFile), WithCertificate(certFile, keyFile), WithToken(testToken)}, func(err error) bool { return err == nil }},
		{"another token", []Option{WithCA(certFile), WithCertificate(certFile, keyFile), WithToken("x")}, isUnauthenticated},
		{"no token", []Option{WithCA(certFile), WithCertificate(certFile, keyFile)}, isUnauthenticated},
		{"no certificate", []Option{WithCA(certFile), WithToken(testToken)}, isUnreachable},
		{"another CA", []Option{WithCA(otherCert), WithCertificate(certFile, keyFile), WithToken(testToken)}, isUnreachable},
		{"the system's CAs", []Option{WithTLS(), WithCertificate(certFile, keyFile), WithToken(testToken)}, isUnreachable},
		{"another name", []Option{WithCA(certFile), WithCertificate(certFile, keyFile), WithServerName("example.org"), WithToken(testToken)}, isUnreachable},
		{"no TLS", []Option{WithToken(testToken)}, isUnreachable},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		service, err := Dial(ctx, addr, c.options...)
		cancel()
		if !c.check(err) || err != nil && strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			service.Close()
		}
	}
}

func isUnauthenticated(err error) bool { return status.Code(err) == codes.Unauthenticated }
func isUnreachable(err error) bool     { return errors.Is(err, ErrUnreachable) }

func TestATokenStaysOnThisMachineUnlessEncrypted(t *testing.T) {
	for _, c := range []struct {
		addr    string
		options []Option
		want    bool // refused
	}{
		{"127.0.0.1:1", nil, false},
		{"127.8.9.10:1", nil, false},
		{"localhost:1", nil, false},
		{"dns:///LOCALHOST:1", nil, false},
		{"[::1]:1", nil, false},
		{"[::ffff:127.0.0.1]:1", nil, false},
		{"unix:/run/lianmai.sock", nil, false},
		{"192.168.1.2:1", nil, true},
		{"0.0.0.0:1", nil, true},
		{"localhost.example.org:1", nil, true},
		{"127.0.0.1.example.org:1", nil, true},
		{"example.org", nil, true},
		{"dns://127.0.0.1/example.org:1", nil, true},
		{"example.org:1", []Option{WithInsecureToken()}, false},
		{"example.org:1", []Option{WithTLS()}, false},
	} {
		cfg := settings{addr: c.addr}
		for _, o := range append(c.options, WithToken(testToken)) {
			if err := o(&cfg); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := cfg.dialOptions(); errors.Is(err, ErrPlaintext) != c.want {
			t.Errorf("%s: %v", c.addr, err)
		}
	}
}

func TestBadOptions(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Option{WithCA(none), WithCA(empty), WithCertificate(none, none), WithToken(""), WithToken("hush0815 x"), WithToken("hush0815\n")} {
		if _, err := Dial(t.Context(), "127.0.0.1:1", o); !errors.Is(err, ErrOption) || strings.Contains(err.Error(), testToken) {
			t.Errorf("%v", err)
		}
	}
	if shown := fmt.Sprintf("%v %+v %#v", bearer{token: testToken}, bearer{token: testToken}, bearer{token: testToken}); strings.Contains(shown, testToken) {
		t.Errorf("the token shows: %s", shown)
	}
}

// What may be repeated is repeated while the service is unavailable, and nothing else is.
func TestCallsAreRepeated(t *testing.T) {
	g := &guarded{}
	g.failures.Store(2)
	service, err := Dial(t.Context(), g.serve(t), WithToken(testToken))
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	if _, err := service.Mixes().StartMix(t.Context(), &pb.StartMixRequest{}); err != nil || g.starts.Load() != 3 {
		t.Errorf("StartMix: %v after %d calls", err, g.starts.Load())
	}
	if _, err := service.Mixes().UpdateMix(t.Context(), &pb.UpdateMixRequest{}); status.Code(err) != codes.Unavailable || g.updates.Load() != 1 {
		t.Errorf("UpdateMix: %v after %d calls", err, g.updates.Load())
	}
}
