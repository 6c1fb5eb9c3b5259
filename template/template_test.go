package template

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	_ "time/tzdata"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// shelf is pictures by name, each with its newest version.
type shelf map[string]string

func (s shelf) Resolve(name string) (string, bool) {
	bare, version, pinned := strings.Cut(name, "@")
	newest, ok := s[bare]
	if pinned {
		return name, ok && version <= newest
	}
	return bare + "@" + newest, ok
}

// read returns an example from testdata/templates.
func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "templates", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustLoad(t testing.TB, text []byte) (*pb.LayoutTemplate, layout.Template) {
	t.Helper()
	message, built, _, err := Load(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return message, built
}

func TestStage(t *testing.T) {
	_, got := mustLoad(t, read(t, "stage.json"))
	if got.Name != "stage" || got.Background.Color != (layout.Color{R: 0x10, G: 0x14, B: 0x18}) || len(got.Portrait) != 4 || got.Participants != 4 {
		t.Errorf("read %+v", got)
	}
	places := got.Arrange(layout.Size{W: 720, H: 1280}, []string{"a", "b", "c"}, "b", nil)
	want := []layout.Placement{
		{Name: "b", Rect: layout.Rect{X: 0, Y: 0, W: 720, H: 896}, Main: true, Number: 1},
		{Name: "a", Rect: layout.Rect{X: 14, Y: 922, W: 338, H: 332}, Number: 2},
		{Name: "c", Rect: layout.Rect{X: 368, Y: 922, W: 338, H: 332}, Number: 3},
	}
	if !slices.Equal(places, want) {
		t.Errorf("places are %+v, want %+v", places, want)
	}
}

func TestCards(t *testing.T) {
	_, got := mustLoad(t, read(t, "cards.json"))
	style := got.Portrait[0].Slots[0].Style
	if style.Radius != .03 || style.Border.Width != .003 || style.Label.Text != "{number}  {name}" || style.Label.At != layout.BottomLeft {
		t.Errorf("slots are dressed as %+v", style)
	}
	last := got.Portrait[3]
	if last.Least != 4 || !last.ShowEmpty || got.Participants != 6 {
		t.Errorf("the last layout is for %d and more, shows empty slots: %v; the template for %d", last.Least, last.ShowEmpty, got.Participants)
	}
	if clock := got.Overlays[1]; clock.Clock != "%H:%M" || clock.Zone != "Asia/Shanghai" || clock.At != layout.Right {
		t.Errorf("the clock is %+v", clock)
	}
}

func TestStudio(t *testing.T) {
	_, got := mustLoad(t, read(t, "studio.yaml"))
	for _, canvas := range []layout.Size{{W: 720, H: 1280}, {W: 600, H: 600}} {
		for _, p := range got.Arrange(canvas, []string{"a", "b", "c", "d"}, "", nil)[1:] {
			if p.Rect.W != p.Rect.H {
				t.Errorf("on %v %s has %v, want a square", canvas, p.Name, p.Rect)
			}
		}
	}
	// Thirds of 720 meet without a gap.
	places := got.Arrange(layout.Size{W: 1280, H: 720}, []string{"a", "b", "c", "d"}, "", nil)
	if want := (layout.Rect{X: 960, Y: 480, W: 320, H: 240}); places[3].Rect != want || places[3].Fit != layout.Contain {
		t.Errorf("the last guest has %v, %v; want %v", places[3].Rect, places[3].Fit, want)
	}
}

func TestWatermark(t *testing.T) {
	_, got, _, err := Load(read(t, "watermark.json"), shelf{"logo": "7"})
	if err != nil {
		t.Fatal(err)
	}
	canvas := layout.Size{W: 1280, H: 720}
	small := got.Arrange(canvas, []string{"a", "b"}, "", nil)[1]
	if want := (layout.Rect{X: 940, Y: 500, W: 320, H: 180}); small.Rect != want || canvas.Pixels(small.Style.Radius) != 12 ||
		canvas.Pixels(small.Style.Border.Width) != 2 || canvas.Pixels(small.Style.Label.Size) != 20 {
		t.Errorf("the small one is %+v, want %v", small, want)
	}
	logo := got.Overlays[0]
	if want := (layout.Rect{X: 40, Y: 24, W: 160, H: 90}); logo.Image != "logo@7" || logo.Box(canvas) != want || logo.Fade != 51 {
		t.Errorf("the logo is %+v in %v", logo, logo.Box(canvas))
	}
	// On a canvas of half the size everything is half as large.
	if box := logo.Box(layout.Size{W: 640, H: 360}); box != (layout.Rect{X: 20, Y: 12, W: 80, H: 46}) {
		t.Errorf("on half the canvas the logo has %v", box)
	}
}

func TestExamplesGiveNoWarnings(t *testing.T) {
	files, err := os.ReadDir("../testdata/templates")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 4 {
		t.Errorf("there are %d examples, want 4", len(files))
	}
	for _, file := range files {
		message, built, warnings, err := Load(read(t, file.Name()), nil)
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, %v", file.Name(), err, warnings)
		}
		if built.Name != strings.TrimSuffix(file.Name(), filepath.Ext(file.Name())) {
			t.Errorf("%s is named %q", file.Name(), built.Name)
		}
		again, err := Parse(JSON(message))
		if err != nil || !proto.Equal(again, message) {
			t.Errorf("%s does not come back from its JSON: %v", file.Name(), err)
		}
	}
}

// faultsOf returns what is wrong.
func faultsOf(t testing.TB, err error) Faults {
	t.Helper()
	if err == nil {
		return nil
	}
	var faults Faults
	if !errors.Is(err, ErrTemplate) || !errors.As(err, &faults) {
		t.Fatalf("error is %v, want Faults", err)
	}
	return faults
}

func TestCheckName(t *testing.T) {
	for name, wrong := range map[string]bool{
		"mine": false, "a": false, "2.Up_x-y": false, strings.Repeat("x", 64): false,
		"": true, "-a": true, "a b": true, "ä": true, strings.Repeat("x", 65): true, "../x": true, "a\n": true,
		"grid": true, "pk": true,
	} {
		err := CheckName(name)
		if got := faultsOf(t, err); (len(got) == 1) != wrong || wrong && got[0].Path != "name" {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}

func TestPicturesAndPin(t *testing.T) {
	text := `{"name": "p", "canvas": {"image": "wall"}, "defaults": {"placeholder": "face@1"},
		"layouts": [{"slots": [{"w": 1, "h": 1, "placeholder": "logo"}]}],
		"landscapeLayouts": [{"slots": [{"w": 1, "h": 1, "placeholder": "wide"}]}],
		"overlays": [{"image": {"name": "logo"}}, {"text": {"text": "logo"}}]}`
	known := shelf{"wall": "3", "face": "2", "logo": "12", "wide": "1"}
	message, built, _, err := Load([]byte(text), known)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := PicturesOf(message), []string{"face@1", "logo", "wall", "wide"}; !slices.Equal(got, want) {
		t.Errorf("PicturesOf = %v, want %v", got, want)
	}
	before := proto.CloneOf(message)
	pinned := Pin(message, known)
	if got, want := PicturesOf(pinned), []string{"face@1", "logo@12", "wall@3", "wide@1"}; !slices.Equal(got, want) {
		t.Errorf("pinned: %v, want %v", got, want)
	}
	if !proto.Equal(message, before) {
		t.Error("Pin changed what it was given")
	}
	if built.Background.Image != "wall@3" || built.Portrait[0].Slots[0].Style.Placeholder != "logo@12" ||
		built.Landscape[0].Slots[0].Style.Placeholder != "wide@1" || built.Overlays[0].Image != "logo@12" {
		t.Errorf("Build names other pictures: %+v", built)
	}
	again, _, err := Build(pinned, known)
	if err != nil || !equalTemplates(again, built) {
		t.Errorf("the pinned template builds to another: %v", err)
	}
	if got := Pin(message, shelf{}); !proto.Equal(got, message) {
		t.Error("Pin without pictures changed names")
	}
	if got := Pin(message, nil); !proto.Equal(got, message) || got == message {
		t.Error("Pin(nil) is no plain copy")
	}
	if got := PicturesOf(nil); len(got) != 0 {
		t.Errorf("PicturesOf(nil) = %v", got)
	}
	holes := &pb.LayoutTemplate{Layouts: []*pb.CountLayout{nil, {Slots: []*pb.Slot{nil}}}, Overlays: []*pb.Overlay{nil}}
	Pin(holes, known)
	if _, _, err := Build(holes, known); err == nil {
		t.Error("a template full of holes is built")
	}
	if _, _, err := Build(nil, nil); err == nil {
		t.Error("no template at all is built")
	}
}

func TestFaultsAreTextForPeople(t *testing.T) {
	one := Faults{{"name", "want one"}}
	if got := one.Error(); got != "template: name: want one" {
		t.Errorf("one fault is %q", got)
	}
	two := append(one, Fault{"", "the text is empty"})
	if got, want := two.Error(), "template: 2 faults:\n  name: want one\n  the text is empty"; got != want {
		t.Errorf("two faults are %q, want %q", got, want)
	}
	if got := (Warning{"a.b", "look"}).String(); got != "a.b: look" {
		t.Errorf("a warning is %q", got)
	}
}
