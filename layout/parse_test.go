package layout

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestParseReadsATemplate(t *testing.T) {
	text, err := os.ReadFile("../testdata/templates/stage.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "stage" || got.Background.Color != (Color{0x10, 0x14, 0x18}) || len(got.Portrait) != 4 {
		t.Errorf("read %+v", got)
	}
	places := got.Arrange(Size{720, 1280}, []string{"a", "b", "c"}, "b", nil)
	want := []Placement{
		{Name: "b", Rect: Rect{0, 0, 720, 896}, Main: true, Number: 1},
		{Name: "a", Rect: Rect{14, 922, 338, 332}, Number: 2},
		{Name: "c", Rect: Rect{368, 922, 338, 332}, Number: 3},
	}
	for i, p := range places {
		if p != want[i] {
			t.Errorf("place %d is %+v, want %+v", i, p, want[i])
		}
	}
}

func TestParseTellsEveryFaultWithItsPath(t *testing.T) {
	_, err := Parse([]byte(`{"name": "../x", "background": "red", "layouts": [
		{"slots": []},
		{"slots": [{"x": 0.6, "y": 0, "w": 0.5, "h": 0, "fit": "FILL", "role": "BOSS", "z": 99999}]},
		{"slots": [{"x": 0, "y": 0, "w": 1, "h": 1}]},
		{"slots": [{"x": 0, "y": 0, "w": 1, "h": 1, "role": "MAIN"}, {"x": 0, "y": -1, "w": 1, "h": 1, "role": "MAIN"}]}
	]}`))
	if !errors.Is(err, ErrTemplate) {
		t.Fatalf("error is %v, want ErrTemplate", err)
	}
	for _, want := range []string{
		"name: ", "background: ", "layouts[0].slots: 0 slots", "layouts[1].slots[0].x: ", "layouts[1].slots[0]: is 0.5×0",
		"layouts[1].slots[0].fit: ", "layouts[1].slots[0].role: ", "layouts[1].slots[0].z: ",
		"layouts[2].slots: 1 slots, as in layouts[1]", "layouts[3].slots: 2 slots have the role MAIN", "layouts[3].slots[1].y: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

func TestParseRefusesWhatIsNoTemplate(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         "",
		"broken":        `{"name": `,
		"no layouts":    `{"name": "x"}`,
		"unknown field": `{"name": "x", "layouts": [{"slots": [{"w": 1, "h": 1}]}], "colour": 1}`,
		"two":           `{"name": "x", "layouts": [{"slots": [{"w": 1, "h": 1}]}]} {}`,
		"not a number":  `{"name": "x", "layouts": [{"slots": [{"w": 1e999, "h": 1}]}]}`,
		"too long":      strings.Repeat(" ", MaxTemplateBytes+1),
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrTemplate) {
			t.Errorf("%s: error is %v, want ErrTemplate", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("../testdata/templates/stage.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"name":"x","layouts":[{"slots":[{"x":0.333,"w":0.667,"h":1,"z":-3,"fit":"STRETCH"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		template, err := Parse(text)
		if err != nil {
			return
		}
		canvas := Size{720, 1280}
		for _, p := range template.Arrange(canvas, []string{"a", "b", "c", "d", "e", "f"}, "c", nil) {
			r := p.Rect
			if r.X < 0 || r.Y < 0 || r.X+r.W > canvas.W || r.Y+r.H > canvas.H || r.W < 2 || r.H < 2 || (r.X|r.Y|r.W|r.H)&1 != 0 {
				t.Fatalf("%v is not an even rectangle inside %v", r, canvas)
			}
		}
	})
}
