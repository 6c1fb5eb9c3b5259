package rtmp

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// Access is what somebody wants of an Origin.
type Access struct {
	// Publish says that a stream is brought; else one is to be played.
	Publish bool
	// Stream is app/name, Query what came after it, without the question mark.
	Stream, Query string
	// Peer is the address it comes from.
	Peer net.Addr
}

// errFull says that the Origin has as many streams as it may.
var errFull = errors.New("rtmp: the origin has as many streams as it may")

// refusalEvery is how often refusals are logged, at most.
const refusalEvery = time.Second

// authorize asks cfg.Authorize. The client is told no more than that it may not.
func (c *originConn) authorize(cmd command, stream string) error {
	if c.o.cfg.Authorize == nil {
		return nil
	}
	access := Access{Publish: cmd.name == "publish", Stream: stream, Query: c.query, Peer: c.nc.RemoteAddr()}
	err := c.o.cfg.Authorize(access)
	if err == nil {
		return nil
	}
	if c.o.mayLog() {
		c.log.Warn("origin refuses", "command", cmd.name, "stream", clean(stream), "reason", clean(err.Error()))
	}
	s := status{"error", "NetStream.Play.Failed", "not allowed"}
	if access.Publish {
		s.code = "NetStream.Publish.Denied"
	}
	c.refuse(s)
	return err
}

// refuseFull says that there are too many streams.
func (c *originConn) refuseFull(code string) error {
	c.refuse(status{"error", code, "too many streams"})
	return errFull
}

// mayLog reports whether it is time to log a refusal.
func (o *Origin) mayLog() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if now.Sub(o.logged) < refusalEvery {
		return false
	}
	o.logged = now
	return true
}

// addrOf returns what counts as one address: an IPv4 address, or the /64 that is one
// customer's in IPv6. Loopback, which is this machine's own, is "".
func addrOf(nc net.Conn) string {
	ap, err := netip.ParseAddrPort(nc.RemoteAddr().String())
	a := ap.Addr().Unmap().WithZone("")
	switch {
	case err != nil || a.IsLoopback():
		return ""
	case a.Is6():
		p, _ := a.Prefix(64) // 64 is in range
		return p.String()
	}
	return a.String()
}

// admit counts a connection, if there is room for it.
func (o *Origin) admit(from string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conns >= o.cfg.MaxConns || from != "" && o.fromAddr[from] >= o.cfg.MaxConnsPerAddr {
		return false
	}
	o.conns++
	o.fromAddr[from]++
	return true
}

// release ends what admit began.
func (o *Origin) release(from string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conns--
	if o.fromAddr[from]--; o.fromAddr[from] == 0 {
		delete(o.fromAddr, from)
	}
}
