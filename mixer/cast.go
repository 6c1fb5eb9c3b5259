package mixer

import (
	"slices"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/stage"
)

// cast is who is on the canvas and where. The tick goroutine owns it, with all that
// its members wear.
type cast struct {
	canvas  layout.Size
	frame   time.Duration // of the output
	members []*member
	nextID  int

	motion layout.Motion
	target []layout.Placement // of the newest plan
	// Until aimAt the tiles stay: others may join or leave soon. Only if waiting.
	aimAt   time.Duration
	waiting bool
	turn    layout.Transition // of the newest plan

	shown []layout.Placement // scratch of tiles
}

// member is one tile's owner: a participant, one who has left and fades away, or an
// empty slot.
type member struct {
	name   string
	number int // of an empty slot
	id     int // of the tile
	seated bool
	source *source // nil for who has left and for an empty slot
	hidden bool

	dress, before *stage.Dress

	frame *media.Frame // what is seen of the source now; nil: the placeholder
	seq   int64
	last  *media.Frame // frame, once the source is gone: owned
}

// owns says that a member owns the placement's tile.
func (m *member) owns(p layout.Placement) bool {
	return m.name == p.Name && (p.Name != "" || m.number == p.Number)
}

// find returns the owner of a placement's tile, or nil.
func (c *cast) find(p layout.Placement) *member {
	for _, m := range c.members {
		if m.owns(p) {
			return m
		}
	}
	return nil
}

// enter takes up a plan at session time now: its seats' dresses become the cast's.
// Where everybody goes is decided by how the plan came about: by a change of the
// layout at once, by a join or a leave when those have settled.
func (c *cast) enter(next *plan, now time.Duration) {
	for _, m := range c.members {
		m.seated = false
	}
	target := make([]layout.Placement, 0, len(next.seats))
	for i := range next.seats {
		seat := &next.seats[i]
		m := c.find(seat.placement)
		if m == nil {
			c.nextID++
			m = &member{name: seat.placement.Name, number: seat.placement.Number, id: c.nextID}
			c.members = append(c.members, m)
		}
		m.seated, m.hidden = true, seat.hidden
		m.take(seat.source)
		m.wear(seat.dress)
		seat.dress = nil
		target = append(target, seat.placement)
	}
	for _, m := range c.members {
		if !m.seated {
			m.take(nil)
		}
	}
	c.aim(next, target, now)
}

// wear takes over a dress.
func (m *member) wear(dress *stage.Dress) {
	if dress == m.dress {
		dress.Free() // it had been handed out twice
		return
	}
	m.before.Free()
	m.before, m.dress = m.dress, dress
}

// take gives the member a source; nil: its own is gone, what was seen of it stays.
func (m *member) take(src *source) {
	if src == m.source {
		return
	}
	if src == nil && m.frame != nil {
		m.last = m.source.slot.take()
		m.frame = m.last
	} else {
		m.last.Free()
		m.last, m.frame = nil, nil
	}
	m.source = src
}

// aim decides when the tiles set out for the target.
func (c *cast) aim(next *plan, target []layout.Placement, now time.Duration) {
	before := c.target
	first := before == nil
	c.target, c.turn = target, next.transition()
	switch {
	case slices.Equal(before, target) && !first:
		// Nobody moves; who waits goes on waiting.
	case first || next.relayout || !c.waiting && sameNames(before, target):
		c.set(now)
	case !c.waiting:
		c.waiting, c.aimAt = true, now+c.turn.Settle
	}
}

// sameNames says that the same participants are placed, wherever.
func sameNames(a, b []layout.Placement) bool {
	has := func(list []layout.Placement, name string) bool {
		return slices.ContainsFunc(list, func(p layout.Placement) bool { return p.Name == name })
	}
	for _, p := range a {
		if !has(b, p.Name) {
			return false
		}
	}
	for _, p := range b {
		if !has(a, p.Name) {
			return false
		}
	}
	return true
}

// set sets the tiles out for the target, from where they were in the last picture: so
// the next one shows that they are under way.
func (c *cast) set(now time.Duration) {
	c.motion.Aim(now-c.frame, c.target, c.turn)
	c.waiting = false
}

// tiles appends to dst what is to be seen at session time now.
func (c *cast) tiles(now time.Duration, dst []compose.Tile) []compose.Tile {
	if c.waiting && now >= c.aimAt {
		c.set(now)
	}
	c.shown = c.motion.At(now, c.canvas, c.shown[:0])
	still := !c.motion.Moving(now) && !c.waiting
	if still {
		c.settle()
	}
	for _, p := range c.shown {
		if m := c.find(p); m != nil {
			dst = append(dst, m.dress.Tile(m.id, p, m.frame, m.seq, m.before))
		}
	}
	return dst
}

// settle lets go of what only a movement needed.
func (c *cast) settle() {
	for i := len(c.members) - 1; i >= 0; i-- {
		m := c.members[i]
		m.before.Free()
		m.before = nil
		if !m.seated {
			m.free()
			c.members = slices.Delete(c.members, i, i+1)
		}
	}
}

func (m *member) free() {
	m.before.Free()
	m.dress.Free()
	m.last.Free()
	m.before, m.dress, m.last, m.frame = nil, nil, nil, nil
}

// free frees everything that the cast wears.
func (c *cast) free() {
	for _, m := range c.members {
		m.free()
	}
	c.members = nil
}
