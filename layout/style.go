package layout

import (
	"image/color"
	"time"
)

// Style is how a slot is dressed. Lengths are shares of the canvas's shorter side
// (see Size.Pixels). The zero value is a plain opaque rectangle without a label.
type Style struct {
	// Radius rounds the corners, 0–0.5.
	Radius float64
	// Border is drawn inside the slot's edge.
	Border Border
	// Label is text over the picture.
	Label Label
	// Placeholder names the picture of a participant who shows none; empty for the
	// built-in one.
	Placeholder string
	// Fade is how much of what lies under the slot shows through: 0 nothing, 255 all.
	Fade uint8
}

// Border is a line along the edge; with a Width of 0 there is none.
type Border struct {
	Width float64
	Color color.NRGBA
}

// Label is one line of text in a corner or at an edge of a slot; with a Size of 0
// there is none.
type Label struct {
	// Text is shown with {name} replaced by the display name, {id} by the name and
	// {number} by the place in order, from 1.
	Text string
	// At says where it sits.
	At Anchor
	// Size is that of the letters.
	Size float64
	// Color is that of the letters, Background that of the pill behind them.
	Color, Background color.NRGBA
}

// Anchor is a place in a rectangle.
type Anchor uint8

// The anchors, row by row.
const (
	TopLeft Anchor = iota
	Top
	TopRight
	Left
	Center
	Right
	BottomLeft
	Bottom
	BottomRight
)

// In returns where a rectangle of w×h sits in r, margin pixels away from the edges
// that it is anchored to; its corner is even.
func (a Anchor) In(r Rect, w, h, margin int) (x, y int) {
	at := func(start, room, size, step int) int {
		switch step {
		case 0:
			return start + margin
		case 1:
			return start + (room-size)/2
		default:
			return start + room - size - margin
		}
	}
	return at(r.X, r.W, w, int(a)%3) &^ 1, at(r.Y, r.H, h, int(a)/3) &^ 1
}

// Background is what is seen where no slot is.
type Background struct {
	Color Color
	// Image names a picture laid over the colour; empty for none.
	Image string
	// Fit says how the picture fills the canvas.
	Fit Fit
}

// Transition says how tiles get from one arrangement to the next.
type Transition struct {
	// Duration is how long they take; 0 is a cut.
	Duration time.Duration
	// Easing is how their speed changes on the way.
	Easing Easing
	// Settle is how long a join or a leave waits for others that follow it, so that
	// the picture does not move twice.
	Settle time.Duration
}

// Overlay lies over all slots. Exactly one of Image, Text and Clock is set.
type Overlay struct {
	// X and Y are the left and top edges of the box that it lies in, W and H its size.
	X, Y, W, H Length
	// At says where in the box it sits; Margin, in shares of the canvas's shorter
	// side, how far from the box's edges.
	At     Anchor
	Margin float64
	// Fade is how much of what lies under it shows through: 0 nothing, 255 all.
	Fade uint8
	// Image names a picture, which fills the box as Fit says.
	Image string
	Fit   Fit
	// Text is one line of letters.
	Text string
	// Clock is a format of the time of day: %H %M %S %Y %m %d; Zone the time zone by
	// its IANA name, empty for UTC.
	Clock, Zone string
	// Size of letters in shares of the canvas's shorter side, their colour, and that
	// of the pill behind them.
	Size              float64
	Color, Background color.NRGBA
}

// Box returns the overlay's box on a canvas.
func (o Overlay) Box(canvas Size) Rect {
	canvas = Size{canvas.W &^ 1, canvas.H &^ 1}
	return Slot{X: o.X, Y: o.Y, W: o.W, H: o.H}.on(canvas)
}
