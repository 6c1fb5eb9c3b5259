package compose

import "github.com/lianmai/lianmai/layout"

// shown is a tile that can be seen.
type shown struct {
	look
	soft  softness
	under *samples // what the tiles below and the backdrop show in its soft parts
	z     int
	index int  // in the tiles of this Draw
	was   int  // its predecessor in scene.last; -1 if it is new in its place
	dirty bool // has to be painted
	fresh bool // dirty of itself, not because of a neighbour
	stays bool // in scene.last: has a successor
}

// scene remembers what is on the canvas and works out what to paint next. Tiles are
// in painting order, the lowest first; those wholly under another are left out.
// Its slices are reused, so that a Draw does not allocate.
//
// A soft tile keeps what is beneath it. So if it alone changes nothing else is painted, and
// if something beneath it changes only that part of what it keeps is renewed.
type scene struct {
	drawn   bool // something has been painted
	setting setting
	last    []shown
	unders  unders

	// Filled by plan.
	wanted setting
	next   []shown
	bare   []layout.Rect // backdrop to be painted
	spare  []layout.Rect
}

// plan works out which tiles and which parts of the backdrop must be painted to
// bring the canvas from the last scene to the given one.
func (s *scene) plan(b setting, canvas layout.Size, tiles []Tile) {
	s.wanted = b
	s.arrange(tiles)
	everything := !s.drawn || b != s.setting
	s.match(everything)
	s.spread()
	s.bare = s.bare[:0]
	if everything {
		s.bare = append(s.bare, layout.Rect{W: canvas.W, H: canvas.H})
	} else {
		s.damage()
	}
	s.uncover()
}

// arrange fills next: tiles in painting order, without those that are covered.
func (s *scene) arrange(tiles []Tile) {
	s.next = s.next[:0]
	for i := range tiles {
		t := &tiles[i]
		if t.Fade == 255 {
			continue
		}
		n := shown{look: lookOf(t), z: t.Z, index: i, was: -1}
		n.soft = n.softness()
		s.next = append(s.next, n)
		// Insertion keeps equal Z in the given order; tiles mostly come sorted.
		for j := len(s.next) - 1; j > 0 && s.next[j-1].z > s.next[j].z; j-- {
			s.next[j-1], s.next[j] = s.next[j], s.next[j-1]
		}
	}
	visible := s.next[:0]
	for i := range s.next {
		if !covered(s.next[i].rect, s.next[i+1:]) {
			visible = append(visible, s.next[i])
		}
	}
	s.next = visible
}

// core returns the part of the tile that hides what is beneath it.
func (t *shown) core() layout.Rect { return t.soft.core(t.rect) }

// covered says that one of the tiles above hides all of r.
func covered(r layout.Rect, above []shown) bool {
	for i := range above {
		if above[i].core().Contains(r) {
			return true
		}
	}
	return false
}

// match finds for each tile its predecessor: one in the same place and as soft, so that
// what is kept of what is beneath holds on, in an order that both scenes have. A tile that
// looks like its predecessor is on the canvas as it should be.
func (s *scene) match(everything bool) {
	for i := range s.last {
		s.last[i].stays = false
	}
	from := 0
	for i := range s.next {
		t := &s.next[i]
		j := from
		for !everything && j < len(s.last) && (s.last[j].rect != t.rect || s.last[j].soft != t.soft) {
			j++
		}
		if everything || j == len(s.last) {
			t.fresh, t.dirty = true, true
			continue
		}
		s.last[j].stays, t.was = true, j
		t.fresh = s.last[j].look != t.look
		t.dirty = t.fresh
		from = j + 1
	}
}

// spread marks unchanged tiles whose pixels are lost all the same: something that was
// over or under them is gone, a soft tile that is new in its place needs to see them, or
// something under them is painted again.
func (s *scene) spread() {
	for i := range s.next {
		t := &s.next[i]
		t.dirty = t.dirty || s.uncovered(i) || s.needed(i)
		for j := 0; j < i && !t.dirty; j++ {
			t.dirty = s.next[j].dirty && s.next[j].rect.Overlaps(t.rect)
		}
	}
}

// uncovered says that a tile which overlapped tile i is gone.
func (s *scene) uncovered(i int) bool {
	for j := range s.last {
		old := &s.last[j]
		if !old.stays && old.rect.Overlaps(s.next[i].rect) && !s.repainted(old.rect, i+1) {
			return true
		}
	}
	return false
}

// needed says that tile i is beneath a soft part of a tile that is new in its place.
func (s *scene) needed(i int) bool {
	for j := i + 1; j < len(s.next); j++ {
		if s.next[j].was >= 0 {
			continue
		}
		for _, part := range s.next[j].soft.parts(s.next[j].rect) {
			if part.Overlaps(s.next[i].rect) {
				return true
			}
		}
	}
	return false
}

// repainted says that a tile from index on, above the one asked about, is going to
// paint all of r.
func (s *scene) repainted(r layout.Rect, from int) bool {
	for i := from; i < len(s.next); i++ {
		if s.next[i].fresh && s.next[i].core().Contains(r) {
			return true
		}
	}
	return false
}

// damage adds to bare where backdrop may have come to light: where tiles are gone, and
// beneath the soft parts of those that are new in their place.
func (s *scene) damage() {
	for i := range s.last {
		if !s.last[i].stays {
			s.expose(s.last[i].rect)
		}
	}
	for i := range s.next {
		if s.next[i].was >= 0 {
			continue
		}
		for _, part := range s.next[i].soft.parts(s.next[i].rect) {
			s.expose(part)
		}
	}
}

// expose adds r to bare, unless it is there already.
func (s *scene) expose(r layout.Rect) {
	if r.Empty() {
		return
	}
	for _, b := range s.bare {
		if b.Contains(r) {
			return
		}
	}
	s.bare = append(s.bare, r)
}

// uncover cuts out of bare what tiles hide.
func (s *scene) uncover() {
	for i := range s.next {
		hole := s.next[i].core()
		s.spare = s.spare[:0]
		for _, r := range s.bare {
			if !r.Overlaps(hole) {
				s.spare = append(s.spare, r)
				continue
			}
			for _, part := range bars(r, intersect(r, hole)) {
				if !part.Empty() {
					s.spare = append(s.spare, part)
				}
			}
		}
		s.bare, s.spare = s.spare, s.bare
	}
}

// changed says that there is something to paint.
func (s *scene) changed() bool {
	if len(s.bare) > 0 || !s.drawn {
		return true
	}
	for i := range s.next {
		if s.next[i].dirty {
			return true
		}
	}
	return false
}

// settle hands on what is kept of what is beneath soft tiles. After it the plan must be
// carried out.
func (s *scene) settle() {
	for i := range s.last {
		if old := &s.last[i]; !old.stays && old.under != nil {
			s.unders.give(old.under)
		}
	}
	for i := range s.next {
		t := &s.next[i]
		switch {
		case t.soft.none():
		case t.was >= 0:
			t.under = s.last[t.was].under
		default:
			t.under = s.unders.take(t.soft.size(t.rect))
		}
	}
}

// commit says that the plan has been carried out.
func (s *scene) commit() {
	s.drawn, s.setting = true, s.wanted
	s.last, s.next = s.next, s.last
}

// abandon says that it has not.
func (s *scene) abandon() { s.next, s.bare = s.next[:0], s.bare[:0] }
