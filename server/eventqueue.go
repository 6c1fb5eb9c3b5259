package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// Of the events that wait to be kept.
const (
	eventsWaiting = 1024 // of all mixes; more are dropped and counted
	eventsAtOnce  = 128  // are written in one go
	eventPatience = 10 * time.Second
	eventRetry    = time.Second // after a failure
)

// eventQueue hands events to an EventLog, so that no mix ever waits for it: one goroutine
// writes, and what does not fit is dropped and counted. A nil eventQueue keeps nothing.
type eventQueue struct {
	to      EventLog
	log     *slog.Logger
	waiting chan store.Event
	run     string // of this process, for the ids of events
	lost    atomic.Int64

	mu     sync.Mutex
	number int64 // of the last event
	closed bool

	stop  context.CancelFunc
	ended chan struct{}
}

// newEventQueue returns an eventQueue, which close ends.
func newEventQueue(to EventLog, log *slog.Logger) *eventQueue {
	ctx, stop := context.WithCancel(context.Background())
	q := &eventQueue{
		to: to, log: log, run: rand.Text(), waiting: make(chan store.Event, eventsWaiting),
		stop: stop, ended: make(chan struct{}),
	}
	go func() {
		defer close(q.ended)
		q.work(ctx)
	}()
	return q
}

// offer has an event kept. It does not block. Events of one mix come one after another.
func (q *eventQueue) offer(mix string, event *pb.MixEvent) {
	if q == nil {
		return
	}
	data, err := proto.Marshal(event)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil || q.closed {
		q.lost.Add(1)
		return
	}
	q.number++
	select {
	case q.waiting <- store.Event{Mix: mix, Time: time.Now(), Data: data, ID: fmt.Sprintf("%s-%d", q.run, q.number)}:
	default:
		q.lost.Add(1)
	}
}

// dropped returns how many events were not kept.
func (q *eventQueue) dropped() int64 {
	if q == nil {
		return 0
	}
	return q.lost.Load()
}

// work writes until the queue is closed and empty, or ctx ends.
func (q *eventQueue) work(ctx context.Context) {
	for first := range q.waiting {
		batch := append(make([]store.Event, 0, eventsAtOnce), first)
		for more := true; more && len(batch) < eventsAtOnce; {
			select {
			case e, ok := <-q.waiting:
				if more = ok; ok {
					batch = append(batch, e)
				}
			default:
				more = false
			}
		}
		if !q.write(ctx, batch) {
			q.lost.Add(int64(len(batch)))
		}
	}
}

// write writes a batch, trying again until ctx ends; meanwhile others wait, up to
// eventsWaiting.
func (q *eventQueue) write(ctx context.Context, batch []store.Event) bool {
	for failures := 0; ctx.Err() == nil; failures++ {
		op, cancel := context.WithTimeout(ctx, eventPatience)
		err := q.to.AppendEvents(op, batch)
		cancel()
		if err == nil {
			return true
		}
		if failures == 0 {
			q.log.Warn("events cannot be kept; trying again", "events", len(batch), "dropped", q.lost.Load(), "error", err)
		}
		pause := time.NewTimer(eventRetry)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
	return false
}

// close writes what waits, as far as ctx lets it, and ends the queue.
func (q *eventQueue) close(ctx context.Context) {
	if q == nil {
		return
	}
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.waiting)
	}
	q.mu.Unlock()
	defer context.AfterFunc(ctx, q.stop)()
	<-q.ended
	q.stop()
}
