package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// everyoneIsSeen checks what every template that Build accepts holds.
func everyoneIsSeen(t interface{ Fatalf(string, ...any) }, built layout.Template) {
	if built.Participants < 1 || built.Participants > maxCount {
		t.Fatalf("made for %d participants", built.Participants)
	}
	for _, canvas := range []layout.Size{{W: 720, H: 1280}, {W: 1280, H: 720}, {W: 360, H: 360}, {W: 17, H: 4096}} {
		for n := 1; n <= built.Participants; n++ {
			people := make([]string, n)
			for i := range people {
				people[i] = fmt.Sprint(i)
			}
			seen := map[string]bool{}
			for _, p := range built.Arrange(canvas, people, people[n-1], nil) {
				r := p.Rect
				if r.X < 0 || r.Y < 0 || r.X+r.W > canvas.W || r.Y+r.H > canvas.H || r.W < 2 || r.H < 2 || (r.X|r.Y|r.W|r.H)&1 != 0 {
					t.Fatalf("%d on %v: %v is not an even rectangle inside", n, canvas, r)
				}
				seen[p.Name] = true
			}
			if len(seen) != n {
				t.Fatalf("of %d on %v only %d are seen", n, canvas, len(seen))
			}
		}
	}
	for _, o := range built.Overlays {
		kinds := 0
		for _, content := range []string{o.Image, o.Text, o.Clock} {
			if content != "" {
				kinds++
			}
		}
		if box := o.Box(layout.Size{W: 720, H: 1280}); kinds != 1 || box.Empty() {
			t.Fatalf("an overlay shows %d things in %v", kinds, box)
		}
	}
	for _, v := range lengths(built) {
		if math.IsNaN(v) || math.Abs(v) > 300 {
			t.Fatalf("there is a length of %v", v)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"stage.json", "cards.json", "studio.yaml", "watermark.json"} {
		f.Add(read(f, name))
	}
	for _, name := range layout.BuiltinNames() {
		builtin, err := layout.Builtin(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(JSON(FromLayout(builtin)))
	}
	f.Add([]byte(bomb()))
	f.Add([]byte(`{"name":"x","layouts":[{"slots":[{"x":0.333,"w":0.667,"h":1,"z":-3,"fit":"STRETCH"}]}]}`))
	f.Add([]byte("name: !!float 3\n---\n&a [*a, <<: *b, ? [x] : .nan]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		message, err := Parse(text)
		if (message == nil) != (err != nil) {
			t.Fatalf("message %v, error %v", message, err)
		}
		faultsOf(t, err)
		loaded, built, _, loadErr := Load(text, nil)
		faultsOf(t, loadErr)
		if err != nil {
			if loadErr == nil {
				t.Fatalf("Load takes what Parse refuses: %v", err)
			}
			return
		}
		agreesWithProtojson(t, text, message)
		if out := JSON(message); len(out) <= MaxBytes {
			again, err := Parse(out)
			if err != nil || !proto.Equal(again, message) || !bytes.Equal(JSON(again), out) {
				t.Fatalf("%v\ncomes back from its JSON as %v: %v\n%s", message, again, err, out)
			}
		}
		rebuilt, _, buildErr := Build(message, nil)
		if fmt.Sprint(buildErr) != fmt.Sprint(loadErr) || fmt.Sprint(rebuilt) != fmt.Sprint(built) {
			t.Fatalf("Build says %v, Load %v", buildErr, loadErr)
		}
		if loadErr == nil {
			if !proto.Equal(loaded, message) {
				t.Fatalf("Load reads %v, Parse %v", loaded, message)
			}
			everyoneIsSeen(t, built)
		}
	})
}

// agreesWithProtojson compares with protojson what both read.
func agreesWithProtojson(t *testing.T, text []byte, got *pb.LayoutTemplate) {
	if !json.Valid(text) || bytes.Contains(text, []byte(`\u`)) { // half surrogates
		return
	}
	want := &pb.LayoutTemplate{}
	if err := protojson.Unmarshal(text, want); err != nil || !proto.Equal(got, want) {
		t.Fatalf("read %v, protojson %v (%v)", got, want, err)
	}
}

// drawSlot draws a slot that mostly lies on the canvas; a careful one always.
func drawSlot(t *rapid.T, careful bool) *pb.Slot {
	share := rapid.Float64Range(-.02, .7)
	s := &pb.Slot{X: share.Draw(t, "x"), Y: share.Draw(t, "y"), W: share.Draw(t, "w"), H: share.Draw(t, "h")}
	s.Z = rapid.Int32Range(-100, 100).Draw(t, "z")
	if careful || rapid.Bool().Draw(t, "inside") {
		s.X, s.Y = max(0, min(s.X, 1-s.W)), max(0, min(s.Y, 1-s.H))
		s.W, s.H = max(s.W, .001), max(s.H, .001)
	} else if rapid.Bool().Draw(t, "other") {
		other := rapid.Float64Range(-.2, .2)
		s.OtherSide = &pb.OtherSide{X: other.Draw(t, "ox"), Y: other.Draw(t, "oy"), W: other.Draw(t, "ow"), H: other.Draw(t, "oh")}
	}
	return s
}

// drawLayouts draws layouts for 1 to most, each for one head count or a few.
func drawLayouts(t *rapid.T, most int) []*pb.CountLayout {
	var list []*pb.CountLayout
	// Slots drawn one by one would leave few templates with all of them on the canvas.
	careful := rapid.Bool().Draw(t, "careful")
	for least := 1; least <= most; {
		size := rapid.IntRange(least, most).Draw(t, "size")
		l := &pb.CountLayout{}
		if rapid.Bool().Draw(t, "range") {
			l.MinParticipants = int32(rapid.IntRange(least, size).Draw(t, "least"))
		}
		for i := range size {
			s := drawSlot(t, careful)
			if i == size/2 {
				s.Role = pb.Role(rapid.IntRange(0, 2).Draw(t, "role"))
			}
			l.Slots = append(l.Slots, s)
		}
		list = append(list, l)
		least = size + 1
	}
	return rapid.Permutation(list).Draw(t, "order")
}

func TestAcceptedTemplatesShowEveryone(t *testing.T) {
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(t, "most")
		message := &pb.LayoutTemplate{Name: "x", Layouts: drawLayouts(t, most)}
		if rapid.Bool().Draw(t, "landscape") {
			message.LandscapeLayouts = drawLayouts(t, most)
		}
		if rapid.Bool().Draw(t, "pixels") {
			message.Unit = pb.Unit_PIXEL
			message.Canvas = &pb.Canvas{Width: 1000, Height: 1000}
			for _, l := range append(message.Layouts, message.LandscapeLayouts...) {
				for _, s := range l.Slots {
					s.X, s.Y, s.W, s.H, s.OtherSide = math.Trunc(s.X*1000), math.Trunc(s.Y*1000), math.Trunc(s.W*1000), math.Trunc(s.H*1000), nil
				}
			}
		}
		built, _, err := Build(message, nil)
		if err != nil {
			refused++
			return
		}
		accepted++
		everyoneIsSeen(t, built)
		text := JSON(message)
		again, err := Parse(text)
		if err != nil || !proto.Equal(again, message) {
			t.Fatalf("comes back from its JSON as %v: %v\n%s", again, err, text)
		}
	})
	if accepted < 10 || refused < 10 {
		t.Errorf("%d templates were accepted and %d refused; want some of both", accepted, refused)
	}
}

func TestJSONIsForPeople(t *testing.T) {
	message, err := Parse(read(t, "stage.json"))
	if err != nil {
		t.Fatal(err)
	}
	message.Description = `the <main> speaker & "others"`
	want := `{
  "name": "stage",
  "description": "the <main> speaker & \"others\"",
  "canvas": {"color": "#101418"},
  "layouts": [
    {"slots": [{"w": 1, "h": 1, "role": "MAIN"}]},
    {"slots": [{"w": 1, "h": 0.7, "role": "MAIN"}, {"x": 0.25, "y": 0.72, "w": 0.5, "h": 0.26}]},
    {
      "slots": [
        {"w": 1, "h": 0.7, "role": "MAIN"},
`
	if got := string(JSON(message)); !strings.HasPrefix(got, want) {
		t.Errorf("the text is\n%s\nwant it to begin with\n%s", got, want)
	}
	if got := JSON(&pb.LayoutTemplate{}); string(got) != "{}\n" {
		t.Errorf("an empty template is %q", got)
	}
	if got := JSON(&pb.LayoutTemplate{Name: "\xff"}); got != nil {
		t.Errorf("a name that is not UTF-8 is written as %q", got)
	}
}
