package rtmp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// Defaults of Pull and Pusher.
const (
	defaultDialTimeout  = 5 * time.Second
	defaultWriteTimeout = 5 * time.Second
)

// sendBuffer is the wish for the kernel's buffer of a publishing connection, in
// bytes: over a second of media, and 5 Mb/s over a path of 800 ms.
const sendBuffer = 512 << 10

// DialFunc opens a network connection, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialer says how a client connects.
type dialer struct {
	url          URL
	publish      bool
	timeout      time.Duration // for all of connecting
	writeTimeout time.Duration
	tls          *tls.Config
	dial         DialFunc
}

// open connects, and returns when the server has agreed to play or publish. The
// caller closes the client's nc. The error is one of this package's, or ctx's.
func (d dialer) open(ctx context.Context) (*client, error) {
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	nc, err := d.connect(limited)
	if err != nil {
		return nil, cmp.Or(ctx.Err(), dialError(err))
	}
	release := closeOnDone(limited, nc)
	c := &client{url: d.url}
	err = c.begin(nc, d)
	expired := limited.Err() != nil
	release()
	if err == nil && !expired {
		err = c.nc.SetDeadline(time.Time{})
	}
	if err == nil && !expired {
		return c, nil
	}
	nc.Close()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if expired || errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("%w: no answer within %v", ErrHandshake, d.timeout)
	}
	return nil, err
}

func (d dialer) connect(ctx context.Context) (net.Conn, error) {
	dial := d.dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	nc, err := dial(ctx, "tcp", d.url.addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := nc.(*net.TCPConn); ok && d.publish {
		// What the kernel holds counts as sent. Without a bound it would take many
		// seconds of media before a destination that takes nothing was noticed.
		_ = tcp.SetWriteBuffer(sendBuffer) // a wish; the default also works
		watchProgress(tcp, d.writeTimeout)
	}
	if !d.url.secure {
		return nc, nil
	}
	conf := d.tls.Clone() // nil stays nil
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if conf.ServerName == "" {
		conf.ServerName, _, _ = net.SplitHostPort(d.url.addr)
	}
	secured := tls.Client(nc, conf)
	if err := secured.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secured, nil
}

// closeOnDone closes nc as soon as ctx is done. The function that it returns ends
// that, and waits if the closing is under way.
func closeOnDone(ctx context.Context, nc net.Conn) (release func()) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		nc.Close()
		close(closed)
	})
	return func() {
		if !stop() {
			<-closed
		}
	}
}
