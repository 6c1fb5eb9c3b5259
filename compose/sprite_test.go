package compose

import (
	"image"
	"image/color"
	"testing"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// plainSprite is w×h pixels of one colour.
func plainSprite(w, h int, c color.NRGBA) *Sprite {
	img := image.NewNRGBA(image.Rect(-3, 5, w-3, h+5)) // need not begin at the origin
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{c.R, c.G, c.B, c.A})
	}
	return NewSprite(img)
}

func TestSpriteOverEveryValue(t *testing.T) {
	// 256 columns hold all values of luma; chroma goes along.
	f := newPicture(t, 256, 16)
	for i, p := range [3]int{256, 128, 128} {
		for y := range [3]int{16, 8, 8}[i] {
			for x := range p {
				f.Plane(i)[y*f.Stride(i)+x] = byte(x * 256 / p)
			}
		}
	}
	below := Tile{ID: 1, Frame: f, Rect: rect(0, 0, 256, 16)}
	for _, c := range []color.NRGBA{
		{255, 255, 255, 255}, {200, 30, 90, 255}, {255, 255, 255, 0}, {200, 30, 90, 128}, {0, 0, 0, 200}, {255, 255, 255, 1}, {0, 0, 255, 254},
	} {
		for _, fade := range []uint8{0, 1, 128, 254} {
			canvas := newCanvas(t, 256, 16)
			draw(t, canvas, black, below, Tile{ID: 2, Sprite: plainSprite(256, 16, c), Rect: rect(0, 0, 256, 16), Fade: fade, Z: 1})
			full := ycbcrOf(layout.Color{R: c.R, G: c.G, B: c.B})
			a := float64(c.A) / 255 * (1 - float64(fade)/255)
			for x := range 256 {
				under, got := at(f, x, 3), at(canvas.Frame(), x, 3)
				for i, v := range [3][3]uint8{{under.y, full.y, got.y}, {under.cb, full.cb, got.cb}, {under.cr, full.cr, got.cr}} {
					want := float64(v[0]) + (float64(v[1])-float64(v[0]))*a
					off := float64(v[2]) - want
					if limit := 1.6; off > limit || off < -limit || (a == 0 || a == 1) && off != 0 {
						t.Fatalf("%v with fade %d over %d: component %d is %d, want %.1f", c, fade, x, i, v[2], want)
					}
				}
			}
		}
	}
}

func TestSpriteSides(t *testing.T) {
	red := color.NRGBA{255, 0, 0, 255}
	for _, tt := range []struct{ w, h, wantW, wantH int }{
		{2, 2, 2, 2}, {5, 3, 6, 4}, {1, 1, 2, 2}, {0, 0, 0, 0}, {media.MaxSide + 9, 1, media.MaxSide, 2},
	} {
		s := plainSprite(tt.w, tt.h, red)
		if got := s.Size(); got != (layout.Size{W: tt.wantW, H: tt.wantH}) {
			t.Errorf("%d×%d became %v", tt.w, tt.h, got)
		}
	}
	// The column and the row that were added show what is beneath.
	c := newCanvas(t, 16, 16)
	draw(t, c, layout.Color{R: 255, G: 255, B: 255}, Tile{Sprite: plainSprite(5, 3, red), Rect: rect(2, 2, 6, 4)})
	for _, p := range [][3]int{{2, 2, 63}, {6, 4, 63}, {7, 4, 235}, {6, 5, 235}, {7, 5, 235}, {1, 2, 235}} {
		if got := at(c.Frame(), p[0], p[1]).y; int(got) != p[2] {
			t.Errorf("luma at %d,%d is %d, want %d", p[0], p[1], got, p[2])
		}
	}
}

// A label is seen inside its tile only, wherever it is put.
func TestLabelIsClipped(t *testing.T) {
	label := plainSprite(20, 10, color.NRGBA{255, 255, 255, 255})
	far := 1 << 40
	for _, p := range [][2]int{{0, 0}, {-10, -4}, {24, 16}, {10, 6}, {-20, 0}, {0, 20}, {-far, 0}, {far, far}} {
		c := newCanvas(t, 64, 64)
		draw(t, c, black, Tile{
			Frame: plain(t, 16, 16, 81, 90, 200), Rect: rect(16, 20, 32, 20), Label: label, LabelX: p[0], LabelY: p[1],
		})
		for y := range 64 {
			for x := range 64 {
				inTile := x >= 16 && x < 48 && y >= 20 && y < 40
				lx, ly := x-16-p[0], y-20-p[1]
				want := ycbcr{16, 128, 128}
				if inTile && lx >= 0 && lx < 20 && ly >= 0 && ly < 10 {
					want = ycbcr{235, 128, 128}
				} else if inTile {
					want = ycbcr{81, 90, 200}
				}
				if got := at(c.Frame(), x, y); got != want {
					t.Fatalf("label at %v: pixel %d,%d is %v, want %v", p, x, y, got, want)
				}
			}
		}
	}
}
