package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}, key}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &key.PublicKey, key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// issue writes a certificate and its key as PEM files.
func (a authority) issue(t *testing.T, name string, serial int64, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "EC PRIVATE KEY", private)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestClientCertificatesOverTLS(t *testing.T) {
	dir, ours, theirs := t.TempDir(), newAuthority(t), newAuthority(t)
	file := func(name string) string { return filepath.Join(dir, name) }
	ours.issue(t, "server", 2, file("server.pem"), file("server.key"))
	ours.issue(t, "control", 3, file("control.pem"), file("control.key"))
	theirs.issue(t, "control", 4, file("forged.pem"), file("forged.key"))
	writePEM(t, file("ca.pem"), "CERTIFICATE", ours.cert.Raw)
	if err := os.WriteFile(file("tokens.yaml"), []byte("certificates: [{name: control, scopes: [template]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	keys, err := guard.OpenKeyring(file("tokens.yaml"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	certs, err := guard.OpenCertificates(guard.CertificateFiles{Cert: file("server.pem"), Key: file("server.key"), ClientCA: file("ca.pem")}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, Limits{}, func(b *bench) {
		b.change = append(b.change, func(c *Config) {
			c.TLS, c.Door = certs, guard.NewDoor(guard.DoorConfig{Keys: keys, Certificates: true, Log: c.Log})
		})
	})
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)
	config := func(name string) *tls.Config {
		c := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		if name != "" {
			pair, err := tls.LoadX509KeyPair(file(name+".pem"), file(name+".key"))
			if err != nil {
				t.Fatal(err)
			}
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		return c
	}
	list := func(creds credentials.TransportCredentials) (mixes, start error) {
		conn, err := grpc.NewClient("passthrough:///"+b.server.lisGRPC.Addr().String(), grpc.WithTransportCredentials(creds))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		api := pb.NewMixServiceClient(conn)
		_, mixes = api.ListMixes(t.Context(), &pb.ListMixesRequest{})
		_, start = api.StartMix(t.Context(), &pb.StartMixRequest{Spec: duet("room")})
		return mixes, start
	}
	mixes, start := list(credentials.NewTLS(config("control")))
	wantCode(t, mixes, codes.OK)
	wantCode(t, start, codes.PermissionDenied)
	mixes, _ = list(credentials.NewTLS(config("")))
	wantCode(t, mixes, codes.Unauthenticated)
	mixes, _ = list(credentials.NewTLS(config("forged")))
	wantCode(t, mixes, codes.Unavailable)
	mixes, _ = list(insecure.NewCredentials())
	wantCode(t, mixes, codes.Unavailable)

	// HTTP speaks TLS too, and a renewed certificate is shown without a restart.
	serial := func() int64 {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config(""), DisableKeepAlives: true}}
		resp, err := client.Get("https://" + b.http + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 2 {
		t.Errorf("certificate %d", n)
	}
	ours.issue(t, "server", 5, file("server.pem"), file("server.key"))
	if err := certs.Reload(); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 5 {
		t.Errorf("after the renewal, certificate %d", n)
	}
}

// Within the process a call is that of whom HTTP let in; outside it nobody can say so.
func TestCallersAreCarriedWithinTheProcess(t *testing.T) {
	b, _ := guardedBench(t, 1000)
	local := bufconn.Listen(1 << 16)
	served := make(chan error, 1)
	go func() { served <- b.server.grpc.Serve(local) }()
	conn, err := grpc.NewClient("passthrough:///local", append(LocalOptions(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return local.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	forged := metadata.AppendToOutgoingContext(t.Context(), callerHeader, `{"Name":"x","Scopes":7}`)
	reader := guard.NewContext(forged, guard.Principal{Name: "reader", Scopes: guard.Scopes(guard.Read), Mark: "certificate:1"})
	api := pb.NewMixServiceClient(conn)
	_, err = api.ListMixes(forged, &pb.ListMixesRequest{})
	wantCode(t, err, codes.Unauthenticated)
	_, err = api.StartMix(reader, &pb.StartMixRequest{Spec: duet("room")})
	wantCode(t, err, codes.PermissionDenied)
	_, err = b.ListMixes(forged, &pb.ListMixesRequest{})
	wantCode(t, err, codes.Unauthenticated)
	conn.Close()
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	<-served
}
