package compose

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// stage holds what random scenes are made of.
type stage struct {
	size      layout.Size
	pictures  []*media.Frame
	images    []*image.NRGBA // one for each sprite
	sprites   []*Sprite
	shapes    []*Shape // the first is nil
	backdrops []Backdrop
}

func newStage(t testing.TB) *stage {
	s := &stage{size: layout.Size{W: 64, H: 64}}
	for i, size := range [][2]int{{16, 16}, {32, 18}, {18, 32}, {7, 9}, {64, 64}} {
		f := newPicture(t, size[0], size[1])
		scenery(f)
		f.FullRange = i%2 == 1
		if i%4 > 1 {
			f.Matrix = media.BT601
		}
		s.pictures = append(s.pictures, f)
	}
	for i, size := range [][2]int{{2, 2}, {12, 6}, {23, 17}, {30, 40}, {64, 64}} {
		img := glow(size[0], size[1], i)
		s.images, s.sprites = append(s.images, img), append(s.sprites, NewSprite(img))
	}
	white, sea := color.NRGBA{255, 255, 255, 255}, color.NRGBA{20, 120, 200, 150}
	s.shapes = []*Shape{
		nil, NewShape(0, 3, white), NewShape(5, 0, white), NewShape(8, 2, sea), NewShape(10, 5, white),
		NewShape(4, 7, sea), NewShape(6, 6, white), NewShape(1000, 1, white), NewShape(1000, 1000, sea),
	}
	wall, other := newPicture(t, s.size.W, s.size.H), newPicture(t, s.size.W, s.size.H)
	scenery(wall)
	other.Fill(120, 90, 160)
	s.backdrops = []Backdrop{
		{}, {Color: layout.Color{R: 200, G: 30, B: 90}}, {Picture: wall}, {Picture: other, Seq: 1},
	}
	return s
}

// glow returns a picture whose alpha takes all values, with clear and opaque areas.
func glow(w, h, seed int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			a := 255 * (.5 + 1.2*math.Sin(9*u+float64(seed))*math.Cos(7*v))
			img.SetNRGBA(x, y, color.NRGBA{uint8(255 * u), uint8(255 * v), uint8(80 * seed), quantise(a)})
		}
	}
	return img
}

// evenSpan draws a range of at least two pixels with even ends.
func evenSpan(t *rapid.T, limit int, label string) (pos, size int) {
	a := rapid.IntRange(0, limit/2-1).Draw(t, label)
	b := rapid.IntRange(a+1, limit/2).Draw(t, label+" end")
	return 2 * a, 2 * (b - a)
}

// tile draws a tile of any kind.
func (s *stage) tile(t *rapid.T) Tile {
	tile := Tile{
		ID: rapid.IntRange(0, 3).Draw(t, "id"), Z: rapid.IntRange(-1, 1).Draw(t, "z"),
		Fade: rapid.SampledFrom([]uint8{0, 0, 0, 1, 100, 254, 255}).Draw(t, "fade"),
	}
	if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
		tile.Sprite = rapid.SampledFrom(s.sprites).Draw(t, "sprite")
		size := tile.Sprite.Size()
		tile.Rect = layout.Rect{
			X: 2 * rapid.IntRange(0, (s.size.W-size.W)/2).Draw(t, "x"), W: size.W,
			Y: 2 * rapid.IntRange(0, (s.size.H-size.H)/2).Draw(t, "y"), H: size.H,
		}
		return tile
	}
	s.show(t, &tile)
	tile.Rect.X, tile.Rect.W = evenSpan(t, s.size.W, "x")
	tile.Rect.Y, tile.Rect.H = evenSpan(t, s.size.H, "y")
	tile.Fit = layout.Fit(rapid.IntRange(0, 2).Draw(t, "fit"))
	tile.Shape = rapid.SampledFrom(s.shapes).Draw(t, "shape")
	if rapid.Bool().Draw(t, "labelled") {
		tile.Label = rapid.SampledFrom(s.sprites).Draw(t, "label")
		tile.LabelX = 2 * rapid.IntRange(-10, 20).Draw(t, "label x")
		tile.LabelY = 2 * rapid.IntRange(-10, 20).Draw(t, "label y")
	}
	return tile
}

// show gives a tile one of the pictures.
func (s *stage) show(t *rapid.T, tile *Tile) {
	i := rapid.IntRange(0, len(s.pictures)-1).Draw(t, "picture")
	tile.Frame, tile.Seq = s.pictures[i], int64(i)
}

// change changes one thing about a scene.
func (s *stage) change(t *rapid.T, tiles []Tile) []Tile {
	tiles = append([]Tile(nil), tiles...)
	if len(tiles) == 0 {
		return append(tiles, s.tile(t))
	}
	i := rapid.IntRange(0, len(tiles)-1).Draw(t, "which")
	tile := &tiles[i]
	switch rapid.SampledFrom([]string{"picture", "picture", "move", "fade", "shape", "label", "replace", "order", "leave", "join"}).Draw(t, "change") {
	case "picture":
		if tile.Frame != nil {
			s.show(t, tile)
		}
	case "move":
		tile.Rect.X = 2 * rapid.IntRange(0, (s.size.W-tile.Rect.W)/2).Draw(t, "to x")
		tile.Rect.Y = 2 * rapid.IntRange(0, (s.size.H-tile.Rect.H)/2).Draw(t, "to y")
	case "fade":
		tile.Fade = rapid.Uint8().Draw(t, "fade to")
	case "shape":
		if tile.Frame != nil {
			tile.Shape = rapid.SampledFrom(s.shapes).Draw(t, "shape to")
		}
	case "label":
		if tile.Frame != nil {
			tile.Label = rapid.SampledFrom(s.sprites).Draw(t, "label to")
		}
	case "replace":
		*tile = s.tile(t)
	case "order":
		tile.Z = rapid.IntRange(-1, 1).Draw(t, "z to")
	case "leave":
		tiles = append(tiles[:i], tiles[i+1:]...)
	case "join":
		tiles = append(tiles, s.tile(t))
	}
	return tiles
}
