package layout

import (
	"fmt"
	"math"
)

// Size is a width and a height in pixels.
type Size struct{ W, H int }

// Portrait says that the size is at least as high as it is wide.
func (s Size) Portrait() bool { return s.H >= s.W }

// Pixels returns a share of the shorter side in whole pixels, at least 1 where share
// is above 0 and at most the whole side.
func (s Size) Pixels(share float64) int {
	if !(share > 0) {
		return 0
	}
	return max(1, int(math.Round(min(share, 1)*float64(min(s.W, s.H)))))
}

// String returns the size as "720x1280".
func (s Size) String() string { return fmt.Sprintf("%dx%d", s.W, s.H) }

// Rect is a rectangle of whole pixels; X and Y are its left and top edges.
type Rect struct{ X, Y, W, H int }

// Empty says that the rectangle holds no pixel.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Overlaps says that the rectangles have at least one pixel in common.
func (r Rect) Overlaps(o Rect) bool {
	return !r.Empty() && !o.Empty() &&
		r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// Contains says that every pixel of o is in r.
func (r Rect) Contains(o Rect) bool {
	return o.X >= r.X && o.Y >= r.Y && o.X+o.W <= r.X+r.W && o.Y+o.H <= r.Y+r.H
}

// String returns the rectangle as "360x480+0+400".
func (r Rect) String() string { return fmt.Sprintf("%dx%d+%d+%d", r.W, r.H, r.X, r.Y) }

// Length is a distance on a canvas: W times the canvas's width plus H times its
// height. Length{W: 0.5} is half the width; Length{W: -0.5, H: 1} is the height
// less half the width. Useful factors lie in -1–1; results beyond the canvas are
// cut at its edge.
type Length struct{ W, H float64 }

// On returns the length on the canvas in pixels, not rounded.
func (l Length) On(canvas Size) float64 {
	return l.W*float64(canvas.W) + l.H*float64(canvas.H)
}

// plus returns the sum of two lengths.
func (l Length) plus(o Length) Length { return Length{l.W + o.W, l.H + o.H} }

// minSide is the least width and height of a placement, in pixels: one chroma sample.
const minSide = 2

// span rounds one side of a slot, from start to end in pixels, to even edges
// within 0–limit (even) that are at least minSide apart. Where the canvas is smaller
// than that there is nothing.
func span(start, end float64, limit int) (pos, size int) {
	if limit < minSide {
		return 0, 0
	}
	a, b := evenEdge(start, limit), evenEdge(end, limit)
	a = min(a, limit-minSide)
	b = max(b, a+minSide)
	return a, b - a
}

// evenEdge returns the even number nearest to v within 0–limit (even).
func evenEdge(v float64, limit int) int {
	// Neighbours reach their common edge by different sums, such as 2/3 and
	// 1/3 + 1/3. Dropping what is far below a pixel makes them round alike.
	v = math.Round(v*1e6) / 1e6
	if !(v > 0) { // also what is not a number
		return 0
	}
	if v >= float64(limit) {
		return limit
	}
	return 2 * int(math.Round(v/2))
}
