package compose

import (
	"bytes"
	"errors"
	"image/color"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// However the scene got there, the canvas shows what a new canvas would, to the bit.
func TestKeptCanvasEqualsNewCanvasWhenSoft(t *testing.T) {
	stage := newStage(t)
	rapid.Check(t, func(rt *rapid.T) {
		kept, err := NewCanvas(stage.size.W, stage.size.H)
		if err != nil {
			rt.Fatal(err)
		}
		defer kept.Close()
		var tiles []Tile
		for range rapid.IntRange(0, 7).Draw(rt, "tiles") {
			tiles = append(tiles, stage.tile(rt))
		}
		backdrop := rapid.SampledFrom(stage.backdrops).Draw(rt, "backdrop")
		for i := range rapid.IntRange(2, 12).Draw(rt, "draws") {
			if i > 0 && rapid.IntRange(0, 9).Draw(rt, "backdrop changes") == 0 {
				backdrop = rapid.SampledFrom(stage.backdrops).Draw(rt, "backdrop")
			} else if i > 0 {
				for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(rt, "changes") {
					tiles = stage.change(rt, tiles)
				}
			}
			checkAgainstNewCanvas(rt, kept, backdrop, tiles)
		}
	})
}

// checkAgainstNewCanvas draws a scene on kept and on a new canvas.
func checkAgainstNewCanvas(t *rapid.T, kept *Canvas, b Backdrop, tiles []Tile) {
	fresh, err := NewCanvas(kept.size.W, kept.size.H)
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	// What was in the memory must not shine through.
	fresh.Frame().Fill(rapid.Byte().Draw(t, "old luma"), 77, 99)
	if _, err := kept.Draw(b, tiles); err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Draw(b, tiles); err != nil {
		t.Fatal(err)
	}
	if got, want := snapshot(kept.Frame()), snapshot(fresh.Frame()); !bytes.Equal(got, want) {
		i := 0
		for got[i] == want[i] {
			i++
		}
		t.Fatalf("the kept canvas differs from a new one, first at sample %d: %d, not %d", i, got[i], want[i])
	}
}

func TestOnlyChangesArePaintedWhenSoft(t *testing.T) {
	f := plain(t, 32, 32, 100, 110, 120)
	shape := NewShape(8, 2, color.NRGBA{255, 255, 255, 255})
	left := Tile{ID: 1, Frame: f, Rect: rect(0, 0, 32, 64), Shape: shape}
	right := Tile{ID: 2, Frame: f, Rect: rect(32, 0, 32, 64), Shape: shape}
	over := Tile{ID: 3, Frame: f, Rect: rect(20, 20, 24, 24), Z: 1, Shape: shape}
	mark := Tile{ID: 4, Sprite: NewSprite(glow(8, 8, 1)), Rect: rect(28, 28, 8, 8), Z: 2}
	with := func(t Tile, change func(*Tile)) Tile { change(&t); return t }
	newSeq := func(t *Tile) { t.Seq++ }
	faded := func(by uint8) func(*Tile) { return func(t *Tile) { t.Fade = by } }
	tests := []struct {
		name          string
		before, after []Tile
		want          int
	}{
		{"nothing new", []Tile{left, right, over, mark}, []Tile{left, right, over, mark}, 0},
		{"one new picture", []Tile{left, right}, []Tile{left, with(right, newSeq)}, 1},
		{"beneath a floating tile and a mark", []Tile{left, right, over, mark}, []Tile{with(left, newSeq), right, over, mark}, 3},
		{"over others", []Tile{left, right, over}, []Tile{left, right, with(over, newSeq)}, 1},
		{"it fades on", []Tile{left, with(right, faded(90))}, []Tile{left, with(right, faded(80))}, 1},
		{"it begins to fade", []Tile{left, right, over}, []Tile{left, right, with(over, faded(1))}, 3},
		{"invisible", []Tile{left, over}, []Tile{left, with(over, faded(255))}, 1},
		{"beneath an invisible one", []Tile{left, with(over, faded(255))}, []Tile{with(left, newSeq), with(over, faded(255))}, 1},
		{"it moves", []Tile{left, right, over}, []Tile{left, right, with(over, func(t *Tile) { t.Rect.Y += 2 })}, 3},
		{"it moves elsewhere", []Tile{left, right, mark}, []Tile{left, right, with(mark, func(t *Tile) { t.Rect.X = 0 })}, 3},
		{"another label", []Tile{left, right}, []Tile{left, with(right, func(t *Tile) { t.Label = mark.Sprite })}, 1},
		{"what looked out at its corner is gone", []Tile{left, right, {ID: 9, Frame: f, Rect: rect(20, 20, 4, 4)}, over},
			[]Tile{left, right, with(over, newSeq)}, 2},
		{"it floats behind a core", []Tile{over}, []Tile{with(over, newSeq), {ID: 9, Frame: f, Rect: rect(0, 0, 64, 64), Z: 2, Shape: shape}}, 1},
		{"it looks out at a corner", []Tile{left}, []Tile{left, {ID: 9, Frame: f, Rect: rect(0, 0, 64, 64), Z: 2, Shape: shape}}, 2},
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

// While nothing moves, neither backdrop nor tiles that did not change are touched: scribbles
// on them stay.
func TestNothingElseIsTouched(t *testing.T) {
	c := newCanvas(t, 64, 64)
	f := plain(t, 16, 16, 100, 110, 120)
	shape := NewShape(8, 2, color.NRGBA{255, 255, 255, 255})
	tiles := []Tile{
		{ID: 1, Frame: f, Rect: rect(4, 4, 24, 56), Shape: shape},
		{ID: 2, Frame: f, Rect: rect(36, 4, 24, 56), Shape: shape},
		{ID: 3, Frame: f, Rect: rect(40, 20, 12, 12), Shape: shape, Z: 1, Fade: 30},
	}
	draw(t, c, black, tiles...)
	luma, stride := c.Frame().Plane(0), c.Frame().Stride(0)
	places := [][2]int{{0, 0}, {32, 30}, {16, 30}} // two of the backdrop, one of the first tile
	for _, p := range places {
		luma[p[1]*stride+p[0]] = 200
	}
	tiles[1].Seq++
	if n := draw(t, c, black, tiles...); n != 2 {
		t.Errorf("painted %d tiles, want 2", n)
	}
	for _, p := range places {
		if got := luma[p[1]*stride+p[0]]; got != 200 {
			t.Errorf("%v was painted again", p)
		}
	}
}

// An encoder that looks ahead keeps references; what tiles keep of what is beneath them
// holds on when the canvas moves to a copy.
func TestSoftTilesOnACopiedCanvas(t *testing.T) {
	stage := newStage(t)
	c, fresh := newCanvas(t, 64, 64), newCanvas(t, 64, 64)
	tiles := []Tile{
		{ID: 1, Frame: stage.pictures[0], Rect: rect(0, 0, 64, 64)},
		{ID: 2, Frame: stage.pictures[1], Rect: rect(10, 10, 40, 40), Shape: stage.shapes[4], Fade: 60},
		{ID: 3, Sprite: stage.sprites[3], Rect: layout.Rect{X: 20, Y: 20, W: 30, H: 40}},
	}
	draw(t, c, black, tiles...)
	held, err := media.WrapFrame(c.Frame().AV().Clone())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Free()
	before := snapshot(held)
	tiles[1].Frame, tiles[1].Seq = stage.pictures[2], 2
	if n := draw(t, c, black, tiles...); n != 2 || c.Copies() != 1 {
		t.Errorf("painted %d with %d copies, want 2 and 1", n, c.Copies())
	}
	draw(t, fresh, black, tiles...)
	if !bytes.Equal(snapshot(c.Frame()), snapshot(fresh.Frame())) {
		t.Error("the copied canvas differs from a new one")
	}
	if !bytes.Equal(snapshot(held), before) {
		t.Error("Draw changed a picture that is referenced")
	}
}

func TestBackdropPicture(t *testing.T) {
	c := newCanvas(t, 64, 64)
	wall := newPicture(t, 64, 64)
	scenery(wall)
	wide := Tile{Frame: plain(t, 32, 16, 100, 110, 120), Rect: rect(16, 16, 32, 32), Fit: layout.Contain}
	drawOn := func(b Backdrop) {
		t.Helper()
		if _, err := c.Draw(b, []Tile{wide}); err != nil {
			t.Fatal(err)
		}
		for _, p := range [][2]int{{0, 0}, {63, 63}, {20, 16}, {20, 47}} { // beside the tile and in its bars
			want := ycbcrOf(b.Color)
			if b.Picture != nil {
				want = at(b.Picture, p[0], p[1])
			}
			if got := at(c.Frame(), p[0], p[1]); got != want {
				t.Errorf("%v is %v, want %v", p, got, want)
			}
		}
	}
	drawOn(Backdrop{Color: layout.Color{R: 9}, Picture: wall})
	wall.Fill(90, 100, 110)
	drawOn(Backdrop{Color: layout.Color{R: 9}, Picture: wall, Seq: 1})
	drawOn(Backdrop{Color: layout.Color{R: 200}})
	if n, err := c.Draw(Backdrop{Color: layout.Color{R: 200}, Seq: 7}, []Tile{wide}); n != 0 || err != nil {
		t.Errorf("the Seq of no picture: painted %d, %v", n, err)
	}
}

func TestBadDecorations(t *testing.T) {
	c := newCanvas(t, 64, 64)
	f := plain(t, 16, 16, 100, 110, 120)
	s := NewSprite(glow(16, 16, 1))
	shape := NewShape(4, 2, color.NRGBA{})
	r := rect(0, 0, 16, 16)
	draw(t, c, black, Tile{Frame: f, Rect: r})
	before := snapshot(c.Frame())
	for name, tile := range map[string]Tile{
		"frame and sprite":       {Frame: f, Sprite: s, Rect: r},
		"sprite of another size": {Sprite: s, Rect: rect(0, 0, 16, 18)},
		"sprite with a shape":    {Sprite: s, Rect: r, Shape: shape},
		"sprite with a label":    {Sprite: s, Rect: r, Label: s},
		"label at odd x":         {Frame: f, Rect: r, Label: s, LabelX: -1},
		"label at odd y":         {Frame: f, Rect: r, Label: s, LabelY: 3},
		"empty sprite":           {Sprite: NewSprite(glow(0, 0, 1)), Rect: rect(0, 0, 0, 0)},
	} {
		if _, err := c.Draw(Backdrop{}, []Tile{tile}); !errors.Is(err, ErrTile) {
			t.Errorf("%s: error = %v, want ErrTile", name, err)
		}
	}
	small, full := newPicture(t, 62, 64), newPicture(t, 64, 64)
	full.FullRange = true
	for _, p := range []*media.Frame{small, full} {
		if _, err := c.Draw(Backdrop{Picture: p}, nil); !errors.Is(err, ErrBackdrop) {
			t.Errorf("backdrop: error = %v, want ErrBackdrop", err)
		}
	}
	if !bytes.Equal(snapshot(c.Frame()), before) {
		t.Error("a refused Draw changed the canvas")
	}
}

// Neither new pictures nor a transition, in which every rectangle, radius and fade changes in
// every Draw, allocate.
func TestDecorationsDoNotAllocate(t *testing.T) {
	if addressSanitizer {
		t.Skip("calls into C allocate under -asan")
	}
	stage := newStage(t)
	c := newCanvas(t, 64, 64)
	var tiles []Tile
	for i, shape := range stage.shapes {
		tiles = append(tiles, Tile{
			ID: i, Frame: stage.pictures[i%4], Rect: rect(2*i, 2*i, 30, 20), Shape: shape,
			Label: stage.sprites[1], LabelX: 2, LabelY: 2,
		})
	}
	tiles = append(tiles, Tile{ID: 20, Sprite: stage.sprites[2], Rect: rect(4, 4, 24, 18), Z: 1})
	wall := stage.backdrops[2]
	n := 0
	step := func() {
		n++
		for i := range stage.shapes {
			tiles[i].Seq++
			if n%2 == 0 {
				tiles[i].Rect.W, tiles[i].Rect.H = 4+2*(n/2%14), 4+2*(n/2%11)
				tiles[i].Fade = uint8(n*i) / 2
			}
		}
		tiles[len(tiles)-1].Rect.X = n / 3 % 10 * 2
		if _, err := c.Draw(wall, tiles); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		step()
	}
	for range 5 { // AllocsPerRun rounds down; single runs hide nothing
		if got := testing.AllocsPerRun(1, step); got != 0 {
			t.Errorf("%v allocations in a Draw", got)
		}
	}
	if got := testing.AllocsPerRun(500, step); got != 0 {
		t.Errorf("%v allocations per Draw", got)
	}
}
