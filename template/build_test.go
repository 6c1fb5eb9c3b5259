package template

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// whole is a layout for one.
const whole = `{"slots": [{"w": 1, "h": 1}]}`

// with returns a template for one that says something more.
func with(more string) string {
	if strings.Contains(more, `"layouts"`) {
		return `{"name": "x", ` + more + `}`
	}
	return `{"name": "x", "layouts": [` + whole + `], ` + more + `}`
}

// slot returns a template whose only slot says something.
func slot(says string) string { return with(`"layouts": [{"slots": [{` + says + `}]}]`) }

// filled returns a slot that fills the canvas and says something more.
func filled(says string) string { return slot(`"w": 1, "h": 1, ` + says) }

// count returns a layout with n equal slots, and what more it says.
func count(n int, more string) string {
	slots := make([]string, n)
	for i := range slots {
		slots[i] = fmt.Sprintf(`{"x": 0, "y": %g, "w": 1, "h": %g}`, float64(i)/float64(n), 1/float64(n))
	}
	return `{` + more + `"slots": [` + strings.Join(slots, ", ") + `]}`
}

func overlay(says string) string { return with(`"overlays": [{` + says + `}]`) }

func longer(than int) string { return strings.Repeat("ä", than+1) }

// TestRules has one text for each rule of template.proto, with one fault.
func TestRules(t *testing.T) {
	const first, second = "layouts[0].slots[0]", "layouts[0].slots[1]"
	for _, tt := range []struct{ text, path, allowed string }{
		{`{"layouts": [` + whole + `]}`, "name", `""; want 1–64 letters, digits, '_', '.' or '-', beginning with a letter or a digit`},
		{`{"name": "../x", "layouts": [` + whole + `]}`, "name", `"../x"; want 1–64 letters`},
		{`{"name": "` + longer(64) + `", "layouts": [` + whole + `]}`, "name", `…"; want 1–64 letters`},
		{with(`"description": "` + longer(256) + `"`), "description", "257 characters; at most 256 are allowed"},
		{with(`"description": "a\nb"`), "description", `"a\nb"; want one line without control characters`},

		{with(`"canvas": {"width": 15}`), "canvas.width", "15; want 16–4096 pixels"},
		{with(`"canvas": {"width": -720}`), "canvas.width", "-720; want 16–4096 pixels"},
		{with(`"canvas": {"height": 4097}`), "canvas.height", "4097; want 16–4096 pixels"},
		{with(`"canvas": {"color": "red"}`), "canvas.color", `"red"; want a colour such as "#101418" or "#10141880"`},
		{with(`"canvas": {"color": "#12345"}`), "canvas.color", `"#12345"; want a colour`},
		{with(`"canvas": {"color": "#1234567"}`), "canvas.color", `"#1234567"; want a colour`},
		{with(`"canvas": {"color": "#12345g"}`), "canvas.color", `"#12345g"; want a colour`},
		{with(`"canvas": {"color": "#10141880"}`), "canvas.color", `"#10141880"; nothing lies under the canvas: want "#rrggbb"`},
		{with(`"canvas": {"image": "a b"}`), "canvas.image", `"a b"; want the name of a picture such as "logo" or "logo@2"`},
		{with(`"canvas": {"image": "logo@0"}`), "canvas.image", `"logo@0"; want the name of a picture`},
		{with(`"canvas": {"image": "nobody"}`), "canvas.image", `there is no picture "nobody"; upload it first`},
		{with(`"canvas": {"image": "logo@9"}`), "canvas.image", `there is no picture "logo@9"`},

		{with(`"transition": {"duration": "5.001s"}`), "transition.duration", `"5.001s"; want "0s" to "5s"`},
		{with(`"transition": {"duration": "-0.1s"}`), "transition.duration", `"-0.1s"; want "0s" to "5s"`},
		{with(`"transition": {"settle": "2.5s"}`), "transition.settle", `"2.5s"; want "0s" to "2s"`},

		{`{"name": "x"}`, "layouts", "want at least one layout"},
		{`{"name": "x", "landscapeLayouts": [` + whole + `]}`, "layouts", "want at least one layout"},
		{with(`"layouts": [` + strings.Repeat(whole+",", 16) + whole + `]`), "layouts", "17 layouts; at most 16 are allowed"},
		{with(`"landscapeLayouts": [` + strings.Repeat(whole+",", 16) + whole + `]`), "landscapeLayouts", "17 layouts; at most 16 are allowed"},
		{with(`"overlays": [` + strings.Repeat(`{"text": {"text": "x"}},`, 16) + `{}]`), "overlays", "17 overlays; at most 16 are allowed"},
		{with(`"layouts": [` + whole + `, {"slots": []}]`), "layouts[1].slots", "0 slots; want 1–16"},
		{with(`"layouts": [` + count(17, "") + `]`), "layouts[0].slots", "17 slots; want 1–16"},
		{with(`"layouts": [` + whole + `, ` + whole + `]`), "layouts[1].slots", "1 slots; layouts[0] is for 1 participants already: want one layout for each head count"},
		{with(`"layouts": [` + count(2, "") + `, ` + count(4, `"minParticipants": 2, `) + `]`), "layouts[1].minParticipants", "2; layouts[0] is for 2 participants already"},
		{with(`"layouts": [` + count(4, `"minParticipants": 2, `) + `, ` + count(3, ``) + `]`), "layouts[1].slots", "3 slots; layouts[0] is for 3 participants already"},
		{with(`"layouts": [` + count(2, `"minParticipants": 3, `) + `]`), "layouts[0].minParticipants", "3; want 1–2, the number of slots"},
		{with(`"layouts": [` + count(2, `"minParticipants": -1, `) + `]`), "layouts[0].minParticipants", "-1; want 1–2, the number of slots"},
		{with(`"maxParticipants": 17`), "maxParticipants", "17; want 1–16"},
		{with(`"maxParticipants": -1`), "maxParticipants", "-1; want 1–16"},
		{with(`"maxParticipants": 2`), "layouts", "the largest has 1 slots; want one with room for 2 participants"},
		{with(`"maxParticipants": 3, "layouts": [` + count(3, "") + `], "landscapeLayouts": [` + count(2, "") + `]`), "landscapeLayouts", "the largest has 2 slots; want one with room for 3 participants"},
		{with(`"layouts": [` + count(2, "") + `], "landscapeLayouts": [` + count(3, "") + `]`), "layouts", "the largest has 2 slots; want one with room for 3 participants"},
		{with(`"layouts": [{"slots": [{"w": 1, "h": 0.5, "role": "MAIN"}, {"y": 0.5, "w": 1, "h": 0.5, "role": "MAIN"}]}]`), "layouts[0].slots", "2 slots have the role MAIN; want at most one"},

		{slot(`"w": 0, "h": 1`), first + ".w", "is 0; want a width above 0"},
		{slot(`"w": 1`), first + ".h", "is 0; want a height above 0"},
		{slot(`"w": 1, "h": -0.1, "y": 0.5`), first + ".h", "is -0.1; want a height above 0"},
		{slot(`"x": 0.6, "w": 0.5, "h": 1`), first + ".x", "reaches from 0.6 to 1.1; want 0–1 of the canvas"},
		{slot(`"x": -0.01, "w": 0.5, "h": 1`), first + ".x", "reaches from -0.01 to 0.49; want 0–1 of the canvas"},
		{slot(`"y": 0.5, "w": 0.5, "h": 0.502`), first + ".y", "reaches from 0.5 to 1.002; want 0–1 of the canvas"},
		{slot(`"w": 1, "otherSide": {"h": -0.5}, "h": 0.2`), first + ".h", "is -0.08125; want a height above 0"},
		{slot(`"w": 0.5, "h": 0.8, "otherSide": {"h": 0.5}`), first + ".y", "reaches from 0 to 1.08125; want 0–1"},
		{slot(`"w": 0.5, "h": 0.8, "otherSide": {"x": 1}`), first + ".x", "reaches from 1.77778 to 2.27778; want 0–1"},
		{filled(`"otherSide": {"x": 1.5}`), first + ".otherSide.x", "1.5; want −1 to 1"},
		{filled(`"otherSide": {"y": -1.5}`), first + ".otherSide.y", "-1.5; want −1 to 1"},
		{filled(`"otherSide": {"w": 2}`), first + ".otherSide.w", "2; want −1 to 1"},
		{filled(`"otherSide": {"h": -2}`), first + ".otherSide.h", "-2; want −1 to 1"},
		{filled(`"z": 101`), first + ".z", "101; want −100 to 100"},
		{filled(`"z": -101`), first + ".z", "-101; want −100 to 100"},
		{filled(`"cornerRadius": 0.51`), first + ".cornerRadius", "0.51; want 0–0.5 of the canvas's shorter side"},
		{filled(`"cornerRadius": -0.1`), first + ".cornerRadius", "-0.1; want 0–0.5 of the canvas's shorter side"},
		{filled(`"border": {"width": 0.11}`), first + ".border.width", "0.11; want 0–0.1 of the canvas's shorter side"},
		{filled(`"border": {"width": 0.01, "color": "blue"}`), first + ".border.color", `"blue"; want a colour`},
		{filled(`"label": {"text": "` + longer(128) + `"}`), first + ".label.text", "129 characters; at most 128 are allowed"},
		{filled(`"label": {"text": "a\tb"}`), first + ".label.text", `"a\tb"; want one line`},
		{filled(`"label": {"size": 0.009}`), first + ".label.size", "0.009; want 0.01–0.2 of the canvas's shorter side"},
		{filled(`"label": {"size": 0.21, "off": true}`), first + ".label.size", "0.21; want 0.01–0.2 of the canvas's shorter side"},
		{filled(`"label": {"color": "#fff"}`), first + ".label.color", `"#fff"; want a colour`},
		{filled(`"label": {"background": "none"}`), first + ".label.background", `"none"; want a colour`},
		{filled(`"placeholder": "nobody"`), first + ".placeholder", `there is no picture "nobody"`},
		{filled(`"opacity": 1.1`), first + ".opacity", "1.1; want 0 (invisible) to 1"},
		{filled(`"opacity": -0.1`), first + ".opacity", "-0.1; want 0 (invisible) to 1"},
		{with(`"defaults": {"cornerRadius": 1}`), "defaults.cornerRadius", "1; want 0–0.5"},
		{with(`"defaults": {"border": {"width": -1}}`), "defaults.border.width", "-1; want 0–0.1"},
		{with(`"defaults": {"label": {"size": 1}}`), "defaults.label.size", "1; want 0.01–0.2"},
		{with(`"defaults": {"placeholder": "no/body"}`), "defaults.placeholder", `"no/body"; want the name of a picture`},
		{with(`"defaults": {"opacity": 2}`), "defaults.opacity", "2; want 0 (invisible) to 1"},
		{with(`"layouts": [{"slots": [{"w": 1, "h": 0.5}, {"y": 0.5, "w": 1, "h": 0.6}]}]`), second + ".y", "reaches from 0.5 to 1.1"},
		{with(`"landscapeLayouts": [{"slots": [{"w": 0, "h": 1}]}]`), "landscapeLayouts[0].slots[0].w", "is 0; want a width above 0"},

		{with(`"unit": "PIXEL", "layouts": [{"slots": [{"x": 1, "w": 720, "h": 1280}]}]`), first + ".x", "reaches from 1 to 721; want 0–720 pixels"},
		{with(`"unit": "PIXEL", "layouts": [{"slots": [{"y": 0.001, "w": 720, "h": 1280}]}]`), first + ".y", "reaches from 0.001 to 1280; want 0–1280 pixels"},
		{with(`"unit": "PIXEL", "layouts": [{"slots": [{"w": 720, "h": 1280, "otherSide": {}}]}]`), first + ".otherSide", "is for shares; with PIXEL"},
		{with(`"unit": "PIXEL", "layouts": [{"slots": [{"w": 720, "h": 1280, "cornerRadius": 361}]}]`), first + ".cornerRadius", "361; want 0–360 pixels"},
		{with(`"unit": "PIXEL", "layouts": [{"slots": [{"w": 720, "h": 1280, "label": {"size": 5}}]}]`), first + ".label.size", "5; want 7.2–144 pixels"},
		{with(`"unit": "PIXEL", "layouts": [{"slots": [{"w": 720, "h": 1280}]}], "landscapeLayouts": [{"slots": [{"w": 1280, "h": 721}]}]`), "landscapeLayouts[0].slots[0].y", "reaches from 0 to 721; want 0–720 pixels"},
		{with(`"unit": "PIXEL", "canvas": {"width": 1280, "height": 720}, "layouts": [{"slots": [{"w": 720, "h": 1280}]}]`), first + ".y", "reaches from 0 to 1280; want 0–720 pixels"},
		{with(`"unit": "PIXEL", "canvas": {"width": 1280, "height": 720}, "layouts": [{"slots": [{"w": 1280, "h": 720}]}], "landscapeLayouts": [{"slots": [{"w": 1280, "h": 720}]}]`), first + ".x", "reaches from 0 to 1280; want 0–720 pixels"},

		{overlay(`"w": 1, "h": 1`), "overlays[0]", "shows nothing; want image, text or clock"},
		{overlay(`"w": 1, "text": {"text": "x"}`), "overlays[0].h", "is 0; want a height above 0"},
		{overlay(`"h": 1, "text": {"text": "x"}`), "overlays[0].w", "is 0; want a width above 0"},
		{overlay(`"x": 0.5, "w": 0.6, "h": 1, "text": {"text": "x"}`), "overlays[0].x", "reaches from 0.5 to 1.1; want 0–1 of the canvas"},
		{overlay(`"y": -0.5, "w": 0.6, "h": 1, "text": {"text": "x"}`), "overlays[0].y", "reaches from -0.5 to 0.5; want 0–1 of the canvas"},
		{overlay(`"margin": 0.6, "text": {"text": "x"}`), "overlays[0].margin", "0.6; want 0–0.5 of the canvas's shorter side"},
		{overlay(`"opacity": 3, "text": {"text": "x"}`), "overlays[0].opacity", "3; want 0 (invisible) to 1"},
		{overlay(`"image": {}`), "overlays[0].image.name", "want the name of a picture"},
		{overlay(`"image": {"name": "nobody"}`), "overlays[0].image.name", `there is no picture "nobody"`},
		{overlay(`"text": {}`), "overlays[0].text.text", "want 1–128 characters"},
		{overlay(`"text": {"text": "` + longer(128) + `"}`), "overlays[0].text.text", "129 characters; at most 128 are allowed"},
		{overlay(`"text": {"text": "x", "size": 0.6}`), "overlays[0].text.size", "0.6; want 0.01–0.5"},
		{overlay(`"text": {"text": "x", "color": "x"}`), "overlays[0].text.color", `"x"; want a colour`},
		{overlay(`"text": {"text": "x", "background": "x"}`), "overlays[0].text.background", `"x"; want a colour`},
		{overlay(`"clock": {"format": "%H:%I"}`), "overlays[0].clock.format", `"%I"; want %H, %M, %S, %Y, %m or %d after every '%'`},
		{overlay(`"clock": {"format": "100 %"}`), "overlays[0].clock.format", `"%"; want %H, %M`},
		{overlay(`"clock": {"format": "` + longer(32) + `"}`), "overlays[0].clock.format", "33 characters; at most 32 are allowed"},
		{overlay(`"clock": {"timeZone": "Mars/Olympus"}`), "overlays[0].clock.timeZone", `"Mars/Olympus"; want a time zone by its IANA name, such as "Asia/Shanghai"`},
		{overlay(`"clock": {"timeZone": "Local"}`), "overlays[0].clock.timeZone", `"Local"; want a time zone`},
		{overlay(`"clock": {"timeZone": "../../etc/passwd"}`), "overlays[0].clock.timeZone", `want a time zone`},
		{overlay(`"clock": {"size": 0.001}`), "overlays[0].clock.size", "0.001; want 0.01–0.5"},
		{overlay(`"clock": {"color": "x"}`), "overlays[0].clock.color", `"x"; want a colour`},
		{overlay(`"clock": {"background": "x"}`), "overlays[0].clock.background", `"x"; want a colour`},
	} {
		_, _, _, err := Load([]byte(tt.text), shelf{"logo": "2"})
		faults := faultsOf(t, err)
		if len(faults) != 1 || faults[0].Path != tt.path || !strings.Contains(faults[0].Allowed, tt.allowed) {
			t.Errorf("%s\nfaults are %v,\nwant %s: %s", tt.text, faults, tt.path, tt.allowed)
		}
	}
}

// TestRulesOfMessages has what only a message can say, not a text.
func TestRulesOfMessages(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		change        func(*pb.LayoutTemplate)
		path, allowed string
	}{
		{func(t *pb.LayoutTemplate) { t.Unit = 9 }, "unit", "9; want FRACTION or PIXEL"},
		{func(t *pb.LayoutTemplate) { t.Canvas = &pb.Canvas{ImageFit: 9} }, "canvas.imageFit", "9; want COVER, CONTAIN or STRETCH"},
		{func(t *pb.LayoutTemplate) { t.Transition = &pb.Transition{Easing: -1} }, "transition.easing", "-1; want EASE_IN_OUT"},
		{func(t *pb.LayoutTemplate) {
			t.Transition = &pb.Transition{Duration: &durationpb.Duration{Seconds: 1, Nanos: -1}}
		}, "transition.duration", `1 seconds and -1 nanoseconds; want "0s" to "5s"`},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].EmptySlots = 9 }, "layouts[0].emptySlots", "9; want LEAVE_OUT or SHOW_PLACEHOLDER"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].Role = 9 }, "layouts[0].slots[0].role", "9; want NORMAL or MAIN"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].Fit = 9 }, "layouts[0].slots[0].fit", "9; want COVER, CONTAIN or STRETCH"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].Label = &pb.Label{Position: 10} }, "layouts[0].slots[0].label.position", "10; want TOP_LEFT, TOP, "},
		{func(t *pb.LayoutTemplate) { t.Overlays[0].Position = 10 }, "overlays[0].position", "10; want TOP_LEFT, TOP, "},
		{func(t *pb.LayoutTemplate) {
			t.Overlays[0].Content = &pb.Overlay_Image{Image: &pb.ImageOverlay{Name: "x", Fit: 9}}
		}, "overlays[0].image.fit", "9; want COVER, CONTAIN or STRETCH"},
		{func(t *pb.LayoutTemplate) { t.Overlays[0].Content = &pb.Overlay_Image{} }, "overlays[0].image.name", "want the name of a picture"},
		{func(t *pb.LayoutTemplate) { t.Overlays[0].Content = &pb.Overlay_Text{} }, "overlays[0].text.text", "want 1–128 characters"},
		{func(t *pb.LayoutTemplate) { t.Description = "\xff" }, "description", "want UTF-8"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].X = nan }, "layouts[0].slots[0].x", "NaN; want a number"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].Y = -inf }, "layouts[0].slots[0].y", "-Inf; want a number"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].W = inf }, "layouts[0].slots[0].w", "+Inf; want a number"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].H = nan }, "layouts[0].slots[0].h", "NaN; want a number"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].OtherSide = &pb.OtherSide{H: nan} }, "layouts[0].slots[0].otherSide.h", "NaN; want −1 to 1"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].CornerRadius = &nan }, "layouts[0].slots[0].cornerRadius", "NaN; want 0–0.5"},
		{func(t *pb.LayoutTemplate) { t.Layouts[0].Slots[0].Opacity = &nan }, "layouts[0].slots[0].opacity", "NaN; want 0 (invisible) to 1"},
		{func(t *pb.LayoutTemplate) { t.Defaults = &pb.SlotStyle{Border: &pb.Border{Width: inf}} }, "defaults.border.width", "+Inf; want 0–0.1"},
		{func(t *pb.LayoutTemplate) { t.Overlays[0].Margin = nan }, "overlays[0].margin", "NaN; want 0–0.5"},
		{func(t *pb.LayoutTemplate) { t.Overlays[0].X = nan }, "overlays[0].x", "NaN; want a number"},
	} {
		message, err := Parse([]byte(overlay(`"w": 1, "h": 1, "text": {"text": "x"}`)))
		if err != nil {
			t.Fatal(err)
		}
		tt.change(message)
		before := proto.CloneOf(message)
		_, _, err = Build(message, nil)
		faults := faultsOf(t, err)
		if len(faults) != 1 || faults[0].Path != tt.path || !strings.Contains(faults[0].Allowed, tt.allowed) {
			t.Errorf("faults are %v,\nwant %s: %s", faults, tt.path, tt.allowed)
		}
		if !proto.Equal(before, message) {
			t.Errorf("%s: Build changed the message", tt.path)
		}
	}
}

func TestBoundsAreAllowed(t *testing.T) {
	for _, text := range []string{
		`{"name": "` + strings.Repeat("x", 64) + `", "description": "` + longer(255) + `", "layouts": [` + whole + `]}`,
		with(`"canvas": {"width": 16, "height": 4096, "color": "#FFaa00ff", "image": "a"}`),
		with(`"canvas": {"width": 4096, "height": 16}`),
		with(`"transition": {"duration": "5s", "settle": "2s"}`), with(`"transition": {"duration": "0s", "settle": "0s"}`),
		with(`"maxParticipants": 16, "layouts": [` + count(16, "") + `]`),
		with(`"maxParticipants": 1, "layouts": [` + count(16, `"minParticipants": 1, `) + `]`),
		filled(`"z": 100, "cornerRadius": 0.5, "opacity": 0, "border": {"width": 0.1}, "label": {"size": 0.2, "text": "` + longer(127) + `"}`),
		filled(`"z": -100, "cornerRadius": 0, "opacity": 1, "border": {"width": 0}, "label": {"size": 0.01, "off": true}`),
		slot(`"x": 0.333, "w": 0.333, "h": 1`), slot(`"x": 0.667, "w": 0.334, "h": 1`), slot(`"x": 0.333333, "w": 0.666667, "h": 1`),
		slot(`"x": 1, "w": 0.2, "h": 1, "otherSide": {"x": -0.5}`), slot(`"w": 0.1, "otherSide": {"h": 0.1}`),
		with(`"unit": "PIXEL", "layouts": [{"slots": [{"x": 719, "w": 1, "h": 1280, "cornerRadius": 360, "label": {"size": 7.2}, "border": {"width": 72}}]}]`),
		overlay(`"margin": 0.5, "opacity": 0, "text": {"text": "` + longer(127) + `", "size": 0.5}`),
		overlay(`"clock": {"format": "%Y-%m-%d %H:%M:%S ` + longer(13) + `", "timeZone": "UTC", "size": 0.01}`),
		overlay(`"clock": {"timeZone": "America/Argentina/Buenos_Aires"}`), overlay(`"clock": {"timeZone": "Etc/GMT+5"}`),
	} {
		if _, _, _, err := Load([]byte(text), nil); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	_, got := mustLoad(t, []byte(`{"name": "x", "layouts": [`+whole+`, `+count(3, "")+`], "overlays": [
		{"image": {"name": "logo"}}, {"text": {"text": "hi"}}, {"clock": {}}]}`))
	if got.Participants != 3 || got.Background != (layout.Background{Color: layout.Color{R: 0x14, G: 0x16, B: 0x1c}}) ||
		got.Transition != (layout.Transition{Duration: 300 * time.Millisecond, Settle: 250 * time.Millisecond}) || got.Landscape != nil || got.Version != 0 {
		t.Errorf("defaults are %+v", got)
	}
	if want := (layout.Slot{W: layout.Length{W: 1}, H: layout.Length{H: 1}}); got.Portrait[0].Slots[0] != want || got.Portrait[0].Least != 0 || got.Portrait[0].ShowEmpty {
		t.Errorf("a slot is %+v in %+v", got.Portrait[0].Slots[0], got.Portrait[0])
	}
	box := layout.Overlay{W: layout.Length{W: 1}, H: layout.Length{H: 1}, At: layout.Center}
	image, text, clock := box, box, box
	image.Image, image.Fit = "logo", layout.Contain
	text.Text, text.Size, text.Color = "hi", .045, white
	clock.Clock, clock.Size, clock.Color, clock.Background = "%H:%M:%S", .045, white, shade
	for i, want := range []layout.Overlay{image, text, clock} {
		if got.Overlays[i] != want {
			t.Errorf("overlay %d is %+v, want %+v", i, got.Overlays[i], want)
		}
	}
}

func TestSlotsTakeFromDefaultsWhatTheyDoNotSay(t *testing.T) {
	_, got := mustLoad(t, []byte(with(`"defaults": {"fit": "CONTAIN", "cornerRadius": 0.1, "opacity": 0.5, "placeholder": "face",
		"border": {"width": 0.01, "color": "#ff0000"}, "label": {"text": "{id}", "size": 0.05, "position": "TOP"}},
		"layouts": [{"slots": [
			{"w": 1, "h": 0.3},
			{"y": 0.3, "w": 1, "h": 0.3, "border": {"width": 0.02}, "label": {"position": "CENTER"}},
			{"y": 0.6, "w": 1, "h": 0.3, "fit": "STRETCH", "cornerRadius": 0, "opacity": 1, "placeholder": "logo", "border": {}, "label": {"off": true}}
		]}]`)))
	label := layout.Label{Text: "{id}", Size: .05, At: layout.Top, Color: white, Background: shade}
	style := layout.Style{Radius: .1, Fade: 128, Placeholder: "face", Label: label, Border: layout.Border{Width: .01}}
	style.Border.Color = white
	style.Border.Color.G, style.Border.Color.B = 0, 0
	replaced := style
	replaced.Border = layout.Border{Width: .02, Color: white}
	replaced.Label = layout.Label{Text: "{name}", Size: .032, At: layout.Center, Color: white, Background: shade}
	slots := got.Portrait[0].Slots
	for i, want := range []layout.Style{style, replaced, {Placeholder: "logo"}} {
		if slots[i].Style != want {
			t.Errorf("slot %d is dressed as %+v, want %+v", i, slots[i].Style, want)
		}
	}
	if slots[0].Fit != layout.Contain || slots[2].Fit != layout.Stretch {
		t.Errorf("slots fit by %v and %v", slots[0].Fit, slots[2].Fit)
	}
}
