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
	transition Transition
	began      time.Duration
	actors     []actor // in painting order
}

// actor is one tile under way.
type actor struct {
	place    Placement // where it goes
	from, to pose
	leaving  bool
}

// pose is where a tile is, by its edges in pixels, and how much of it has faded, 0–1.
// Edges, not sizes: neighbours that share an edge at both ends share it all the way.
type pose struct{ left, top, right, bottom, fade float64 }

// appear is the size at which a tile that joins begins and one that leaves ends, as a
// share of its own.
const appear = .9

func poseOf(p Placement) pose {
	r := p.Rect
	return pose{float64(r.X), float64(r.Y), float64(r.X + r.W), float64(r.Y + r.H), float64(p.Style.Fade) / 255}
}

// away returns the pose of a tile that has not come yet or has gone.
func (p pose) away() pose {
	dx, dy := (1-appear)/2*(p.right-p.left), (1-appear)/2*(p.bottom-p.top)
	return pose{p.left + dx, p.top + dy, p.right - dx, p.bottom - dy, 1}
}

// toward returns the pose at share e of the way from p to o.
func (p pose) toward(o pose, e float64) pose {
	at := func(a, b float64) float64 {
		if a == b {
			return a // exactly: a tile that stays does not tremble
		}
		return a + (b-a)*e
	}
	return pose{at(p.left, o.left), at(p.top, o.top), at(p.right, o.right), at(p.bottom, o.bottom), at(p.fade, o.fade)}
}

// same says that two placements are the same tile: one participant's, or one empty slot.
func same(a, b Placement) bool { return a.Name == b.Name && (a.Name != "" || a.Number == b.Number) }

// Aim sets out for an arrangement at time now. The first one is there at once, and
// so is any with a transition of 0.
func (m *Motion) Aim(now time.Duration, placements []Placement, tr Transition) {
	var next []actor
	cut := m.actors == nil || tr.Duration <= 0
	for _, p := range placements {
		a := actor{place: p, to: poseOf(p)}
		i := slices.IndexFunc(m.actors, func(o actor) bool { return same(o.place, p) })
		switch {
		case cut:
			a.from = a.to
		case i < 0:
			a.from = a.to.away()
		default:
			a.from = m.pose(&m.actors[i], now)
		}
		next = append(next, a)
	}
	for i := range m.actors {
		old := &m.actors[i]
		stays := slices.ContainsFunc(placements, func(p Placement) bool { return same(old.place, p) })
		if cut || stays || old.leaving && m.progress(now) >= 1 {
			continue
		}
		from := m.pose(old, now)
		next = append(next, actor{place: old.place, from: from, to: poseOf(old.place).away(), leaving: true})
	}
	slices.SortStableFunc(next, func(a, b actor) int { return cmp.Compare(a.place.Z, b.place.Z) })
	if next == nil {
		next = []actor{}
	}
	m.transition, m.began, m.actors = tr, now, next
}

// progress returns how much of the transition's time has passed, 0–1.
func (m *Motion) progress(now time.Duration) float64 {
	if m.transition.Duration <= 0 || now-m.began >= m.transition.Duration {
		return 1
	}
	return max(0, float64(now-m.began)/float64(m.transition.Duration))
}

func (m *Motion) pose(a *actor, now time.Duration) pose {
	return a.from.toward(a.to, m.transition.Easing.At(m.progress(now)))
}

// Moving says that something is under way at time now.
func (m *Motion) Moving(now time.Duration) bool {
	return len(m.actors) > 0 && m.progress(now) < 1
}

// Leaving says that the tile of a participant is on its way out at time now.
func (m *Motion) Leaving(name string, now time.Duration) bool {
	if !m.Moving(now) {
		return false
	}
	for i := range m.actors {
		if a := &m.actors[i]; a.leaving && a.place.Name == name {
			return true
		}
	}
	return false
}

// At appends to dst how everything is seen at time now, sorted by Z: placements with
// the rectangles and the fading of the moment, even and inside the canvas. Tiles that
// cannot be seen are left out. It allocates only where dst has no room.
func (m *Motion) At(now time.Duration, canvas Size, dst []Placement) []Placement {
	canvas = Size{canvas.W &^ 1, canvas.H &^ 1}
	done := m.progress(now) >= 1
	for i := range m.actors {
		a := &m.actors[i]
		if done {
			if !a.leaving {
				dst = append(dst, a.place)
			}
			continue
		}
		p, q := a.place, m.pose(a, now)
		p.Rect.X, p.Rect.W = span(q.left, q.right, canvas.W)
		p.Rect.Y, p.Rect.H = span(q.top, q.bottom, canvas.H)
		p.Style.Fade = uint8(q.fade*255 + .5)
		if p.Style.Fade < 255 {
			dst = append(dst, p)
		}
	}
	return dst
}
