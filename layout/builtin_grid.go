package layout

// gridByCount arranges a portrait canvas like the mini programs of the field do, and a
// landscape one by the same idea: every head count has the division in which all
// pictures keep a shape that suits faces.
func gridByCount() Template {
	squares := Length{W: -1.0 / 2, H: 1} // what two squares of half the width leave of the height
	return builtin(
		"grid-by-count",
		"the mini-program layout by head count; the main speaker is largest with 3 and 6 (5 too on landscape)",
		9,
		named([]Layout{
			{Slots: []Slot{slot(w(0), h(0), w(1), h(1)).main()}},
			// The panes are 3:4 and centred: H/2 − W/3 above and below.
			{Slots: row(Length{H: 1.0 / 2, W: -1.0 / 3}, w(2.0/3), 2)},
			{Slots: join(slots(slot(w(0), h(0), w(1), squares).main()), row(squares, w(1.0/2), 2))},
			{Slots: join(row(h(0), h(1.0/2), 2), row(h(1.0/2), h(1.0/2), 2))},
			{Slots: join(row(h(0), h(3.0/5), 2), row(h(3.0/5), h(2.0/5), 3))},
			{Slots: join(
				slots(
					slot(w(0), h(0), w(2.0/3), h(3.0/5)).main(),
					slot(w(2.0/3), h(0), w(1.0/3), h(3.0/10)),
					slot(w(2.0/3), h(3.0/10), w(1.0/3), h(3.0/10)),
				),
				row(h(3.0/5), h(2.0/5), 3))},
			cells(9, 3), // for seven and eight too
		}),
		named([]Layout{
			{Slots: []Slot{slot(w(0), h(0), w(1), h(1)).main()}},
			{Slots: row(h(0), h(1), 2)},
			{Slots: join(slots(slot(w(0), h(0), w(2.0/3), h(1)).main()), column(w(2.0/3), w(1.0/3), 2))},
			{Slots: join(row(h(0), h(1.0/2), 2), row(h(1.0/2), h(1.0/2), 2))},
			// Four quarters of the right half: the same shape as the left half.
			{Slots: join(
				slots(slot(w(0), h(0), w(1.0/2), h(1)).main()),
				slots(
					slot(w(1.0/2), h(0), w(1.0/4), h(1.0/2)),
					slot(w(3.0/4), h(0), w(1.0/4), h(1.0/2)),
					slot(w(1.0/2), h(1.0/2), w(1.0/4), h(1.0/2)),
					slot(w(3.0/4), h(1.0/2), w(1.0/4), h(1.0/2)),
				))},
			{Slots: join(
				slots(
					slot(w(0), h(0), w(2.0/3), h(2.0/3)).main(),
					slot(w(2.0/3), h(0), w(1.0/3), h(1.0/3)),
					slot(w(2.0/3), h(1.0/3), w(1.0/3), h(1.0/3)),
				),
				row(h(2.0/3), h(1.0/3), 3))},
			cells(9, 3),
		}))
}

// grid gives everyone the same size. A last row that is not full is centred.
func grid() Template {
	return builtin(
		"grid",
		"equal cells: four are 2 by 2, six 2 by 3 (3 by 2 on landscape), nine 3 by 3",
		9,
		named([]Layout{
			cells(1, 1), cells(2, 1), cells(3, 1), cells(4, 2), cells(5, 2), cells(6, 2), cells(7, 2), cells(8, 2), cells(9, 3),
		}),
		named([]Layout{
			cells(1, 1), cells(2, 2), cells(3, 3), cells(4, 2), cells(5, 3), cells(6, 3), cells(7, 4), cells(8, 4), cells(9, 3),
		}))
}
