package rtmp

import (
	"sync"
	"time"

	"github.com/lianmai/lianmai/media"
)

// pushQueue holds the packets between Pusher.Write and its connection, bounded by
// media time and by bytes. Drop policy: whole GOPs. On overflow it drops from its
// head up to the next key frame that it holds; if it holds none, it drops
// everything, and all that comes until a key frame. While it is shut (no connection) it
// drops all. Safe for concurrent use.
type pushQueue struct {
	maxTime  time.Duration
	maxBytes int
	hasVideo bool
	// wake gets a token whenever there may be something to do.
	wake chan struct{}

	mu       sync.Mutex
	packets  []media.Packet // ring: count from head
	head     int
	count    int
	bytes    int
	open     bool
	needKey  bool // drop until a key frame comes
	asked    bool // the key frame has been asked for
	draining bool // takes no more, gives what it has
	dropped  int64
	// newest holds the last decoder configurations written, by media.Kind; without
	// Data for what there is not. owed holds those that must go out before the next packet: all
	// on a new connection, later the ones that were dropped from the queue.
	newest, owed [2]media.Packet
}

func newPushQueue(cfg PushConfig) *pushQueue {
	q := &pushQueue{
		maxTime: cfg.QueueDuration, maxBytes: cfg.QueueBytes, wake: make(chan struct{}, 1),
		hasVideo: len(cfg.Header.VideoConfig) > 0,
		packets:  make([]media.Packet, 64),
	}
	q.newest[media.Video] = media.Packet{Kind: media.Video, Codec: media.CodecH264, Config: true, Key: true, Data: cfg.Header.VideoConfig}
	q.newest[media.Audio] = media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Config: true, Key: true, Data: cfg.Header.AudioConfig}
	return q
}

func (q *pushQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// push takes a packet or drops it; it never waits.
func (q *pushQueue) push(p media.Packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p.Config && !q.draining {
		q.newest[p.Kind] = p
		q.hasVideo = q.hasVideo || p.Kind == media.Video
	}
	switch {
	case !q.open || q.draining:
		q.dropped++
		return
	case q.needKey && p.Config:
		q.owed[p.Kind] = p
		return
	case q.needKey && q.hasVideo && !(p.Kind == media.Video && p.Key):
		q.dropped++
		q.signal() // somebody has to ask for the key frame
		return
	}
	q.needKey = false
	q.append(p)
	if q.bytes > q.maxBytes || q.span() > q.maxTime {
		q.dropGOP()
	}
	q.signal()
}

func (q *pushQueue) append(p media.Packet) {
	if q.count == len(q.packets) {
		bigger := make([]media.Packet, 2*len(q.packets))
		n := copy(bigger, q.packets[q.head:])
		copy(bigger[n:], q.packets[:q.head])
		q.packets, q.head = bigger, 0
	}
	*q.at(q.count) = p
	q.count++
	q.bytes += len(p.Data)
}

func (q *pushQueue) at(i int) *media.Packet { return &q.packets[(q.head+i)%len(q.packets)] }

// span is the media time from the first packet to the last.
func (q *pushQueue) span() time.Duration {
	if q.count == 0 {
		return 0
	}
	return max(0, q.at(q.count-1).DTS-q.at(0).DTS)
}

// dropGOP drops from the head up to the next key frame, or everything.
// Configurations among it stay owed.
func (q *pushQueue) dropGOP() {
	for first := true; q.count > 0; {
		if !first && q.hasVideo && startsGOP(q.at(0)) {
			return
		}
		p := q.take()
		if p.Config {
			q.owed[p.Kind] = p
			continue // what starts here is dropped with it
		}
		first = false
		q.dropped++
	}
	q.needKey, q.asked = true, false
}

// startsGOP reports whether p is a key frame, or the configuration ahead of one.
func startsGOP(p *media.Packet) bool {
	return p.Kind == media.Video && (p.Key || p.Config)
}

func (q *pushQueue) take() media.Packet {
	slot := q.at(0)
	p := *slot
	*slot = media.Packet{} // lets the bytes go
	q.head = (q.head + 1) % len(q.packets)
	q.count--
	q.bytes -= len(p.Data)
	return p
}

// popped is what pop has to say.
type popped struct {
	packet  media.Packet
	ok      bool            // there is a packet
	owed    [2]media.Packet // configurations to send before it, by media.Kind
	wantKey bool            // there is none, and a key frame has to be asked for
	drained bool            // there is none, and none will come
}

// pop gives the next packet, if there is one.
func (q *pushQueue) pop() popped {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count > 0 {
		r := popped{packet: q.take(), ok: true, owed: q.owed}
		q.owed = [2]media.Packet{}
		return r
	}
	wantKey := q.open && q.needKey && q.hasVideo && !q.asked
	q.asked = q.asked || wantKey
	return popped{wantKey: wantKey, drained: q.draining}
}

// start opens the queue for a new connection: empty, from the next key frame on.
func (q *pushQueue) start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open, q.needKey, q.asked = true, true, false
	q.owed = q.newest
}

// stop shuts the queue and drops what is in it.
func (q *pushQueue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = false
	for q.count > 0 {
		q.take()
		q.dropped++
	}
}

// drain makes the queue take no more.
func (q *pushQueue) drain() {
	q.mu.Lock()
	q.draining = true
	q.mu.Unlock()
	q.signal()
}

func (q *pushQueue) isDraining() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.draining
}

func (q *pushQueue) stats() (span time.Duration, bytes int, dropped int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.span(), q.bytes, q.dropped
}
