package faults

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// chunk is how much a proxy takes at a time, in bytes.
const chunk = 4096

// Proxy forwards TCP connections to a target and spoils them as it is told. Safe for
// concurrent use. Close waits for all that it started.
type Proxy struct {
	target string
	addr   string

	mu       sync.Mutex
	cond     sync.Cond // something below changed
	listener net.Listener
	pairs    map[*pair]bool
	stalled  bool
	rate     int // bytes per second in each direction of a connection; 0 for as fast as can be
	accepted int
	closed   bool
	wait     sync.WaitGroup
}

// pair is one connection and that to the target.
type pair struct{ client, server *net.TCPConn }

// NewProxy listens on a free port of 127.0.0.1 and forwards to target.
func NewProxy(target string) (*Proxy, error) {
	p := &Proxy{target: target, pairs: map[*pair]bool{}}
	p.cond.L = &p.mu
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	p.addr = l.Addr().String()
	p.serve(l)
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.addr }

// Accepted returns how many connections came so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Stall keeps all connections open and takes no byte any more, until Resume: soon the
// TCP windows are shut.
func (p *Proxy) Stall() { p.set(func() { p.stalled = true }) }

// Resume ends Stall.
func (p *Proxy) Resume() { p.set(func() { p.stalled = false }) }

// Limit slows each direction of each connection down to so many bytes a second; 0
// ends that.
func (p *Proxy) Limit(bytesPerSecond int) { p.set(func() { p.rate = bytesPerSecond }) }

// Cut resets all connections; new ones are accepted.
func (p *Proxy) Cut() {
	p.set(func() {
		for c := range p.pairs {
			c.reset()
		}
	})
}

// Refuse resets all connections and refuses new ones, until Allow.
func (p *Proxy) Refuse() {
	p.set(func() {
		if p.listener != nil {
			p.listener.Close()
			p.listener = nil
		}
		for c := range p.pairs {
			c.reset()
		}
	})
}

// Allow ends Refuse.
func (p *Proxy) Allow() error {
	l, err := net.Listen("tcp4", p.addr)
	if err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	p.serve(l)
	return nil
}

// Close ends everything.
func (p *Proxy) Close() {
	p.Refuse()
	p.set(func() { p.closed = true })
	p.wait.Wait()
}

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.cond.Broadcast()
}

func (p *Proxy) serve(l net.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener = l
	p.wait.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.accepted++
			p.mu.Unlock()
			p.wait.Go(func() { p.forward(nc.(*net.TCPConn)) })
		}
	})
}

// forward joins a connection to the target until either ends.
func (p *Proxy) forward(client *net.TCPConn) {
	nc, err := net.Dial("tcp4", p.target)
	if err != nil {
		_ = client.SetLinger(0)
		client.Close()
		return
	}
	c := &pair{client, nc.(*net.TCPConn)}
	p.mu.Lock()
	p.pairs[c] = true
	if p.closed || p.listener == nil {
		c.reset()
	}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.copy(c, c.server, c.client) })
	both.Go(func() { p.copy(c, c.client, c.server) })
	both.Wait()
	c.client.Close()
	c.server.Close()
	p.set(func() { delete(p.pairs, c) })
}

// reset ends both sides at once.
func (c *pair) reset() {
	for _, nc := range []*net.TCPConn{c.client, c.server} {
		_ = nc.SetLinger(0) // an RST instead of a FIN
		nc.Close()
	}
}

// copy moves bytes from one side to the other, as slowly as the proxy is told to.
func (p *Proxy) copy(c *pair, to, from *net.TCPConn) {
	// What the kernel takes meanwhile hides a stall; a small buffer is a small lie.
	_ = from.SetReadBuffer(2 * chunk)
	buf := make([]byte, chunk)
	for p.pass(0) {
		n, err := from.Read(buf)
		if n > 0 {
			if !p.pass(n) {
				return
			}
			if _, werr := to.Write(buf[:n]); werr != nil {
				from.Close()
				return
			}
		}
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				_ = to.CloseWrite() // the other direction may still have something to say
			}
			return
		}
	}
}

// pass returns when n more bytes may go through, false when the proxy is closed.
func (p *Proxy) pass(n int) bool {
	p.mu.Lock()
	for p.stalled && !p.closed {
		p.cond.Wait()
	}
	rate, closed := p.rate, p.closed
	p.mu.Unlock()
	if rate > 0 && !closed {
		time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
	}
	return !closed
}
