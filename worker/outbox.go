package worker

import (
	"sync"

	"github.com/lianmai/lianmai/worker/wire"
)

// Bounds of what waits to be sent.
const (
	maxMust  = 4096 // events and answers
	maxLines = 256  // of the log
)

// outbox sends messages from a goroutine of its own, so that nobody waits for a
// supervisor that does not read. Of pulses and of meters only the newest waits; a line of
// the log that finds no room is lost and counted; when what must arrive does not fit
// either, the connection is ended: a supervisor that missed an event starts another
// worker sooner than it believes something wrong.
type outbox struct {
	conn *wire.Conn
	done chan struct{}

	mu     sync.Mutex
	wake   *sync.Cond
	queue  []wire.Message
	lines  int // of queue
	lost   int64
	pulse  *wire.Message // the newest; nil for none
	levels *wire.Message // likewise
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
	if len(o.queue)-o.lines >= maxMust {
		o.conn.Close()
		return
	}
	o.queue = append(o.queue, m)
	o.wake.Signal()
}

// line sends a line of the log if there is room.
func (o *outbox) line(m wire.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lines >= maxLines {
		o.lost++
		return
	}
	o.lines++
	o.queue = append(o.queue, m)
	o.wake.Signal()
}

// beat sends a pulse, before everything that waits.
func (o *outbox) beat(p *wire.Pulse) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p.LostLines = o.lost
	o.pulse = &wire.Message{Pulse: p}
	o.wake.Signal()
}

// meter sends meters, before everything that waits but a pulse.
func (o *outbox) meter(m wire.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.levels = &m
	o.wake.Signal()
}

// take waits for what is to be sent next; ok is false when there will be nothing more.
func (o *outbox) take() (m wire.Message, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) == 0 && o.pulse == nil && o.levels == nil {
		if o.closed {
			return m, false
		}
		o.wake.Wait()
	}
	for _, newest := range []**wire.Message{&o.pulse, &o.levels} {
		if *newest != nil {
			m, *newest = **newest, nil
			return m, true
		}
	}
	m = o.queue[0]
	o.queue[0] = wire.Message{}
	if o.queue = o.queue[1:]; len(o.queue) == 0 {
		o.queue = nil
	}
	if m.Log != nil {
		o.lines--
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
		// When the socket has broken the reader hears of it.
		_ = o.conn.Send(m, nil)
	}
}

// close sends what waits, and ends. It may be called again.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.wake.Signal()
	o.mu.Unlock()
	<-o.done
}
