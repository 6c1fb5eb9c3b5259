package rtmp

import (
	"sync"
	"time"
)

// player is the queue between a stream and one connection that plays it. Drop
// policy: on overflow everything in it goes, and then what comes up to the next key frame.
// Safe for concurrent use.
type player struct {
	maxBytes, maxPackets int
	// wake gets a token whenever there may be something to do.
	wake chan struct{}

	mu       sync.Mutex
	queue    []*message // from head on
	head     int
	bytes    int
	started  bool // the stream is or was published
	finished bool // nothing more comes
	needKey  bool // miss everything up to a key frame
	dropped  int64
}

func newPlayer(maxBytes, maxPackets int) *player {
	return &player{maxBytes: maxBytes, maxPackets: maxPackets, wake: make(chan struct{}, 1)}
}

func (p *player) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// start gives a new player of a running stream its headers and the GOP so far.
func (p *player) start(needKey bool, headers, gop []*message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started, p.needKey = true, needKey
	at := firstStamp(gop)
	for _, h := range headers {
		p.append(stamped(h, at))
	}
	for _, m := range gop {
		p.append(m)
	}
	// The bounds are on what comes on top.
	p.bytes, p.maxPackets = 0, p.maxPackets+len(p.queue)
	p.signal()
}

// put queues m, or drops it while the player is missing messages. It returns false if
// m is where the player takes part again: then resume follows.
func (p *player) put(m *message, k class, hasVideo bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = true
	if p.finished {
		return true
	}
	if p.bytes+len(m.Body) > p.maxBytes || len(p.queue)-p.head >= p.maxPackets {
		p.dropped += int64(len(p.queue) - p.head)
		clear(p.queue)
		p.queue, p.head, p.bytes, p.needKey = p.queue[:0], 0, 0, true
	}
	switch {
	case p.needKey && (k.key || !hasVideo):
		return false
	case p.needKey:
		p.dropped++
		return true
	}
	p.append(m)
	p.signal()
	return true
}

// resume takes part again at m, with the headers in force.
func (p *player) resume(headers []*message, m *message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.needKey = false
	for _, h := range headers {
		p.append(stamped(h, m.Timestamp))
	}
	p.append(m)
	p.signal()
}

func (p *player) append(m *message) {
	if p.head > 0 && len(p.queue) == cap(p.queue) {
		n := copy(p.queue, p.queue[p.head:])
		clear(p.queue[n:])
		p.queue, p.head = p.queue[:n], 0
	}
	p.queue = append(p.queue, m)
	p.bytes += len(m.Body)
}

// finish says that nothing more comes; what is queued is still sent.
func (p *player) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished = true
	p.signal()
}

// next gives the next message, if there is one, and whether others may come.
func (p *player) next() (m *message, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head == len(p.queue) {
		p.queue, p.head, p.bytes = p.queue[:0], 0, 0
		return nil, !p.finished
	}
	m = p.queue[p.head]
	p.queue[p.head] = nil
	p.head++
	p.bytes = max(0, p.bytes-len(m.Body))
	return m, true
}

func (p *player) hasStarted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.started
}

func (p *player) droppedPackets() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// stamped returns a copy of m with another timestamp; the bytes are shared.
func stamped(m *message, at time.Duration) *message {
	c := *m
	c.Timestamp = at
	return &c
}

// firstStamp is the timestamp of the first of a list; 0 if there is none.
func firstStamp(list []*message) time.Duration {
	if len(list) == 0 {
		return 0
	}
	return list[0].Timestamp
}
