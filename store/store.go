package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds of what is kept, where Config says nothing else.
const (
	DefaultMaxBytes    = 4 << 30
	DefaultMaxSize     = 16 << 20
	DefaultMaxVersions = 100
	DefaultMaxNames    = 1000
)

// MaxNote is how many bytes the note of a version may have.
const MaxNote = 4 << 10

// mostVersions keeps the longest record, with a full note for each version, within
// one message.
const mostVersions = 1000

// indexShare is the part of MaxBytes that is set aside for the index: 1/indexShare.
const indexShare = 8

// opTimeout bounds each operation; its data adds to that as on a disk that takes
// slowestDisk bytes a second. The server is in this process, so what takes so long is a
// disk that hangs.
const (
	opTimeout   = 30 * time.Second
	slowestDisk = 1 << 20
)

// Config is what Open wants to know. A zero field takes its default.
type Config struct {
	// Dir is where everything is kept; it is made if need be. "" keeps it in a
	// temporary directory that Close removes.
	Dir string
	// MaxBytes bounds everything kept; at least 1 MiB, default DefaultMaxBytes. An
	// eighth of it is set aside for the index.
	MaxBytes int64
	// MaxSize is how many bytes the data of one version may have; default DefaultMaxSize.
	MaxSize int64
	// MaxSizes has the kinds for which that is another number.
	MaxSizes map[Kind]int64
	// MaxVersions is how many versions a name may have; at most 1000, default DefaultMaxVersions.
	MaxVersions int
	// MaxNames is how many names a kind may have; default DefaultMaxNames. Deleted ones
	// are among them until their place is needed; see Store.Put.
	MaxNames int
	// URL is that of a NATS server elsewhere, or of several with commas between them:
	// nats:// or tls://. "" has one inside this process, which keeps everything in Dir.
	URL string
	// Credentials is a file with what lets in there; "" for none.
	Credentials string
	// Node names this process among those that share the servers at URL: it runs the mixes
	// whose records have its name. Default: the host's name. Without a URL it is always
	// LocalNode.
	Node string
	// Replicas is how many of the servers at URL keep everything: 1 (default), 3 or 5.
	Replicas int
	// Prefix begins the names of the buckets and streams at URL; default DefaultPrefix.
	Prefix string
	// Log gets what the server complains about; default slog.Default().
	Log *slog.Logger

	leaseTTL time.Duration // see lease; default leaseTTL
}

// LocalNode is the node of a Store whose server is in this process.
const LocalNode = "local"

// DefaultPrefix is the Prefix of a Config that has none.
const DefaultPrefix = "lianmai"

// withDefaults returns c with its zero fields filled and the rest within bounds.
func (c Config) withDefaults() Config {
	c.MaxBytes = max(cmp.Or(c.MaxBytes, DefaultMaxBytes), 1<<20)
	c.MaxSize = max(cmp.Or(c.MaxSize, DefaultMaxSize), 1)
	c.MaxVersions = min(max(cmp.Or(c.MaxVersions, DefaultMaxVersions), 1), mostVersions)
	c.MaxNames = max(cmp.Or(c.MaxNames, DefaultMaxNames), 1)
	c.MaxSizes = maps.Clone(c.MaxSizes)
	c.Log = cmp.Or(c.Log, slog.Default())
	c.leaseTTL = cmp.Or(c.leaseTTL, leaseTTL)
	if c.URL == "" {
		c.Node, c.Prefix, c.Replicas = LocalNode, "", 1
		return c
	}
	if c.Node == "" {
		c.Node, _ = os.Hostname() // without one Open refuses the empty name
	}
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	c.Replicas = cmp.Or(c.Replicas, 1)
	return c
}

// bucket returns what a bucket or a stream is called at the server.
func (c Config) bucket(name string) string {
	if c.Prefix == "" {
		return name
	}
	return c.Prefix + "_" + name
}

// maxSize returns how many bytes the data of a version of a kind may have.
func (c Config) maxSize(kind Kind) int64 {
	if size, ok := c.MaxSizes[kind]; ok {
		return size
	}
	return c.MaxSize
}

// Store keeps versions by kind and name. It is safe for concurrent use.
type Store struct {
	cfg    Config
	server *link
	index  index
	blobs  blobs
	mixes  index
	events jetstream.Stream
	js     jetstream.JetStream
	writer string // in the records that this Store wrote
	lease  *lease // nil for a server in this process, whose directory is locked

	naming sync.Mutex   // held while a name gets its first record
	open   sync.RWMutex // read-held by each operation, so that Close waits for them
	closed bool         // guarded by open

	life      context.Context // ends when Close begins
	end       context.CancelFunc
	following sync.WaitGroup // one for each Follow; added to while open is held
}

// Open starts the server on cfg.Dir, or connects to that at cfg.URL, and removes what an
// interrupted Put left there. At a URL it waits until no other process runs as cfg.Node.
// The Store must be closed. Errors: ErrUnavailable, ErrCorrupt, ErrName (of the node or
// the prefix), ErrLeased when ctx ends before the node is free, or ctx's.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Store{cfg: cfg, writer: rand.Text()}
	if s.server, err = connect(cfg); err != nil {
		return nil, err
	}
	s.life, s.end = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			s.end()
			s.server.close()
		}
	}()
	if s.js, err = jetstream.New(s.server.conn); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	// The wait for the lease is the caller's to bound.
	if cfg.URL != "" {
		if s.lease, err = s.takeLease(ctx); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				s.lease.release()
			}
		}()
	}
	ctx, cancel := bounded(ctx, 0)
	defer cancel()
	if err := s.openBuckets(ctx, s.js); err != nil {
		return nil, err
	}
	if err := s.tidy(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// connect returns the link that cfg wants.
func connect(cfg Config) (*link, error) {
	if cfg.URL != "" {
		return dial(cfg)
	}
	return startEmbedded(cfg.Dir, cfg.Log)
}

// openBuckets opens the index, then the blobs. They are made in that order, so blobs
// without an index have lost it. The mixes and the events follow.
func (s *Store) openBuckets(ctx context.Context, js jetstream.JetStream) error {
	forIndex := s.cfg.MaxBytes / indexShare
	var fresh bool
	var err error
	if s.index, fresh, err = openIndex(ctx, js, s.cfg, forIndex); err != nil {
		return outside(ctx, err)
	}
	if s.blobs, err = openBlobs(ctx, js, s.cfg, s.cfg.MaxBytes-forIndex); err != nil {
		return outside(ctx, err)
	}
	if n := s.blobs.stream.CachedInfo().State.Msgs; fresh && n > 0 {
		return fmt.Errorf("%w: %d messages of data and no index", ErrCorrupt, n)
	}
	if s.mixes, err = openMixes(ctx, js, s.cfg); err != nil {
		return outside(ctx, err)
	}
	s.events, err = openEvents(ctx, js, s.cfg)
	return outside(ctx, err)
}

// Close ends what follows events and waits for the operations that run, then ends the
// server or the connection to it. Later operations return ErrUnavailable, and so does a
// second Close. Errors: those of removing a temporary directory.
func (s *Store) Close() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.closed {
		return errClosed
	}
	s.closed = true
	s.end()
	s.following.Wait()
	if s.lease != nil {
		s.lease.release()
	}
	return s.server.close()
}

// errClosed is what a closed Store answers.
var errClosed = fmt.Errorf("%w: closed", ErrUnavailable)

// enter begins an operation on size bytes of data, which leave ends.
func (s *Store) enter(ctx context.Context, size int64) (op context.Context, leave func(), err error) {
	s.open.RLock()
	err = ctx.Err()
	if s.closed {
		err = errClosed
	}
	if err != nil {
		s.open.RUnlock()
		return nil, nil, err
	}
	op, cancel := bounded(ctx, size)
	return op, func() { cancel(); s.open.RUnlock() }, nil
}

// bounded returns ctx with the bound of one operation on size bytes of data.
func bounded(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, opTimeout+time.Duration(size/slowestDisk)*time.Second, errNoAnswer)
}

// enterToChange is enter for an operation that writes. limit is for what must not be
// left half done: that the caller has lost patience does not end it, but that the disk
// has refused a write does.
func (s *Store) enterToChange(ctx context.Context, size int64) (op, limit context.Context, leave func(), err error) {
	op, leaveOp, err := s.enter(ctx, size)
	if err != nil {
		return nil, nil, nil, err
	}
	writable := s.server.words.writable
	if err := ended(writable); err != nil {
		leaveOp()
		return nil, nil, nil, err
	}
	base, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(writable, func() { end(context.Cause(writable)) })
	limit, cancel := bounded(base, size)
	return op, limit, func() { cancel(); stop(); end(nil); leaveOp() }, nil
}
