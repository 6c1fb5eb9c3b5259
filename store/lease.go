package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// leaseTTL is how long a lease holds after its last sign of life.
const leaseTTL = 15 * time.Second

// beats is how many signs of life there are in a TTL.
const beats = 3

const leaseBucket = "nodes"

// tenant is who holds a lease.
type tenant struct {
	Writer  string `json:"writer"` // unique
	Process process
}

// lease is the right to run as a node: a key that expires unless it is renewed.
type lease struct {
	keys   index
	key    string
	value  []byte
	writer string
	ttl    time.Duration

	lost   context.Context // ends when another process holds the key
	lose   context.CancelCauseFunc
	stop   context.CancelFunc
	ended  chan struct{} // closed when it is renewed no more
	mu     sync.Mutex
	latest uint64 // revision of the key; guarded by mu
}

// takeLease waits until no other process runs as the node, and takes its lease. A holder
// that ran on this machine and is dead is not waited for. Errors: ErrLeased with ctx's,
// ErrUnavailable.
func (s *Store) takeLease(ctx context.Context) (*lease, error) {
	op, cancel := bounded(ctx, 0)
	keys, err := openKeys(op, s.js, jetstream.KeyValueConfig{
		Bucket: s.cfg.bucket(leaseBucket), Description: "who runs as which node",
		TTL: s.cfg.leaseTTL, MaxBytes: 1 << 20, Replicas: s.cfg.Replicas,
	})
	err = outside(op, err)
	cancel()
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(tenant{Writer: s.writer, Process: thisProcess()})
	if err != nil {
		return nil, err
	}
	l := &lease{
		keys: keys, key: strings.ReplaceAll(s.cfg.Node, ".", "="), value: value, writer: s.writer,
		ttl: s.cfg.leaseTTL, ended: make(chan struct{}),
	}
	if err := l.take(ctx, s); err != nil {
		return nil, err
	}
	l.lost, l.lose = context.WithCancelCause(context.Background())
	live, stop := context.WithCancel(context.Background())
	l.stop = stop
	go func() {
		defer close(l.ended)
		l.renew(live, s)
	}()
	return l, nil
}

// take does the waiting of takeLease.
func (l *lease) take(ctx context.Context, s *Store) error {
	told := false
	for {
		free, holder, err := l.try(ctx)
		if free || err != nil {
			return err
		}
		if !told {
			s.cfg.Log.Warn("store: another process runs as this node; waiting for its lease to end",
				"node", s.cfg.Node, "host", holder.Process.Host, "pid", holder.Process.PID, "lease", l.ttl)
			told = true
		}
		select {
		case <-time.After(l.ttl / (4 * beats)):
		case <-ctx.Done():
			return fmt.Errorf("%w %q: process %d on host %q: %w", ErrLeased, s.cfg.Node, holder.Process.PID, holder.Process.Host, ctx.Err())
		}
	}
}

// try takes the lease if it is free or its holder is known to be dead.
func (l *lease) try(ctx context.Context) (free bool, holder tenant, err error) {
	op, cancel := bounded(ctx, 0)
	defer cancel()
	var revision uint64
	at, err := l.keys.keys.Get(op, l.key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
	case err != nil:
		return false, holder, outside(op, err)
	default:
		// One that cannot be read is waited for.
		if json.Unmarshal(at.Value(), &holder) != nil || !holder.Process.dead() {
			return false, holder, nil
		}
		revision = at.Revision()
	}
	revision, err = l.keys.put(op, l.key, l.value, revision)
	if errors.Is(err, ErrMoved) {
		return false, holder, nil // somebody was faster
	}
	l.latest = revision
	return err == nil, holder, err
}

// renew renews the lease until ctx ends or another process has it. That the server
// cannot be reached ends nothing: nobody else can take the lease there either.
func (l *lease) renew(ctx context.Context, s *Store) {
	ticker := time.NewTicker(l.ttl / beats)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		err := l.beat(ctx)
		if errors.Is(err, ErrLeased) {
			s.cfg.Log.Error("store: another process runs as this node now; nothing is written any more", "node", s.cfg.Node)
			s.server.words.refuse(fmt.Errorf("%w: %w", ErrUnavailable, err))
			l.lose(err)
			return
		}
		if err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("store: the lease of this node cannot be renewed", "node", s.cfg.Node, "error", err)
		}
	}
}

// beat renews the lease once. Errors: ErrLeased when another process has it.
func (l *lease) beat(ctx context.Context) error {
	op, cancel := context.WithTimeout(ctx, l.ttl/beats)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	revision, err := l.keys.put(op, l.key, l.value, l.latest)
	if errors.Is(err, ErrMoved) {
		at, getErr := l.keys.keys.Get(op, l.key)
		switch {
		case errors.Is(getErr, jetstream.ErrKeyNotFound): // it expired
			l.latest = 0
		case getErr != nil:
			return outside(op, getErr)
		default:
			var holder tenant
			if json.Unmarshal(at.Value(), &holder) != nil || holder.Writer != l.writer {
				return ErrLeased
			}
			l.latest = at.Revision() // the answer to an earlier beat was lost
		}
		revision, err = l.keys.put(op, l.key, l.value, l.latest)
	}
	if err == nil {
		l.latest = revision
	}
	return err
}

// release stops renewing and gives the lease back, so that nobody has to wait for it.
func (l *lease) release() {
	l.stop()
	<-l.ended
	ctx, cancel := context.WithTimeout(context.Background(), l.ttl/beats)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.keys.forget(ctx, l.key, l.latest) // else it expires
	l.lose(nil)
}

// Lost is closed when another process runs as this node: its mixes are the other one's
// now, and nothing can be written here any more. It is never closed before Close when the
// server is in this process.
func (s *Store) Lost() <-chan struct{} {
	if s.lease == nil {
		return s.life.Done()
	}
	return s.lease.lost.Done()
}
