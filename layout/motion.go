package layout

import (
	"cmp"
	"slices"
	"time"
)

// Motion takes tiles from one arrangement to the next: they move and grow, those that
// join appear, those that leave fade away. A new arrangement may come at any moment
// and is begun from where everything is. One goroutine owns it; the zero value has
// no tiles.
type Motion struct {
	actors []actor // in painting order at the end of the way; of one Z those that leave are the lowest
	under  []int   // indices of actors: those that shrink first, those that grow last
}

// Aim sets out for an arrangement at time now. The first one is there at once, and
// so is any with a transition of 0. One that sends every tile where it already goes
// changes how tiles are dressed, but not their way. Tiles that leave keep the time
// that they have begun with; of more than MaxSlots the newest are seen.
func (m *Motion) Aim(now time.Duration, placements []Placement, tr Transition) {
	cut := m.actors == nil || tr.Duration <= 0
	bound := m.bound(placements)
	next := make([]actor, 0, len(placements)+len(m.actors))
	if !cut {
		next = append(next, m.leavers(now, placements, tr)...)
	}
	for _, p := range placements {
		a := actor{place: p, to: poseOf(p), z: p.Z, began: now, transition: tr}
		old := m.actorOf(p)
		switch {
		case cut:
			a.from = a.to
		case old == nil:
			a.from = a.to.away()
		case bound:
			a = *old
			a.place = p
		default:
			a.from, a.z = old.pose(now), old.zAt(now)
		}
		if a.from == a.to && a.z == p.Z {
			a.transition = Transition{} // it is there
		}
		next = append(next, a)
	}
	if !bound {
		handOver(next)
	}
	slices.SortStableFunc(next, func(a, b actor) int { return cmp.Compare(a.place.Z, b.place.Z) })
	m.actors, m.under = next, m.under[:0]
	for i := range next {
		m.under = append(m.under, i)
	}
	slices.SortStableFunc(m.under, func(i, j int) int { return cmp.Compare(next[i].growth(), next[j].growth()) })
}

// leavers returns the actors that the placements have no place for: those on their way
// out already go on, the others set out now.
func (m *Motion) leavers(now time.Duration, placements []Placement, tr Transition) []actor {
	var list []actor
	for i := range m.actors {
		a := m.actors[i]
		stays := slices.ContainsFunc(placements, func(p Placement) bool { return same(a.place, p) })
		if stays || a.leaving && a.progress(now) >= 1 {
			continue
		}
		if !a.leaving {
			a.from, a.z, a.place.Z = a.pose(now), a.zAt(now), a.zAt(now)
			a.to, a.leaving = poseOf(a.place).away(), true
			a.began, a.transition, a.part = now, tr, whole
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b actor) int { return cmp.Compare(b.began, a.began) })
	return list[:min(len(list), MaxSlots)]
}

// bound says that every tile that stays goes where the placements have it, and that
// nobody joins or leaves.
func (m *Motion) bound(placements []Placement) bool {
	staying := 0
	for i := range m.actors {
		if !m.actors[i].leaving {
			staying++
		}
	}
	return staying == len(placements) && !slices.ContainsFunc(placements, func(p Placement) bool {
		a := m.actorOf(p)
		return a == nil || a.leaving || a.to != poseOf(p) || a.place.Z != p.Z
	})
}

// actorOf returns the actor of a placement's tile, or nil.
func (m *Motion) actorOf(p Placement) *actor {
	i := slices.IndexFunc(m.actors, func(a actor) bool { return same(a.place, p) })
	if i < 0 {
		return nil
	}
	return &m.actors[i]
}

// same says that two placements are the same tile: one participant's, or one empty slot.
func same(a, b Placement) bool { return a.Name == b.Name && (a.Name != "" || a.Number == b.Number) }

// Moving says that something is under way at time now.
func (m *Motion) Moving(now time.Duration) bool {
	for i := range m.actors {
		if m.actors[i].progress(now) < 1 {
			return true
		}
	}
	return false
}

// Leaving says that the tile of a participant is on its way out at time now.
func (m *Motion) Leaving(name string, now time.Duration) bool {
	for i := range m.actors {
		if a := &m.actors[i]; a.leaving && a.place.Name == name && a.progress(now) < 1 {
			return true
		}
	}
	return false
}

// At appends to dst how everything is seen at time now, sorted by Z: placements with
// the rectangles, Z, corners, borders and fading of the moment, even and inside the
// canvas. Tiles that cannot be seen are left out. It allocates only where dst has
// no room.
func (m *Motion) At(now time.Duration, canvas Size, dst []Placement) []Placement {
	canvas = Size{canvas.W &^ 1, canvas.H &^ 1}
	start, moving := len(dst), m.Moving(now)
	for i := range m.actors {
		if moving {
			i = m.under[i]
		}
		a := &m.actors[i]
		p := a.place
		if a.progress(now) < 1 {
			p = a.pose(now).on(canvas, p)
			p.Z = a.zAt(now)
		} else if a.leaving {
			continue
		}
		if p.Style.Fade < 255 {
			dst = append(dst, p)
		}
	}
	sortByZ(dst[start:])
	return dst
}
