package compose

import (
	"bytes"
	"errors"
	"testing"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func TestBackgroundAndTiles(t *testing.T) {
	c := newCanvas(t, 64, 48)
	white := layout.Color{R: 255, G: 255, B: 255}
	tile := Tile{Frame: plain(t, 16, 16, 81, 90, 200), Rect: rect(8, 4, 24, 20)}
	if n := draw(t, c, white, tile); n != 1 {
		t.Errorf("painted %d tiles", n)
	}
	for y := range 48 {
		for x := range 64 {
			want := ycbcr{235, 128, 128}
			if x >= 8 && x < 32 && y >= 4 && y < 24 {
				want = ycbcr{81, 90, 200}
			}
			if got := at(c.Frame(), x, y); got != want {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestCanvasSaysItsColours(t *testing.T) {
	f := newCanvas(t, 64, 48).Frame()
	if f.FullRange || f.Matrix != media.BT709 || f.AV().ColorRange() != astiav.ColorRangeMpeg ||
		f.AV().ColorSpace() != astiav.ColorSpaceBt709 {
		t.Errorf("canvas is %v, %v, %v, %v", f.FullRange, f.Matrix, f.AV().ColorRange(), f.AV().ColorSpace())
	}
}

// A picture of vertical and horizontal bands shows by its colours which part is seen.
func TestCropByColourProbes(t *testing.T) {
	f := newPicture(t, 80, 40)
	for y := range 40 {
		for x := range 80 {
			f.Plane(0)[y*f.Stride(0)+x] = byte(20 + x*2)
			f.Plane(1)[y/2*f.Stride(1)+x/2] = byte(40 + x/2*4)
			f.Plane(2)[y/2*f.Stride(2)+x/2] = byte(60 + y/2*8)
		}
	}
	c := newCanvas(t, 80, 80)
	tests := []struct {
		fit  layout.Fit
		rect layout.Rect
		// Which pixel of the picture is seen at which of the canvas.
		canvas, picture [2]int
	}{
		{layout.Cover, rect(0, 0, 40, 40), [2]int{0, 0}, [2]int{20, 0}},
		{layout.Cover, rect(0, 0, 40, 40), [2]int{39, 39}, [2]int{59, 39}},
		{layout.Cover, rect(40, 0, 20, 40), [2]int{40, 0}, [2]int{30, 0}},
		{layout.Cover, rect(0, 60, 80, 20), [2]int{0, 60}, [2]int{0, 10}},
		{layout.Cover, rect(0, 60, 80, 20), [2]int{79, 79}, [2]int{79, 29}},
		{layout.Contain, rect(0, 0, 80, 80), [2]int{0, 20}, [2]int{0, 0}},
		{layout.Contain, rect(0, 0, 80, 80), [2]int{79, 59}, [2]int{79, 39}},
	}
	for _, tt := range tests {
		draw(t, c, black, Tile{Frame: f, Rect: tt.rect, Fit: tt.fit})
		got, want := at(c.Frame(), tt.canvas[0], tt.canvas[1]), at(f, tt.picture[0], tt.picture[1])
		if got != want {
			t.Errorf("%v in %v: canvas %v shows %v, want %v of picture %v", tt.fit, tt.rect, tt.canvas, got, want, tt.picture)
		}
	}
	// Above and below the contained picture is background.
	for _, y := range []int{0, 19, 60, 79} {
		if got := at(c.Frame(), 40, y); got != (ycbcr{16, 128, 128}) {
			t.Errorf("bar at row %d is %v", y, got)
		}
	}
}

func TestScalingQuality(t *testing.T) {
	tests := []struct {
		name           string
		sw, sh, dw, dh int
		min            float64 // dB, against exact area averages
	}{
		{"copy", 360, 640, 360, 640, 99},
		{"half", 640, 360, 320, 180, 50},
		{"quarter", 1280, 720, 320, 180, 48},
		{"three to two", 960, 540, 640, 360, 38},
		{"nearly half", 450, 720, 240, 384, 38},
		{"third", 1278, 720, 426, 240, 38},
		{"tenth", 1920, 1080, 192, 108, 36},
		{"enlarged", 360, 640, 480, 854, 38},
		{"odd", 357, 641, 240, 426, 36},
		// libyuv lets the outermost samples coincide, not their edges: half a sample of shift.
		{"tiny", 16, 16, 240, 240, 26},
		{"fifth", 1600, 900, 316, 178, 38},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newPicture(t, tt.sw, tt.sh)
			scenery(f)
			// Around the tile everything must stay background.
			c := newCanvas(t, tt.dw+8, tt.dh+8)
			draw(t, c, black, Tile{Frame: f, Rect: rect(4, 4, tt.dw, tt.dh), Fit: layout.Stretch})
			for p := range 3 {
				sw, sh := sides(f, p)
				x, dw, dh := 4, tt.dw, tt.dh
				if p > 0 {
					x, dw, dh = 2, dw/2, dh/2
				}
				want := boxScale(f.Plane(p), f.Stride(p), sw, sh, dw, dh)
				got := psnr(c.Frame(), p, x, x, want, dw, dh)
				t.Logf("plane %d: %.1f dB", p, got)
				if got < tt.min {
					t.Errorf("plane %d: %.1f dB, want %.0f", p, got, tt.min)
				}
			}
			for _, edge := range [][2]int{{3, 20}, {20, 3}, {tt.dw + 4, 20}, {20, tt.dh + 4}} {
				if got := at(c.Frame(), edge[0], edge[1]); got != (ycbcr{16, 128, 128}) {
					t.Errorf("beside the tile, at %v: %v", edge, got)
				}
			}
		})
	}
}

// Sources of any size fit any rectangle; run under -asan this finds reads beyond planes.
func TestAnySourceSize(t *testing.T) {
	c := newCanvas(t, 128, 96)
	seq := int64(0)
	for _, size := range [][2]int{{1, 1}, {2, 2}, {3, 5}, {16, 16}, {17, 33}, {357, 641}, {641, 357}, {4096, 2}, {1, 4096}, {3840, 2160}, {4095, 4095}} {
		f := plain(t, size[0], size[1], 100, 110, 120)
		for _, r := range []layout.Rect{rect(0, 0, 128, 96), rect(2, 2, 2, 2), rect(10, 20, 62, 30), rect(0, 0, 2, 96), rect(0, 0, 128, 2)} {
			for _, how := range []layout.Fit{layout.Cover, layout.Contain, layout.Stretch} {
				seq++
				draw(t, c, black, Tile{Frame: f, Seq: seq, Rect: r, Fit: how})
				x, y := r.X+(r.W/2)&^1, r.Y+(r.H/2)&^1
				if how != layout.Contain && at(c.Frame(), x, y) != (ycbcr{100, 110, 120}) {
					t.Errorf("%v %v in %v: %v in the middle", size, how, r, at(c.Frame(), x, y))
				}
			}
		}
	}
}

func TestBadTiles(t *testing.T) {
	c := newCanvas(t, 64, 64)
	f := plain(t, 16, 16, 100, 110, 120)
	draw(t, c, black, Tile{Frame: f, Rect: rect(0, 0, 32, 32)})
	before := snapshot(c.Frame())
	freed, err := media.NewFrame(16, 16)
	if err != nil {
		t.Fatal(err)
	}
	freed.Free()
	bad := []Tile{
		{Rect: rect(0, 0, 16, 16)},
		{Frame: freed, Rect: rect(0, 0, 16, 16)},
		{Frame: f, Rect: rect(1, 0, 16, 16)},
		{Frame: f, Rect: rect(0, 0, 15, 16)},
		{Frame: f, Rect: rect(0, 0, 0, 16)},
		{Frame: f, Rect: rect(-2, 0, 16, 16)},
		{Frame: f, Rect: rect(50, 0, 16, 16)},
		{Frame: f, Rect: rect(0, 50, 16, 16)},
	}
	for _, tile := range bad {
		if _, err := c.Draw(Backdrop{}, []Tile{{Frame: f, Seq: 9, Rect: rect(0, 0, 64, 64)}, tile}); !errors.Is(err, ErrTile) {
			t.Errorf("%v: error = %v, want ErrTile", tile.Rect, err)
		}
	}
	many := make([]Tile, MaxTiles+1)
	for i := range many {
		many[i] = Tile{ID: i, Frame: f, Rect: rect(0, 0, 2, 2)}
	}
	if _, err := c.Draw(Backdrop{}, many); !errors.Is(err, ErrTile) {
		t.Errorf("%d tiles: error = %v, want ErrTile", len(many), err)
	}
	if !bytes.Equal(snapshot(c.Frame()), before) {
		t.Error("a refused Draw changed the canvas")
	}
}

func TestCanvasSizes(t *testing.T) {
	for _, size := range [][2]int{{0, 64}, {63, 64}, {64, -2}, {64, media.MaxSide + 2}} {
		if c, err := NewCanvas(size[0], size[1]); !errors.Is(err, media.ErrSize) {
			c.Close()
			t.Errorf("%v: error = %v, want media.ErrSize", size, err)
		}
	}
}

func TestCloseFreesOnce(t *testing.T) {
	before := media.Live()
	c, err := NewCanvas(64, 64)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	c.Close()
	if live := media.Live(); live != before {
		t.Errorf("%d native objects are left", live-before)
	}
	if _, err := c.Draw(Backdrop{}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Draw after Close: %v, want ErrClosed", err)
	}
}

// An encoder that looks ahead keeps references: what it holds must not change.
func TestDrawLeavesReferencedPicturesAlone(t *testing.T) {
	c := newCanvas(t, 64, 64)
	f := plain(t, 16, 16, 100, 110, 120)
	left := Tile{ID: 1, Frame: f, Rect: rect(0, 0, 32, 64)}
	right := Tile{ID: 2, Frame: f, Rect: rect(32, 0, 32, 64)}
	draw(t, c, black, left, right)

	held, err := media.WrapFrame(c.Frame().AV().Clone())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Free()
	before := snapshot(held)
	if draw(t, c, black, left, right); c.Copies() != 0 {
		t.Errorf("%d copies with nothing to paint", c.Copies())
	}
	other := plain(t, 16, 16, 200, 90, 80)
	left.Frame, left.Seq = other, 1
	if n := draw(t, c, black, left, right); n != 1 || c.Copies() != 1 {
		t.Errorf("painted %d with %d copies, want 1 and 1", n, c.Copies())
	}
	if !bytes.Equal(snapshot(held), before) {
		t.Error("Draw changed a picture that is referenced")
	}
	if l, r := at(c.Frame(), 4, 4), at(c.Frame(), 40, 4); l != (ycbcr{200, 90, 80}) || r != (ycbcr{100, 110, 120}) {
		t.Errorf("canvas holds %v and %v", l, r)
	}
	left.Seq++
	if draw(t, c, black, left, right); c.Copies() != 1 {
		t.Errorf("%d copies, want 1: nothing holds the new picture", c.Copies())
	}
}

func TestDrawDoesNotAllocate(t *testing.T) {
	if addressSanitizer {
		t.Skip("calls into C allocate under -asan")
	}
	c := newCanvas(t, 128, 64)
	phone := plain(t, 36, 64, 100, 110, 120)
	phone.Matrix, phone.FullRange = media.BT601, true
	tiles := []Tile{
		{ID: 1, Frame: plain(t, 64, 36, 80, 120, 130), Rect: rect(0, 0, 64, 64)},
		{ID: 2, Frame: phone, Rect: rect(64, 0, 64, 64)},
		{ID: 3, Frame: phone, Rect: rect(40, 20, 30, 30), Z: 1, Fit: layout.Contain},
	}
	draw(t, c, black, tiles...)
	n := testing.AllocsPerRun(100, func() {
		for i := range tiles {
			tiles[i].Seq++
		}
		tiles[2].Rect.X ^= 2 // the layout changes too
		if _, err := c.Draw(Backdrop{}, tiles); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per Draw", n)
	}
}
