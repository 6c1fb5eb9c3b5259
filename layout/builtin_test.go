package layout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func people(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("p%d", i+1)
	}
	return list
}

func rects(placements []Placement) []Rect {
	list := make([]Rect, len(placements))
	for i, p := range placements {
		list[i] = p.Rect
	}
	return list
}

func TestBuiltinGeometry(t *testing.T) {
	portrait, landscape := Size{720, 1280}, Size{1280, 720}
	eight := []Rect{
		{0, 0, 360, 320}, {360, 0, 360, 320}, {0, 320, 360, 320}, {360, 320, 360, 320},
		{0, 640, 360, 320}, {360, 640, 360, 320}, {0, 960, 360, 320}, {360, 960, 360, 320},
	}
	eightLandscape := []Rect{
		{0, 0, 320, 360}, {320, 0, 320, 360}, {640, 0, 320, 360}, {960, 0, 320, 360},
		{0, 360, 320, 360}, {320, 360, 320, 360}, {640, 360, 320, 360}, {960, 360, 320, 360},
	}
	nine := []Rect{
		{0, 0, 240, 426}, {240, 0, 240, 426}, {480, 0, 240, 426},
		{0, 426, 240, 428}, {240, 426, 240, 428}, {480, 426, 240, 428},
		{0, 854, 240, 426}, {240, 854, 240, 426}, {480, 854, 240, 426},
	}
	nineLandscape := []Rect{
		{0, 0, 426, 240}, {426, 0, 428, 240}, {854, 0, 426, 240},
		{0, 240, 426, 240}, {426, 240, 428, 240}, {854, 240, 426, 240},
		{0, 480, 426, 240}, {426, 480, 428, 240}, {854, 480, 426, 240},
	}
	tests := []struct {
		template string
		canvas   Size
		want     [][]Rect // by head count, from 1; the main speaker first
	}{
		// The table of the mini programs: W/2 = 360, 2W/3 = 480, H − W/2 = 920,
		// 3H/5 = 768, 2H/5 = 512, 3H/10 = 384, W/3 = 240.
		{"grid-by-count", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 400, 360, 480}, {360, 400, 360, 480}},
			{{0, 0, 720, 920}, {0, 920, 360, 360}, {360, 920, 360, 360}},
			{{0, 0, 360, 640}, {360, 0, 360, 640}, {0, 640, 360, 640}, {360, 640, 360, 640}},
			{{0, 0, 360, 768}, {360, 0, 360, 768}, {0, 768, 240, 512}, {240, 768, 240, 512}, {480, 768, 240, 512}},
			{{0, 0, 480, 768}, {480, 0, 240, 384}, {480, 384, 240, 384},
				{0, 768, 240, 512}, {240, 768, 240, 512}, {480, 768, 240, 512}},
			nine[:7], nine[:8], nine,
		}},
		{"grid-by-count", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 640, 720}, {640, 0, 640, 720}},
			{{0, 0, 854, 720}, {854, 0, 426, 360}, {854, 360, 426, 360}},
			{{0, 0, 640, 360}, {640, 0, 640, 360}, {0, 360, 640, 360}, {640, 360, 640, 360}},
			{{0, 0, 640, 720}, {640, 0, 320, 360}, {960, 0, 320, 360}, {640, 360, 320, 360}, {960, 360, 320, 360}},
			{{0, 0, 854, 480}, {854, 0, 426, 240}, {854, 240, 426, 240},
				{0, 480, 426, 240}, {426, 480, 428, 240}, {854, 480, 426, 240}},
			nineLandscape[:7], nineLandscape[:8], nineLandscape,
		}},
		{"grid", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 720, 640}, {0, 640, 720, 640}},
			{{0, 0, 720, 426}, {0, 426, 720, 428}, {0, 854, 720, 426}},
			{{0, 0, 360, 640}, {360, 0, 360, 640}, {0, 640, 360, 640}, {360, 640, 360, 640}},
			{{0, 0, 360, 426}, {360, 0, 360, 426}, {0, 426, 360, 428}, {360, 426, 360, 428}, {180, 854, 360, 426}},
			{{0, 0, 360, 426}, {360, 0, 360, 426}, {0, 426, 360, 428}, {360, 426, 360, 428}, {0, 854, 360, 426}, {360, 854, 360, 426}},
			append(slices.Clone(eight[:6]), Rect{180, 960, 360, 320}), eight, nine,
		}},
		{"grid", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 640, 720}, {640, 0, 640, 720}},
			{{0, 0, 426, 720}, {426, 0, 428, 720}, {854, 0, 426, 720}},
			{{0, 0, 640, 360}, {640, 0, 640, 360}, {0, 360, 640, 360}, {640, 360, 640, 360}},
			{{0, 0, 426, 360}, {426, 0, 428, 360}, {854, 0, 426, 360}, {214, 360, 426, 360}, {640, 360, 426, 360}},
			{{0, 0, 426, 360}, {426, 0, 428, 360}, {854, 0, 426, 360}, {0, 360, 426, 360}, {426, 360, 428, 360}, {854, 360, 426, 360}},
			append(slices.Clone(eightLandscape[:4]), Rect{160, 360, 320, 360}, Rect{480, 360, 320, 360}, Rect{800, 360, 320, 360}),
			eightLandscape, nineLandscape,
		}},
		{"pk", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 360, 1280}, {360, 0, 360, 1280}},
			{{0, 0, 360, 960}, {360, 0, 360, 960}, {180, 960, 360, 320}},
			{{0, 0, 360, 960}, {360, 0, 360, 960}, {0, 960, 360, 320}, {360, 960, 360, 320}},
			{{0, 0, 360, 960}, {360, 0, 360, 960}, {0, 960, 240, 320}, {240, 960, 240, 320}, {480, 960, 240, 320}},
			{{0, 0, 360, 960}, {360, 0, 360, 960}, {0, 960, 180, 320}, {180, 960, 180, 320}, {360, 960, 180, 320}, {540, 960, 180, 320}},
		}},
		{"pk", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 640, 720}, {640, 0, 640, 720}},
			{{0, 0, 640, 540}, {640, 0, 640, 540}, {480, 540, 320, 180}},
			{{0, 0, 640, 540}, {640, 0, 640, 540}, {320, 540, 320, 180}, {640, 540, 320, 180}},
			{{0, 0, 640, 540}, {640, 0, 640, 540}, {160, 540, 320, 180}, {480, 540, 320, 180}, {800, 540, 320, 180}},
			{{0, 0, 640, 540}, {640, 0, 640, 540}, {0, 540, 320, 180}, {320, 540, 320, 180}, {640, 540, 320, 180}, {960, 540, 320, 180}},
		}},
		{"strip", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 720, 854}, {0, 854, 720, 426}},
			{{0, 0, 720, 960}, {0, 960, 360, 320}, {360, 960, 360, 320}},
			{{0, 0, 720, 960}, {0, 960, 240, 320}, {240, 960, 240, 320}, {480, 960, 240, 320}},
			{{0, 0, 720, 960}, {0, 960, 180, 320}, {180, 960, 180, 320}, {360, 960, 180, 320}, {540, 960, 180, 320}},
			{{0, 0, 720, 1024}, {0, 1024, 144, 256}, {144, 1024, 144, 256}, {288, 1024, 144, 256}, {432, 1024, 144, 256}, {576, 1024, 144, 256}},
		}},
		{"strip", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 854, 720}, {854, 0, 426, 720}},
			{{0, 0, 960, 720}, {960, 0, 320, 360}, {960, 360, 320, 360}},
			{{0, 0, 960, 720}, {960, 0, 320, 240}, {960, 240, 320, 240}, {960, 480, 320, 240}},
			{{0, 0, 960, 720}, {960, 0, 320, 180}, {960, 180, 320, 180}, {960, 360, 320, 180}, {960, 540, 320, 180}},
			{{0, 0, 1024, 720}, {1024, 0, 256, 144}, {1024, 144, 256, 144}, {1024, 288, 256, 144}, {1024, 432, 256, 144}, {1024, 576, 256, 144}},
		}},
		// Tiles of W/4 × H/4 = 180 × 320, 12 apart, 20 from the right and 120 from the bottom.
		{"float", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 720, 1280}, {520, 840, 180, 320}},
			{{0, 0, 720, 1280}, {520, 840, 180, 320}, {328, 840, 180, 320}},
			{{0, 0, 720, 1280}, {520, 840, 180, 320}, {328, 840, 180, 320}, {136, 840, 180, 320}},
			// A full row: (720 − 2·20 − 3·12) / 4 = 161.
			{{0, 0, 720, 1280}, {540, 874, 160, 286}, {366, 874, 162, 286}, {194, 874, 160, 286}, {20, 874, 162, 286}},
		}},
		{"float", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 1280, 720}, {940, 500, 320, 180}},
			{{0, 0, 1280, 720}, {940, 500, 320, 180}, {608, 500, 320, 180}},
			{{0, 0, 1280, 720}, {940, 500, 320, 180}, {608, 500, 320, 180}, {276, 500, 320, 180}},
		}},
		// 160 × 240, from the bottom up; 160 × 192 when there are five.
		{"column", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 720, 1280}, {540, 920, 160, 240}},
			{{0, 0, 720, 1280}, {540, 920, 160, 240}, {540, 668, 160, 240}},
			{{0, 0, 720, 1280}, {540, 920, 160, 240}, {540, 668, 160, 240}, {540, 416, 160, 240}},
			{{0, 0, 720, 1280}, {540, 920, 160, 240}, {540, 668, 160, 240}, {540, 416, 160, 240}, {540, 164, 160, 240}},
			{{0, 0, 720, 1280}, {540, 968, 160, 192}, {540, 764, 160, 192}, {540, 560, 160, 192}, {540, 356, 160, 192}, {540, 152, 160, 192}},
		}},
		{"column", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 1280, 720}, {1004, 556, 256, 144}},
			{{0, 0, 1280, 720}, {1004, 556, 256, 144}, {1004, 400, 256, 144}},
			{{0, 0, 1280, 720}, {1004, 556, 256, 144}, {1004, 400, 256, 144}, {1004, 244, 256, 144}},
			{{0, 0, 1280, 720}, {1004, 556, 256, 144}, {1004, 400, 256, 144}, {1004, 244, 256, 144}, {1004, 88, 256, 144}},
		}},
		// 0.2361 · 720 = 170, 0.2361 · 1280 = 302, 0.00625 · 1280 = 8.
		{"pip", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 720, 1280}, {542, 8, 170, 302}},
			{{0, 0, 720, 1280}, {542, 8, 170, 302}, {542, 318, 170, 302}},
			{{0, 0, 720, 1280}, {542, 8, 170, 302}, {542, 318, 170, 302}, {542, 628, 170, 302}},
		}},
		{"pip", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 1280, 720}, {970, 542, 302, 170}},
			{{0, 0, 1280, 720}, {970, 542, 302, 170}, {660, 542, 302, 170}},
			{{0, 0, 1280, 720}, {970, 542, 302, 170}, {660, 542, 302, 170}, {350, 542, 302, 170}},
		}},
		// Cards 12 apart, 16 from the edges and 80 from the bottom.
		{"screen-share", portrait, [][]Rect{
			{{16, 16, 688, 1248}},
			{{16, 16, 688, 712}, {144, 740, 432, 460}},
			{{16, 16, 688, 712}, {16, 740, 338, 460}, {366, 740, 338, 460}},
		}},
		{"screen-share", landscape, [][]Rect{
			{{16, 16, 1248, 688}},
			{{16, 16, 954, 688}, {982, 16, 282, 222}},
			{{16, 16, 954, 688}, {982, 16, 282, 222}, {982, 250, 282, 220}},
			{{16, 16, 954, 688}, {982, 16, 282, 222}, {982, 250, 282, 220}, {982, 482, 282, 222}},
		}},
	}
	for _, tt := range tests {
		tmpl, err := Builtin(tt.template)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tt.want {
			got := rects(tmpl.Arrange(tt.canvas, people(i+1), "", nil))
			if !slices.Equal(got, want) {
				t.Errorf("%s for %d on %v:\n got %v\nwant %v", tt.template, i+1, tt.canvas, got, want)
			}
		}
	}
}

func TestSquareCanvasIsPortrait(t *testing.T) {
	tmpl, _ := Builtin("grid-by-count")
	got := rects(tmpl.Arrange(Size{720, 720}, people(3), "", nil))
	if want := []Rect{{0, 0, 720, 360}, {0, 360, 360, 360}, {360, 360, 360, 360}}; !slices.Equal(got, want) {
		t.Errorf("three on a square: got %v, want %v", got, want)
	}
}

func TestBuiltinNames(t *testing.T) {
	if got, want := BuiltinNames(), []string{"column", "float", "grid", "grid-by-count", "pip", "pk", "screen-share", "strip"}; !slices.Equal(got, want) {
		t.Errorf("BuiltinNames() = %v, want %v", got, want)
	}
	for _, name := range BuiltinNames() {
		tmpl, err := Builtin(name)
		if err != nil || tmpl.Name != name || tmpl.Description == "" {
			t.Errorf("Builtin(%q) = %q, %q, %v", name, tmpl.Name, tmpl.Description, err)
		}
	}
	if tmpl, err := Builtin(""); err != nil || tmpl.Name != Default {
		t.Errorf(`Builtin("") = %q, %v; want the default`, tmpl.Name, err)
	}
}

func TestUnknownTemplateNamesTheKnown(t *testing.T) {
	_, err := Builtin("Grid")
	if !errors.Is(err, ErrUnknownTemplate) {
		t.Fatalf("error = %v, want ErrUnknownTemplate", err)
	}
	for _, part := range append(BuiltinNames(), `"Grid"`) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
}

func TestBuiltinIsTheCallersOwn(t *testing.T) {
	a, _ := Builtin("grid")
	a.Portrait[0].Slots[0].Z = 99
	if b, _ := Builtin("grid"); b.Portrait[0].Slots[0].Z != 0 {
		t.Error("changing one Template changed the next")
	}
}

func TestBuiltinDress(t *testing.T) {
	canvas := Size{720, 1280}
	for _, name := range BuiltinNames() {
		tmpl, _ := Builtin(name)
		if tmpl.Transition != DefaultTransition || tmpl.Participants < MaxBuiltin {
			t.Errorf("%s: transition %+v, %d participants", name, tmpl.Transition, tmpl.Participants)
		}
		for n := 1; n <= tmpl.Participants; n++ {
			for _, p := range tmpl.Arrange(canvas, people(n), "", nil) {
				if labelled := p.Style.Label.Size > 0 && p.Style.Label.Text == "{name}"; labelled != (n > 1) {
					t.Errorf("%s for %d: %s has the label %+v", name, n, p.Name, p.Style.Label)
				}
				// Where tiles do not fill the canvas to its edges, they leave room for the app's
				// buttons and are rounded.
				if apart := slices.Contains([]string{"float", "column", "pip", "screen-share"}, name); apart && !p.Main {
					if p.Rect.Y+p.Rect.H > canvas.H*15/16 || p.Style.Radius <= 0 {
						t.Errorf("%s for %d: %s at %v with a radius of %v", name, n, p.Name, p.Rect, p.Style.Radius)
					}
				}
			}
		}
	}
}

// Margins and squares keep their shape on every canvas of an orientation.
func TestTilesKeepTheirDistanceFromBothEdges(t *testing.T) {
	for _, tt := range []struct {
		template string
		canvas   Size
		top      bool // the first tile sits at the top right, not at the bottom right
	}{
		{"pip", Size{720, 1280}, true}, {"pip", Size{1280, 720}, false}, {"pip", Size{960, 720}, false}, {"pip", Size{1080, 1080}, true},
		{"column", Size{1280, 720}, false}, {"column", Size{960, 720}, false},
		{"screen-share", Size{1280, 720}, true}, {"screen-share", Size{1920, 1080}, true}, {"screen-share", Size{960, 720}, true},
	} {
		tmpl, _ := Builtin(tt.template)
		r := tmpl.Arrange(tt.canvas, people(2), "", nil)[1].Rect
		right, other := tt.canvas.W-r.X-r.W, tt.canvas.H-r.Y-r.H
		if tt.top {
			other = r.Y
		}
		if right == 0 || right-other > 2 || other-right > 2 {
			t.Errorf("%s on %v: %v is %d from the right, %d from the other edge", tt.template, tt.canvas, r, right, other)
		}
	}
}
