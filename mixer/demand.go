package mixer

import (
	"time"

	"github.com/lianmai/lianmai/layout"
)

// How much smaller than it came a picture must be shown to be decoded without its
// deblocking filter, as shown size by own size. At a half that takes a quarter of the cost
// of decoding and 0.002 of a mix's SSIM.
const (
	coarseAtHalf = 0.5
	// coarseWhenLate is for a machine that does not keep up.
	coarseWhenLate = 0.75
)

// demand is how well the pictures of a source must be decoded, as the tick sees it.
// On a virtual clock the decode goroutine may be anywhere between what is due and the
// lookahead, so a change holds for what comes after that: the same on every run.
type demand struct {
	unseen      bool // nobody sees them: they are kept and not decoded
	unseenAfter time.Duration
	coarse      bool // they need no deblocking filter
	coarseAfter time.Duration
}

// demands tells every source how its pictures are needed for the next frame.
func (s *Session) demands() {
	limit := s.coarseBelow()
	for _, src := range s.plan.all {
		src.want(s.cast.need(src, limit))
	}
}

// coarseBelow returns how small pictures must be shown to be decoded coarsely.
func (s *Session) coarseBelow() float64 {
	switch {
	case s.load.level >= LoadLessDecoding:
		return coarseWhenLate
	case s.video.FullDecoding:
		return 0
	default:
		return coarseAtHalf
	}
}

// need says that nobody sees src, or that it was shown below limit of its size in the last
// picture. Who waits for a place in the picture counts as seen.
func (c *cast) need(src *source, limit float64) (unseen, coarse bool) {
	for _, m := range c.members {
		if m.source != src || m.hidden {
			continue
		}
		for i := range c.shown {
			if m.owns(c.shown[i]) {
				w, h := src.size()
				return false, w > 0 && shrink(c.shown[i], w, h) <= limit
			}
		}
		return false, false
	}
	return true, false
}

// shrink returns how large a picture of w×h pixels is shown at p, 1 being its own size.
func shrink(p layout.Placement, w, h int) float64 {
	x, y := float64(p.Rect.W)/float64(w), float64(p.Rect.H)/float64(h)
	if p.Fit == layout.Contain {
		return min(x, y)
	}
	return max(x, y)
}

// size returns the size of the newest picture; 0 before the first.
func (s *source) size() (w, h int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters.width, s.counters.height
}

// want takes up a demand. What nobody sees is not kept in the slot either: it would
// flash by when the source is shown again.
func (s *source) want(unseen, coarse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if unseen {
		s.slot.clear()
	}
	d := &s.demand
	if d.unseen != unseen {
		d.unseen, d.unseenAfter = unseen, s.target+lookahead
		s.cond.Broadcast() // there may be something to catch up with
	}
	if d.coarse != coarse {
		d.coarse, d.coarseAfter = coarse, s.target+lookahead
	}
}

// behind says that something is kept that is wanted now; the source's lock is held.
func (s *source) behind() bool { return s.kept > 0 && !s.demand.unseen }

// coarsen turns the deblocking filter off for the packets that the demand holds for. It
// comes back at a key frame: up to there the pictures have drifted anyway.
func (d *decoding) coarsen(q *queued, at time.Duration, want demand) {
	if want.coarse == d.coarse || at <= want.coarseAfter || !want.coarse && !q.pkt.Key {
		return
	}
	d.coarse = want.coarse
	d.video.SetDeblocking(!d.coarse)
}
