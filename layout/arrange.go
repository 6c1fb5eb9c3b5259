package layout

import (
	"cmp"
	"slices"
)

// Placement is a slot that a participant has taken.
type Placement struct {
	// Name is the participant's.
	Name string
	// Rect lies within the canvas; its edges are even.
	Rect Rect
	// Z orders placements that overlap: the higher one is on top.
	Z int
	// Fit says how the picture fills Rect.
	Fit Fit
	// Main says that this is the main speaker.
	Main bool
}

// Arrange gives each participant a rectangle of the canvas.
//
// Participants are names in join order. Order lists those that go first; names in
// it that are not participants are passed over. The main slot goes to main, or to
// the first in order if main is empty or not a participant. A name that is listed
// twice counts once. An odd side of the canvas is rounded down.
//
// The result is sorted by Z, the lowest first; within one Z the main speaker comes
// first and the rest follow in order. It is empty when there are no participants, the
// template has no layouts or the canvas has no even pixels.
func (t Template) Arrange(canvas Size, participants []string, main string, order []string) []Placement {
	canvas = Size{canvas.W &^ 1, canvas.H &^ 1}
	if canvas.W < minSide || canvas.H < minSide {
		return nil
	}
	names := queue(participants, main, order)
	l, ok := t.layoutFor(canvas, len(names))
	if !ok || len(names) == 0 {
		return nil
	}
	if len(names) > len(l.Slots) {
		names = names[:len(l.Slots)]
	}
	placements := make([]Placement, 0, len(names))
	place := func(s Slot) {
		i := len(placements)
		placements = append(placements, Placement{
			Name: names[i], Rect: s.on(canvas), Z: s.Z, Fit: s.Fit, Main: i == 0,
		})
	}
	first := l.mainSlot()
	place(l.Slots[first])
	for i, s := range l.Slots {
		if len(placements) == len(names) {
			break
		}
		if i != first {
			place(s)
		}
	}
	slices.SortStableFunc(placements, func(a, b Placement) int { return cmp.Compare(a.Z, b.Z) })
	return placements
}

// queue returns the participants in the order in which they are placed: the main
// speaker, those in order, the rest as they joined; each once.
func queue(participants []string, main string, order []string) []string {
	waiting := make(map[string]bool, len(participants))
	for _, name := range participants {
		waiting[name] = true
	}
	names := make([]string, 0, len(participants))
	take := func(list ...string) {
		for _, name := range list {
			if waiting[name] {
				waiting[name] = false
				names = append(names, name)
			}
		}
	}
	take(main)
	take(order...)
	take(participants...)
	return names
}
