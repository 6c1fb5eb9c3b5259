package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/template"
)

// xstack draws no background and no picture above another, so the rectangles must
// fill the canvas without overlapping.
func TestScenariosFillTheirCanvas(t *testing.T) {
	for _, s := range scenarios() {
		rects, err := s.rects()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		area := 0
		for i, r := range rects {
			area += r.W * r.H
			if !(layout.Rect{W: s.canvas.W, H: s.canvas.H}).Contains(r) {
				t.Errorf("%s: %v is not on the canvas", s.name, r)
			}
			for _, o := range rects[:i] {
				if r.Overlaps(o) {
					t.Errorf("%s: %v overlaps %v", s.name, r, o)
				}
			}
		}
		if area != s.canvas.W*s.canvas.H {
			t.Errorf("%s: rectangles cover %d of %d pixels", s.name, area, s.canvas.W*s.canvas.H)
		}
	}
}

// The bare template must put everybody where the built-in one does.
func TestBareTemplateHasTheSameRectangles(t *testing.T) {
	for _, s := range scenarios() {
		for n := 1; n <= len(s.inputs); n++ {
			checkBare(t, s.withInputs(n))
		}
	}
}

func checkBare(t *testing.T, s scenario) {
	t.Helper()
	want, err := s.rects()
	if err != nil {
		t.Fatal(err)
	}
	text, err := bareTemplate(s.canvas, want)
	if err != nil {
		t.Fatal(err)
	}
	_, bare, warnings, err := template.Load(text, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%s: error %v, warnings %v in %s", s.name, err, warnings, text)
	}
	var names []string
	for i := range s.inputs {
		names = append(names, inputName(i))
	}
	got := make([]layout.Rect, len(want))
	for _, p := range bare.Arrange(s.canvas, names, "", nil) {
		got[slices.Index(names, p.Name)] = p.Rect
		if p.Style.Label.Text != "" || p.Style.Radius != 0 || p.Style.Border.Width != 0 {
			t.Errorf("%s: %s is dressed: %+v", s.name, p.Name, p.Style)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s with %d: rectangles %v, want %v", s.name, len(names), got, want)
	}
}

func TestSelectScenarios(t *testing.T) {
	chosen, err := selectScenarios("pk2,grid6")
	if err != nil || len(chosen) != 2 || chosen[0].name != "pk2" || chosen[1].name != "grid6" {
		t.Errorf("chosen %v, error %v", chosen, err)
	}
	if _, err := selectScenarios("none"); err == nil || !strings.Contains(err.Error(), "hidden5") {
		t.Errorf("error %v, want one that names the cases", err)
	}
}

func TestHiddenParticipantsAreTheLast(t *testing.T) {
	chosen, err := selectScenarios("hidden5")
	if err != nil {
		t.Fatal(err)
	}
	s := chosen[0]
	if s.isHidden(0) || !s.isHidden(1) || !s.isHidden(5) {
		t.Error("all but the first should be hidden")
	}
	ready := task{scenario: s, dir: "/d", tools: tools{lianmai: "lianmai", ffmpeg: "ffmpeg"}}
	for i := range s.inputs {
		ready.clips = append(ready.clips, clip{path: fmt.Sprintf("/c/%d.flv", i+1), Width: 1280, Height: 720})
	}
	contenders, err := ready.contenders()
	if err != nil {
		t.Fatal(err)
	}
	command := map[string]string{}
	for _, c := range contenders {
		command[c.name] = strings.Join(c.argv, " ")
	}
	if n := strings.Count(command[ours], "--hidden"); n != 5 {
		t.Errorf("%d hidden in %s", n, command[ours])
	}
	if strings.Contains(command[oursShown], "--hidden") {
		t.Errorf("somebody is hidden in %s", command[oursShown])
	}
	if strings.Contains(command[opponent], "/c/2.flv") || !strings.Contains(command[opponent], "/d/still2.y4m") {
		t.Errorf("ffmpeg opens what is hidden: %s", command[opponent])
	}
	if strings.Contains(command[floorDecode], "/c/2.flv") || !strings.Contains(command[floorDecode], "/c/1.flv") {
		t.Errorf("the floor decodes what nobody sees: %s", command[floorDecode])
	}
}
