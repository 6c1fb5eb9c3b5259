package compose

import (
	"math"
	"testing"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func TestKnownColours(t *testing.T) {
	// BT.709, limited range: the 100 % colour bars.
	for c, want := range map[layout.Color]ycbcr{
		{}:                       {16, 128, 128},
		{R: 255, G: 255, B: 255}: {235, 128, 128},
		{R: 255}:                 {63, 102, 240},
		{G: 255}:                 {173, 42, 26},
		{B: 255}:                 {32, 240, 118},
		{R: 255, G: 255}:         {219, 16, 138},
	} {
		if got := ycbcrOf(c); got != want {
			t.Errorf("%v is %v, want %v", c, got, want)
		}
	}
}

func near(a, b ycbcr, by int) bool {
	d := func(a, b uint8) bool { return int(a)-int(b) <= by && int(b)-int(a) <= by }
	return d(a.y, b.y) && d(a.cb, b.cb) && d(a.cr, b.cr)
}

func TestTilesAreConverted(t *testing.T) {
	tests := []struct {
		name      string
		matrix    media.Matrix
		fullRange bool
		in, want  ycbcr
	}{
		{"709 limited stays", media.BT709, false, ycbcr{63, 102, 240}, ycbcr{63, 102, 240}},
		{"full-range white", media.BT709, true, ycbcr{255, 128, 128}, ycbcr{235, 128, 128}},
		{"full-range black", media.BT709, true, ycbcr{0, 128, 128}, ycbcr{16, 128, 128}},
		{"full-range 709 red", media.BT709, true, ycbcr{54, 99, 255}, ycbcr{63, 102, 240}},
		{"601 white", media.BT601, false, ycbcr{235, 128, 128}, ycbcr{235, 128, 128}},
		{"601 red", media.BT601, false, ycbcr{81, 90, 240}, ycbcr{63, 102, 240}},
		{"601 green", media.BT601, false, ycbcr{145, 54, 34}, ycbcr{173, 42, 26}},
		{"601 blue", media.BT601, false, ycbcr{41, 240, 110}, ycbcr{32, 240, 118}},
		{"JPEG red", media.BT601, true, ycbcr{76, 85, 255}, ycbcr{63, 102, 240}},
		{"JPEG blue", media.BT601, true, ycbcr{29, 255, 107}, ycbcr{32, 240, 118}},
	}
	for _, tt := range tests {
		f := plain(t, 32, 32, tt.in.y, tt.in.cb, tt.in.cr)
		f.Matrix, f.FullRange = tt.matrix, tt.fullRange
		c := newCanvas(t, 64, 64)
		draw(t, c, black, Tile{Frame: f, Rect: rect(8, 8, 22, 30)})
		if got := at(c.Frame(), 16, 16); !near(got, tt.want, 2) {
			t.Errorf("%s: %v is painted as %v, want %v", tt.name, tt.in, got, tt.want)
		}
		for _, p := range [][2]int{{6, 16}, {30, 16}, {16, 6}, {16, 38}} {
			if got := at(c.Frame(), p[0], p[1]); got != (ycbcr{16, 128, 128}) {
				t.Errorf("%s: %v beside the tile is %v", tt.name, p, got)
			}
		}
	}
}

// Every sample value there is, against the same sums in floating point.
func TestConversionIsExactToOneStep(t *testing.T) {
	f := newPicture(t, 512, 256) // luma and Cb vary across, Cr down
	c := newCanvas(t, 512, 256)
	for _, m := range []media.Matrix{media.BT709, media.BT601} {
		for _, fullRange := range []bool{false, true} {
			f.Matrix, f.FullRange = m, fullRange
			for luma := 0; luma < 256; luma += 51 {
				for y := range 256 {
					for x := range 512 {
						f.Plane(0)[y*f.Stride(0)+x] = byte(luma)
						f.Plane(1)[y/2*f.Stride(1)+x/2] = byte(x / 2)
						f.Plane(2)[y/2*f.Stride(2)+x/2] = byte(y)
					}
				}
				seq := int64(luma) + 1000*int64(m)
				if fullRange {
					seq += 5000
				}
				draw(t, c, black, Tile{Frame: f, Seq: seq, Rect: rect(0, 0, 512, 256)})
				for y := 0; y < 256; y += 2 {
					for x := 0; x < 512; x += 2 {
						in := at(f, x, y)
						if got, want := at(c.Frame(), x, y), exact(in, m, fullRange); !near(got, want, 1) {
							t.Fatalf("matrix %d, full range %v: %v becomes %v, want %v", m, fullRange, in, got, want)
						}
					}
				}
			}
		}
	}
}

// exact converts one pixel in floating point.
func exact(in ycbcr, m media.Matrix, fullRange bool) ycbcr {
	y, cb, cr := (float64(in.y)-16)/219, (float64(in.cb)-128)/224, (float64(in.cr)-128)/224
	if fullRange {
		y, cb, cr = float64(in.y)/255, (float64(in.cb)-128)/255, (float64(in.cr)-128)/255
	}
	y, cb, cr = weightsOf(media.BT709).fromRGB(weightsOf(m).toRGB(y, cb, cr))
	clip := func(v float64) uint8 { return uint8(min(max(math.Round(v), 0), 255)) }
	return ycbcr{clip(16 + 219*y), clip(128 + 224*cb), clip(128 + 224*cr)}
}
