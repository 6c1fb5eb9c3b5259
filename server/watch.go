package server

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Watcher is told what happens in one mix. Messages wait in a bounded buffer; when
// it is full the oldest is dropped and counted, so the mix never waits for a
// watcher. The snapshot that comes first is never dropped. One goroutine reads;
// Close may be called by any.
type Watcher struct {
	leave  func(*Watcher)
	meters func() mixer.Meters // of the mix; nil for one that has stopped
	over   <-chan struct{}     // closed when the mix has ended

	closing  chan struct{} // closed by Close
	close    sync.Once
	metering sync.WaitGroup

	mu       sync.Mutex
	first    *pb.GetMixResponse     // nil once it was read
	ring     []*pb.WatchMixResponse // of fixed length
	head     int                    // index of the oldest
	count    int
	dropped  int64
	finished bool
	wake     chan struct{} // holds a token when there may be something to read
}

func newWatcher(size int, first *pb.GetMixResponse, leave func(*Watcher)) *Watcher {
	w := &Watcher{
		leave: leave, first: first,
		ring: make([]*pb.WatchMixResponse, size),
		wake: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	w.signal()
	return w
}

func (w *Watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// push takes a message that belongs to this watcher alone. It does not block.
func (w *Watcher) push(msg *pb.WatchMixResponse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.finished {
		return
	}
	if w.count == len(w.ring) {
		w.head = (w.head + 1) % len(w.ring)
		w.count--
		w.dropped++
	}
	w.ring[(w.head+w.count)%len(w.ring)] = msg
	w.count++
	w.signal()
}

// finish lets the reader read what is left and then io.EOF.
func (w *Watcher) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = true
	w.signal()
}

// Next returns the next message, waiting for it. Errors: io.EOF when the mix has
// stopped and everything was read, or ctx's.
func (w *Watcher) Next(ctx context.Context) (*pb.WatchMixResponse, error) {
	for {
		msg, end := w.pop()
		if msg != nil {
			return msg, nil
		}
		if end {
			return nil, io.EOF
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// pop returns the oldest message, or nil and whether there will be no more.
func (w *Watcher) pop() (msg *pb.WatchMixResponse, end bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.first != nil:
		msg = &pb.WatchMixResponse{Update: &pb.WatchMixResponse_Snapshot{Snapshot: w.first}}
		w.first = nil
	case w.count > 0:
		msg = w.ring[w.head]
		w.ring[w.head] = nil
		w.head = (w.head + 1) % len(w.ring)
		w.count--
	default:
		return nil, w.finished
	}
	msg.Dropped = w.dropped
	return msg, false
}

// Measure sends the watcher meters from now on, one in every interval. They are dropped
// like other messages. It is called at most once, before Close.
func (w *Watcher) Measure(every time.Duration) {
	if w.meters == nil {
		return
	}
	w.metering.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				w.push(&pb.WatchMixResponse{Update: &pb.WatchMixResponse_Meters{Meters: metersToProto(w.meters())}})
			case <-w.over:
				return
			case <-w.closing:
				return
			}
		}
	})
}

// Close ends the watching. It may be called more than once.
func (w *Watcher) Close() {
	w.close.Do(func() { close(w.closing) })
	w.metering.Wait()
	w.leave(w)
	w.finish()
}
