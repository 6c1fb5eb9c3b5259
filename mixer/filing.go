package mixer

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

// PullConnected implements rtmp.PullHandler.
func (s *source) PullConnected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link.ever {
		s.counters.reconnects++
	}
	s.link.connected, s.link.reason = true, ""
	s.link.video, s.link.audio = -1, -1
	// Whatever the new connection's stamps are, they are a new beginning.
	s.timeline.started = false
	s.needKey, s.keyAt, s.refused = true, -1, ""
	s.renewed, s.present = true, false
}

// PullDisconnected implements rtmp.PullHandler.
func (s *source) PullDisconnected(err error, retryIn time.Duration) {
	s.mu.Lock()
	s.link.connected = false
	s.link.reason = err.Error()
	s.link.attempts++
	s.mu.Unlock()
	s.log.Warn("input lost", "error", err, "retry_in", retryIn.Round(time.Millisecond))
}

// PullPacket implements rtmp.PullHandler: it files a packet. On a virtual clock it
// holds the feed back until there is room; on a live one it drops up to the next
// key frame when there is none.
func (s *source) PullPacket(pkt media.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrival := s.now()
	s.counters.bytes += int64(len(pkt.Data))
	s.link.ever = true
	q := &s.queues[pkt.Kind]
	if !s.live {
		s.holdBack()
	} else if q.full() {
		s.counters.drops.Overflow += int64(q.dropMedia())
		if pkt.Kind == media.Video {
			s.needKey = true
		}
	}
	if s.closed {
		return
	}
	if pkt.Config {
		q.push(queued{pkt: pkt, epoch: s.timeline.epoch, offset: s.timeline.offset})
		s.signal()
		return
	}
	if pkt.Kind == media.Video {
		s.link.video = arrival
		if s.needKey && !pkt.Key {
			s.counters.drops.NoKeyFrame++
			return
		}
		s.needKey = false
	} else {
		s.link.audio = arrival
	}
	s.stamp(&pkt, arrival)
	if pkt.Kind == media.Video && pkt.Key {
		if s.keyAt >= 0 && pkt.DTS > s.keyAt {
			s.counters.gop = pkt.DTS - s.keyAt
		}
		s.keyAt = pkt.DTS
	}
	q.push(queued{pkt: pkt, epoch: s.timeline.epoch, offset: s.timeline.offset})
	s.signal()
}

// PullIgnored implements rtmp.PullNoticer: pictures of a codec that is not read.
func (s *source) PullIgnored(kind media.Kind, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == media.Video {
		s.refuse(what)
		return
	}
	s.note(what + " is not read")
}

// refuse remembers why pictures are not taken; the source's lock is held.
func (s *source) refuse(what string) { s.refused = what + " is not taken" }

// maxNotes bounds the changes that wait to be told.
const maxNotes = 8

// note keeps a change of the format for the next event; the source's lock is held.
func (s *source) note(change string) {
	if len(s.nextEvent) < maxNotes {
		s.nextEvent = append(s.nextEvent, change)
	}
}

// stamp unwraps the packet's times and brings the timeline up to date.
func (s *source) stamp(pkt *media.Packet, arrival time.Duration) {
	if !s.live {
		return // a file's feed counts from the start of the session
	}
	composition := pkt.PTS - pkt.DTS
	dts, reset := s.timeline.observe(pkt.Kind, pkt.DTS, arrival)
	if reset && s.timeline.epoch > 1 {
		s.log.Info("input's timestamps start anew", "kind", pkt.Kind, "timestamp", pkt.DTS)
	}
	pkt.DTS, pkt.PTS = dts, dts+composition
}

// settling says that the mapping of timestamps is new and still moves freely.
func (s *source) settling() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()-s.timeline.since < settle
}
