package worker

import (
	"sync"

	"github.com/lianmai/lianmai/worker/wire"
)

// Bounds of what waits to be sent.
const (
	maxMust = 4096 // events and answers
	maxMay  = 256  // lines of the log, pulses, meters
)

// outbox sends messages from a goroutine of its own, so that nobody waits for a
// supervisor that does not read. What may be lost is dropped when it is full; when what
// must arrive does not fit either, the connection is ended: a supervisor that missed an
// event starts another worker sooner than it believes something wrong.
type outbox struct {
	conn *wire.Conn
	done chan struct{}

	mu     sync.Mutex
	wake   *sync.Cond
	queue  []wire.Message
	mays   int // of queue
	closed bool
}

func newOutbox(conn *wire.Conn) *outbox {
	o := &outbox{conn: conn, done: make(chan struct{})}
	o.wake = sync.NewCond(&o.mu)
	go o.run()
	return o
}

// must sends a message that the supervisor has to get.
func (o *outbox) must(m wire.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue)-o.mays >= maxMust {
		o.conn.Close()
		return
	}
	o.queue = append(o.queue, m)
	o.wake.Signal()
}

// may sends a message if there is room.
func (o *outbox) may(m wire.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mays >= maxMay {
		return
	}
	o.mays++
	o.queue = append(o.queue, m)
	o.wake.Signal()
}

// dispensable says that m came by may.
func dispensable(m wire.Message) bool { return m.Pulse != nil || m.Levels != nil || m.Log != nil }

// take waits for what is to be sent next; ok is false when there will be nothing more.
func (o *outbox) take() (m wire.Message, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) == 0 {
		if o.closed {
			return m, false
		}
		o.wake.Wait()
	}
	m = o.queue[0]
	o.queue[0] = wire.Message{}
	if o.queue = o.queue[1:]; len(o.queue) == 0 {
		o.queue = nil
	}
	if dispensable(m) {
		o.mays--
	}
	return m, true
}

func (o *outbox) run() {
	defer close(o.done)
	for {
		m, ok := o.take()
		if !ok {
			return
		}
		// A message that cannot be written as JSON is lost; when the socket has broken
		// the reader hears of it.
		_ = o.conn.Send(m, nil)
	}
}

// close sends what waits, and ends.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.wake.Signal()
	o.mu.Unlock()
	<-o.done
}
