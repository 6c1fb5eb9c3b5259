package compose

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

func TestMain(m *testing.M) {
	flag.Parse()
	before := media.Live()
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		if left := media.Live() - before; left != 0 {
			fmt.Fprintf(os.Stderr, "%d native objects were not freed\n", left)
			code = 1
		}
	}
	os.Exit(code)
}

func rect(x, y, w, h int) layout.Rect { return layout.Rect{X: x, Y: y, W: w, H: h} }

// newPicture returns a BT.709 limited picture, freed at the end of the test. Unlike
// media.NewFrame it may have odd sides.
func newPicture(t testing.TB, w, h int) *media.Frame {
	t.Helper()
	f, err := oddFrame(w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Free)
	return f
}

// plain returns a picture in one colour.
func plain(t testing.TB, w, h int, y, cb, cr byte) *media.Frame {
	t.Helper()
	f := newPicture(t, w, h)
	f.Fill(y, cb, cr)
	return f
}

func newCanvas(t testing.TB, w, h int) *Canvas {
	t.Helper()
	c, err := NewCanvas(w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// draw draws and returns the number of tiles painted.
func draw(t testing.TB, c *Canvas, bg layout.Color, tiles ...Tile) int {
	t.Helper()
	n, err := c.Draw(Backdrop{Color: bg}, tiles)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// at returns the samples at a pixel.
func at(f *media.Frame, x, y int) ycbcr {
	return ycbcr{
		f.Plane(0)[y*f.Stride(0)+x],
		f.Plane(1)[y/2*f.Stride(1)+x/2],
		f.Plane(2)[y/2*f.Stride(2)+x/2],
	}
}

// sides returns the size of a plane in samples.
func sides(f *media.Frame, plane int) (w, h int) {
	if plane == 0 {
		return f.Width(), f.Height()
	}
	return (f.Width() + 1) / 2, (f.Height() + 1) / 2
}

// snapshot copies the visible samples of f.
func snapshot(f *media.Frame) []byte {
	var all []byte
	for p := range 3 {
		w, h := sides(f, p)
		for y := range h {
			all = append(all, f.Plane(p)[y*f.Stride(p):][:w]...)
		}
	}
	return all
}

// black is the background of most tests.
var black = layout.Color{}
