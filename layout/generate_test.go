package layout

import (
	"slices"

	"pgregory.net/rapid"
)

// Generators of what operators write and of who is there.

// drawCanvas returns a canvas on which every twelfth of a side is several pixels.
func drawCanvas(t *rapid.T) Size {
	side := rapid.OneOf(rapid.IntRange(64, 2048), rapid.SampledFrom([]int{64, 360, 540, 720, 960, 1080, 1280, 1920}))
	return Size{side.Draw(t, "canvas width"), side.Draw(t, "canvas height")}
}

// drawCuts returns 0, at most most-1 twelfths between, and 1.
func drawCuts(t *rapid.T, most int) []float64 {
	cuts := rapid.SliceOfNDistinct(rapid.IntRange(1, 11), 0, most-1, rapid.ID).Draw(t, "cuts")
	slices.Sort(cuts)
	list := []float64{0}
	for _, c := range cuts {
		list = append(list, float64(c)/12)
	}
	return append(list, 1)
}

// drawGrid returns slots that cover the canvas: rows of different heights, each cut into
// columns of its own, at most most by most.
func drawGrid(t *rapid.T, most int) []Slot {
	var list []Slot
	rows := drawCuts(t, most)
	for r := range len(rows) - 1 {
		columns := drawCuts(t, most)
		for c := range len(columns) - 1 {
			list = append(list, slot(w(columns[c]), h(rows[r]), w(columns[c+1]-columns[c]), h(rows[r+1]-rows[r])))
		}
	}
	return list
}

// drawFloating returns slots anywhere on the canvas, one over the other.
func drawFloating(t *rapid.T, most int) []Slot {
	list := make([]Slot, rapid.IntRange(1, most).Draw(t, "slots"))
	share := rapid.Float64Range(0, 1)
	for i := range list {
		x, y := share.Draw(t, "x"), share.Draw(t, "y")
		list[i] = slot(w(x), h(y), w(share.Draw(t, "w")*(1-x)), h(share.Draw(t, "h")*(1-y)))
		list[i].Z = rapid.IntRange(-2, 2).Draw(t, "z")
	}
	return list
}

func drawStyle(t *rapid.T) Style {
	return Style{
		Radius: rapid.SampledFrom([]float64{0, .02, .5}).Draw(t, "radius"),
		Border: Border{Width: rapid.SampledFrom([]float64{0, .003, .1}).Draw(t, "border"), Color: tileStyle.Border.Color},
		Fade:   rapid.SampledFrom([]uint8{0, 0, 100}).Draw(t, "fade"),
	}
}

// drawLayout returns a valid layout of at most most² slots, and whether it is a grid.
func drawLayout(t *rapid.T, most int) (l Layout, grid bool) {
	if grid = rapid.Bool().Draw(t, "grid"); grid {
		l.Slots = drawGrid(t, most)
	} else {
		l.Slots = drawFloating(t, most*most)
	}
	for i := range l.Slots {
		l.Slots[i].Style = drawStyle(t)
	}
	if i := rapid.IntRange(-1, len(l.Slots)-1).Draw(t, "main slot"); i >= 0 {
		l.Slots[i].Role = Main
	}
	l.Least = rapid.IntRange(0, len(l.Slots)).Draw(t, "least")
	l.ShowEmpty = rapid.Bool().Draw(t, "show empty")
	return l, grid
}

// drawTemplate returns a valid template whose layouts have at most most² slots.
func drawTemplate(t *rapid.T, most int) Template {
	layouts := func(least int) []Layout {
		list := make([]Layout, rapid.IntRange(least, 3).Draw(t, "layouts"))
		for i := range list {
			list[i], _ = drawLayout(t, most)
		}
		return list
	}
	tmpl := Template{Portrait: layouts(1), Landscape: layouts(0)}
	tmpl.Participants = room(tmpl.Portrait)
	if len(tmpl.Landscape) > 0 {
		tmpl.Participants = min(tmpl.Participants, room(tmpl.Landscape))
	}
	return tmpl
}

// room returns the largest head count that the layouts have slots for.
func room(layouts []Layout) int {
	most := 0
	for _, l := range layouts {
		most = max(most, len(l.Slots))
	}
	return most
}

// drawMain returns one of the participants, somebody else, or nobody.
func drawMain(t *rapid.T, joined []string) string {
	return rapid.SampledFrom(append([]string{"", "eve"}, joined...)).Draw(t, "main")
}

// drawOrder returns some of the participants and others, in any order, some twice.
func drawOrder(t *rapid.T, joined []string) []string {
	return rapid.SliceOf(rapid.SampledFrom(append([]string{"eve"}, joined...))).Draw(t, "order")
}
