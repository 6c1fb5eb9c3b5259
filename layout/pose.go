package layout

import "image/color"

// pose is how a tile is seen at one moment of its way: its edges in pixels, the corner
// radius and the border as in its style, and how much of it has faded, 0–1. Edges, not
// sizes: neighbours that share an edge at both ends share it all the way.
type pose struct {
	left, top, right, bottom float64
	radius                   float64
	border                   Border
	fade                     float64
}

// appear is the size at which a tile that joins begins and one that leaves ends, as a
// share of its own.
const appear = .9

func poseOf(p Placement) pose {
	r := p.Rect
	return pose{
		left: float64(r.X), top: float64(r.Y), right: float64(r.X + r.W), bottom: float64(r.Y + r.H),
		radius: p.Style.Radius, border: p.Style.Border, fade: float64(p.Style.Fade) / 255,
	}
}

// away returns the pose of a tile that has not come yet or has gone.
func (p pose) away() pose {
	dx, dy := (1-appear)/2*(p.right-p.left), (1-appear)/2*(p.bottom-p.top)
	p.left, p.right = p.left+dx, p.right-dx
	p.top, p.bottom = p.top+dy, p.bottom-dy
	p.fade = 1
	return p
}

// contains says that no part of o lies outside of p.
func (p pose) contains(o pose) bool {
	return p.left <= o.left && p.top <= o.top && p.right >= o.right && p.bottom >= o.bottom
}

// toward returns the pose at share e of the way from p to o.
func (p pose) toward(o pose, e float64) pose {
	return pose{
		left: between(p.left, o.left, e), top: between(p.top, o.top, e),
		right: between(p.right, o.right, e), bottom: between(p.bottom, o.bottom, e),
		radius: between(p.radius, o.radius, e),
		border: Border{Width: between(p.border.Width, o.border.Width, e), Color: p.border.colorToward(o.border, e)},
		fade:   between(p.fade, o.fade, e),
	}
}

// between returns the value at share e of the way from a to b.
func between(a, b, e float64) float64 {
	switch {
	case a == b: // exactly: a tile that stays does not tremble
		return a
	case e >= 1: // exactly: one that has arrived is there
		return b
	}
	return a + (b-a)*e
}

// colorToward returns the colour of the line at share e of the way from b to o. Where
// one of them has no line, the other's colour serves.
func (b Border) colorToward(o Border, e float64) color.NRGBA {
	switch {
	case !(b.Width > 0):
		return o.Color
	case !(o.Width > 0):
		return b.Color
	}
	at := func(a, b uint8) uint8 { return uint8(between(float64(a), float64(b), e) + .5) }
	return color.NRGBA{at(b.Color.R, o.Color.R), at(b.Color.G, o.Color.G), at(b.Color.B, o.Color.B), at(b.Color.A, o.Color.A)}
}

// on returns a placement as it is seen in the pose on a canvas whose sides are even.
func (p pose) on(canvas Size, place Placement) Placement {
	place.Rect.X, place.Rect.W = span(p.left, p.right, canvas.W)
	place.Rect.Y, place.Rect.H = span(p.top, p.bottom, canvas.H)
	place.Style.Radius, place.Style.Border = p.radius, p.border
	place.Style.Fade = uint8(p.fade*255 + .5)
	return place
}
