package mixer

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

// Bounds of what is kept of pictures that nobody sees.
const (
	maxKept      = 10 * time.Second // of media
	maxKeptBytes = 4 << 20
	maxKeptCount = 600
	// maxCatchUp is how long it may take, by what decoding has cost so far, to decode what
	// is kept: that long a source that is shown again stays a placeholder.
	maxCatchUp = 250 * time.Millisecond
)

// backlog keeps the coded pictures of a source that nobody sees, from the newest key frame
// on. They are decoded when it is shown again, so that it is back at once. The zero value
// is ready; the decode goroutine owns it.
type backlog struct {
	items  []queued
	bytes  int
	jumped bool // pictures between the decoder's last and the first were left out
}

// push appends an access unit. At a key frame all before it is forgotten.
func (b *backlog) push(q queued) {
	if q.pkt.Key {
		jumped := b.jumped || len(b.items) > 0
		b.clear()
		b.jumped = jumped
	}
	b.items = append(b.items, q)
	b.bytes += len(q.pkt.Data)
}

// clear forgets everything.
func (b *backlog) clear() {
	clear(b.items)
	b.items, b.bytes, b.jumped = b.items[:0], 0, false
}

// full says that no more may be kept, where a picture costs so much to decode.
func (b *backlog) full(cost time.Duration) bool {
	n := len(b.items)
	return n >= maxKeptCount || b.bytes >= maxKeptBytes || time.Duration(n)*cost >= maxCatchUp ||
		n > 1 && b.items[n-1].pkt.DTS-b.items[0].pkt.DTS >= maxKept
}

// keepBack files an access unit that nobody would see. When no more may be kept it decodes
// all that is: from there on the source can go on as well.
func (d *decoding) keepBack(q queued) {
	s := d.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(d.backlog.items) == 0 {
		d.away.pause()
	}
	d.backlog.push(q)
	s.kept, s.alive, s.present = len(d.backlog.items), true, false
	if d.backlog.full(d.cost) {
		d.catchUp()
	}
}

// catchUp decodes what is kept. Of the pictures whose time has passed only the last comes
// into the slot. The source's lock is held by the caller.
func (d *decoding) catchUp() {
	s := d.s
	now := s.target
	offsets := make([]time.Duration, len(d.backlog.items))
	for i := range offsets {
		offsets[i] = s.offset(&d.backlog.items[i])
	}
	s.busy = true
	s.mu.Unlock()
	d.replay(now, offsets)
	d.backlog.clear()
	s.mu.Lock()
	s.busy, s.kept = false, 0
	s.cond.Broadcast()
}

func (d *decoding) replay(now time.Duration, offsets []time.Duration) {
	if d.video == nil {
		return
	}
	if d.backlog.jumped {
		d.video.Reset()
	}
	var last *media.Frame
	var lastOffset time.Duration
	bring := func() {
		if last != nil {
			d.show(last, lastOffset)
			last = nil
		}
	}
	for i, q := range d.backlog.items {
		d.video.SkipUnreferenced(q.pkt.PTS+offsets[i] < now-lookahead)
		d.access(q.pkt, func(f *media.Frame) {
			if f.PTS+offsets[i] > now {
				bring()
				d.show(f, offsets[i])
				return
			}
			last.Free()
			last, lastOffset = f, offsets[i]
		})
	}
	bring()
	d.video.SkipUnreferenced(false)
}
