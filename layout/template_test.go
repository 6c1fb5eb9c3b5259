package layout

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTemplateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tmpl, canvas := drawTemplate(t, 4), drawCanvas(t)
		joined := people(rapid.IntRange(1, tmpl.Participants+2).Draw(t, "n"))
		main := drawMain(t, joined)
		got := tmpl.Arrange(canvas, joined, main, drawOrder(t, joined))

		l, ok := tmpl.layoutFor(canvasOf(canvas), len(joined))
		if !ok {
			t.Fatal("no layout")
		}
		shown := placed(got)
		slices.Sort(shown)
		switch most := room(tmpl.layouts(canvasOf(canvas))); {
		case len(joined) <= most && !slices.Equal(shown, slices.Sorted(slices.Values(joined))):
			t.Fatalf("shown %v of %v", shown, joined)
		case len(joined) > most && len(shown) != most:
			t.Fatalf("shown %d of %d in %d slots", len(shown), len(joined), most)
		case len(slices.Compact(shown)) != len(got):
			t.Fatalf("somebody is shown twice: %v", got)
		}
		numbers := make([]int, len(got))
		for i, p := range got {
			checkPlacement(t, canvas, p)
			numbers[i] = p.Number
			if p.Main != (p.Number == 1) {
				t.Fatalf("%+v is main and not number 1, or the other way round", p)
			}
			if p.Main && p.Rect != l.Slots[l.mainSlot()].on(canvasOf(canvas)) {
				t.Fatalf("the main speaker is at %v, not in slot %d", p.Rect, l.mainSlot())
			}
			if p.Main && slices.Contains(joined, main) && p.Name != main {
				t.Fatalf("%s is the main speaker, not %s", p.Name, main)
			}
		}
		slices.Sort(numbers)
		for i, n := range numbers {
			if n != i+1 {
				t.Fatalf("numbers %v", numbers)
			}
		}
	})
}

// canvasOf returns the part of a canvas that has even sides.
func canvasOf(s Size) Size { return Size{s.W &^ 1, s.H &^ 1} }

func TestGridsHaveNeitherGapNorOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canvas, list := drawCanvas(t), drawGrid(t, 4)
		got := Template{Portrait: []Layout{{Slots: list}}}.Arrange(canvas, people(len(list)), "", nil)
		covered := 0
		for i, p := range got {
			covered += p.Rect.W * p.Rect.H
			for _, o := range got[:i] {
				if p.Rect.Overlaps(o.Rect) {
					t.Fatalf("%v overlaps %v", p.Rect, o.Rect)
				}
			}
		}
		if even := canvasOf(canvas); covered != even.W*even.H {
			t.Fatalf("%d pixels of %v are covered", covered, even)
		}
	})
}

// A head count gets a layout that is meant for it, else the smallest with room, else
// the largest.
func TestLayoutForHeadCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tmpl, canvas := drawTemplate(t, 3), drawCanvas(t)
		n := rapid.IntRange(0, tmpl.Participants+2).Draw(t, "n")
		got, _ := tmpl.layoutFor(canvasOf(canvas), n)
		n = max(n, 1)
		meant := func(l Layout) bool { return l.least() <= n && n <= len(l.Slots) }
		for _, l := range tmpl.layouts(canvasOf(canvas)) {
			switch size, had := len(l.Slots), len(got.Slots); {
			case meant(l) && !meant(got):
				t.Fatalf("%d have a layout of %d–%d, not that of %d–%d", n, got.least(), had, l.least(), size)
			case !meant(got) && size >= n && (had < n || had > size):
				t.Fatalf("%d have a layout of %d slots, not that of %d", n, had, size)
			case had < n && size > had:
				t.Fatalf("%d have a layout of %d slots, not that of %d", n, had, size)
			}
		}
	})
}

func TestEmptySlotsAndPeopleFillEverySlotOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tmpl, canvas := drawTemplate(t, 3), drawCanvas(t)
		joined := people(rapid.IntRange(0, tmpl.Participants).Draw(t, "n"))
		l, _ := tmpl.layoutFor(canvasOf(canvas), len(joined))
		taken := tmpl.Arrange(canvas, joined, drawMain(t, joined), nil)
		empty := tmpl.Empty(canvas, len(joined))
		if !l.ShowEmpty {
			if len(empty) > 0 {
				t.Fatalf("%v is to be shown", empty)
			}
			return
		}
		var want []Rect
		for _, s := range l.Slots {
			want = append(want, s.on(canvasOf(canvas)))
		}
		got := append(rects(taken), rects(empty)...)
		for _, list := range [][]Rect{got, want} {
			slices.SortFunc(list, func(a, b Rect) int {
				return slices.Compare([]int{a.X, a.Y, a.W, a.H}, []int{b.X, b.Y, b.W, b.H})
			})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("people and empty slots fill\n%v, not\n%v", got, want)
		}
		numbers := map[int]bool{}
		for i, p := range empty {
			if p.Name != "" || p.Main || numbers[p.Number] || i > 0 && p.Z < empty[i-1].Z {
				t.Fatalf("empty slots %+v", empty)
			}
			numbers[p.Number] = true
		}
	})
}

func TestMainChangesPlacesWithTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tmpl, canvas := drawTemplate(t, 3), drawCanvas(t)
		joined := people(rapid.IntRange(1, tmpl.Participants).Draw(t, "n"))
		order := drawOrder(t, joined)
		places := func(main string) (first string, places map[string]Rect) {
			places = map[string]Rect{}
			for _, p := range tmpl.Arrange(canvas, joined, main, order) {
				places[p.Name] = p.Rect
				if p.Main {
					first = p.Name
				}
			}
			return first, places
		}
		first, before := places("")
		main := rapid.SampledFrom(joined).Draw(t, "main")
		_, after := places(main)
		for _, name := range joined {
			want := before[name]
			switch name {
			case main:
				want = before[first]
			case first:
				want = before[main]
			}
			if after[name] != want {
				t.Fatalf("%s becomes the main speaker after %s: %s is at %v, not at %v", main, first, name, after[name], want)
			}
		}
	})
}

// wild draws numbers that no template should have.
func wild() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64(), rapid.Float64Range(-2, 2),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64}))
}

func wildLength() *rapid.Generator[Length] {
	return rapid.Custom(func(t *rapid.T) Length { return Length{wild().Draw(t, "w"), wild().Draw(t, "h")} })
}

func TestOverriddenChangesOnlyWhatIsNamed(t *testing.T) {
	length := rapid.Ptr(wildLength(), true)
	rapid.Check(t, func(t *rapid.T) {
		tmpl, canvas := drawTemplate(t, 3), drawCanvas(t)
		joined := people(rapid.IntRange(1, tmpl.Participants).Draw(t, "n"))
		before := tmpl.Arrange(canvas, joined, "", nil)
		named := rapid.SampledFrom(append([]string{"", "eve"}, joined...)).Draw(t, "participant")
		o := Override{
			Participant: named,
			X:           length.Draw(t, "x"), Y: length.Draw(t, "y"), W: length.Draw(t, "w"), H: length.Draw(t, "h"),
			Z:    rapid.Ptr(rapid.IntRange(-3, 3), true).Draw(t, "z"),
			Fade: rapid.Ptr(rapid.Uint8(), true).Draw(t, "fade"),
		}
		after := Overridden(canvas, slices.Clone(before), []Override{o})
		if len(after) != len(before) {
			t.Fatalf("%d placements became %d", len(before), len(after))
		}
		for i, p := range after {
			checkPlacement(t, canvas, p)
			if i > 0 && p.Z < after[i-1].Z {
				t.Fatalf("not sorted by Z: %v", after)
			}
			was := before[slices.IndexFunc(before, func(q Placement) bool { return q.Name == p.Name })]
			if p.Name != named && p != was {
				t.Fatalf("%+v became %+v", was, p)
			}
			if o.X == nil && o.W == nil && (p.Rect.X != was.Rect.X || p.Rect.W != was.Rect.W) ||
				o.Y == nil && o.H == nil && (p.Rect.Y != was.Rect.Y || p.Rect.H != was.Rect.H) ||
				o.Z == nil && p.Z != was.Z || o.Fade == nil && p.Style != was.Style || p.Number != was.Number {
				t.Fatalf("%+v became %+v by %+v", was, p, o)
			}
		}
	})
}

func TestOverriddenMovesAndDresses(t *testing.T) {
	tmpl, _ := Builtin("pip")
	z, fit, radius, fade := -1, Contain, .1, uint8(9)
	x, width := w(.5), Length{H: .25}
	got := Overridden(Size{720, 1280}, tmpl.Arrange(Size{720, 1280}, people(2), "", nil),
		[]Override{{Participant: "p2", X: &x, W: &width, Z: &z, Fit: &fit, Radius: &radius, Border: &Border{}, Label: &Label{}, Fade: &fade}})
	want := Placement{Name: "p2", Rect: Rect{360, 8, 320, 302}, Z: -1, Fit: Contain, Number: 2, Style: Style{Radius: .1, Fade: 9}}
	if got[0] != want {
		t.Errorf("got %+v\nwant %+v first", got[0], want)
	}
}

func TestWildOverlaysStayInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canvas := Size{rapid.IntRange(2, 4096).Draw(t, "W"), rapid.IntRange(2, 4096).Draw(t, "H")}
		length := wildLength()
		o := Overlay{X: length.Draw(t, "x"), Y: length.Draw(t, "y"), W: length.Draw(t, "w"), H: length.Draw(t, "h")}
		checkPlacement(t, canvas, Placement{Name: "overlay", Rect: o.Box(canvas)})
		if n := canvas.Pixels(wild().Draw(t, "share")); n < 0 || n > min(canvas.W, canvas.H) {
			t.Fatalf("a share of %v is %d pixels", canvas, n)
		}
	})
}

func TestCanvasWithoutPixels(t *testing.T) {
	for _, canvas := range []Size{{}, {1, 1}, {720, 1}, {-4, 8}} {
		tmpl, _ := Builtin("float")
		var m Motion
		m.Aim(0, tmpl.Arrange(Size{720, 1280}, people(2), "", nil), DefaultTransition)
		m.Aim(1, nil, DefaultTransition)
		list := append(rects(tmpl.Empty(canvas, 0)), Overlay{W: w(1), H: h(1)}.Box(canvas))
		for _, r := range append(list, rects(m.At(2, canvas, nil))...) {
			if !r.Empty() || r.X < 0 || r.Y < 0 {
				t.Errorf("%v on %v", r, canvas)
			}
		}
	}
}

func TestAnchorInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		even := rapid.Custom(func(t *rapid.T) int { return 2 * rapid.IntRange(1, 2048).Draw(t, "half") })
		r := Rect{even.Draw(t, "X"), even.Draw(t, "Y"), even.Draw(t, "W"), even.Draw(t, "H")}
		width, height := rapid.IntRange(0, r.W).Draw(t, "w"), rapid.IntRange(0, r.H).Draw(t, "h")
		margin := rapid.IntRange(0, min(r.W-width, r.H-height)).Draw(t, "margin")
		a := Anchor(rapid.Uint8().Draw(t, "anchor"))
		x, y := a.In(r, width, height, margin)
		if x&1 != 0 || y&1 != 0 || !r.Contains(Rect{x, y, width, height}) {
			t.Fatalf("%d×%d at %d, %d of %v", width, height, x, y, r)
		}
	})
}

func TestAnchorIn(t *testing.T) {
	r := Rect{100, 200, 80, 60}
	want := [][2]int{
		{104, 204}, {130, 204}, {156, 204},
		{104, 224}, {130, 224}, {156, 224},
		{104, 246}, {130, 246}, {156, 246},
	}
	for a := TopLeft; a <= BottomRight; a++ {
		if x, y := a.In(r, 20, 10, 4); [2]int{x, y} != want[a] {
			t.Errorf("anchor %d is at %d, %d, want %v", a, x, y, want[a])
		}
	}
}
