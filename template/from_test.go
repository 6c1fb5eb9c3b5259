package template

import (
	"image/color"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
)

// equalTemplates compares two templates; places may differ by far less than a pixel.
func equalTemplates(a, b layout.Template) bool {
	return nearly(a, b) && reflect.DeepEqual(rough(a), rough(b))
}

// lengths returns every length in t.
func lengths(t layout.Template) []float64 {
	var all []float64
	add := func(list ...layout.Length) {
		for _, l := range list {
			all = append(all, l.W, l.H)
		}
	}
	for _, layouts := range [][]layout.Layout{t.Portrait, t.Landscape} {
		for _, l := range layouts {
			for _, s := range l.Slots {
				add(s.X, s.Y, s.W, s.H)
				all = append(all, s.Style.Radius, s.Style.Border.Width, s.Style.Label.Size)
			}
		}
	}
	for _, o := range t.Overlays {
		add(o.X, o.Y, o.W, o.H)
		all = append(all, o.Margin, o.Size)
	}
	return all
}

func nearly(a, b layout.Template) bool {
	as, bs := lengths(a), lengths(b)
	for i := range as {
		if i >= len(bs) || math.Abs(as[i]-bs[i]) > 2e-11 {
			return false
		}
	}
	return len(as) == len(bs)
}

// rough returns a copy of t without its lengths and its version.
func rough(t layout.Template) layout.Template {
	t.Version = 0
	strip := func(in []layout.Layout) []layout.Layout {
		out := make([]layout.Layout, len(in))
		for i, l := range in {
			out[i] = l
			out[i].Slots = make([]layout.Slot, len(l.Slots))
			for j, s := range l.Slots {
				s.X, s.Y, s.W, s.H = layout.Length{}, layout.Length{}, layout.Length{}, layout.Length{}
				s.Style.Radius, s.Style.Border.Width, s.Style.Label.Size = 0, 0, 0
				out[i].Slots[j] = s
			}
		}
		return out
	}
	t.Portrait, t.Landscape = strip(t.Portrait), strip(t.Landscape)
	overlays := make([]layout.Overlay, len(t.Overlays))
	for i, o := range t.Overlays {
		o.X, o.Y, o.W, o.H = layout.Length{}, layout.Length{}, layout.Length{}, layout.Length{}
		o.Margin, o.Size = 0, 0
		overlays[i] = o
	}
	t.Overlays = overlays
	return t
}

func TestBuiltinTemplatesComeBack(t *testing.T) {
	for _, name := range layout.BuiltinNames() {
		builtin, err := layout.Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		message := FromLayout(builtin)
		text := JSON(message)
		read, built, _, err := Load(text, nil)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		if !proto.Equal(read, message) {
			t.Errorf("%s: the text reads as another message:\n%s", name, text)
		}
		if !equalTemplates(built, builtin) {
			t.Errorf("%s comes back as\n%+v, want\n%+v", name, built, builtin)
		}
		if long := regexp.MustCompile(`\.[0-9]{9,}`).FindAllString(string(text), -1); len(long) > 0 {
			t.Errorf("%s has unreadable numbers: %v", name, long)
		}
		samePixels(t, built, builtin)
	}
}

// samePixels compares arrangements on canvases of every even width and height.
func samePixels(t *testing.T, got, want layout.Template) {
	t.Helper()
	everyone := strings.Split("abcdefghijklmnop", "")
	for side := 16; side <= 4096; side += 2 {
		for _, canvas := range []layout.Size{{W: side, H: side * 16 / 9 &^ 1}, {W: side, H: side * 9 / 16 &^ 1}, {W: side, H: 1280}} {
			n := 1 + side/2%max(want.Participants, 1)
			a, b := got.Arrange(canvas, everyone[:n], "", nil), want.Arrange(canvas, everyone[:n], "", nil)
			for i := range b {
				if a[i].Rect != b[i].Rect {
					t.Fatalf("%s, %d on %v: %s has %v, want %v", want.Name, n, canvas, b[i].Name, a[i].Rect, b[i].Rect)
				}
			}
		}
	}
}

func TestDressedTemplateComesBack(t *testing.T) {
	share := func(w, h float64) layout.Length { return layout.Length{W: w, H: h} }
	style := layout.Style{
		Radius: .05, Border: layout.Border{Width: .01, Color: color.NRGBA{1, 2, 3, 4}},
		Label:       layout.Label{Text: "{id}", At: layout.TopRight, Size: 1.0 / 30, Color: white, Background: shade},
		Placeholder: "face@3", Fade: 77,
	}
	slot := layout.Slot{X: share(1.0/3, 0), Y: share(0, .5), W: share(.5, 0), H: share(-.01, .3), Fit: layout.Contain, Z: -7, Style: style}
	plain := layout.Slot{W: share(1, 0), H: share(0, 1.0/7), Role: layout.Main}
	box := layout.Overlay{X: share(.1, 0), Y: share(0, .2), W: share(.3, 0), H: share(0, .4), At: layout.TopLeft, Margin: .02, Fade: 128}
	image, text, clock := box, box, box
	image.Image, image.Fit = "logo", layout.Cover
	text.Text, text.Size, text.Color = "hello", .06, white
	clock.Clock, clock.Zone, clock.Size, clock.Color, clock.Background = "%H", "Europe/Berlin", .07, white, shade
	clock.X, clock.Y, clock.W, clock.H = share(0, 0), share(0, 0), share(1, 0), share(0, 1)
	base := layout.Template{
		Name: "t", Description: "d", Background: layout.Background{Color: layout.Color{R: 9}, Image: "wall", Fit: layout.Stretch},
		Transition:   layout.Transition{Duration: time.Second, Easing: layout.Linear, Settle: 0},
		Participants: 2, Overlays: []layout.Overlay{image, text, clock},
	}
	alike, differ := base, base
	alike.Portrait = []layout.Layout{{Slots: []layout.Slot{slot, slot}, Least: 1, ShowEmpty: true}}
	differ.Portrait = []layout.Layout{{Slots: []layout.Slot{slot, plain}}}
	mostly, bare := base, base
	mostly.Portrait = []layout.Layout{{Slots: []layout.Slot{slot, slot}}, {Slots: []layout.Slot{plain}}}
	bare.Portrait = []layout.Layout{{Slots: []layout.Slot{slot, plain}}, {Slots: []layout.Slot{plain}}}
	for name, want := range map[string]layout.Template{"alike": alike, "differ": differ, "mostly": mostly, "plain": bare} {
		message := FromLayout(want)
		if d := message.GetDefaults(); (d != nil) != (name != "plain") || (d.GetPlaceholder() != "") != (name == "alike") {
			t.Errorf("%s: defaults are %v", name, d)
		}
		_, got, _, err := Load(JSON(message), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !equalTemplates(got, want) {
			t.Errorf("%s comes back as\n%+v, want\n%+v", name, got, want)
		}
	}
}

func TestEveryFadeComesBack(t *testing.T) {
	var f findings
	b := builder{findings: &f}
	for fade := range 256 {
		if got := b.fade("", opacityFrom(uint8(fade)), 0); int(got) != fade {
			t.Errorf("fade %d comes back as %d", fade, got)
		}
	}
}

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]float64{
		1.0 / 3: .333333, 2.0 / 3: .666667, 1.0 / 7: .142857, 0.1 + 0.2: .3, .25: .25, 0: 0, 5e-17: 0,
		1.0 / 60: .016667, 199.0 / 1080: .184259, 161.0 / 720: .223611, 1e-6: 1e-6, math.Sqrt2 / 2: .70710678119,
	} {
		if got := digits(v); got != want || math.Signbit(got) {
			t.Errorf("digits(%v) = %v, want %v", v, got, want)
		}
	}
	for _, v := range []float64{0, .333, .66667, 1, -.25, math.Pi, 1e-300, 1e300, -5e9, 1e10 + .000002, 12345.678901, 2.333333} {
		if got := fraction(v); got != v {
			t.Errorf("fraction(%v) = %v", v, got)
		}
	}
	if got := fraction(-.142857); got != -1.0/7 {
		t.Errorf("fraction(-.142857) = %v", got)
	}
}

func TestFractionIsWithinWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-3, 3).Draw(t, "v")
		unit := math.Pow10(rapid.IntRange(0, 14).Draw(t, "decimals"))
		v = math.Round(v*unit) / unit
		// As many as are written: zeros at the end are not.
		if _, decimals, ok := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), "."); ok {
			unit = math.Pow10(len(decimals))
		}
		if got := fraction(v); math.Abs(got-v) > .502/unit || got < 0 != (v < 0) {
			t.Fatalf("fraction(%v) = %v", v, got)
		}
		n := rapid.IntRange(2, 1500).Draw(t, "parts")
		part := float64(rapid.IntRange(1, n).Draw(t, "of them")) / float64(n)
		if got := fraction(digits(part)); math.Abs(got-part) > 1e-11 {
			t.Fatalf("%v is written as %v, which is read as %v", part, digits(part), got)
		}
	})
}
