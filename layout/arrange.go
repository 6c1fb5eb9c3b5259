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
	// Number is the participant's place in order, from 1: the main speaker's is 1.
	Number int
	// Style is how it is dressed.
	Style Style
}

// Arrange gives each participant a rectangle of the canvas.
//
// Participants are names in join order. Order lists those that go first; names in
// it that are not participants are passed over. The main slot goes to main, or to
// the first in order if main is empty or not a participant; who would have had the main
// slot takes main's. A name that is listed twice counts once. An odd side of the
// canvas is rounded down.
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
		p := s.placement(canvas)
		p.Name, p.Main, p.Number = names[i], i == 0, i+1
		placements = append(placements, p)
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
	sortByZ(placements)
	return placements
}

// Empty returns the slots that stay empty with n participants and are to be shown all
// the same, without a Name, sorted by Z.
func (t Template) Empty(canvas Size, n int) []Placement {
	canvas = Size{canvas.W &^ 1, canvas.H &^ 1}
	l, ok := t.layoutFor(canvas, n)
	if !ok || !l.ShowEmpty || canvas.W < minSide || canvas.H < minSide {
		return nil
	}
	var placements []Placement
	taken := 1 // the main slot
	for i, s := range l.Slots {
		if i == l.mainSlot() && n > 0 {
			continue
		}
		if i != l.mainSlot() && taken < n {
			taken++
			continue
		}
		p := s.placement(canvas)
		p.Number = i + 1
		placements = append(placements, p)
	}
	sortByZ(placements)
	return placements
}

// placement returns the slot in pixels, taken by nobody.
func (s Slot) placement(canvas Size) Placement {
	return Placement{Rect: s.on(canvas), Z: s.Z, Fit: s.Fit, Style: s.Style}
}

func sortByZ(placements []Placement) {
	slices.SortStableFunc(placements, func(a, b Placement) int { return cmp.Compare(a.Z, b.Z) })
}

// queue returns the participants in the order in which they are placed: those in
// order, the rest as they joined, each once; then the first and the main speaker
// change places.
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
	take(order...)
	take(participants...)
	if i := slices.Index(names, main); i > 0 {
		names[0], names[i] = names[i], names[0]
	}
	return names
}
