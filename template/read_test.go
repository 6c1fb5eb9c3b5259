package template

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// TestReadFaults has one text for each thing that keeps a text from being read.
func TestReadFaults(t *testing.T) {
	for name, tt := range map[string]struct{ text, path, allowed string }{
		"unknown field":        {`{"nam": "x"}`, "nam", "unknown field; did you mean name?"},
		"snake case":           {`{"landscape_layout": []}`, "landscape_layout", "unknown field; did you mean landscapeLayouts?"},
		"far from all":         {`{"defaults": {"zzzz": 1}}`, "defaults.zzzz", "unknown field; want one of fit, cornerRadius, border, label, placeholder, opacity"},
		"short":                {`{"layouts": [{"slots": [{"width": 1}]}]}`, "layouts[0].slots[0].width", "unknown field; want one of x, y, w, h, otherSide, z, role, fit, cornerRadius, border, label, placeholder, opacity"},
		"odd name":             {`{"a.b\n": 1}`, `"a.b\n"`, "unknown field; want one of name, "},
		"no name":              {`{"": 1}`, `""`, "unknown field; want one of name, "},
		"long name":            {`{"` + strings.Repeat("x", 1000) + `": 1}`, strings.Repeat("x", 40) + "…", "unknown field; want one of name, "},
		"number":               {`{"layouts": [{"slots": [{}, {"x": "left"}]}]}`, "layouts[0].slots[1].x", `"left"; want a number`},
		"number in a list":     {`{"layouts": [{"slots": [{"x": [1]}]}]}`, "layouts[0].slots[0].x", "a list; want a number"},
		"number truth":         {`{"layouts": [{"slots": [{"x": true}]}]}`, "layouts[0].slots[0].x", "true; want a number"},
		"too large":            {`{"layouts": [{"slots": [{"x": 1e999}]}]}`, "layouts[0].slots[0].x", "1e999; want a number"},
		"infinite":             {`{"layouts": [{"slots": [{"x": "Infinity"}]}]}`, "layouts[0].slots[0].x", `"Infinity"; want a number`},
		"not whole":            {`{"maxParticipants": 1.5}`, "maxParticipants", "1.5; want a whole number, -2147483648 to 2147483647"},
		"beyond int32":         {`{"layouts": [{"slots": [{"z": 2147483648}]}]}`, "layouts[0].slots[0].z", "2147483648; want a whole number, "},
		"far beyond int32":     {`{"layouts": [{"slots": [{"z": -1e300}]}]}`, "layouts[0].slots[0].z", "-1e300; want a whole number, "},
		"truth":                {`{"defaults": {"label": {"off": "yes"}}}`, "defaults.label.off", `"yes"; want true or false`},
		"text":                 {`{"description": 5}`, "description", "5; want text, in quotes"},
		"text object":          {`{"description": {}}`, "description", "an object; want text"},
		"long text":            {`{"defaults": "` + strings.Repeat("ä", 99) + `"}`, "defaults", `"` + strings.Repeat("ä", 40) + `…"; want an object`},
		"word":                 {`{"defaults": {"fit": "cover"}}`, "defaults.fit", `"cover"; want COVER, CONTAIN or STRETCH`},
		"word number":          {`{"defaults": {"fit": 9}}`, "defaults.fit", `9; want COVER, CONTAIN or STRETCH`},
		"easing":               {`{"transition": {"easing": "BOUNCE"}}`, "transition.easing", `"BOUNCE"; want EASE_IN_OUT, EASE_OUT, EASE_IN or LINEAR`},
		"unit":                 {`{"unit": "PX"}`, "unit", `"PX"; want FRACTION or PIXEL`},
		"object":               {`{"canvas": "#101418"}`, "canvas", `"#101418"; want an object`},
		"list":                 {`{"layouts": {}}`, "layouts", "an object; want a list"},
		"null in a list":       {`{"layouts": [null]}`, "layouts[0]", "null; want an object"},
		"twice":                {`{"name": "x", "name": "y"}`, "name", "is there twice"},
		"twice, two spellings": {`{"max_participants": 1, "maxParticipants": 1}`, "maxParticipants", "is there twice"},
		"two contents":         {`{"overlays": [{"text": {"text": "x"}, "clock": {}}]}`, "overlays[0].clock", "there is already text; want one of image, text, clock"},
		"milliseconds":         {`{"transition": {"duration": "300ms"}}`, "transition.duration", `"300ms"; want it in seconds: "0.3s"`},
		"minutes":              {`{"transition": {"settle": "1m"}}`, "transition.settle", `"1m"; want it in seconds: "60s"`},
		"duration number":      {`{"transition": {"duration": 300}}`, "transition.duration", `300; want seconds such as "0.3s"`},
		"duration nonsense":    {`{"transition": {"duration": "soon"}}`, "transition.duration", `"soon"; want seconds such as "0.3s"`},
		"duration too long":    {`{"transition": {"duration": "99999999999s"}}`, "transition.duration", `"99999999999s"; want seconds such as "0.3s"`},

		"empty":             {"", "", "the text is empty"},
		"blank":             {" \n ", "", "the text is empty"},
		"only a comment":    {"# nothing", "", "the text is empty"},
		"too long":          {strings.Repeat(" ", MaxBytes+1), "", "the text has 262145 bytes; at most 262144 are allowed"},
		"not UTF-8":         {"{\n \"n\xff\": 1}", "", "line 2, column 4: not UTF-8"},
		"JSON end":          {`{"name": `, "", "line 1, column 10: unexpected end of JSON input"},
		"JSON broken":       {"{\n  \"name\": x\n}", "", "line 2, column 11: invalid character 'x' looking for beginning of value"},
		"JSON last byte":    {`{"name": "ä" ]`, "", "line 1, column 14: invalid character ']' after object key:value pair"},
		"JSON comma":        {"{\"name\": \"x\"\n\"canvas\": {}}", "", "line 2, column 1: invalid character '\"' after object key:value pair"},
		"JSON last comma":   {`{"name": "x",}`, "", "line 1, column 14: invalid character '}' looking for beginning of object key string"},
		"JSON twice":        {`{"name": "x"} {}`, "", "line 1, column 15: invalid character '{' after top-level value"},
		"JSON trailing":     {`{"name": "x"} x`, "", "line 1, column 15: invalid character 'x' after top-level value"},
		"JSON deep":         {`{"a": ` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}", "", "line 1, column 70: more than 64 levels deep"},
		"JSON many":         {`{"a": [0` + strings.Repeat(",0", maxValues) + "]}", "", "line 1, column 100004: more than 50000 values"},
		"JSON list":         {`[]`, "", "a list; want an object"},
		"YAML text":         {"hello", "", `"hello"; want an object`},
		"YAML broken":       {"name: x\n  canvas: {}\n", "", "line 2, column 3: mapping values are not allowed in this context"},
		"YAML open":         {"name: x\ncanvas: {\n", "", "line 2, column 1: did not find expected node content, in or before \"canvas: {\""},
		"YAML tab":          {"canvas:\n\twidth: 5\n", "", "line 2, column 2: found character that cannot start any token"},
		"YAML control":      {"name: \x01", "", "control characters are not allowed"},
		"YAML documents":    {"name: x\n---\nname: y\n", "", "line 2, column 1: another document begins; want one"},
		"YAML broken later": {"name: x\n---\n}\n", "", "line 2, column 1: did not find expected node content, in or before"},
		"YAML merge":        {"defaults: &d {fit: COVER}\nlayouts: [{slots: [{<<: *d}]}]\n", "", "line 2, column 21: \"<<\" is not supported"},
		"YAML name":         {"? [a]\n: 1\n", "", "line 1, column 3: want the name of a field"},
		"YAML tag":          {"name: !!binary aGVsbG8=\n", "", "line 1, column 7: a value with the tag !!binary is not supported"},
		"YAML own tag":      {"name: !picture x\n", "", "line 1, column 7: a value with the tag !picture is not supported"},
		"YAML no bool":      {"name: !!bool x\n", "", "line 1, column 7: want true or false"},
		"YAML no number":    {"name: !!float x\n", "", "line 1, column 7: want a number"},
		"YAML itself":       {"a: &a [*a]\n", "", "more than 64 levels deep"},
		"YAML unknown":      {"a: *b\n", "", "unknown anchor 'b' referenced"},
		"YAML deep":         {strings.Repeat("[", 70) + strings.Repeat("]", 70), "", "line 1, column 65: more than 64 levels deep"},
		"YAML bomb":         {bomb(), "", "more than 50000 values"},
		"YAML twice":        {"name: x\nname: y\n", "name", "is there twice"},
		"YAML colour":       {"canvas:\n  color: #101418\n", "canvas.color", "is empty; in YAML, text that begins with '#' must be in quotes"},
		"YAML number text":  {"name: 2024\n", "name", "2024; want text, in quotes"},
		"YAML truth text":   {"name: true\n", "name", "true; want text, in quotes"},
		"YAML infinite":     {"layouts: [{slots: [{x: .inf}]}]\n", "layouts[0].slots[0].x", ".inf; want a number"},
		"YAML word":         {"unit: on\n", "unit", `"on"; want FRACTION or PIXEL`},
		"YAML unknown name": {"1: x\n", "1", "unknown field; want one of"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(tt.text))
			faults := faultsOf(t, err)
			if len(faults) != 1 || faults[0].Path != tt.path || !strings.Contains(faults[0].Allowed, tt.allowed) {
				t.Errorf("faults are\n%+v, want\n{%s %s}", faults, tt.path, tt.allowed)
			}
			if got != nil {
				t.Error("there is a message beside the error")
			}
		})
	}
}

// bomb is a text whose aliases stand for a thousand million values.
func bomb() string {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return text
}

func TestReadsWhatProtojsonReads(t *testing.T) {
	for _, text := range []string{
		`{}`, "\ufeff{}", "\n {\"name\": null, \"layouts\": null, \"canvas\": null}",
		`{"max_participants": "3", "canvas": {"image_fit": 2, "width": 1e2, "height": 100.0}, "unit": "UNIT_UNSPECIFIED"}`,
		`{"name": "\ud83d\ude00\u00e4\/", "layouts": [], "overlays": [{"x": "0.5", "opacity": 0, "image": {}}]}`,
		`{"transition": {"duration": "-0.5s", "settle": "0.000000001s"}}`,
	} {
		got, err := Parse([]byte(text))
		want := &pb.LayoutTemplate{}
		if wantErr := protojson.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), want); err != nil || wantErr != nil || !proto.Equal(got, want) {
			t.Errorf("%s is read as %v (%v), protojson: %v (%v)", text, got, err, want, wantErr)
		}
	}
}

func TestYAMLIsJSON(t *testing.T) {
	for yaml, json := range map[string]string{
		"name: x\ncanvas:\n  width: 0x2d0\n  color: '#fff000'\n": `{"name": "x", "canvas": {"width": 720, "color": "#fff000"}}`,
		"layouts:\n- slots:\n  - {x: .5, y: 1., w: 1e-1, h: 5, z: -3, role: MAIN, otherSide: {h: -0.5}}\n": `{"layouts": [{"slots": [
			{"x": 0.5, "y": 1, "w": 0.1, "h": 5, "z": -3, "role": "MAIN", "otherSide": {"h": -0.5}}]}]}`,
		"defaults: {label: {off: true, text: '{name}'}, opacity: 0.5}": `{"defaults": {"label": {"off": true, "text": "{name}"}, "opacity": 0.5}}`,
		"transition: {duration: 0.3s}\ndefaults: ~\nlayouts:\n":        `{"transition": {"duration": "0.3s"}}`,
		"name: 2024-01-01\ndescription: |-\n  one\n":                   `{"name": "2024-01-01", "description": "one"}`,
		"overlays: [{clock: {format: '%H:%M'}}, {text: {text: no}}]":   `{"overlays": [{"clock": {"format": "%H:%M"}}, {"text": {"text": "no"}}]}`,
		"layouts: [{slots: &s [{w: 1, h: 1}]}, {slots: *s}]":           `{"layouts": [{"slots": [{"w": 1, "h": 1}]}, {"slots": [{"w": 1, "h": 1}]}]}`,
		"name: !!str 5\nmax_participants: 3\n---\n":                    "",
		"%YAML 1.1\n---\nname: x\n...\n":                               `{"name": "x"}`,
	} {
		got, err := Parse([]byte(yaml))
		if json == "" {
			faultsOf(t, err)
			continue
		}
		want, wantErr := Parse([]byte(json))
		if err != nil || wantErr != nil || !proto.Equal(got, want) {
			t.Errorf("%s is read as %v (%v), its JSON as %v (%v)", yaml, got, err, want, wantErr)
		}
	}
}

// TestEveryFieldCanBeRead sees to it that template.proto has no kinds of fields that
// reader does not know.
func TestEveryFieldCanBeRead(t *testing.T) {
	seen := map[protoreflect.FullName]bool{}
	var walk func(protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			fd := m.Fields().Get(i)
			switch fd.Kind() {
			case protoreflect.MessageKind:
				if !isDuration(fd) {
					walk(fd.Message())
				}
			case protoreflect.DoubleKind, protoreflect.Int32Kind, protoreflect.BoolKind, protoreflect.StringKind, protoreflect.EnumKind:
				if fd.IsList() {
					t.Errorf("%s is a list of %v", fd.FullName(), fd.Kind())
				}
			default:
				t.Errorf("%s is of the kind %v", fd.FullName(), fd.Kind())
			}
			if fd.IsMap() {
				t.Errorf("%s is a map", fd.FullName())
			}
		}
	}
	walk((&pb.LayoutTemplate{}).ProtoReflect().Descriptor())
	if len(seen) < 10 {
		t.Errorf("saw only %d messages", len(seen))
	}
}

// TestLargestTextsAreReadInTime has the texts that are the most work for their size.
func TestLargestTextsAreReadInTime(t *testing.T) {
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, (MaxBytes-len(head)-len(tail))/len(part)) + tail
	}
	for name, text := range map[string]string{
		"zeros":           fill(`{"layouts":[0`, ",0", "]}"),
		"unknown fields":  fill(`{"a":0`, `,"x":0`, "}"),
		"YAML zeros":      fill("layouts: [0", ",0", "]"),
		"YAML deep":       fill("", "[", ""),
		"YAML deep maps":  fill("a: ", "{a: ", ""),
		"YAML dashes":     fill("", "- ", ""),
		"YAML bomb":       bomb(),
		"YAML anchors":    fill("", "- &a 0\n", ""),
		"YAML quotes":     fill(`name: "`, `\n`, `"`),
		"YAML comments":   fill("", "#\n", ""),
		"YAML colons":     fill("", "? ", ""),
		"YAML directives": fill("", "---\n", ""),
		"YAML folded":     fill("name: >\n", " x\n\n", ""),
		"one long name":   fill(`{"`, "x", `":0}`),
	} {
		begin := time.Now()
		_, err := Parse([]byte(text))
		if took := time.Since(begin); err == nil && name != "YAML quotes" && name != "YAML folded" || took > 5*time.Second {
			t.Errorf("%s took %v: %v", name, took, err)
		} else {
			t.Logf("%s took %v", name, took.Round(time.Millisecond))
		}
	}
}
