package rtmp

import (
	"context"
	"crypto/tls"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/lianmai/lianmai/media"
)

const (
	defaultQueueDuration = 4 * time.Second
	defaultQueueBytes    = 16 << 20
)

// Header describes the stream that a Pusher sends: its decoder configurations and
// what its metadata says. A nil configuration means that there is no such track.
type Header struct {
	VideoConfig   []byte // avcC record (ISO/IEC 14496-15)
	AudioConfig   []byte // AudioSpecificConfig (ISO/IEC 14496-3)
	Width, Height int    // pixels
	FrameRate     media.FrameRate
	VideoBitrate  int // bits per second
	AudioBitrate  int // bits per second
}

// PushConfig says where a Pusher sends and how patient it is. Zero fields mean the
// defaults.
type PushConfig struct {
	URL    URL
	Header Header
	// QueueDuration and QueueBytes bound what waits to be sent: 4 s of media, 16 MiB.
	QueueDuration time.Duration
	QueueBytes    int
	// DialTimeout bounds everything from dialling to the server's yes to publish; 5 s.
	DialTimeout time.Duration
	// WriteTimeout is how long the destination may take nothing of what is sent before
	// it counts as dead; 5 s.
	WriteTimeout time.Duration
	Backoff      Backoff
	// TLS is for rtmps; nil means the system's roots and the host's name.
	TLS *tls.Config
	// Log gets connects and disconnects; nil means nobody.
	Log *slog.Logger
	// Dial opens the network connection; nil means net.Dialer's.
	Dial DialFunc
}

// PushHandler takes what a Pusher has to tell, from the Pusher's goroutine, one call
// at a time. It should be quick, and must not call Close.
type PushHandler interface {
	// PushConnected is called when the server has agreed to publish.
	PushConnected()
	// PushDisconnected is called when an attempt failed or a connection ended, with
	// one of this package's errors and the time until the next attempt.
	PushDisconnected(err error, retryIn time.Duration)
	// PushKeyFrameWanted is called when nothing can be sent before the next key frame:
	// after each connect, and after drops. The sooner one is written the better.
	PushKeyFrameWanted()
}

// PushState is how a destination is doing.
type PushState int32

// The states of a Pusher.
const (
	PushConnecting PushState = iota // first attempt
	PushLive                        // the server agreed to publish
	PushLost                        // between or in later attempts
	PushClosed
)

// String returns the state's name.
func (s PushState) String() string {
	if s < 0 || int(s) >= len(pushStateNames) {
		return "unknown"
	}
	return pushStateNames[s]
}

var pushStateNames = [...]string{"connecting", "live", "lost", "closed"}

// PushStats is a snapshot of a Pusher.
type PushStats struct {
	State          PushState
	BytesSent      int64         // over all connections, RTMP's own bytes included
	Queue          time.Duration // media time waiting to be sent
	QueueBytes     int
	DroppedPackets int64 // by overflow, or written while there was no connection
	Reconnects     int64 // connections after the first
}

// Pusher sends one stream to one destination and reconnects without end. On each
// connection it sends the metadata, the newest decoder configurations, and then
// packets from a key frame on, with the timestamps that they have (32-bit
// milliseconds). Its goroutine runs until Close.
type Pusher struct {
	cfg    PushConfig
	h      PushHandler
	log    *slog.Logger
	queue  *pushQueue
	cancel context.CancelFunc
	done   chan struct{}
	unsent bool // valid after done is closed

	state    atomic.Int32
	connects atomic.Int64
	before   atomic.Int64 // bytes sent on past connections
	current  atomic.Pointer[client]
}

// NewPusher starts to connect to cfg.URL, which must not be zero, and returns at
// once. The caller must Close the Pusher.
func NewPusher(cfg PushConfig, h PushHandler) *Pusher {
	if cfg.QueueDuration <= 0 {
		cfg.QueueDuration = defaultQueueDuration
	}
	if cfg.QueueBytes <= 0 {
		cfg.QueueBytes = defaultQueueBytes
	}
	if cfg.DialTimeout <= 0 {
		cfg.DialTimeout = defaultDialTimeout
	}
	if cfg.WriteTimeout <= 0 {
		cfg.WriteTimeout = defaultWriteTimeout
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pusher{
		cfg: cfg, h: h, log: discard(cfg.Log).With("url", cfg.URL.Destination()),
		queue: newPushQueue(cfg), cancel: cancel, done: make(chan struct{}),
	}
	go p.run(ctx)
	return p
}

// Write queues a packet and never waits. Packets come in order of DTS, sound and
// pictures interleaved. When the queue is full or there is no connection, whole GOPs are
// dropped and counted. A configuration replaces the one in the Header. Safe for
// concurrent use; after Close it drops.
func (p *Pusher) Write(packet media.Packet) { p.queue.push(packet) }

// Stats returns the counters as they are now. Safe for concurrent use.
func (p *Pusher) Stats() PushStats {
	s := PushStats{
		State:      PushState(p.state.Load()),
		Reconnects: max(0, p.connects.Load()-1),
		BytesSent:  p.before.Load(),
	}
	if c := p.current.Load(); c != nil {
		s.BytesSent += int64(c.bytesWritten())
	}
	s.Queue, s.QueueBytes, s.DroppedPackets = p.queue.stats()
	return s
}

// Close sends what is queued, takes leave of the server, closes the connection and
// waits for the Pusher's goroutines. When ctx is done first it stops at once and
// returns ErrUnsent, as it does when the connection breaks meanwhile: the last packets
// may not have arrived. Without a connection there is nothing to send. It may be
// called again.
func (p *Pusher) Close(ctx context.Context) error {
	p.queue.drain()
	if PushState(p.state.Load()) != PushLive {
		// Between attempts nothing is queued. If one succeeds just now, nothing either.
		p.cancel()
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.cancel()
		<-p.done
	}
	p.cancel()
	if p.unsent {
		return ErrUnsent
	}
	return nil
}

// run connects, sends, and waits to do so again.
func (p *Pusher) run(ctx context.Context) {
	defer close(p.done)
	defer p.state.Store(int32(PushClosed))
	retry := newRetry(p.cfg.Backoff)
	for {
		flowed, err := p.once(ctx)
		if ctx.Err() != nil || err == nil {
			return
		}
		p.state.Store(int32(PushLost))
		wait := retry.next(flowed)
		p.log.Warn("push disconnected", "error", err, "retry_in", wait)
		p.h.PushDisconnected(err, wait)
		if p.queue.isDraining() || !sleep(ctx, wait) {
			return
		}
	}
}

// once runs one connection to its end: nil if that was Close's. It returns how long
// the connection stood.
func (p *Pusher) once(ctx context.Context) (time.Duration, error) {
	d := dialer{url: p.cfg.URL, publish: true, timeout: p.cfg.DialTimeout, writeTimeout: p.cfg.WriteTimeout, tls: p.cfg.TLS, dial: p.cfg.Dial}
	c, err := d.open(ctx)
	if err != nil {
		return 0, err
	}
	p.current.Store(c)
	// Whatever fails first is the reason; it ends the reading and the writing.
	live, fail := context.WithCancelCause(ctx)
	release := closeOnDone(live, c.nc)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		fail(c.listen())
	}()
	p.connects.Add(1)
	began := time.Now()
	p.queue.start()
	p.state.Store(int32(PushLive))
	p.log.Info("push connected")
	p.h.PushConnected()
	err = p.send(live, c, heard)
	if err != nil {
		fail(err)
		err = context.Cause(live)
	}
	p.finish(c, err)
	fail(err)
	c.nc.Close()
	<-heard
	release()
	return time.Since(began), err
}

// finish shuts the queue after a connection that ended with err, and adds up.
func (p *Pusher) finish(c *client, err error) {
	p.unsent = err != nil && p.queue.isDraining()
	p.queue.stop()
	p.current.Store(nil)
	p.before.Add(int64(c.bytesWritten()))
}

// listen reads what the server says until the connection ends; the error says why.
func (c *client) listen() error {
	for {
		m, err := c.read()
		if err != nil {
			return err
		}
		if m.Type != typeCommandAMF0 {
			continue
		}
		cmd, err := parseCommand(m)
		if err != nil {
			return err
		}
		if s := cmd.status(); cmd.name == "onStatus" && s.failed() {
			return c.rejected("publish", s)
		}
	}
}
