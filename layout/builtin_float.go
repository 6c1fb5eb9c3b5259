package layout

// The templates whose main speaker fills the canvas and whose others float over the
// picture. A new tile never moves the ones before it, unless all get smaller.

// tileEdge is kept between floating tiles and the canvas's edge, tileGap between two of
// them, in shares of the shorter side: 20 and 12 pixels of 720.
const tileEdge, tileGap = 1.0 / 36, 1.0 / 60

// float has a row of tiles near the bottom, from the right, where apps have no chat.
// Each is a quarter of the canvas wide and high, and smaller only when the row is full.
func float() Template {
	return builtin(
		"float",
		"the main speaker full, the others in a row of floating tiles near the bottom, from the right",
		MaxBuiltin,
		upTo(MaxBuiltin, func(n int) Layout { return stage(bottomRow(n-1, w, 3.0/32)) }),
		upTo(MaxBuiltin, func(n int) Layout { return stage(bottomRow(n-1, h, 1.0/18)) }))
}

// bottomRow returns n tiles whose bottom edge is a share of the height above the
// canvas's. short is the word for shares of the shorter side.
func bottomRow(n int, short func(float64) Length, bottom float64) []Slot {
	share := 1.0 / 4
	if n > 0 {
		share = min(share, (1-2*tileEdge-tileGap*float64(n-1))/float64(n))
	}
	list := make([]Slot, n)
	for i := range list {
		x := w(1 - share*float64(i+1)).plus(short(-tileEdge - tileGap*float64(i)))
		list[i] = slot(x, h(1-bottom-share), w(share), h(share))
	}
	return list
}

// sideColumn has tiles at the right, from the bottom up: 160×240 on 720×1280.
func sideColumn() Template {
	return builtin(
		"column",
		"the main speaker full, the others in a column of floating tiles at the right, from the bottom up",
		MaxBuiltin,
		upTo(MaxBuiltin, func(n int) Layout {
			if n > 5 {
				return stage(rightColumn(n-1, w, 2.0/9, 3.0/20, 3.0/32))
			}
			return stage(rightColumn(n-1, w, 2.0/9, 3.0/16, 3.0/32))
		}),
		upTo(MaxBuiltin, func(n int) Layout {
			if n > 5 {
				return stage(rightColumn(n-1, h, 4.0/25, 4.0/25, tileEdge))
			}
			return stage(rightColumn(n-1, h, 1.0/5, 1.0/5, tileEdge))
		}))
}

// rightColumn returns n tiles, each a share of the canvas wide and high, the lowest of them
// a share of the height above the canvas's bottom.
func rightColumn(n int, short func(float64) Length, wide, high, bottom float64) []Slot {
	list := make([]Slot, n)
	for i := range list {
		x := w(1 - wide).plus(short(-tileEdge))
		y := h(1 - bottom - high*float64(i+1)).plus(short(-tileGap * float64(i)))
		list[i] = slot(x, y, w(wide), h(high))
	}
	return list
}

// pip has small pictures in the picture, the first in a corner and the others beside
// it: from the top right down on portrait, where apps leave room, from the bottom right
// to the left on landscape.
func pip() Template {
	const margin = .00625 // of the longer side
	// By the number of tiles. More than three get smaller, to cover no more of the edge.
	shares := []float64{1: .2361, 2: .2361, 3: .2361, 4: .185, 5: .15}
	return builtin(
		"pip",
		"the main speaker full, the others as small pictures in a corner",
		MaxBuiltin,
		upTo(MaxBuiltin, func(n int) Layout {
			share, tiles := shares[n-1], make([]Slot, n-1)
			for i := range tiles {
				y := h(share*float64(i) + margin*float64(i+1))
				tiles[i] = slot(w(1-share).plus(h(-margin)), y, w(share), h(share))
			}
			return stage(tiles)
		}),
		upTo(MaxBuiltin, func(n int) Layout {
			share, tiles := shares[n-1], make([]Slot, n-1)
			for i := range tiles {
				x := w(1 - (share+margin)*float64(i+1))
				tiles[i] = slot(x, h(1-share).plus(w(-margin)), w(share), h(share))
			}
			return stage(tiles)
		}))
}

// stage returns the main speaker's full picture with tiles over it.
func stage(tiles []Slot) Layout {
	full := slot(w(0), h(0), w(1), h(1)).main()
	if len(tiles) > 0 {
		full.Style = stageStyle
	}
	for i := range tiles {
		tiles[i].Z, tiles[i].Style = 1, tileStyle
	}
	return Layout{Slots: join(slots(full), tiles)}
}
