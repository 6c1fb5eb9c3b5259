package compose

import (
	"bytes"
	"errors"
	"image"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func newStandIn(t testing.TB, number, w, h int) *media.Frame {
	t.Helper()
	f, err := NewStandIn(number, w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Free)
	return f
}

func TestGoldenPeople(t *testing.T) {
	for _, tt := range []struct {
		file string
		w, h int
	}{{"people-portrait", 90, 160}, {"people-landscape", 160, 90}} {
		sheet := image.NewNRGBA(image.Rect(0, 0, 3*tt.w, 3*tt.h))
		for i := range StandIns {
			p := pictureOf(newStandIn(t, i, tt.w, tt.h))
			layAt(sheet, p, i%3*tt.w, i/3*tt.h)
		}
		checkGoldenPicture(t, tt.file, sheet)
	}
}

// The skin between the brows and on both cheeks is where it should be in every shape, and the
// face, from its top to the chin, is in the upper middle of what is cut out of it for any
// other shape.
func TestStandInsFaceIsInTheUpperMiddle(t *testing.T) {
	shapes := []layout.Size{{W: 180, H: 320}, {W: 320, H: 180}, {W: 200, H: 200}, {W: 240, H: 320}}
	for i := range StandIns {
		skin := ycbcrOf(layout.Color{R: people[i].skin.R, G: people[i].skin.G, B: people[i].skin.B})
		for _, size := range shapes {
			f := newStandIn(t, i, size.W, size.H)
			unit := headShare * float64(min(size.W, size.H))
			place := func(dx, dy float64) (x, y float64) {
				return float64(size.W)/2 + dx*unit, eyeLevel*float64(size.H) + dy*unit
			}
			for _, p := range [][2]float64{{0, -.16}, {-.46, .36}, {.42, .36}} {
				x, y := place(p[0], p[1])
				if got := at(f, int(x), int(y)); !near(got, skin, 40) {
					t.Errorf("person %d at %v: %v at %v of the face, want near %v", i, size, got, p, skin)
				}
			}
			for _, other := range shapes {
				part, _ := fit(layout.Cover, size.W, size.H, layout.Rect{W: other.W, H: other.H})
				for _, p := range [][2]float64{{0, -1.05}, {-.8, 0}, {.8, 0}, {0, 1}} {
					x, y := place(p[0], p[1])
					u, v := (x-float64(part.X))/float64(part.W), (y-float64(part.Y))/float64(part.H)
					if u < .1 || u > .9 || v < 0 || v > .75 {
						t.Errorf("%v cut to %v: %v of the face is at %.2f, %.2f", size, other, p, u, v)
					}
				}
			}
		}
	}
}

func TestStandInsAreNineAndAlwaysTheSame(t *testing.T) {
	var all [][]byte
	for i := range StandIns {
		picture := snapshot(newStandIn(t, i, 60, 80))
		for j, other := range all {
			different := 0
			for k, v := range picture {
				if d := int(v) - int(other[k]); d < -12 || d > 12 {
					different++
				}
			}
			if different < len(picture)/5 {
				t.Errorf("people %d and %d differ in %d of %d samples", j, i, different, len(picture))
			}
		}
		all = append(all, picture)
	}
	for number, same := range map[int]int{StandIns: 0, -1: StandIns - 1, math.MaxInt: math.MaxInt % StandIns, math.MinInt: (math.MinInt%StandIns + StandIns) % StandIns} {
		if !bytes.Equal(snapshot(newStandIn(t, number, 60, 80)), all[same]) {
			t.Errorf("number %d is not person %d", number, same)
		}
	}
}

func TestStandInAtAnySize(t *testing.T) {
	before := media.Live()
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(1, 90))
		w, h := 2*side.Draw(t, "w/2"), 2*side.Draw(t, "h/2")
		f, err := NewStandIn(rapid.IntRange(0, StandIns-1).Draw(t, "number"), w, h)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Free()
		if f.Width() != w || f.Height() != h || f.Matrix != media.BT709 || f.FullRange {
			t.Fatalf("%d×%d, matrix %d, full range %v", f.Width(), f.Height(), f.Matrix, f.FullRange)
		}
	})
	for _, size := range [][2]int{{2, media.MaxSide}, {media.MaxSide, 2}} {
		for i := range StandIns {
			newStandIn(t, i, size[0], size[1]).Free()
		}
	}
	for _, size := range [][2]int{{0, 2}, {2, 3}, {-2, 2}, {media.MaxSide + 2, 2}} {
		if f, err := NewStandIn(0, size[0], size[1]); !errors.Is(err, media.ErrSize) {
			f.Free()
			t.Errorf("%v: error = %v, want media.ErrSize", size, err)
		}
	}
	if live := media.Live(); live != before {
		t.Errorf("%d native objects are left", live-before)
	}
}

// What is drawn where: outlines of which the area is known.
func TestSketchMask(t *testing.T) {
	s := &sketch{img: image.NewRGBA(image.Rect(0, 0, 100, 100)), x: 50, y: 50, unit: 20}
	for _, tt := range []struct {
		name string
		p    *path
		area float64 // pixels
	}{
		{"box", box(-1, -1, 2, 1, 0), 800},
		{"oval", oval(0, 0, 1, .5), math.Pi * 20 * 10},
		{"triangle, closed by a straight line", from(0, 0).line(2, 0, 0, 1), 400},
		{"moved", box(0, 0, 1, 1, 0).moved(-1, -1), 400},
		{"half outside", box(-3.5, -1, 2, 2, 0), 800},
		{"far outside", box(50, 50, 2, 2, 0), 0},
		{"beyond every edge", box(-1e5, -1e5, 2e5, 2e5, 0), 10000},
		{"a straight stroke", brush(.5, 1, -1, 0, 0, 0, 1, 0), 400 + 90},
		{"blob around a circle", blob(1, 0, .7071, .7071, 0, 1, -.7071, .7071, -1, 0, -.7071, -.7071, 0, -1, .7071, -.7071), math.Pi * 400},
		{"both sides", both(0, -1, .7071, -.7071, 1, 0, .7071, .7071, 0, 1), math.Pi * 400},
	} {
		sum := 0.0
		for _, v := range s.mask(tt.p).Pix {
			sum += float64(v) / 255
		}
		if math.Abs(sum-tt.area) > 4+tt.area*.04 {
			t.Errorf("%s: %.0f pixels, want %.0f", tt.name, sum, tt.area)
		}
	}
}

func TestBlurKeepsThePlainAndTheMean(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	paintRows(img, palette[0], palette[0])
	want := bytes.Clone(img.Pix)
	blur(img, 5)
	if !bytes.Equal(img.Pix, want) {
		t.Error("a plain picture has changed")
	}
	for i := range 3 {
		img.Pix[img.PixOffset(20, 15)+i] = 255
	}
	blur(img, 2)
	if p := img.RGBAAt(20, 15); p.R <= palette[0].R || p.R > palette[0].R+20 || img.RGBAAt(2, 2).R != palette[0].R {
		t.Errorf("a dot became %v", p)
	}
}
