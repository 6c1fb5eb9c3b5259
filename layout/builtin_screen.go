package layout

// screenShare gives most of the canvas to the main speaker's screen, which is seen whole,
// and shows the people beside it: in a row below on portrait, in a column at the right
// on landscape.
func screenShare() Template {
	t := builtin(
		"screen-share",
		"the main speaker's screen large and whole, people in a row below it, or in a column at the right on landscape",
		MaxBuiltin,
		upTo(MaxBuiltin, func(n int) Layout { return cards(screenAbove(n - 1)) }),
		upTo(MaxBuiltin, func(n int) Layout { return cards(screenLeft(n - 1)) }))
	t.Background.Color = Color{R: 0x1f, G: 0x23, B: 0x2c} // lighter than the letters' night: cards stand out
	return t
}

// cardEdge is kept around the cards, cardGap between two of them, in shares of the
// shorter side: 16 and 12 pixels of 720.
const cardEdge, cardGap = 1.0 / 45, 1.0 / 60

// screenAbove returns the screen and n people below it, in one row, five in two. Each
// keeps a shape near that of a phone's picture.
func screenAbove(n int) []Slot {
	if n == 0 {
		return wholeScreen(w)
	}
	const bottom = 1.0 / 16 // of the height: apps have their chat there
	people := []struct {
		rows, columns int
		high          float64 // of one card, as a share of the height
	}{1: {1, 1, .36}, 2: {1, 2, .36}, 3: {1, 3, .31}, 4: {1, 4, .25}, 5: {2, 3, .215}}[n]
	wide := min(.6, (1-2*cardEdge-cardGap*float64(people.columns-1))/float64(people.columns))
	top := h(1 - bottom - people.high*float64(people.rows)).plus(w(-cardGap * float64(people.rows-1)))
	list := slots(slot(w(cardEdge), w(cardEdge), w(1-2*cardEdge), top.plus(w(-cardEdge-cardGap))))
	for r := range people.rows {
		inRow := min(people.columns, n-r*people.columns)
		left := (1 - wide*float64(inRow) - cardGap*float64(inRow-1)) / 2
		y := top.plus(h(people.high * float64(r))).plus(w(cardGap * float64(r)))
		for i := range inRow {
			list = append(list, slot(w(left+(wide+cardGap)*float64(i)), y, w(wide), h(people.high)))
		}
	}
	return list
}

// screenLeft returns the screen and n people at its right, from the top. The column is
// narrower the more there are.
func screenLeft(n int) []Slot {
	if n == 0 {
		return wholeScreen(h)
	}
	wide := []float64{1: .22, 2: .22, 3: .22, 4: .2, 5: .17}[n]
	screen := slot(h(cardEdge), h(cardEdge), w(1-wide).plus(h(-2*cardEdge-cardGap)), h(1-2*cardEdge))
	rows := max(n, 3)
	high := (1 - 2*cardEdge - cardGap*float64(rows-1)) / float64(rows)
	list := slots(screen)
	for i := range n {
		y := h(cardEdge + (high+cardGap)*float64(i))
		list = append(list, slot(w(1-wide).plus(h(-cardEdge)), y, w(wide), h(high)))
	}
	return list
}

// wholeScreen returns the screen alone. short is the word for shares of the shorter side.
func wholeScreen(short func(float64) Length) []Slot {
	edge, both := short(cardEdge), short(-2*cardEdge)
	return slots(slot(edge, edge, w(1).plus(both), h(1).plus(both)))
}

// cards dresses the screen, which comes first, and the people.
func cards(list []Slot) Layout {
	for i := range list {
		list[i].Style.Radius = .02
		if len(list) > 1 {
			// With five or more the cards are low: the letters leave the faces free.
			size := .028
			if len(list) > 4 {
				size = .022
			}
			list[i].Style.Label = nameLabel.sized(size)
		}
	}
	list[0] = list[0].main()
	list[0].Fit = Contain
	return Layout{Slots: list}
}
