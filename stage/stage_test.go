package stage

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// album has one picture, by the name "wall"; it counts how often it is asked.
type album struct{ asked int }

var errGone = errors.New("gone")

func (a *album) Picture(name string) (*image.NRGBA, error) {
	a.asked++
	if name != "wall" {
		return nil, errGone
	}
	img := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	return img, nil
}

// newDresser returns a dresser for 360×640 and watches over native objects.
func newDresser(t *testing.T) (*Dresser, *album) {
	t.Helper()
	before := media.Live()
	t.Cleanup(func() {
		if n := media.Live(); n != before {
			t.Errorf("%d native objects are left", n-before)
		}
	})
	pictures := &album{}
	return &Dresser{Fonts: compose.BundledFonts(), Pictures: pictures, Canvas: layout.Size{W: 360, H: 640}}, pictures
}

var black = layout.Color{}

func labelled(w, h int) layout.Placement {
	return layout.Placement{Name: "anna", Rect: layout.Rect{X: 20, Y: 40, W: w, H: h}, Number: 2, Style: layout.Style{
		Radius: .02, Border: layout.Border{Width: .01, Color: color.NRGBA{255, 255, 255, 255}},
		Label: layout.Label{
			Text: "{number} {name} ({id})", At: layout.BottomLeft, Size: .035,
			Color: color.NRGBA{255, 255, 255, 255}, Background: color.NRGBA{0, 0, 0, 128},
		},
	}}
}

func TestLabelText(t *testing.T) {
	for _, tt := range []struct {
		text string
		who  Person
		want string
	}{
		{"{name}", Person{Name: "anna"}, "anna"},
		{"{name}", Person{Name: "anna", Display: "安娜"}, "安娜"},
		{"{number} {name} ({id})", Person{Name: "anna", Display: "Anna {id}"}, "2 Anna {id} (anna)"},
		{"live", Person{Name: "anna"}, "live"},
	} {
		if got := labelText(tt.text, layout.Placement{Number: 2}, tt.who); got != tt.want {
			t.Errorf("%q for %+v is %q, want %q", tt.text, tt.who, got, tt.want)
		}
	}
}

// What is the same as something that is worn is not made again.
func TestDressIsSharedWhileItIsWorn(t *testing.T) {
	d, pictures := newDresser(t)
	place := labelled(200, 300)
	who := Person{Name: "anna", Placeholder: "wall"}
	one, err := d.Dress(place, who, black)
	if err != nil {
		t.Fatal(err)
	}
	moved := place
	moved.Rect.X, moved.Z = 100, 3
	two, err := d.Dress(moved, who, black)
	if err != nil || two != one || pictures.asked != 1 {
		t.Errorf("another dress for another place, %d pictures, %v", pictures.asked, err)
	}
	larger := place
	larger.Rect.W = 220
	three, err := d.Dress(larger, who, black)
	if err != nil || three == one {
		t.Errorf("the same dress for another size, %v", err)
	}
	one.Free()
	if tile := two.Tile(1, place, nil, 0, nil); tile.Frame.Plane(0) == nil {
		t.Error("a dress that is still worn was freed")
	}
	two.Free()
	four, err := d.Dress(place, who, black)
	if err != nil || pictures.asked != 3 {
		t.Errorf("what was freed is worn again: %d pictures, %v", pictures.asked, err)
	}
	three.Free()
	four.Free()
	var none *Dress
	none.Free()
}

func TestTileShowsFrameOrPlaceholder(t *testing.T) {
	d, _ := newDresser(t)
	place := labelled(200, 300)
	place.Fit, place.Z, place.Style.Fade = layout.Contain, 7, 90
	dress, err := d.Dress(place, Person{Name: "anna"}, black)
	if err != nil {
		t.Fatal(err)
	}
	defer dress.Free()
	f, err := media.NewFrame(64, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	tile := dress.Tile(4, place, f, 9, nil)
	if tile.ID != 4 || tile.Frame != f || tile.Seq != 9 || tile.Fit != layout.Contain || tile.Z != 7 || tile.Fade != 90 ||
		tile.Rect != place.Rect || tile.Shape == nil || tile.Label == nil {
		t.Errorf("tile of a stream: %+v", tile)
	}
	empty := dress.Tile(4, place, nil, 0, nil)
	if empty.Frame == nil || empty.Frame == f || empty.Seq >= 0 || empty.Fit != layout.Cover {
		t.Errorf("tile of a placeholder: %+v", empty)
	}
	if empty.Label != nil {
		t.Error("a placeholder with the name on it has a label too")
	}
}

// During a transition the tile may be smaller than the label of where it goes: then the
// one before is shown if that has room, else none; and always inside the tile.
func TestLabelFitsTheTileOfTheMoment(t *testing.T) {
	d, _ := newDresser(t)
	who := Person{Name: "anna", Display: "A rather long display name"}
	small, large := labelled(110, 200), labelled(340, 600)
	was, err := d.Dress(small, who, black)
	if err != nil {
		t.Fatal(err)
	}
	defer was.Free()
	is, err := d.Dress(large, who, black)
	if err != nil {
		t.Fatal(err)
	}
	defer is.Free()
	f, err := media.NewFrame(64, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	for w := 20; w <= 340; w += 20 {
		place := large
		place.Rect.W = w
		tile := is.Tile(1, place, f, 1, was)
		switch {
		case w >= 340 && tile.Label != is.label, w <= 60 && tile.Label != nil, w >= 110 && w < 200 && tile.Label != was.label:
			t.Errorf("%d pixels wide: wrong label", w)
		case tile.Label == nil:
			continue
		}
		size := tile.Label.Size()
		if tile.LabelX < 0 || tile.LabelY < 0 || tile.LabelX+size.W > w || tile.LabelY+size.H > place.Rect.H {
			t.Errorf("%d pixels wide: label %v at %d,%d stands over", w, size, tile.LabelX, tile.LabelY)
		}
	}
}

// rich is a template with one of each overlay.
func rich() layout.Template {
	whole := layout.Length{W: 1}
	high := layout.Length{H: 1}
	white, clear := color.NRGBA{255, 255, 255, 255}, color.NRGBA{}
	return layout.Template{
		Name: "rich", Background: layout.Background{Image: "wall", Fit: layout.Cover},
		Overlays: []layout.Overlay{
			{W: layout.Length{W: .5}, H: layout.Length{H: .1}, At: layout.TopRight, Margin: .02, Image: "wall", Fit: layout.Contain},
			{W: whole, H: high, At: layout.Bottom, Margin: .05, Text: "LIVE", Size: .06, Color: white, Background: clear},
			{W: whole, H: high, At: layout.TopLeft, Clock: "%H:%M:%S", Zone: "Asia/Shanghai", Size: .05, Color: white, Background: color.NRGBA{0, 0, 0, 128}},
		},
	}
}

func TestSetIsSharedAndOnTheCanvas(t *testing.T) {
	d, pictures := newDresser(t)
	one, err := d.Set(rich())
	if err != nil {
		t.Fatal(err)
	}
	other := rich()
	other.Name = "only the name differs"
	two, err := d.Set(other)
	if err != nil || one != two || pictures.asked != 2 {
		t.Errorf("made again: %d pictures, %v", pictures.asked, err)
	}
	two.Free()
	if f := one.Backdrop.Picture; f.Width() != 360 || f.Height() != 640 || one.Backdrop.Seq == 0 {
		t.Errorf("backdrop %+v", one.Backdrop)
	}
	ids := map[int]bool{}
	for _, tile := range one.Tiles(time.Now(), nil) {
		if !(layout.Rect{W: 360, H: 640}).Contains(tile.Rect) || ids[tile.ID] || tile.ID >= 0 || tile.Z < overlayZ {
			t.Errorf("overlay tile %+v", tile)
		}
		ids[tile.ID] = true
	}
	one.Free()
	var none *Set
	none.Free()
}

// The clock shows the time in its zone, changes only the digits that change, and needs
// no memory for it.
func TestClockTellsTheTime(t *testing.T) {
	d, _ := newDresser(t)
	set, err := d.Set(rich())
	if err != nil {
		t.Fatal(err)
	}
	defer set.Free()
	digits := func(now time.Time) (s string) {
		for _, tile := range set.clocks[0].tiles(now, nil)[1:] {
			s += fmt.Sprint(tile.Seq)
		}
		return s
	}
	at := time.Date(2026, 11, 24, 20, 59, 58, 0, time.UTC)
	if got := digits(at); got != "045958" {
		t.Errorf("at %v in Shanghai the clock shows %s", at, got)
	}
	if got := digits(at.Add(2 * time.Second)); got != "050000" {
		t.Errorf("two seconds later it shows %s", got)
	}
	tiles := set.Tiles(at, nil)
	if n := testing.AllocsPerRun(100, func() {
		at = at.Add(time.Second)
		tiles = set.Tiles(at, tiles[:0])
	}); n > 0 {
		t.Errorf("a tick allocates %v times", n)
	}
}

func TestWhatCannotBeHadIsAnErrorAndLeavesNothing(t *testing.T) {
	d, _ := newDresser(t)
	for name, change := range map[string]func(*layout.Template){
		"background": func(t *layout.Template) { t.Background.Image = "nope" },
		"image":      func(t *layout.Template) { t.Overlays[0].Image = "nope" },
		"clock":      func(t *layout.Template) { t.Overlays[2].Clock = "%Q" },
		"zone":       func(t *layout.Template) { t.Overlays[2].Zone = "Moon/Crater" },
	} {
		template := rich()
		change(&template)
		set, err := d.Set(template)
		if err == nil {
			t.Errorf("%s: no error", name)
			set.Free()
		}
	}
	if _, err := d.Dress(labelled(100, 100), Person{Placeholder: "nope"}, black); !errors.Is(err, errGone) {
		t.Errorf("placeholder: %v", err)
	}
	d.Pictures = nil
	if _, err := d.Dress(labelled(100, 100), Person{Placeholder: "wall"}, black); err == nil {
		t.Error("a picture without pictures")
	}
}
