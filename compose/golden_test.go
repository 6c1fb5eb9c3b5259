package compose

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// pictureOf returns a BT.709 limited frame in RGB.
func pictureOf(f *media.Frame) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, f.Width(), f.Height()))
	k := weightsOf(media.BT709)
	for y := range f.Height() {
		for x := range f.Width() {
			s := at(f, x, y)
			r, g, b := k.toRGB((float64(s.y)-16)/219, (float64(s.cb)-128)/224, (float64(s.cr)-128)/224)
			img.SetNRGBA(x, y, color.NRGBA{quantise(255 * r), quantise(255 * g), quantise(255 * b), 255})
		}
	}
	return img
}

func savePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(w, img); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkGolden compares f with testdata/name.png, which -update writes. Processors
// round differently when they scale, so a mean difference of half a step is let pass, and
// one pixel in a thousand may be quite different (edges of letters).
func checkGolden(t *testing.T, name string, f *media.Frame) {
	t.Helper()
	got := pictureOf(f)
	path := filepath.Join("testdata", name+".png")
	actual := filepath.Join("testdata", name+".actual.png")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		savePNG(t, path, got)
		return
	}
	r, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	defer r.Close()
	want, err := png.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	mean, far := difference(t, got, want)
	if mean > .5 || far > .001 {
		savePNG(t, actual, got)
		t.Errorf("%s: mean difference %.2f of 255, %.2f %% of pixels far off; see %s", path, mean, 100*far, actual)
		return
	}
	os.Remove(actual) // of an earlier failure
}

// difference returns the mean difference of all channels and the share of pixels
// with a difference above 24 steps.
func difference(t *testing.T, got *image.NRGBA, want image.Image) (mean, far float64) {
	t.Helper()
	if got.Rect != want.Bounds() {
		t.Fatalf("picture is %v, want %v", got.Rect, want.Bounds())
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			a, b := got.NRGBAAt(x, y), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
			worst := 0
			for _, d := range [3]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
				d = max(d, -d)
				mean += float64(d)
				worst = max(worst, d)
			}
			if worst > 24 {
				far++
			}
		}
	}
	n := float64(got.Rect.Dx() * got.Rect.Dy())
	return mean / (3 * n), far / n
}

func TestGoldenPlaceholders(t *testing.T) {
	fonts := BundledFonts()
	for _, tt := range []struct {
		file, name string
		w, h       int
	}{
		{"placeholder-initials", "Ann Lee", 240, 384},
		{"placeholder-ellipsis", "Maximilian Alexander von Hohenstaufen", 320, 180},
		{"placeholder-silhouette", "小明", 160, 160}, // the bundled face has no Chinese
		{"placeholder-small", "guest-3", 90, 160},
	} {
		f, err := NewPlaceholder(fonts, tt.name, tt.w, tt.h)
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, tt.file, f)
		f.Free()
	}
}

// Six sources of different sizes, colours and fits, as an audience would see them.
func TestGoldenCanvas(t *testing.T) {
	template, err := layout.Builtin("grid-by-count")
	if err != nil {
		t.Fatal(err)
	}
	size := layout.Size{W: 180, H: 320}
	c := newCanvas(t, size.W, size.H)
	var tiles []Tile
	for i, p := range template.Arrange(size, []string{"a", "b", "c", "d", "e", "f"}, "", nil) {
		source := [][2]int{{320, 180}, {180, 320}, {97, 55}, {640, 360}, {120, 120}}
		var f *media.Frame
		if i < len(source) {
			f = newPicture(t, source[i][0], source[i][1])
			scenery(f)
		} else {
			if f, err = NewPlaceholder(BundledFonts(), "Ann Lee", p.Rect.W, p.Rect.H); err != nil {
				t.Fatal(err)
			}
			defer f.Free()
		}
		if i%2 == 1 && i < len(source) {
			f.Matrix, f.FullRange = media.BT601, true
		}
		tile := Tile{ID: i, Frame: f, Rect: p.Rect, Fit: p.Fit, Z: p.Z}
		if i == 4 {
			tile.Fit = layout.Contain
		}
		tiles = append(tiles, tile)
	}
	if n := draw(t, c, template.Background.Color, tiles...); n != 6 {
		t.Errorf("painted %d tiles", n)
	}
	checkGolden(t, "canvas", c.Frame())
}

// Rounded, bordered and labelled tiles over a photograph-like backdrop, a faded one floating
// over two of them, a round one and a watermark.
func TestGoldenDecorations(t *testing.T) {
	size := layout.Size{W: 360, H: 640}
	wall := newPicture(t, size.W, size.H)
	scenery(wall)
	for i := 1; i < 3; i++ { // calm colours
		for j, v := range wall.Plane(i) {
			wall.Plane(i)[j] = 96 + v/4
		}
	}
	cream, gold := color.NRGBA{255, 250, 240, 255}, color.NRGBA{255, 190, 40, 200}
	label := nameplate(90, 24)
	shapes := []*Shape{
		NewShape(24, 4, cream), NewShape(24, 4, gold), NewShape(40, 0, cream), NewShape(12, 1, cream),
		NewShape(20, 6, cream), NewShape(1000, 5, gold),
	}
	rects := []layout.Rect{
		rect(10, 10, 166, 240), rect(184, 10, 166, 240), rect(10, 258, 166, 240), rect(184, 258, 166, 240),
		rect(60, 180, 200, 130), rect(120, 500, 120, 120),
	}
	colours := [][2]byte{{110, 150}, {150, 110}, {128, 128}, {100, 100}, {160, 140}, {120, 170}}
	var tiles []Tile
	for i, r := range rects {
		f := newPicture(t, 320, 180)
		scenery(f)
		for p, v := range colours[i] { // plain chroma shows coloured edges
			for j := range f.Plane(p + 1) {
				f.Plane(p + 1)[j] = v
			}
		}
		tile := Tile{ID: i, Frame: f, Rect: r, Shape: shapes[i]}
		if i < 4 {
			tile.Label, tile.LabelX, tile.LabelY = label, 12, r.H-36
		}
		tiles = append(tiles, tile)
	}
	tiles[3].Fit = layout.Contain
	tiles[4].Fade, tiles[4].Z = 90, 1
	tiles = append(tiles, Tile{ID: 9, Sprite: nameplate(120, 36), Rect: rect(120, 240, 120, 36), Z: 2, Fade: 60})
	c := newCanvas(t, size.W, size.H)
	if _, err := c.Draw(Backdrop{Picture: wall}, tiles); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "decorations", c.Frame())
}
