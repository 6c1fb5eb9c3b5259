package template

import (
	"image/color"
	"regexp"
	"slices"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// What is worth a warning.
const (
	// leastContrast is what WCAG 2 asks of text.
	leastContrast = 4.5
	// leastArea is how much of the canvas a slot should have for a face to be seen.
	leastArea = .02
	// leastOverlap is how far slots may overlap by rounding, in pixels.
	leastOverlap = 2
	// lineHeight and shortest are how high and wide the shortest label is with its pill,
	// in sizes of its letters.
	lineHeight, shortest = 1.5, 2.5
)

// readable warns of letters that are hard to tell from their pill. Without a pill nobody
// knows what is behind them.
func (b *builder) readable(path string, letters, pill color.NRGBA) {
	if pill.A == 0 {
		return
	}
	mix := func(over, under uint8) uint8 {
		return uint8((int(over)*int(letters.A) + int(under)*(255-int(letters.A)) + 127) / 255)
	}
	seen := color.NRGBA{mix(letters.R, pill.R), mix(letters.G, pill.G), mix(letters.B, pill.B), 0xff}
	if ratio := layout.Contrast(seen, pill); ratio < leastContrast {
		b.warn(path+".color", "%s on %s is hard to read: contrast %.1f, %.1f or more is good",
			colorText(letters), colorText(pill), ratio, leastContrast)
	}
}

// braces finds what a label may take for a stand-in.
var braces = regexp.MustCompile(`\{[^{}]*\}`)

// stands warns of words in braces that stand for nothing.
func (b *builder) stands(path, text string) {
	for _, word := range braces.FindAllString(text, -1) {
		if !slices.Contains([]string{"{name}", "{id}", "{number}"}, word) {
			b.warn(path, "%q is shown as it is; {name}, {id} and {number} stand for something", short(word))
			return
		}
	}
}

// look warns of what is odd about layouts that are valid: built ones and how they were
// written, on their canvas.
func (b *builder) look(path string, in []*pb.CountLayout, built []layout.Layout, participants int, canvas layout.Size) {
	for i, l := range built {
		where := at(path, i)
		if unused(built, l, participants) {
			b.warn(where, "is never used: the template is made for at most %d participants", participants)
		}
		for j := range l.Slots {
			b.lookSlot(at(where+".slots", j), in[i].GetSlots()[j], l, j, canvas)
		}
	}
}

// unused says that no head count up to participants uses a layout: it is meant for more
// of them, and a smaller one has room for all.
func unused(built []layout.Layout, l layout.Layout, participants int) bool {
	least := l.Least
	if least == 0 {
		least = len(l.Slots)
	}
	return least > participants && slices.ContainsFunc(built, func(other layout.Layout) bool {
		return len(other.Slots) >= participants && len(other.Slots) < len(l.Slots)
	})
}

func (b *builder) lookSlot(path string, in *pb.Slot, l layout.Layout, j int, canvas layout.Size) {
	slot, rect := l.Slots[j], rectOf(l.Slots[j], canvas)
	if share := float64(rect.W*rect.H) / float64(canvas.W*canvas.H); share < leastArea {
		b.warn(path, "has %.1f %% of the canvas; below %.0f %% nobody is recognised", 100*share, 100*leastArea)
	}
	for k, other := range l.Slots[:j] {
		if o := rectOf(other, canvas); other.Z == slot.Z && overlap(rect, o) {
			b.warn(path, "overlaps slots[%d], which has the same z: who is on top depends on who is there", k)
			break
		}
	}
	size := slot.Style.Label.Size * float64(min(canvas.W, canvas.H))
	if size > 0 && (float64(rect.H) < lineHeight*size || float64(rect.W) < shortest*size) {
		where := path
		if in.GetLabel() != nil {
			where += ".label"
		}
		b.warn(where, "the label has no room: the slot has %d×%d pixels on %v, the letters %.0f", rect.W, rect.H, canvas, size)
	}
}

// rectOf returns a slot's pixels on a canvas.
func rectOf(s layout.Slot, canvas layout.Size) layout.Rect {
	return layout.Overlay{X: s.X, Y: s.Y, W: s.W, H: s.H}.Box(canvas)
}

// overlap says that two rectangles have more in common than rounding makes.
func overlap(a, b layout.Rect) bool {
	return min(a.X+a.W, b.X+b.W)-max(a.X, b.X) > leastOverlap && min(a.Y+a.H, b.Y+b.H)-max(a.Y, b.Y) > leastOverlap
}
