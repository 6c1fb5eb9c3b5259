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

// span returns the media time from the oldest to the newest packet.
func (q *packetQueue) span() time.Duration {
	if q.len() == 0 {
		return 0
	}
	return q.items[len(q.items)-1].pkt.DTS - q.items[q.head].pkt.DTS
}

// full says that one of the queue's bounds is reached.
func (q *packetQueue) full() bool {
	return q.len() >= maxQueuedCount || q.bytes >= maxQueuedBytes || q.span() >= maxQueued
}

// dropMedia empties the queue but for decoder configurations and returns how many
// packets that were.
func (q *packetQueue) dropMedia() int {
	kept := q.items[:0]
	bytes := 0
	n := q.len()
	for _, p := range q.items[q.head:] {
		if p.pkt.Config && len(kept) < 8 {
			kept = append(kept, p)
			bytes += len(p.pkt.Data)
		}
	}
	clear(q.items[len(kept):])
	q.items, q.head, q.bytes = kept, 0, bytes
	return n - len(kept)
}
