package compose

import (
	"errors"
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func TestFitPicture(t *testing.T) {
	for _, tt := range []struct {
		name string
		w, h int
		fit  layout.Fit
		// The colour, by its corner, at places in shares of 16 of the sides; -1: transparent.
		want map[image.Point]int
	}{
		{"cover high", 40, 80, layout.Cover, map[image.Point]int{{X: 1, Y: 1}: 0, {X: 14, Y: 1}: 1, {X: 1, Y: 14}: 2, {X: 14, Y: 14}: 3}},
		{"contain high", 40, 80, layout.Contain, map[image.Point]int{{X: 1, Y: 1}: -1, {X: 1, Y: 7}: 0, {X: 14, Y: 9}: 3, {X: 8, Y: 15}: -1}},
		{"contain wide", 160, 40, layout.Contain, map[image.Point]int{{X: 1, Y: 1}: -1, {X: 6, Y: 1}: 0, {X: 10, Y: 14}: 3, {X: 15, Y: 8}: -1}},
		{"stretch", 40, 80, layout.Stretch, map[image.Point]int{{X: 1, Y: 1}: 0, {X: 14, Y: 14}: 3}},
		{"contain the same shape", 40, 20, layout.Contain, map[image.Point]int{{X: 0, Y: 0}: 0, {X: 15, Y: 15}: 3}},
	} {
		got := FitPicture(quarters(80, 40), tt.w, tt.h, tt.fit)
		if got.Rect != image.Rect(0, 0, tt.w, tt.h) {
			t.Errorf("%s: %v", tt.name, got.Rect)
		}
		for p, corner := range tt.want {
			c := got.NRGBAAt(p.X*tt.w/16, p.Y*tt.h/16)
			if corner < 0 && c.A != 0 || corner >= 0 && !alike(c, quarterColours[corner], 3) {
				t.Errorf("%s: at %v is %v, want corner %d", tt.name, p, c, corner)
			}
		}
	}
}

func TestFitPictureOfAPart(t *testing.T) {
	part := quarters(80, 40).SubImage(image.Rect(40, 20, 80, 40)).(*image.NRGBA)
	for _, fit := range []layout.Fit{layout.Cover, layout.Contain, layout.Stretch} {
		if got := FitPicture(part, 20, 20, fit).NRGBAAt(10, 10); !alike(got, quarterColours[3], 1) {
			t.Errorf("%v: %v", fit, got)
		}
	}
}

// What is transparent is black in most files: none of it may show at the edge of a logo.
func TestFitPictureLeavesNoFringe(t *testing.T) {
	logo := image.NewNRGBA(image.Rect(0, 0, 90, 90))
	for y := range 90 {
		for x := range 90 {
			if (x-45)*(x-45)+(y-45)*(y-45) < 40*40 {
				logo.SetNRGBA(x, y, color.NRGBA{250, 240, 230, 255})
			}
		}
	}
	for _, side := range []int{31, 64, 200} {
		got := FitPicture(logo, side, side, layout.Contain)
		edge := 0
		for i := 0; i < len(got.Pix); i += 4 {
			if p := got.Pix[i : i+4]; p[3] > 8 {
				if !alike(color.NRGBA{p[0], p[1], p[2], 255}, color.NRGBA{250, 240, 230, 255}, 2) {
					t.Fatalf("at %d pixels: %v", side, p)
				}
				if p[3] < 240 {
					edge++
				}
			}
		}
		if edge == 0 {
			t.Errorf("at %d pixels the edge is hard", side)
		}
	}
}

func TestFitPictureAtAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.OneOf(rapid.IntRange(1, 9), rapid.IntRange(1, 300))
		img := quarters(side.Draw(t, "sw"), side.Draw(t, "sh"))
		w, h := side.Draw(t, "w"), side.Draw(t, "h")
		fit := rapid.SampledFrom([]layout.Fit{layout.Cover, layout.Contain, layout.Stretch}).Draw(t, "fit")
		got := FitPicture(img, w, h, fit)
		if got.Rect != image.Rect(0, 0, w, h) {
			t.Fatalf("%v, want %d×%d", got.Rect, w, h)
		}
		if fit != layout.Contain && !got.Opaque() {
			t.Fatal("an opaque picture became transparent")
		}
		if got.NRGBAAt((w-1)/2, (h-1)/2).A != 255 {
			t.Fatal("nothing in the middle")
		}
	})
	for _, size := range [][2]int{{0, 4}, {4, -1}, {media.MaxSide + 1, 4}} {
		if FitPicture(quarters(4, 4), size[0], size[1], layout.Cover) != nil {
			t.Errorf("%v: a picture", size)
		}
	}
	if FitPicture(&image.NRGBA{}, 4, 4, layout.Cover) != nil {
		t.Error("a picture of nothing")
	}
}

func TestFrameOfPicture(t *testing.T) {
	img := quarters(16, 8)
	for y := range 8 {
		for x := range 8 {
			img.SetNRGBA(x, y, color.NRGBA{255, 255, 255, byte(255 * (y / 4))}) // clear, then white
		}
	}
	under := layout.Color{R: 20, G: 80, B: 200}
	f, err := FrameOfPicture(img, under)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	c := quarterColours[3]
	for _, tt := range []struct {
		x, y int
		want ycbcr
	}{
		{2, 1, ycbcrOf(under)}, {2, 6, ycbcrOf(layout.Color{R: 255, G: 255, B: 255})}, {13, 6, ycbcrOf(layout.Color{R: c.R, G: c.G, B: c.B})},
	} {
		if got := at(f, tt.x, tt.y); !near(got, tt.want, 1) {
			t.Errorf("at %d,%d: %v, want %v", tt.x, tt.y, got, tt.want)
		}
	}
	// Half is half.
	half := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	for i := range half.Pix {
		half.Pix[i] = []byte{255, 255, 255, 128}[i%4]
	}
	g, err := FrameOfPicture(half, layout.Color{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Free()
	if got := at(g, 0, 0).y; got < 125 || got > 127 { // 16 + 219/2
		t.Errorf("half white over black has a luma of %d", got)
	}
	for _, size := range [][2]int{{0, 0}, {3, 2}, {2, 5}, {media.MaxSide + 2, 2}} {
		if f, err := FrameOfPicture(image.NewNRGBA(image.Rect(0, 0, size[0], size[1])), under); !errors.Is(err, media.ErrSize) {
			f.Free()
			t.Errorf("%v: error %v, want media.ErrSize", size, err)
		}
	}
}
