package rtmp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// terminateTLS takes TLS connections and passes what is in them on to addr. It
// returns its address and the roots that a client has to trust.
func terminateTLS(t *testing.T, addr string) (string, *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	certificates, root := web.TLS.Certificates, web.Certificate()
	web.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { proxy(nc, addr) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return l.Addr().String(), pool
}

func proxy(in net.Conn, addr string) {
	defer in.Close()
	out, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer out.Close()
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(in, out)
		in.Close()
	}()
	_, _ = io.Copy(out, in)
	out.Close()
	<-back
}

func TestPushAndPullOverTLS(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	addr, roots := terminateTLS(t, o.Addr().String())
	u := mustURL(t, "rtmps://"+addr+"/live/x?sign=SECRET")
	conf := &tls.Config{RootCAs: roots}
	in, _ := startPull(t, PullConfig{URL: u, TLS: conf})
	in.wait(t, "play", func() bool { return in.connects == 1 })
	push, out := startPush(t, PushConfig{URL: u, TLS: conf})
	out.wait(t, "connect", func() bool { return out.wanted == 1 })
	writeAV(push, 0, 30, 10_000)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := push.Close(ctx); err != nil {
		t.Fatal(err)
	}
	in.waitNumber(t, 29)

	distrust, _ := startPull(t, PullConfig{URL: u})
	if err := distrust.waitError(t, ErrUnreachable); !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error = %v", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	o := NewOrigin(OriginConfig{Addr: "127.0.0.1:0"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Serve(ctx); err != nil {
		t.Error(err)
	}
	if err := NewOrigin(OriginConfig{Addr: "256.0.0.1:0"}).Serve(ctx); err == nil {
		t.Error("listens on 256.0.0.1")
	}
}
