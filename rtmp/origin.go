package rtmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults and bounds of an Origin.
const (
	defaultOriginAddr  = "127.0.0.1:1935"
	defaultMaxConns    = 256
	defaultPerAddr     = 64
	defaultMaxStreams  = 128
	defaultHandshake   = 5 * time.Second
	defaultPublishIdle = 15 * time.Second
	defaultPlayWait    = 5 * time.Minute
	defaultGOPBytes    = 8 << 20
	defaultGOPPackets  = 4096
	defaultPlayerBytes = 8 << 20
	defaultPlayerCount = 8192

	// maxStreamName bounds app and stream name together, in bytes.
	maxStreamName = 512
)

// OriginConfig says where an Origin listens and what it allows. Zero fields mean the
// defaults.
type OriginConfig struct {
	// Addr to listen on; 127.0.0.1:1935. Port 0 takes a free one.
	Addr string
	// Authorize returns an error to refuse a publisher or a player; the error is for the
	// log and must not tell a secret. It is called by many goroutines. nil lets who can
	// connect publish and play.
	Authorize func(Access) error
	// Log gets publishers and players coming and going; nil means nobody.
	Log *slog.Logger
	// MaxConns bounds connections; further ones are closed at once; 256.
	MaxConns int
	// MaxConnsPerAddr bounds those from one address; 64. Loopback has no bound of its own.
	MaxConnsPerAddr int
	// MaxStreams bounds the names that are published or waited for; 128.
	MaxStreams int
	// HandshakeTimeout bounds everything from accepting a connection to its publish or
	// play command; 5 s.
	HandshakeTimeout time.Duration
	// PublishIdle is how long a publisher may send no media; 15 s.
	PublishIdle time.Duration
	// PlayWait is how long a player may wait for a publisher; 5 min.
	PlayWait time.Duration
	// WriteTimeout is how long a player may take to accept one message; 5 s.
	WriteTimeout time.Duration
	// GOPBytes and GOPPackets bound what is kept of each stream for late joiners;
	// 8 MiB and 4096. They join a longer GOP at its end.
	GOPBytes, GOPPackets int
	// PlayerBytes and PlayerPackets bound what waits for each player, on top of the
	// GOP that it joined with; 8 MiB and 8192. Beyond, it misses everything up to the
	// next key frame.
	PlayerBytes, PlayerPackets int
}

func (c OriginConfig) withDefaults() OriginConfig {
	setDefault(&c.Addr, defaultOriginAddr)
	setDefault(&c.MaxConns, defaultMaxConns)
	setDefault(&c.MaxConnsPerAddr, defaultPerAddr)
	setDefault(&c.MaxStreams, defaultMaxStreams)
	setDefault(&c.HandshakeTimeout, defaultHandshake)
	setDefault(&c.PublishIdle, defaultPublishIdle)
	setDefault(&c.PlayWait, defaultPlayWait)
	setDefault(&c.WriteTimeout, defaultWriteTimeout)
	setDefault(&c.GOPBytes, defaultGOPBytes)
	setDefault(&c.GOPPackets, defaultGOPPackets)
	setDefault(&c.PlayerBytes, defaultPlayerBytes)
	setDefault(&c.PlayerPackets, defaultPlayerCount)
	c.Log = discard(c.Log)
	return c
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Origin is a small RTMP server: publishers bring streams, players take them. A
// stream's name is app/name; queries are ignored. Media goes through as it came,
// whatever the codec. A second publisher of a busy name is refused with
// NetStream.Publish.BadName; a player may come before its publisher and waits; a
// slow player loses GOPs and holds up nobody; when the publisher leaves, its players are told
// and closed.
type Origin struct {
	cfg     OriginConfig
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	refused atomic.Int64

	mu       sync.Mutex // guards what follows; taken before a stream's
	listener net.Listener
	conns    int
	fromAddr map[string]int // connections that are open; no entry is 0
	streams  map[string]*stream
	logged   time.Time // when a refusal was logged last
}

// ErrOriginClosed is returned by Origin.Start after Close.
var ErrOriginClosed = errors.New("rtmp: origin closed")

// NewOrigin makes an Origin that does not listen yet.
func NewOrigin(cfg OriginConfig) *Origin {
	o := &Origin{cfg: cfg.withDefaults(), streams: make(map[string]*stream), fromAddr: make(map[string]int)}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	return o
}

// Start listens and serves in the background until Close. Call it once. The error
// is the network layer's: the address is in use, or is not ours.
func (o *Origin) Start() error {
	l, err := net.Listen("tcp", o.cfg.Addr)
	if err != nil {
		return fmt.Errorf("rtmp: origin: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ctx.Err() != nil {
		l.Close()
		return ErrOriginClosed
	}
	o.listener = l
	o.running.Go(func() { o.accept(l) })
	return nil
}

// Serve starts the Origin and closes it when ctx is done. It returns the error of
// Start, or nil.
func (o *Origin) Serve(ctx context.Context) error {
	if err := o.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	return o.Close()
}

// Addr returns where the Origin listens; nil before Start.
func (o *Origin) Addr() net.Addr {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.listener == nil {
		return nil
	}
	return o.listener.Addr()
}

// Close stops listening, closes every connection and waits for all goroutines. It
// may be called again.
func (o *Origin) Close() error {
	o.cancel()
	o.mu.Lock()
	l := o.listener
	o.mu.Unlock()
	var err error
	if l != nil {
		if err = l.Close(); errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	o.running.Wait()
	return err
}

// Refused returns how many connections were closed at once for MaxConns or
// MaxConnsPerAddr.
func (o *Origin) Refused() int64 { return o.refused.Load() }

// acceptPause is the wait after a failed accept, such as for too many open files.
const acceptPause = 100 * time.Millisecond

func (o *Origin) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			if o.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			o.cfg.Log.Error("origin cannot accept", "error", err)
			if !sleep(o.ctx, acceptPause) {
				return
			}
			continue
		}
		from := addrOf(nc)
		if !o.admit(from) {
			o.refused.Add(1)
			nc.Close()
			continue
		}
		o.running.Go(func() {
			defer o.release(from)
			release := closeOnDone(o.ctx, nc)
			defer release()
			defer nc.Close()
			err := o.serveConn(nc)
			o.cfg.Log.Debug("origin connection ended", "peer", nc.RemoteAddr().String(), "reason", err)
		})
	}
}

// StreamInfo describes a stream that is being published.
type StreamInfo struct {
	Name    string    // app/name
	Since   time.Time // when its publisher came
	Bytes   int64     // received from the publisher
	Players int
	Dropped int64 // packets that slow players missed
}

// Streams lists the streams that are being published, by name.
func (o *Origin) Streams() []StreamInfo {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []StreamInfo
	for _, s := range o.streams {
		if info, ok := s.info(); ok {
			list = append(list, info)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// publish makes the stream's publisher. Errors: ErrBusy if it has one, errFull.
func (o *Origin) publish(name string) (*stream, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.stream(name)
	if s == nil {
		return nil, errFull
	}
	if !s.begin() {
		return nil, ErrBusy
	}
	return s, nil
}

// unpublish ends what publish began.
func (o *Origin) unpublish(s *stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.end()
	o.tidy(s)
}

// join adds a player to a stream that is or will be published. Errors: errFull.
func (o *Origin) join(name string) (*stream, *player, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.stream(name)
	if s == nil {
		return nil, nil, errFull
	}
	return s, s.join(newPlayer(o.cfg.PlayerBytes, o.cfg.PlayerPackets)), nil
}

// leave ends what join began.
func (o *Origin) leave(s *stream, p *player) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.leave(p)
	o.tidy(s)
}

// stream returns the stream of this name; nil if there are too many others.
func (o *Origin) stream(name string) *stream {
	s := o.streams[name]
	if s == nil && len(o.streams) < o.cfg.MaxStreams {
		s = newStream(name, o.cfg.GOPBytes, o.cfg.GOPPackets)
		o.streams[name] = s
	}
	return s
}

// tidy forgets a stream that nobody publishes, plays or waits for.
func (o *Origin) tidy(s *stream) {
	if s.idle() && o.streams[s.name] == s {
		delete(o.streams, s.name)
	}
}
