package compose

import (
	"image/color"
	"math"
	"testing"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func TestCornerMasks(t *testing.T) {
	for _, tt := range []struct{ radius, border int }{{1, 0}, {2, 2}, {7, 3}, {24, 4}, {24, 24}, {9, 15}, {0, 5}, {200, 1}} {
		var c corners
		c.prepare(Shape{radius: tt.radius, border: tt.border})
		n := c.side
		if n&1 != 0 || n < tt.radius || n < tt.border {
			t.Fatalf("%v: side %d", tt, n)
		}
		covered, within := 0.0, 0.0
		for y := range n {
			for x := range n {
				i, cover := 2*n*y+x, float64(c.cover[2*n*y+x])/255
				covered += cover
				within += cover * (1 - float64(c.edge[i])/255)
				if j := 2*n*x + y; c.cover[i] != c.cover[j] || c.edge[i] != c.edge[j] {
					t.Fatalf("%v: not symmetric at %d, %d", tt, x, y)
				}
				if j := 2*n*y + 2*n - 1 - x; c.cover[i] != c.cover[j] || c.edge[i] != c.edge[j] {
					t.Fatalf("%v: right corner is no mirror of the left one at %d, %d", tt, x, y)
				}
			}
		}
		// What a circle leaves out of a square's corner.
		out := func(r int) float64 { return (1 - math.Pi/4) * float64(r*r) }
		inner, rest := max(0, tt.radius-tt.border), n-tt.border
		wantCovered := float64(n*n) - out(tt.radius)
		wantWithin := float64(rest*rest) - out(inner)
		if math.Abs(covered-wantCovered) > .02*float64(n) || math.Abs(within-wantWithin) > .02*float64(n) {
			t.Errorf("%v: %.2f pixels of which %.2f within the border, want %.2f and %.2f", tt, covered, within, wantCovered, wantWithin)
		}
	}
}

func TestMasksAreKept(t *testing.T) {
	var m masks
	a := m.of(Shape{radius: 5, border: 2})
	if b := m.of(Shape{radius: 5, border: 2, alpha: 9}); a != b {
		t.Error("two masks for one outline")
	}
	for i := range 2 * len(m.all) {
		if c := m.of(Shape{radius: 6 + i}); c.radius != 6+i {
			t.Fatalf("radius %d has masks for %d", 6+i, c.radius)
		}
		m.of(Shape{radius: 5, border: 2})
	}
	if b := m.of(Shape{radius: 5, border: 2}); a != b || a.radius != 5 || a.border != 2 {
		t.Error("what is used always was thrown out")
	}
}

// An opaque border is its colour to the bit and changes nothing within.
func TestStraightBorder(t *testing.T) {
	for _, tt := range []struct{ width, seen int }{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {8, 8}, {50, 10}, {-1, 0}} {
		c := newCanvas(t, 64, 64)
		shape := NewShape(0, tt.width, color.NRGBA{255, 255, 255, 255})
		draw(t, c, black, Tile{Frame: plain(t, 16, 16, 81, 90, 200), Rect: rect(10, 20, 40, 20), Shape: shape})
		for y := range 64 {
			for x := range 64 {
				depth := min(x-10, 49-x, y-20, 39-y) // from the tile's edge
				got := at(c.Frame(), x, y)
				want := ycbcr{16, 128, 128}
				if depth >= tt.seen {
					want = ycbcr{81, 90, 200}
				} else if depth >= 0 {
					want = ycbcr{235, 128, 128}
				}
				if got.y != want.y {
					t.Fatalf("width %d: luma at %d,%d is %d, want %d", tt.width, x, y, got.y, want.y)
				}
				if mixed := tt.seen%2 == 1 && depth>>1 == tt.seen>>1; !mixed && got != want {
					t.Fatalf("width %d: pixel %d,%d is %v, want %v", tt.width, x, y, got, want)
				}
			}
		}
		if tt.seen == 3 { // the last line of it is half of a row of chroma
			if got := at(c.Frame(), 30, 22); got != (ycbcr{235, 109, 164}) {
				t.Errorf("odd border: %v", got)
			}
		}
	}
}

// A radius of any size makes the small tile a pill; a transparent border is none.
func TestRadiusIsCut(t *testing.T) {
	f := plain(t, 16, 16, 200, 90, 200)
	picture := func(s *Shape, r layout.Rect) []byte {
		c := newCanvas(t, 64, 64)
		draw(t, c, black, Tile{Frame: f, Rect: r, Shape: s})
		return snapshot(c.Frame())
	}
	clear := color.NRGBA{255, 255, 255, 0}
	for _, r := range []layout.Rect{rect(0, 0, 64, 20), rect(2, 2, 22, 60), rect(4, 4, 2, 2), rect(4, 0, 6, 64)} {
		half := min(r.W, r.H) / 2 &^ 1
		want := string(picture(NewShape(half, 0, clear), r))
		for _, radius := range []int{half + 1, media.MaxSide, math.MaxInt} {
			if string(picture(NewShape(radius, 7, clear), r)) != want {
				t.Errorf("%v with radius %d is not as with %d", r, radius, half)
			}
		}
	}
}
