package mixer

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

// Bounds of one source's queue of packets that are not yet decoded.
const (
	maxQueued      = 4 * time.Second // of media
	maxQueuedBytes = 16 << 20
	maxQueuedCount = 2048
)

// queued is a packet that waits for its time. Its DTS and PTS are unwrapped.
type queued struct {
	pkt    media.Packet
	epoch  int           // of the timeline when it arrived
	offset time.Duration // of the timeline when it arrived
}

// packetQueue is a bounded first-in-first-out queue of packets of one kind. The
// zero value is ready. Not safe for concurrent use.
type packetQueue struct {
	items []queued
	head  int
	bytes int
}

func (q *packetQueue) len() int { return len(q.items) - q.head }

func (q *packetQueue) push(p queued) {
	if q.head > 0 && len(q.items) == cap(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, p)
	q.bytes += len(p.pkt.Data)
}

func (q *packetQueue) peek() *queued { return &q.items[q.head] }

func (q *packetQueue) pop() queued {
	p := q.items[q.head]
	q.items[q.head] = queued{}
	q.head++
	q.bytes -= len(p.pkt.Data)
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return p
}

// span returns the session time from the oldest to the newest packet, as it was when
// they came: neither a leap of the stamps nor the cached GOP that a server sends at
// once is a long time. Configurations have no time.
func (q *packetQueue) span() time.Duration {
	oldest, newest := q.head, len(q.items)-1
	for oldest < newest && q.items[oldest].pkt.Config {
		oldest++
	}
	for newest > oldest && q.items[newest].pkt.Config {
		newest--
	}
	if oldest >= newest {
		return 0
	}
	a, b := &q.items[oldest], &q.items[newest]
	return b.pkt.DTS + b.offset - a.pkt.DTS - a.offset
}

// full says that one of the queue's bounds is reached.
func (q *packetQueue) full() bool {
	return q.len() >= maxQueuedCount || q.bytes >= maxQueuedBytes || q.span() >= maxQueued
}

// dropMedia empties the queue but for the newest decoder configuration and returns
// how many packets that were.
func (q *packetQueue) dropMedia() int {
	n := q.len()
	var config queued
	for _, p := range q.items[q.head:] {
		if p.pkt.Config {
			config = p
		}
	}
	clear(q.items)
	q.items, q.head, q.bytes = q.items[:0], 0, 0
	if config.pkt.Config {
		q.push(config)
	}
	return n - q.len()
}
