package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func paths(faults Faults) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Path)
	}
	return list
}

// TestEveryFaultAtOnce has what cannot be read and what must not be in one text.
func TestEveryFaultAtOnce(t *testing.T) {
	_, _, _, err := Load([]byte(`{
		"name": "../x", "colour": 1, "description": 7, "unit": "PX",
		"canvas": {"color": "red", "image": "nobody"},
		"defaults": {"fit": "FILL", "label": {"size": 3, "position": "MIDDLE"}},
		"transition": {"duration": "300ms", "easing": "BOUNCE", "settle": "9s"},
		"maxParticipants": 1.5,
		"layouts": [
			{"slots": []},
			{"slots": [{"x": 0.6, "w": 0.5, "h": 0, "fit": "FILL", "role": "BOSS", "z": 99999, "opacity": 7}]},
			{"slots": [{"w": 1, "h": 1}], "minParticipants": 5},
			{"slots": [{"w": 1, "h": 1, "role": "MAIN"}, {"y": "top", "w": 1, "h": 1, "role": "MAIN", "cornerRadius": 2}]},
			{"slots": 5}
		],
		"overlays": [{}, {"text": {"text": ""}}, {"clock": {"format": "%p", "timeZone": "Mars"}}, {"image": "logo"}]
	}`), shelf{})
	faults := faultsOf(t, err)
	want := []string{
		"colour", "description", "unit", "defaults.fit", "defaults.label.position",
		"transition.duration", "transition.easing", "maxParticipants",
		"layouts[1].slots[0].fit", "layouts[1].slots[0].role", "layouts[3].slots[1].y", "layouts[4].slots", "overlays[3].image",
		"name", "canvas.color", "canvas.image", "defaults.label.size", "transition.settle",
		"layouts[0].slots", "layouts[1].slots[0].opacity", "layouts[1].slots[0].z", "layouts[2].minParticipants",
		"layouts[3].slots[1].cornerRadius", "layouts[3].slots",
		"overlays[0]", "overlays[1].text.text", "overlays[2].clock.format", "overlays[2].clock.timeZone",
	}
	got := paths(faults)
	for _, path := range want {
		if !slices.Contains(got, path) {
			t.Errorf("no fault at %s", path)
		}
	}
	// Without the unit nobody knows whether slots lie on the canvas.
	if len(got) != len(want) {
		t.Errorf("there are %d faults, want %d:\n%v", len(got), len(want), err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want)+1 || lines[0] != fmt.Sprintf("template: %d faults:", len(want)) || lines[1] != "  "+faults[0].Path+": "+faults[0].Allowed {
		t.Errorf("the error reads\n%v", err)
	}
}

func TestFaultsOfALayout(t *testing.T) {
	_, _, _, err := Load([]byte(`{"name": "../x", "canvas": {"color": "red"}, "layouts": [
		{"slots": []},
		{"slots": [{"x": 0.6, "y": 0, "w": 0.5, "h": 0, "z": 99999}]},
		{"slots": [{"x": 0, "y": 0, "w": 1, "h": 1}]},
		{"slots": [{"x": 0, "y": 0, "w": 1, "h": 1, "role": "MAIN"}, {"x": 0, "y": -1, "w": 1, "h": 1, "role": "MAIN"}]}
	]}`), nil)
	got := paths(faultsOf(t, err))
	want := []string{
		"name", "canvas.color", "layouts[0].slots", "layouts[1].slots[0].z", "layouts[1].slots[0].x", "layouts[1].slots[0].h",
		"layouts[2].slots", "layouts[3].slots[1].y", "layouts[3].slots",
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults are at %v, want %v", got, want)
	}
}

// TestWhatFollowsFromAFaultIsNoFault: one mistake is told once.
func TestWhatFollowsFromAFaultIsNoFault(t *testing.T) {
	for text, want := range map[string]string{
		`{"name": 5, "layouts": [` + whole + `]}`:                                       "name",
		`{"name": "x", "layouts": 5}`:                                                   "layouts",
		`{"name": "x", "layouts": [5]}`:                                                 "layouts[0]",
		`{"name": "x", "layouts": [{"slots": 5}]}`:                                      "layouts[0].slots",
		`{"name": "x", "layouts": [{"slots": [5]}]}`:                                    "layouts[0].slots[0]",
		slot(`"w": "all", "h": 1`):                                                      "layouts[0].slots[0].w",
		slot(`"x": 0.8, "w": "all", "h": 1`):                                            "layouts[0].slots[0].w",
		slot(`"x": "a", "w": 1, "h": 1`):                                                "layouts[0].slots[0].x",
		slot(`"w": 0.5, "otherSide": {"h": "a"}`):                                       "layouts[0].slots[0].otherSide.h",
		slot(`"w": 0.5, "otherSide": {"h": 2}`):                                         "layouts[0].slots[0].otherSide.h",
		overlay(`"image": "logo"`):                                                      "overlays[0].image",
		overlay(`"text": {"text": 5}`):                                                  "overlays[0].text.text",
		overlay(`"image": {"nam": "logo"}`):                                             "overlays[0].image.nam overlays[0].image.name",
		with(`"canvas": {"color": 5}`):                                                  "canvas.color",
		with(`"transition": {"duration": 300}`):                                         "transition.duration",
		with(`"maxParticipants": "many"`):                                               "maxParticipants",
		with(`"maxParticipants": 3, "layouts": [5]`):                                    "layouts[0]",
		with(`"maxParticipants": 3, "layouts": [{}]`):                                   "layouts[0].slots",
		with(`"maxParticipants": 3, "layouts": [` + whole + `, 5]`):                     "layouts[1]",
		with(`"maxParticipants": 3, "layouts": [` + whole + `, ` + count(17, "") + `]`): "layouts[1].slots",
		with(`"unit": "PX", "layouts": [{"slots": [{"w": 720, "h": 1280}]}]`):           "unit",
		with(`"unit": "PIXEL", "canvas": {"width": "wide"}, "layouts": [{"slots": [{"w": 900, "h": 900}]}]`):          "canvas.width",
		with(`"unit": "PIXEL", "canvas": {"height": 9999}, "layouts": [{"slots": [{"w": 9, "h": 9000}]}]`):            "canvas.height",
		with(`"unit": "PIXEL", "canvas": {"height": 9999}, "defaults": {"cornerRadius": 5, "label": {"size": 999}}`):  "canvas.height",
		with(`"maxParticipants": "x", "layouts": [` + count(3, "") + `], "landscapeLayouts": [` + count(2, "") + `]`): "maxParticipants",
		"{": "",
	} {
		_, _, _, err := Load([]byte(text), nil)
		if got := strings.Join(paths(faultsOf(t, err)), " "); err == nil || got != want {
			t.Errorf("%s\nfaults at %s, want %s\n%v", text, got, want, err)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	fields := make([]string, 5000)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"zz%d": 1`, i)
	}
	_, err := Parse([]byte(`{` + strings.Join(fields, ", ") + `}`))
	faults := faultsOf(t, err)
	if last := len(faults) - 1; last != maxListed || faults[last].Path != "" || !strings.Contains(faults[last].Allowed, "more than 100 faults") {
		t.Errorf("%d faults, the last %v", len(faults), faults[len(faults)-1])
	}
}

func TestWarnings(t *testing.T) {
	const first, second = "layouts[0].slots[0]", "layouts[0].slots[1]"
	two := func(a, b string) string { return with(`"layouts": [{"slots": [{` + a + `}, {` + b + `}]}]`) }
	for text, want := range map[string]string{
		with(`"defaults": {"label": {"color": "#777777", "background": "#808080"}}`):                                "defaults.label.color: #777777 on #808080 is hard to read: contrast 1.1, 4.5 or more is good",
		filled(`"label": {"color": "#ffffff80"}`):                                                                   "",
		filled(`"label": {"color": "#ffffff40"}`):                                                                   first + ".label.color: #ffffff40 on #00000080 is hard to read: contrast 2.0",
		filled(`"label": {"color": "#000000"}`):                                                                     first + ".label.color: #000000 on #00000080 is hard to read: contrast 1.0",
		filled(`"label": {"color": "#000000", "background": "#00000000"}`):                                          "",
		filled(`"label": {"color": "#000000", "off": true}`):                                                        "",
		overlay(`"text": {"text": "x", "color": "#ff0000", "background": "#ffffff"}`):                               "overlays[0].text.color: #ff0000 on #ffffff is hard to read: contrast 4.0",
		overlay(`"clock": {"color": "#222222"}`):                                                                    "overlays[0].clock.color: #222222 on #00000080",
		filled(`"label": {"text": "{nmae} {number}"}`):                                                              first + `.label.text: "{nmae}" is shown as it is`,
		filled(`"label": {"text": "{name} {id} {number} {"}`):                                                       "",
		slot(`"w": 0.1, "h": 0.19`):                                                                                 first + ": has 1.9 % of the canvas",
		slot(`"w": 0.1, "h": 0.21`):                                                                                 "",
		two(`"w": 1, "h": 1`, `"x": 0.5, "y": 0.5, "w": 0.4, "h": 0.4`):                                             second + ": overlaps slots[0], which has the same z",
		two(`"w": 1, "h": 1`, `"x": 0.5, "y": 0.5, "w": 0.4, "h": 0.4, "z": 1`):                                     "",
		two(`"w": 1, "h": 0.5`, `"y": 0.5, "w": 1, "h": 0.5`):                                                       "",
		two(`"w": 1, "h": 0.501`, `"y": 0.5, "w": 1, "h": 0.5`):                                                     "",
		two(`"w": 1, "h": 0.505`, `"y": 0.5, "w": 1, "h": 0.5`):                                                     second + ": overlaps slots[0]",
		slot(`"w": 1, "h": 0.03, "label": {}`):                                                                      "",
		slot(`"w": 1, "h": 0.05, "label": {"size": 0.1}`):                                                           first + ".label: the label has no room: the slot has 720×64 pixels on 720x1280, the letters 72",
		slot(`"w": 0.1, "h": 1, "label": {"size": 0.05}`):                                                           first + ".label: the label has no room",
		with(`"defaults": {"label": {"size": 0.1}}, "layouts": [{"slots": [{"w": 1, "h": 0.05}]}]`):                 first + ": the label has no room",
		with(`"maxParticipants": 1, "layouts": [` + whole + `, ` + count(2, "") + `]`):                              "layouts[1]: is never used: the template is made for at most 1 participants",
		with(`"maxParticipants": 2, "layouts": [` + whole + `, ` + count(3, "") + `]`):                              "",
		with(`"maxParticipants": 2, "layouts": [` + count(2, "") + `, ` + count(4, `"minParticipants": 3, `) + `]`): "layouts[1]: is never used",
		with(`"landscapeLayouts": [{"slots": [{"w": 0.1, "h": 0.1}]}]`):                                             "landscapeLayouts[0].slots[0]: has 1.0 % of the canvas",
	} {
		_, _, warnings, err := Load([]byte(text), nil)
		if err != nil {
			t.Errorf("%s\n%v", text, err)
			continue
		}
		if want == "" && len(warnings) == 0 {
			continue
		}
		if len(warnings) != 1 || want == "" || !strings.HasPrefix(warnings[0].String(), want) {
			t.Errorf("%s\nwarnings are %v, want %s", text, warnings, want)
		}
	}
}

func TestWarningsAreBounded(t *testing.T) {
	tiny := `{"w": 0.001, "h": 0.001, "label": {"text": "{x}", "color": "#000000"}}`
	layouts := make([]string, 16)
	for i := range layouts {
		layouts[i] = `{"slots": [` + strings.Repeat(tiny+",", i) + tiny + `]}`
	}
	_, _, warnings, err := Load([]byte(with(`"layouts": [`+strings.Join(layouts, ",")+`]`)), nil)
	if err != nil || len(warnings) != maxListed {
		t.Errorf("%d warnings, %v", len(warnings), err)
	}
}
