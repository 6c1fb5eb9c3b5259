package compose

import (
	"image"
	"image/color"
	"testing"
	"time"

	"github.com/lianmai/lianmai/layout"
)

// nameplate returns what a label looks like to the canvas: a translucent pill with
// light strokes.
func nameplate(w, h int) *Sprite {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{0, 0, 0, 140}
			if x/6%2 == 0 && y > h/4 && y < h*3/4 {
				c = color.NRGBA{255, 255, 255, uint8(40 * (x % 6))}
			}
			e := circle(float64(h)/2, float64(h)/2, float64(h)/2)
			cx := min(float64(x)+.5, float64(w-x)-.5)
			if cx < float64(h)/2 {
				c.A = uint8(float64(c.A) * e.coverage(cx, float64(y)+.5))
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return NewSprite(img)
}

// BenchmarkDecorations draws six 720p pictures, all of them new in every Draw, as plain
// rectangles and, by turns, with rounded corners, a border and a label each. ratio is
// what the second costs of the first.
func BenchmarkDecorations(b *testing.B) {
	grid := make([]layout.Rect, 6)
	for i := range grid { // two columns, gaps of 8 pixels
		grid[i] = rect(8+i%2*356, 8+i/2*424, 348, 416)
	}
	floating := []layout.Rect{rect(0, 0, 720, 1280)}
	for i := range 5 {
		floating = append(floating, rect(520, 120+i*216, 180, 200))
	}
	b.Run("grid", func(b *testing.B) { benchmarkDecorations(b, grid, 0) })
	b.Run("floating", func(b *testing.B) { benchmarkDecorations(b, floating, 1) })
}

// benchmarkDecorations leaves the first tiles plain in both.
func benchmarkDecorations(b *testing.B, rects []layout.Rect, first int) {
	shape := NewShape(24, 4, color.NRGBA{255, 255, 255, 255})
	var plain, decorated []Tile
	for i, r := range rects {
		f := newPicture(b, 1280, 720)
		scenery(f)
		t := Tile{ID: i, Frame: f, Rect: r, Z: i}
		plain = append(plain, t)
		if i >= first {
			t.Shape, t.Label, t.LabelX, t.LabelY = shape, nameplate(160, 36), 10, r.H-46
		}
		decorated = append(decorated, t)
	}
	a, d := newCanvas(b, 720, 1280), newCanvas(b, 720, 1280)
	var costs [2]time.Duration
	b.ReportAllocs()
	for b.Loop() {
		costs[0] += redraw(b, a, plain)
		costs[1] += redraw(b, d, decorated)
	}
	each := func(i int) float64 { return float64(costs[i].Microseconds()) / float64(b.N*draws) }
	b.ReportMetric(each(0), "plain-µs/draw")
	b.ReportMetric(each(1), "decorated-µs/draw")
	b.ReportMetric(each(1)/each(0), "ratio")
}

// draws is how often one canvas is drawn before it is the other's turn.
const draws = 4

// redraw returns the process's time for some Draws with all frames new.
func redraw(b *testing.B, c *Canvas, tiles []Tile) time.Duration {
	start := cpuTime(b)
	for range draws {
		for i := range tiles {
			tiles[i].Seq++
		}
		if n := draw(b, c, black, tiles...); n != len(tiles) {
			b.Fatalf("painted %d", n)
		}
	}
	return cpuTime(b) - start
}
