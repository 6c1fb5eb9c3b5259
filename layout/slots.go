package layout

// The words in which the built-in templates are written.

// w returns a share of the canvas's width.
func w(share float64) Length { return Length{W: share} }

// h returns a share of the canvas's height.
func h(share float64) Length { return Length{H: share} }

func slot(x, y, width, height Length) Slot { return Slot{X: x, Y: y, W: width, H: height} }

func (s Slot) main() Slot {
	s.Role = Main
	return s
}

func slots(list ...Slot) []Slot { return list }

// join returns all slots of the groups, one after another. In a layout without a main
// slot the first one serves as such.
func join(groups ...[]Slot) []Slot {
	var all []Slot
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// row returns n equal slots across the whole width.
func row(y, height Length, n int) []Slot { return centred(y, height, 1/float64(n), n) }

// centred returns n slots side by side in the middle of the width, each a share of
// it wide.
func centred(y, height Length, share float64, n int) []Slot {
	left := (1 - share*float64(n)) / 2
	list := make([]Slot, n)
	for i := range list {
		list[i] = slot(w(left+share*float64(i)), y, w(share), height)
	}
	return list
}

// column returns n equal slots, one below another, down the whole height.
func column(x, width Length, n int) []Slot {
	list := make([]Slot, n)
	for i := range list {
		list[i] = slot(x, h(float64(i)/float64(n)), width, h(1/float64(n)))
	}
	return list
}

// cells returns n equal slots in rows of columns; a last row that is not full is centred.
func cells(n, columns int) Layout {
	rows := (n + columns - 1) / columns
	var list []Slot
	for r := range rows {
		inRow := min(columns, n-r*columns)
		y, height := h(float64(r)/float64(rows)), h(1/float64(rows))
		list = append(list, centred(y, height, 1/float64(columns), inRow)...)
	}
	return Layout{Slots: list}
}
