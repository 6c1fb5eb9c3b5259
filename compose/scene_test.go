package compose

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func TestOnlyChangesArePainted(t *testing.T) {
	f := plain(t, 32, 32, 100, 110, 120)
	small := plain(t, 16, 16, 100, 110, 120)
	left := Tile{ID: 1, Frame: f, Rect: rect(0, 0, 32, 64)}
	right := Tile{ID: 2, Frame: f, Rect: rect(32, 0, 32, 64)}
	over := Tile{ID: 3, Frame: f, Rect: rect(24, 24, 16, 16), Z: 1}
	with := func(t Tile, change func(*Tile)) Tile { change(&t); return t }
	newSeq := func(t *Tile) { t.Seq++ }
	tests := []struct {
		name          string
		before, after []Tile
		want          int
	}{
		{"nothing new", []Tile{left, right, over}, []Tile{left, right, over}, 0},
		{"given in another order", []Tile{left, right, over}, []Tile{over, left, right}, 0},
		{"one new picture", []Tile{left, right}, []Tile{left, with(right, newSeq)}, 1},
		{"what lies over it is painted again", []Tile{left, right, over}, []Tile{with(left, newSeq), right, over}, 2},
		{"what lies under it is not", []Tile{left, right, over}, []Tile{left, right, with(over, newSeq)}, 1},
		{"another size", []Tile{left, right}, []Tile{with(left, func(t *Tile) { t.Frame = small }), right}, 1},
		{"another fit", []Tile{left, right}, []Tile{with(left, func(t *Tile) { t.Fit = layout.Contain }), right}, 1},
		{"one comes", []Tile{left}, []Tile{left, right}, 1},
		{"one goes", []Tile{left, right}, []Tile{left}, 0},
		{"what it covered is painted again", []Tile{left, right, over}, []Tile{left, right}, 2},
		{"it moves within one tile", []Tile{left, right, over}, []Tile{left, right, with(over, func(t *Tile) { t.Rect = rect(30, 24, 16, 16) })}, 3},
		{"it grows", []Tile{left, right, over}, []Tile{left, right, with(over, func(t *Tile) { t.Rect = rect(20, 20, 24, 24) })}, 1},
		{"swapped places", []Tile{left, right}, []Tile{
			with(left, func(t *Tile) { t.Rect = right.Rect }), with(right, func(t *Tile) { t.Rect = left.Rect })}, 2},
		{"goes below", []Tile{left, right, over}, []Tile{with(over, func(t *Tile) { t.Z = -1 }), left, right}, 2},
		{"wholly covered", []Tile{left}, []Tile{with(left, newSeq), {ID: 9, Frame: f, Rect: rect(0, 0, 64, 64), Z: 1}}, 1},
		{"covered by an equal", []Tile{}, []Tile{left, left}, 1},
		{"no longer covered", []Tile{left, {ID: 9, Frame: f, Rect: rect(0, 0, 64, 64), Z: 1}}, []Tile{left}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCanvas(t, 64, 64)
			draw(t, c, black, tt.before...)
			if got := draw(t, c, black, tt.after...); got != tt.want {
				t.Errorf("painted %d tiles, want %d", got, tt.want)
			}
		})
	}
}

func TestNewBackgroundPaintsEverything(t *testing.T) {
	c := newCanvas(t, 64, 64)
	tile := Tile{Frame: plain(t, 32, 16, 100, 110, 120), Rect: rect(16, 16, 32, 32), Fit: layout.Contain}
	draw(t, c, black, tile)
	if n := draw(t, c, layout.Color{R: 255, G: 255, B: 255}, tile); n != 1 {
		t.Errorf("painted %d tiles, want 1", n)
	}
	for _, p := range [][2]int{{0, 0}, {63, 63}, {20, 16}, {20, 47}} { // beside the tile and in its bars
		if got := at(c.Frame(), p[0], p[1]); got.y != 235 {
			t.Errorf("%v is %v, want white", p, got)
		}
	}
}

// However the scene got there, the canvas shows what a new canvas would.
func TestKeptCanvasEqualsNewCanvas(t *testing.T) {
	var pictures []*media.Frame
	for i, size := range [][2]int{{16, 16}, {32, 18}, {18, 32}, {7, 9}} {
		f := newPicture(t, size[0], size[1])
		scenery(f)
		f.FullRange = i%2 == 1
		if i > 1 {
			f.Matrix = media.BT601
		}
		pictures = append(pictures, f)
	}
	backgrounds := []layout.Color{{}, {}, {}, {R: 200, G: 30, B: 90}}
	tile := rapid.Custom(func(t *rapid.T) Tile {
		span := func(label string) (pos, size int) {
			a := rapid.IntRange(0, 7).Draw(t, label)
			b := rapid.IntRange(a+1, 8).Draw(t, label+" end")
			return 8 * a, 8 * (b - a)
		}
		x, w := span("x")
		y, h := span("y")
		i := rapid.IntRange(0, len(pictures)-1).Draw(t, "picture")
		return Tile{
			ID: rapid.IntRange(0, 3).Draw(t, "id"), Frame: pictures[i], Seq: int64(i), Rect: layout.Rect{X: x, Y: y, W: w, H: h},
			Fit: layout.Fit(rapid.IntRange(0, 2).Draw(t, "fit")), Z: rapid.IntRange(-1, 1).Draw(t, "z"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		kept, err := NewCanvas(64, 64)
		if err != nil {
			rt.Fatal(err)
		}
		defer kept.Close()
		pool := rapid.SliceOfN(tile, 1, 6).Draw(rt, "pool")
		for range rapid.IntRange(2, 6).Draw(rt, "draws") {
			tiles := rapid.SliceOfN(rapid.SampledFrom(pool), 0, 6).Draw(rt, "tiles")
			bg := rapid.SampledFrom(backgrounds).Draw(rt, "background")
			fresh, err := NewCanvas(64, 64)
			if err != nil {
				rt.Fatal(err)
			}
			_, errKept := kept.Draw(Backdrop{Color: bg}, tiles)
			_, errFresh := fresh.Draw(Backdrop{Color: bg}, tiles)
			same := bytes.Equal(snapshot(kept.Frame()), snapshot(fresh.Frame()))
			fresh.Close()
			if errKept != nil || errFresh != nil {
				rt.Fatal(errKept, errFresh)
			}
			if !same {
				rt.Fatal("the kept canvas differs from a new one")
			}
		}
	})
}
