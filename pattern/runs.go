package pattern

// forest holds the runs of a picture, row by row. Runs that touch from row to row
// form trees; the root of a tree holds the extent of the whole connected area.
type forest []run

// run is a stretch of alike samples of one row.
type run struct {
	x0, x1, y int32 // [x0, x1)
	parent    int32 // a run's own index at the root
	ext       extent
}

// extent is the bounding box of an area, [x0,x1)×[y0,y1), and its number of samples.
type extent struct{ x0, y0, x1, y1, area int32 }

func (t *forest) add(x0, x1, y int) {
	e := extent{int32(x0), int32(y), int32(x1), int32(y) + 1, int32(x1 - x0)}
	*t = append(*t, run{x0: e.x0, x1: e.x1, y: e.y0, parent: int32(len(*t)), ext: e})
}

// joinRows joins the runs from first on with those in [above, first) that they
// touch, and, where kinds is given, that are of the same kind.
func (t forest) joinRows(above, first int, kinds []uint8) {
	a := above
	for b := first; b < len(t); b++ {
		for a < first && t[a].x1 <= t[b].x0 {
			a++
		}
		for i := a; i < first && t[i].x0 < t[b].x1; i++ {
			if kinds == nil || kinds[i] == kinds[b] {
				t.join(int32(i), int32(b))
			}
		}
	}
}

func (t forest) root(i int32) int32 {
	for t[i].parent != i {
		t[i].parent = t[t[i].parent].parent
		i = t[i].parent
	}
	return i
}

func (t forest) join(a, b int32) {
	a, b = t.root(a), t.root(b)
	if a == b {
		return
	}
	// The later root takes over, so the runs of the newest row stay near theirs.
	into, from := &t[b].ext, &t[a].ext
	into.x0, into.y0 = min(into.x0, from.x0), min(into.y0, from.y0)
	into.x1, into.y1 = max(into.x1, from.x1), max(into.y1, from.y1)
	into.area += from.area
	t[a].parent = b
}
