package layout

import "fmt"

// Fit says how a picture fills a rectangle of another shape.
type Fit uint8

// The ways to fit.
const (
	// Cover fills the rectangle and cuts off what stands over, evenly at both sides.
	Cover Fit = iota
	// Contain shows the whole picture, with the background beside it.
	Contain
	// Stretch fills the rectangle with the whole picture, distorted.
	Stretch
)

// String returns "cover", "contain" or "stretch".
func (f Fit) String() string {
	switch f {
	case Cover:
		return "cover"
	case Contain:
		return "contain"
	case Stretch:
		return "stretch"
	default:
		return fmt.Sprintf("Fit(%d)", uint8(f))
	}
}

// Role says who may take a slot.
type Role uint8

// The roles of slots.
const (
	// Normal slots are filled in order.
	Normal Role = iota
	// Main is the slot of the main speaker.
	Main
)

// String returns "normal" or "main".
func (r Role) String() string {
	if r == Main {
		return "main"
	}
	return "normal"
}

// Color is an sRGB colour.
type Color struct{ R, G, B uint8 }

// MaxSlots bounds the slots of one layout.
const MaxSlots = 16

// Slot is a place for one participant.
type Slot struct {
	// X and Y are the left and top edges, W and H the size.
	X, Y, W, H Length
	// Z orders slots that overlap: the higher one is on top.
	Z int
	// Fit says how the picture fills the slot.
	Fit Fit
	// Role says who takes the slot.
	Role Role
	// Style is how it is dressed.
	Style Style
}

// on returns the slot's rectangle on a canvas whose sides are even and at least
// minSide pixels.
func (s Slot) on(canvas Size) Rect {
	var r Rect
	r.X, r.W = span(s.X.On(canvas), s.X.plus(s.W).On(canvas), canvas.W)
	r.Y, r.H = span(s.Y.On(canvas), s.Y.plus(s.H).On(canvas), canvas.H)
	return r
}

// Layout is an arrangement for at most as many participants as it has slots. The main
// speaker takes the first slot with the role Main, or the first slot if none has
// it; the others take the rest as they are listed.
type Layout struct {
	// Slots are the places.
	Slots []Slot
	// Least is the smallest head count that the layout is meant for; 0 means as many
	// as it has slots. The largest is the number of slots.
	Least int
	// ShowEmpty shows slots that nobody takes, with their placeholders.
	ShowEmpty bool
}

// least returns the smallest head count that the layout is meant for.
func (l Layout) least() int {
	if l.Least > 0 {
		return l.Least
	}
	return len(l.Slots)
}

// mainSlot returns the index of the main speaker's slot.
func (l Layout) mainSlot() int {
	for i, s := range l.Slots {
		if s.Role == Main {
			return i
		}
	}
	return 0
}

// Template is a named set of layouts. It is never changed once it is in use.
type Template struct {
	// Name identifies the template, with Version: 0 for built-in ones.
	Name    string
	Version int
	// Description is one line for people.
	Description string
	// Background is seen where no slot is.
	Background Background
	// Transition is how tiles move when the arrangement changes.
	Transition Transition
	// Participants is the largest head count that the template is made for.
	Participants int
	// Portrait holds layouts for canvases that are at least as high as wide, in
	// any order. A head count without a layout of its own uses the next larger one;
	// participants beyond the largest are not shown.
	Portrait []Layout
	// Landscape is the same for canvases that are wider than high. When it is
	// empty Portrait serves them too.
	Landscape []Layout
	// Overlays lie over everything, the last on top.
	Overlays []Overlay
}

// layouts returns those for the canvas's orientation.
func (t Template) layouts(canvas Size) []Layout {
	if !canvas.Portrait() && len(t.Landscape) > 0 {
		return t.Landscape
	}
	return t.Portrait
}

// layoutFor returns the layout for n participants: one that is meant for them, else
// the smallest with room for all, else the largest. Where nobody is, it is the one for a
// single participant. ok is false when the template has none.
func (t Template) layoutFor(canvas Size, n int) (best Layout, ok bool) {
	n = max(n, 1)
	for _, l := range t.layouts(canvas) {
		size, had := len(l.Slots), len(best.Slots)
		if l.least() <= n && n <= size {
			return l, true
		}
		if size > had && had < n || size >= n && size < had {
			best = l
		}
	}
	return best, len(best.Slots) > 0
}
