package compose

import "github.com/lianmai/lianmai/layout"

// fit returns which part of a w×h picture is seen, and in which part of r. Offsets
// into the picture and all of the second rectangle are even, so that chroma samples
// stay where they belong.
func fit(how layout.Fit, w, h int, r layout.Rect) (src, dst layout.Rect) {
	src, dst = layout.Rect{W: w, H: h}, r
	switch how {
	case layout.Contain:
		if w*r.H > r.W*h {
			dst.H = evenShare(r.W, h, w, r.H)
			dst.Y += (r.H - dst.H) / 4 * 2
		} else {
			dst.W = evenShare(r.H, w, h, r.W)
			dst.X += (r.W - dst.W) / 4 * 2
		}
	case layout.Stretch:
	default: // Cover
		if w*r.H > r.W*h {
			src.W = evenShare(h, r.W, r.H, w)
		} else {
			src.H = evenShare(w, r.H, r.W, h)
		}
		src = snap(src, r)
		src.X, src.Y = (w-src.W)/4*2, (h-src.H)/4*2
	}
	return src, dst
}

// snap crops a little more, at most 1/32 of each side, where that makes the picture
// exactly once, twice or four times the size of r. Such pictures are copied or
// averaged: sharper, and 10 times as fast as any ratio near by.
func snap(src, r layout.Rect) layout.Rect {
	for _, k := range [...]int{1, 2, 4} {
		w, h := k*r.W, k*r.H
		if w <= src.W && h <= src.H && src.W-w <= src.W/32 && src.H-h <= src.H/32 {
			src.W, src.H = w, h
		}
	}
	return src
}

// evenShare returns the even number nearest to n*num/den, at least 2, but limit
// itself, even or odd, if that is no more than a pixel away or less.
func evenShare(n, num, den, limit int) int {
	share := max(2, (n*num+den)/(2*den)*2)
	if share+1 >= limit {
		return limit
	}
	return share
}

// intersect returns the pixels that two overlapping rectangles have in common.
func intersect(a, b layout.Rect) layout.Rect {
	x, y := max(a.X, b.X), max(a.Y, b.Y)
	return layout.Rect{X: x, Y: y, W: min(a.X+a.W, b.X+b.W) - x, H: min(a.Y+a.H, b.Y+b.H) - y}
}

// bars returns what is left of r around a rectangle inside it: above, below, left,
// right; some may be empty.
func bars(r, inner layout.Rect) [4]layout.Rect {
	return [4]layout.Rect{
		{X: r.X, Y: r.Y, W: r.W, H: inner.Y - r.Y},
		{X: r.X, Y: inner.Y + inner.H, W: r.W, H: r.Y + r.H - inner.Y - inner.H},
		{X: r.X, Y: inner.Y, W: inner.X - r.X, H: inner.H},
		{X: inner.X + inner.W, Y: inner.Y, W: r.X + r.W - inner.X - inner.W, H: inner.H},
	}
}
