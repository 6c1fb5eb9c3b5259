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
		}},
		{"grid-by-count", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 640, 720}, {640, 0, 640, 720}},
			{{0, 0, 854, 720}, {854, 0, 426, 360}, {854, 360, 426, 360}},
			{{0, 0, 640, 360}, {640, 0, 640, 360}, {0, 360, 640, 360}, {640, 360, 640, 360}},
			{{0, 0, 640, 720}, {640, 0, 320, 360}, {960, 0, 320, 360}, {640, 360, 320, 360}, {960, 360, 320, 360}},
			{{0, 0, 854, 480}, {854, 0, 426, 240}, {854, 240, 426, 240},
				{0, 480, 426, 240}, {426, 480, 428, 240}, {854, 480, 426, 240}},
		}},
		{"grid", portrait, [][]Rect{
			{{0, 0, 720, 1280}},
			{{0, 0, 720, 640}, {0, 640, 720, 640}},
			{{0, 0, 720, 426}, {0, 426, 720, 428}, {0, 854, 720, 426}},
			{{0, 0, 360, 640}, {360, 0, 360, 640}, {0, 640, 360, 640}, {360, 640, 360, 640}},
			{{0, 0, 360, 426}, {360, 0, 360, 426}, {0, 426, 360, 428}, {360, 426, 360, 428}, {180, 854, 360, 426}},
			{{0, 0, 360, 426}, {360, 0, 360, 426}, {0, 426, 360, 428}, {360, 426, 360, 428}, {0, 854, 360, 426}, {360, 854, 360, 426}},
		}},
		{"grid", landscape, [][]Rect{
			{{0, 0, 1280, 720}},
			{{0, 0, 640, 720}, {640, 0, 640, 720}},
			{{0, 0, 426, 720}, {426, 0, 428, 720}, {854, 0, 426, 720}},
			{{0, 0, 640, 360}, {640, 0, 640, 360}, {0, 360, 640, 360}, {640, 360, 640, 360}},
			{{0, 0, 426, 360}, {426, 0, 428, 360}, {854, 0, 426, 360}, {214, 360, 426, 360}, {640, 360, 426, 360}},
			{{0, 0, 426, 360}, {426, 0, 428, 360}, {854, 0, 426, 360}, {0, 360, 426, 360}, {426, 360, 428, 360}, {854, 360, 426, 360}},
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
	if got, want := BuiltinNames(), []string{"grid", "grid-by-count", "pk", "strip"}; !slices.Equal(got, want) {
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
