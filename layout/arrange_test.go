package layout

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func placed(placements []Placement) []string {
	list := make([]string, len(placements))
	for i, p := range placements {
		list[i] = p.Name
	}
	return list
}

func TestArrangeOrder(t *testing.T) {
	tmpl, err := Builtin("grid-by-count")
	if err != nil {
		t.Fatal(err)
	}
	joined := []string{"ann", "bob", "cai", "dan"}
	tests := []struct {
		name  string
		main  string
		order []string
		want  []string
	}{
		{"join order", "", nil, []string{"ann", "bob", "cai", "dan"}},
		{"main and the first change places", "cai", nil, []string{"cai", "bob", "ann", "dan"}},
		{"order first, then join order", "", []string{"dan", "bob"}, []string{"dan", "bob", "ann", "cai"}},
		{"main goes before order", "ann", []string{"dan", "ann"}, []string{"ann", "dan", "bob", "cai"}},
		{"main and the first in order change places", "cai", []string{"dan", "bob"}, []string{"cai", "bob", "ann", "dan"}},
		{"unknown main", "eve", []string{"bob"}, []string{"bob", "ann", "cai", "dan"}},
		{"unknown and repeated in order", "", []string{"eve", "dan", "dan", ""}, []string{"dan", "ann", "bob", "cai"}},
	}
	for _, tt := range tests {
		got := tmpl.Arrange(Size{720, 1280}, joined, tt.main, tt.order)
		if names := placed(got); !slices.Equal(names, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, names, tt.want)
		}
		if !got[0].Main || got[1].Main {
			t.Errorf("%s: the first of %v is not the main one alone", tt.name, got)
		}
	}
}

func TestArrangeSortsByZ(t *testing.T) {
	full := slot(w(0), h(0), w(1), h(1))
	tile := slot(w(.7), h(.7), w(.2), h(.2))
	tile.Z, tile.Fit = 1, Contain
	tmpl := Template{Portrait: []Layout{{Slots: []Slot{tile, full.main(), tile}}}}
	got := tmpl.Arrange(Size{100, 200}, []string{"a", "b", "c"}, "b", nil)
	want := []Placement{
		{Name: "b", Rect: Rect{0, 0, 100, 200}, Main: true, Number: 1},
		{Name: "a", Rect: Rect{70, 140, 20, 40}, Z: 1, Fit: Contain, Number: 2},
		{Name: "c", Rect: Rect{70, 140, 20, 40}, Z: 1, Fit: Contain, Number: 3},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestMissingCountsUseTheNextLarger(t *testing.T) {
	tmpl := Template{Portrait: []Layout{cells(4, 2), cells(1, 1)}}
	for n, want := range []int{0, 1, 2, 3, 4, 4} {
		got := tmpl.Arrange(Size{720, 1280}, people(n), "", nil)
		if len(got) != want {
			t.Errorf("%d participants: %d placements, want %d", n, len(got), want)
		}
		if n > 1 && got[0].Rect != (Rect{0, 0, 360, 640}) {
			t.Errorf("%d participants: first at %v, want the 2×2 layout", n, got[0].Rect)
		}
	}
}

func TestArrangeOfNothing(t *testing.T) {
	tmpl, _ := Builtin("grid")
	for _, got := range [][]Placement{
		tmpl.Arrange(Size{720, 1280}, nil, "ann", []string{"ann"}),
		tmpl.Arrange(Size{1, 1280}, people(1), "", nil),
		tmpl.Arrange(Size{-720, -1280}, people(1), "", nil),
		Template{}.Arrange(Size{720, 1280}, people(1), "", nil),
	} {
		if len(got) != 0 {
			t.Errorf("got %v, want nothing", got)
		}
	}
}

// checkPlacement fails if a placement is not even or not inside the canvas.
func checkPlacement(t *rapid.T, canvas Size, p Placement) {
	r := p.Rect
	if r.X%2 != 0 || r.Y%2 != 0 || r.W%2 != 0 || r.H%2 != 0 {
		t.Fatalf("%s at %v: odd", p.Name, r)
	}
	if r.W < 2 || r.H < 2 || !(Rect{0, 0, canvas.W, canvas.H}).Contains(r) {
		t.Fatalf("%s at %v: not inside %v", p.Name, r, canvas)
	}
}

func TestBuiltinProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// From 64 pixels on every built-in cell is at least 2 pixels of its own.
		canvas := Size{2 * rapid.IntRange(32, 2048).Draw(t, "W/2"), 2 * rapid.IntRange(32, 2048).Draw(t, "H/2")}
		tmpl, err := Builtin(rapid.SampledFrom(BuiltinNames()).Draw(t, "template"))
		if err != nil {
			t.Fatal(err)
		}
		joined := people(rapid.IntRange(1, tmpl.Participants).Draw(t, "n"))
		main := rapid.SampledFrom(append([]string{"", "eve"}, joined...)).Draw(t, "main")
		order := rapid.SliceOf(rapid.SampledFrom(append([]string{"eve"}, joined...))).Draw(t, "order")
		got := tmpl.Arrange(canvas, joined, main, order)

		shown := placed(got)
		slices.Sort(shown)
		if !slices.Equal(shown, joined) {
			t.Fatalf("shown %v of %v", shown, joined)
		}
		covered := 0
		for i, p := range got {
			checkPlacement(t, canvas, p)
			covered += p.Rect.W * p.Rect.H
			if i > 0 && p.Z < got[i-1].Z {
				t.Fatalf("not sorted by Z: %v", got)
			}
			for _, o := range got[:i] {
				if p.Z == o.Z && p.Rect.Overlaps(o.Rect) {
					t.Fatalf("%v overlaps %v", p, o)
				}
			}
			if p.Main != (i == 0) {
				t.Fatalf("main at %d of %v", i, got)
			}
		}
		if slices.Contains(joined, main) && got[0].Name != main {
			t.Fatalf("%s is in the main slot, not %s", got[0].Name, main)
		}
		if fills(tmpl.Name, canvas, len(joined)) && covered != canvas.W*canvas.H {
			t.Fatalf("%d pixels of %v are covered", covered, canvas)
		}
		if whole := (Rect{0, 0, canvas.W, canvas.H}); slices.Contains([]string{"float", "column", "pip"}, tmpl.Name) && got[0].Rect != whole {
			t.Fatalf("the main speaker has %v of %v", got[0].Rect, whole)
		}
		if main := got[0].Rect; slices.Contains([]string{"grid-by-count", "strip", "screen-share"}, tmpl.Name) {
			for _, p := range got[1:] {
				// Rounding may give a neighbour of the same size one step more.
				if p.Rect.W*p.Rect.H > (main.W+2)*(main.H+2) {
					t.Fatalf("%v is larger than the main one, %v", p, main)
				}
			}
		}
	})
}

// fills says that the layout leaves no background.
func fills(template string, canvas Size, n int) bool {
	switch template {
	case "grid-by-count":
		return (n != 2 || !canvas.Portrait()) && n != 7 && n != 8
	case "grid":
		return n != 5 && n != 7
	case "pk":
		return n < 3 || n == 6 || canvas.Portrait() && n > 3
	case "strip":
		return true
	default: // tiles float over the main speaker, or lie apart
		return false
	}
}

func TestSlotsThatTouchTouchOnEveryCanvas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canvas := Size{2 * rapid.IntRange(64, 2048).Draw(t, "W/2"), 2 * rapid.IntRange(1, 2048).Draw(t, "H/2")}
		n := rapid.IntRange(1, 12).Draw(t, "n")
		tmpl := Template{Portrait: []Layout{{Slots: row(h(0), h(1), n)}}}
		edge := 0
		for _, p := range tmpl.Arrange(canvas, people(n), "", nil) {
			if p.Rect.X != edge || p.Rect.H != canvas.H {
				t.Fatalf("%v starts at %d, its neighbour ends at %d", p, p.Rect.X, edge)
			}
			if ideal := canvas.W / n; p.Rect.W < ideal-2 || p.Rect.W > ideal+3 {
				t.Fatalf("%v is far from a width of %d", p, ideal)
			}
			edge += p.Rect.W
		}
		if edge != canvas.W {
			t.Fatalf("the row ends at %d of %d", edge, canvas.W)
		}
	})
}

// Templates come from outside: whatever their numbers are, placements stay on the canvas.
func TestWildSlotsStayInside(t *testing.T) {
	number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-2, 2),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64}))
	length := rapid.Custom(func(t *rapid.T) Length { return Length{number.Draw(t, "w"), number.Draw(t, "h")} })
	rapid.Check(t, func(t *rapid.T) {
		canvas := Size{rapid.IntRange(2, 4096).Draw(t, "W"), rapid.IntRange(2, 4096).Draw(t, "H")}
		s := slot(length.Draw(t, "x"), length.Draw(t, "y"), length.Draw(t, "w"), length.Draw(t, "h"))
		for _, p := range (Template{Portrait: []Layout{{Slots: []Slot{s}}}}).Arrange(canvas, people(1), "", nil) {
			checkPlacement(t, canvas, p)
		}
	})
}

func TestRect(t *testing.T) {
	a := Rect{0, 0, 10, 10}
	tests := []struct {
		b                  Rect
		overlaps, contains bool
	}{
		{Rect{2, 2, 4, 4}, true, true},
		{Rect{0, 0, 10, 10}, true, true},
		{Rect{8, 8, 4, 4}, true, false},
		{Rect{10, 0, 4, 4}, false, false},
		{Rect{0, 10, 4, 4}, false, false},
		{Rect{4, 4, 0, 4}, false, true},
	}
	for _, tt := range tests {
		if got := a.Overlaps(tt.b); got != tt.overlaps || tt.b.Overlaps(a) != got {
			t.Errorf("Overlaps(%v) = %v", tt.b, got)
		}
		if got := a.Contains(tt.b); got != tt.contains {
			t.Errorf("Contains(%v) = %v", tt.b, got)
		}
	}
}
