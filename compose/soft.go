package compose

import "github.com/lianmai/lianmai/layout"

// softness says where a tile lets through what is beneath it: nowhere (the zero value), in
// a square at each corner, or everywhere.
type softness struct {
	corner int // side of the squares in pixels, even
	whole  bool
}

func (s softness) none() bool { return s == softness{} }

// core returns the part of a tile at r that hides what is beneath it; it may be empty.
func (s softness) core(r layout.Rect) layout.Rect {
	if s.whole {
		return layout.Rect{X: r.X, Y: r.Y}
	}
	return layout.Rect{X: r.X, Y: r.Y + s.corner, W: r.W, H: r.H - 2*s.corner}
}

// parts returns the soft parts of a tile at r; some are empty.
func (s softness) parts(r layout.Rect) [4]layout.Rect {
	if s.whole {
		return [4]layout.Rect{r}
	}
	right, bottom, c := r.X+r.W-s.corner, r.Y+r.H-s.corner, s.corner
	return [4]layout.Rect{
		{X: r.X, Y: r.Y, W: c, H: c}, {X: right, Y: r.Y, W: c, H: c},
		{X: r.X, Y: bottom, W: c, H: c}, {X: right, Y: bottom, W: c, H: c},
	}
}

// size returns the size of a picture of the soft parts, with the corners moved together.
func (s softness) size(r layout.Rect) layout.Size {
	if s.whole {
		return layout.Size{W: r.W, H: r.H}
	}
	return layout.Size{W: 2 * s.corner, H: 2 * s.corner}
}

// place returns where part i is in that picture.
func (s softness) place(i int) (x, y int) { return i % 2 * s.corner, i / 2 * s.corner }

// unders hands out the pictures of what is beneath soft tiles. All that were ever needed
// at once are kept.
type unders struct{ free []*samples }

// give takes back a picture.
func (u *unders) give(s *samples) { u.free = append(u.free, s) }

// take returns a picture of the given size with samples of any value: the smallest that
// is large enough or else the largest, made larger.
func (u *unders) take(size layout.Size) *samples {
	n := size.W * size.H * 3 / 2
	best := -1
	for i, s := range u.free {
		if best < 0 || better(cap(s.bytes), cap(u.free[best].bytes), n) {
			best = i
		}
	}
	var s *samples
	if best < 0 {
		s = new(samples)
	} else {
		last := len(u.free) - 1
		s, u.free[best], u.free = u.free[best], u.free[last], u.free[:last]
	}
	s.resize(size)
	return s
}

// better says that a picture of a bytes suits n bytes better than one of b bytes.
func better(a, b, n int) bool {
	if a >= n && b >= n {
		return a < b
	}
	return a > b
}
