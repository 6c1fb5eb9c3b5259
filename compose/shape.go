package compose

import (
	"image/color"
	"math"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// Shape is the outline of a tile: rounded corners and a border inside its edge. It is
// immutable and may be shared by tiles of every size and by canvases.
type Shape struct {
	radius, border int // pixels
	colour         ycbcr
	alpha          uint8 // of the border
}

// NewShape returns a shape with corners of radius pixels and a border of borderWidth
// pixels; 0 or less is none. On a tile that is too small for them, both are cut to half
// its shorter side, rounded down to an even number.
func NewShape(radius, borderWidth int, border color.NRGBA) *Shape {
	s := &Shape{
		radius: min(max(radius, 0), media.MaxSide/2),
		border: min(max(borderWidth, 0), media.MaxSide/2),
		colour: ycbcrOf(layout.Color{R: border.R, G: border.G, B: border.B}),
		alpha:  border.A,
	}
	if s.alpha == 0 {
		s.border = 0
	}
	return s
}

// on returns the shape as it is on a tile of the given rectangle.
func (s Shape) on(r layout.Rect) Shape {
	most := min(r.W, r.H) / 2 &^ 1
	s.radius, s.border = min(s.radius, most), min(s.border, most)
	return s
}

// side returns the side of the squares at the corners that are not like straight edges:
// even, and neither radius nor border is larger.
func (s Shape) side() int { return even(max(s.radius, s.border)) }

// corners are the masks of a tile's four corners; see lianmai_corners. Its memory is kept
// for the next shape.
type corners struct {
	radius, border int
	side           int // see Shape.side
	used           int64

	cover, halfCover []byte
	edge, halfEdge   []byte
	row              []float64
}

func even(n int) int { return (n + 1) &^ 1 }

// prepare works out the masks. It takes a few ns for each pixel of a corner.
func (c *corners) prepare(s Shape) {
	radius, border := s.radius, s.border
	c.radius, c.border, c.side = radius, border, s.side()
	n := c.side
	c.cover, c.edge = room(c.cover, 2*n*n), room(c.edge, 2*n*n)
	c.halfCover, c.halfEdge = room(c.halfCover, n*n/2), room(c.halfEdge, n*n/2)
	if cap(c.row) < n+1 {
		c.row = make([]float64, 2*n)
	}
	// Until the end, edge holds what lies within the border.
	c.quarter(c.cover, radius, radius)
	c.quarter(c.edge, max(0, radius-border), max(radius, border))
	for y := range n / 2 {
		for x := range n / 2 {
			c.halve(x, y)
		}
	}
	for y := range n {
		for x := range n {
			i := 2*n*y + x
			c.edge[i] = ring(int(c.cover[i]), int(c.edge[i]))
		}
		mirror(c.cover[2*n*y:][:2*n])
		mirror(c.edge[2*n*y:][:2*n])
	}
	for y := range n / 2 {
		mirror(c.halfCover[n*y:][:n])
		mirror(c.halfEdge[n*y:][:n])
	}
}

// quarter fills the left halves of a mask's rows with how much of each pixel lies within
// a corner that is rounded around (centre, centre).
func (c *corners) quarter(mask []byte, radius, centre int) {
	const lines = 8 // rows of pixels are sampled in
	n, r := c.side, float64(radius)
	row := c.row[:n+1]
	for y := range n {
		clear(row)
		for i := range lines {
			up := float64(centre) - float64(y) - (float64(i)+.5)/lines
			start := float64(centre) - r
			if up >= r {
				continue
			} else if up > 0 {
				start = float64(centre) - math.Sqrt(r*r-up*up)
			}
			// All beyond start is within; row holds the differences.
			if x := int(start); x < n {
				row[x] += float64(x+1) - start
				row[x+1] += start - float64(x)
			}
		}
		// Only where the outline is rather upright is a row sampled finely enough; the
		// rest is the same by symmetry.
		sum := 0.0
		for x := range y + 1 {
			sum += row[x]
			v := byte(math.Round(255 * sum / lines))
			mask[2*n*y+x], mask[2*n*x+y] = v, v
		}
	}
}

// halve works out a sample of the masks for chroma: the mean of four pixels.
func (c *corners) halve(x, y int) {
	n := c.side
	i := 4*n*y + 2*x
	sum := func(m []byte) int { return int(m[i]) + int(m[i+1]) + int(m[i+2*n]) + int(m[i+2*n+1]) }
	cover := sum(c.cover)
	c.halfCover[n*y+x] = byte((cover + 2) / 4)
	c.halfEdge[n*y+x] = ring(cover, sum(c.edge))
}

// ring returns which share of what a tile covers is border, 0–255.
func ring(cover, within int) byte {
	if cover <= within {
		return 0
	}
	return byte((255*(cover-within) + cover/2) / cover)
}

// mirror fills the right half of a row with its left half, reversed.
func mirror(row []byte) {
	for i, j := 0, len(row)-1; i < j; i, j = i+1, j-1 {
		row[j] = row[i]
	}
}

// masks keeps the corners that were needed last.
type masks struct {
	all   [16]corners
	calls int64
}

// of returns the corners for a shape that has been cut for its tile, valid until the
// next call.
func (m *masks) of(s Shape) *corners {
	m.calls++
	oldest := &m.all[0]
	for i := range m.all {
		c := &m.all[i]
		if c.used > 0 && c.radius == s.radius && c.border == s.border {
			c.used = m.calls
			return c
		}
		if c.used < oldest.used {
			oldest = c
		}
	}
	oldest.prepare(s)
	oldest.used = m.calls
	return oldest
}
