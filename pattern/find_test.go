package pattern

import (
	"fmt"
	"image"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern/patterntest"
)

// newFrame returns a dark frame that is freed at the end of the test.
func newFrame(t testing.TB, w, h int) *media.Frame {
	t.Helper()
	f, err := media.NewFrame(w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Free)
	f.Fill(22, 130, 127)
	return f
}

// source returns participant n's picture at clock.
func source(t testing.TB, n, w, h int, clock time.Duration) *media.Frame {
	t.Helper()
	p, err := NewParticipant(n, w, h)
	if err != nil {
		t.Fatal(err)
	}
	f := newFrame(t, w, h)
	if err := p.Draw(f, clock); err != nil {
		t.Fatal(err)
	}
	return f
}

// sourceSizes are what phones, native apps and test sources send.
var sourceSizes = [][2]int{{1280, 720}, {720, 1280}, {640, 360}, {360, 640}, {480, 320}, {1920, 1080}, {480, 480}}

func TestCodeSurvivesCropScaleBlurAndNoise(t *testing.T) {
	participants := map[[2]int]*Participant{}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom(sourceSizes).Draw(t, "size")
		p := participants[size]
		if p == nil {
			var err error
			if p, err = NewParticipant(3, size[0], size[1]); err != nil {
				t.Fatal(err)
			}
			participants[size] = p
		}
		src, err := media.NewFrame(size[0], size[1])
		if err != nil {
			t.Fatal(err)
		}
		defer src.Free()
		clock := drawCode(t).Clock
		if err := p.Draw(src, clock); err != nil {
			t.Fatal(err)
		}
		// Any tile shape from 160×90 to a full canvas whose
		// scale leaves the code 3 pixels a cell and whose crop leaves it whole.
		w := rapid.IntRange(80, 400).Draw(t, "w/2") * 2
		h := rapid.IntRange(45, 640).Draw(t, "h/2") * 2
		scale := max(float64(w)/float64(size[0]), float64(h)/float64(size[1]))
		short := min(size[0], size[1])
		cell := float64(short/shortCells) * scale
		if cell < 3 || float64(min(w, h)) < 8.5*cell {
			t.Skip("too small a tile")
		}
		x, y := rapid.IntRange(0, 40).Draw(t, "x")*2, rapid.IntRange(0, 40).Draw(t, "y")*2
		canvas, err := media.NewFrame(w+x+20, h+y+20)
		if err != nil {
			t.Fatal(err)
		}
		defer canvas.Free()
		canvas.Fill(22, 130, 127)
		patterntest.Cover(canvas, image.Rect(x, y, x+w, y+h), src)
		blur(canvas)
		noise(canvas, rapid.Uint32().Draw(t, "seed"), 12)

		got := FindCodes(canvas)
		if len(got) != 1 || got[0].Number != 3 || got[0].Clock != clock {
			t.Fatalf("%v in a %d×%d tile (%.1f pixels a cell): found %v, want clock %v", size, w, h, cell, got, clock)
		}
		panelShows := float64(h) > 2*flashBottom*cell+2
		if want := clock%time.Second < FlashLength; panelShows && got[0].Flash != want {
			t.Fatalf("flash = %v at %v", got[0].Flash, clock)
		}
		cx, cy := (got[0].Square.X0+got[0].Square.X1)/2, (got[0].Square.Y0+got[0].Square.Y1)/2
		if math.Abs(cx-float64(x)-float64(w)/2) > 2+scale || math.Abs(cy-float64(y)-float64(h)/2) > 2+scale {
			t.Fatalf("centre at %.1f, %.1f; tile at %d, %d of %d×%d", cx, cy, x, y, w, h)
		}
	})
}

// blur averages each luma sample with its right and lower neighbours.
func blur(f *media.Frame) {
	pix, stride := f.Plane(0), f.Stride(0)
	for y := 0; y < f.Height()-1; y++ {
		for x := 0; x < f.Width()-1; x++ {
			at := y*stride + x
			pix[at] = byte((2*int(pix[at]) + int(pix[at+1]) + int(pix[at+stride]) + 2) / 4)
		}
	}
}

// noise adds a value of −most to most to each luma sample.
func noise(f *media.Frame, seed uint32, most int) {
	pix := f.Plane(0)
	for i := range pix {
		seed = seed*1664525 + 1013904223
		pix[i] = byte(min(max(int(pix[i])+int(seed>>16)%(2*most+1)-most, 0), 255))
	}
}

// layouts are rectangles on a 720×1280 canvas; later ones lie over earlier ones.
var layouts = map[string][]image.Rectangle{
	"one":  {image.Rect(0, 0, 720, 1280)},
	"two":  {image.Rect(0, 400, 360, 880), image.Rect(360, 400, 720, 880)},
	"pk":   {image.Rect(0, 0, 360, 1280), image.Rect(360, 0, 720, 1280)},
	"grid": {image.Rect(0, 0, 360, 426), image.Rect(360, 0, 720, 426), image.Rect(0, 426, 360, 852), image.Rect(360, 426, 720, 852), image.Rect(0, 852, 360, 1280), image.Rect(360, 852, 720, 1280)},
	"six": {
		image.Rect(0, 0, 480, 768), image.Rect(480, 0, 720, 384), image.Rect(480, 384, 720, 768),
		image.Rect(0, 768, 240, 1280), image.Rect(240, 768, 480, 1280), image.Rect(480, 768, 720, 1280),
	},
	"floating": {image.Rect(0, 0, 720, 1280), image.Rect(20, 960, 200, 1280), image.Rect(220, 960, 400, 1280), image.Rect(540, 20, 700, 110)},
}

func TestTilesAreMeasuredInEveryLayout(t *testing.T) {
	sources := map[[3]int]*media.Frame{}
	picture := func(n int, size [2]int) *media.Frame {
		key := [3]int{n, size[0], size[1]}
		if sources[key] == nil {
			sources[key] = source(t, n, size[0], size[1], 12345*time.Millisecond)
		}
		return sources[key]
	}
	for name, rects := range layouts {
		for _, size := range [][2]int{{1280, 720}, {720, 1280}, {480, 320}} {
			if size[1] < 720 && (name == "floating" || name == "six") {
				continue // 480×320 upright in a small tile falls below 3 pixels a cell
			}
			t.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(t *testing.T) {
				canvas := newFrame(t, 720, 1280)
				for i, r := range rects {
					patterntest.Cover(canvas, r, picture(i+1, size))
				}
				checkTiles(t, canvas, rects, 0)
			})
		}
	}
}

func checkTiles(t *testing.T, canvas *media.Frame, want []image.Rectangle, slack int) {
	t.Helper()
	var fd Finder
	tiles := fd.Tiles(canvas, fd.Find(canvas, nil), nil)
	if len(tiles) != len(want) {
		t.Fatalf("%d tiles, want %d: %v", len(tiles), len(want), tiles)
	}
	for _, tile := range tiles {
		r := want[tile.Number-1]
		off := max(abs(tile.Rect.Min.X-r.Min.X), abs(tile.Rect.Min.Y-r.Min.Y), abs(tile.Rect.Max.X-r.Max.X), abs(tile.Rect.Max.Y-r.Max.Y))
		if off > slack {
			t.Errorf("participant %d in %v, want %v", tile.Number, tile.Rect, r)
		}
		if tile.HueError > 3 {
			t.Errorf("participant %d: hue is off by %.1f", tile.Number, tile.HueError)
		}
	}
}

func abs(n int) int { return max(n, -n) }

func TestSameParticipantTwiceGivesTwoTiles(t *testing.T) {
	canvas := newFrame(t, 720, 1280)
	src := source(t, 2, 1280, 720, time.Second/2)
	rects := []image.Rectangle{image.Rect(0, 0, 360, 640), image.Rect(360, 640, 720, 1280)}
	for _, r := range rects {
		patterntest.Cover(canvas, r, src)
	}
	var fd Finder
	tiles := fd.Tiles(canvas, fd.Find(canvas, nil), nil)
	if len(tiles) != 2 || tiles[0].Rect != rects[0] || tiles[1].Rect != rects[1] {
		t.Errorf("tiles %v, want %v", tiles, rects)
	}
}

func TestUnevenScalingIsRead(t *testing.T) {
	canvas := newFrame(t, 500, 700)
	patterntest.Stretch(canvas, image.Rect(0, 0, 500, 700), source(t, 5, 1280, 720, 0), 0, 0, 1280, 720)
	if got := FindCodes(canvas); len(got) != 1 || got[0].Number != 5 {
		t.Errorf("found %v", got)
	}
}

// Whatever a picture holds, finding must not fail, and must not see codes in noise.
func FuzzFind(f *testing.F) {
	f.Add([]byte{0, 255, 16, 235}, uint16(64), uint16(48))
	f.Fuzz(func(t *testing.T, data []byte, w, h uint16) {
		frame := newFrame(t, 2+int(w)%200&^1, 2+int(h)%200&^1)
		for p := range 3 {
			if len(data) > 0 {
				pix := frame.Plane(p)
				for i := range pix {
					pix[i] = data[(i+p)%len(data)]
				}
			}
		}
		var fd Finder
		bounds := image.Rect(0, 0, frame.Width(), frame.Height())
		for _, tile := range fd.Tiles(frame, fd.Find(frame, nil), nil) {
			if !tile.Rect.In(bounds) {
				t.Errorf("tile %v outside of %v", tile.Rect, bounds)
			}
		}
		var seen []Seen
		for n := 1; n <= MaxNumber; n++ {
			seen = append(seen, Seen{Code: Code{Number: n}, Square: Square{0, 0, float64(w), float64(h)}})
		}
		for _, tile := range fd.Tiles(frame, seen, nil) {
			if !tile.Rect.In(bounds) {
				t.Errorf("tile %v outside of %v", tile.Rect, bounds)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	f := source(b, 2, 720, 1280, 0)
	var fd Finder
	var seen []Seen
	b.ReportAllocs()
	for b.Loop() {
		seen = fd.Find(f, seen[:0])
	}
}

func BenchmarkTiles(b *testing.B) {
	f := source(b, 2, 720, 1280, 0)
	var fd Finder
	var tiles []Tile
	seen := fd.Find(f, nil)
	b.ReportAllocs()
	for b.Loop() {
		tiles = fd.Tiles(f, seen, tiles[:0])
	}
}
