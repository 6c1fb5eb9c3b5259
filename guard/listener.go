package guard

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// The defaults of ConnLimits.
const (
	DefaultConns        = 1024
	DefaultConnsPerAddr = 256
)

// ConnLimits bounds the connections of a Listener. Zero fields mean the defaults.
type ConnLimits struct {
	// Total is the most at once; PerAddr the most from one IPv4 address or IPv6 /64.
	Total, PerAddr int
}

// Listener is a net.Listener that closes at once what comes beyond its limits. A caller
// behind many addresses can fill it, but not make it hold more.
type Listener struct {
	net.Listener
	limits ConnLimits
	log    *slog.Logger

	mu     sync.Mutex
	open   int
	byAddr map[string]int // of those that are open; no entry is 0
	closed int64          // beyond the limits
	logged time.Time
}

// Limit returns l with limits. log is told of what is closed, at most once a second.
func Limit(l net.Listener, limits ConnLimits, log *slog.Logger) *Listener {
	if limits.Total == 0 {
		limits.Total = DefaultConns
	}
	if limits.PerAddr == 0 {
		limits.PerAddr = DefaultConnsPerAddr
	}
	return &Listener{Listener: l, limits: limits, log: log, byAddr: map[string]int{}}
}

// Accept returns the next connection that is within the limits.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := peerOf(nc)
		if l.admit(from) {
			return &counted{Conn: nc, leave: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		if tcp, ok := nc.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a wish: the kernel need not remember this one
		}
		nc.Close()
	}
}

// peerOf returns what counts as one caller.
func peerOf(nc net.Conn) string {
	if a, err := netip.ParseAddrPort(nc.RemoteAddr().String()); err == nil {
		return network(a.Addr())
	}
	return nc.RemoteAddr().Network()
}

func (l *Listener) admit(from string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open < l.limits.Total && l.byAddr[from] < l.limits.PerAddr {
		l.open++
		l.byAddr[from]++
		return true
	}
	l.closed++
	if now := time.Now(); now.Sub(l.logged) >= time.Second {
		l.logged = now
		l.log.Warn("too many connections", "listener", l.Addr().String(), "peer", from,
			"open", l.open, "from_peer", l.byAddr[from], "closed_so_far", l.closed)
	}
	return false
}

func (l *Listener) release(from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.byAddr[from]--; l.byAddr[from] == 0 {
		delete(l.byAddr, from)
	}
}

// Counts returns how many connections are open, and how many were closed at once.
func (l *Listener) Counts() (open int, closed int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.closed
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
