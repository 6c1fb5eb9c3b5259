package compose

import (
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// look is all that decides how a tile's pixels turn out. Two tiles with the same
// look paint the same.
type look struct {
	id            int
	seq           int64
	width, height int
	fullRange     bool
	matrix        media.Matrix
	rect          layout.Rect
	fit           layout.Fit
}

// shown is a tile that can be seen.
type shown struct {
	look
	z     int
	index int  // in the tiles of this Draw
	dirty bool // has to be painted
	fresh bool // dirty of itself, not because of a neighbour
	kept  bool // in scene.last: was found again, unchanged
}

// scene remembers what is on the canvas and works out what to paint next. Tiles are
// in painting order, the lowest first; those wholly under another are left out.
// Its slices are reused, so that a Draw does not allocate.
type scene struct {
	drawn      bool // something has been painted
	background layout.Color
	last       []shown

	// Filled by plan.
	wanted layout.Color
	next   []shown
	bare   []layout.Rect // background to be painted
	spare  []layout.Rect
}

// plan works out which tiles and which parts of the background must be painted to
// bring the canvas from the last scene to the given one.
func (s *scene) plan(background layout.Color, canvas layout.Size, tiles []Tile) {
	s.wanted = background
	s.bare = s.bare[:0]
	s.arrange(tiles)
	everything := !s.drawn || background != s.background
	moved := s.match(everything)
	s.spread()
	if everything || moved {
		s.uncover(canvas)
	}
}

// arrange fills next: tiles in painting order, without those that are covered.
func (s *scene) arrange(tiles []Tile) {
	s.next = s.next[:0]
	for i := range tiles {
		t := &tiles[i]
		s.next = append(s.next, shown{look: look{
			id: t.ID, seq: t.Seq, width: t.Frame.Width(), height: t.Frame.Height(),
			fullRange: t.Frame.FullRange, matrix: t.Frame.Matrix, rect: t.Rect, fit: t.Fit,
		}, z: t.Z, index: i})
		// Insertion keeps equal Z in the given order; tiles mostly come sorted.
		for j := len(s.next) - 1; j > 0 && s.next[j-1].z > s.next[j].z; j-- {
			s.next[j-1], s.next[j] = s.next[j], s.next[j-1]
		}
	}
	visible := s.next[:0]
	for i, t := range s.next {
		if !covered(t.rect, s.next[i+1:]) {
			visible = append(visible, t)
		}
	}
	s.next = visible
}

// covered says that one of the tiles above hides all of r.
func covered(r layout.Rect, above []shown) bool {
	for i := range above {
		if above[i].rect.Contains(r) {
			return true
		}
	}
	return false
}

// match marks what is still on the canvas as it should be: tiles that look the same
// and are in the same order. It returns whether any rectangle came, went or moved.
func (s *scene) match(everything bool) (moved bool) {
	for i := range s.last {
		s.last[i].kept = false
	}
	from := 0
	for i := range s.next {
		t := &s.next[i]
		j := from
		for !everything && j < len(s.last) && s.last[j].look != t.look {
			j++
		}
		if everything || j == len(s.last) {
			t.fresh, t.dirty = true, true
			continue
		}
		s.last[j].kept = true
		from = j + 1
	}
	if len(s.next) != len(s.last) {
		return true
	}
	for i := range s.next {
		if s.next[i].rect != s.last[i].rect {
			return true
		}
	}
	return false
}

// spread marks unchanged tiles whose pixels are lost all the same: something that was
// over or under them is gone, or something under them is painted again.
func (s *scene) spread() {
	for i := range s.next {
		t := &s.next[i]
		if t.dirty {
			continue
		}
		for j := range s.last {
			old := &s.last[j]
			if !old.kept && old.rect.Overlaps(t.rect) && !s.repainted(old.rect, i+1) {
				t.dirty = true
			}
		}
		for j := range i {
			if s.next[j].dirty && s.next[j].rect.Overlaps(t.rect) {
				t.dirty = true
			}
		}
	}
}

// repainted says that a tile from index on, above the one asked about, is going to
// paint all of r.
func (s *scene) repainted(r layout.Rect, from int) bool {
	for i := from; i < len(s.next); i++ {
		if s.next[i].fresh && s.next[i].rect.Contains(r) {
			return true
		}
	}
	return false
}

// uncover fills bare with what no tile covers, by cutting each tile out of the
// rectangles that are left.
func (s *scene) uncover(canvas layout.Size) {
	s.bare = append(s.bare, layout.Rect{W: canvas.W, H: canvas.H})
	for i := range s.next {
		hole := s.next[i].rect
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

// commit says that the plan has been carried out.
func (s *scene) commit() {
	s.drawn, s.background = true, s.wanted
	s.last, s.next = s.next, s.last
}

// abandon says that it has not.
func (s *scene) abandon() { s.next, s.bare = s.next[:0], s.bare[:0] }
