package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Bounds of a template that is read from outside.
const (
	// MaxTemplateBytes bounds the JSON text.
	MaxTemplateBytes = 256 << 10
	// MaxSlots bounds the slots of one layout.
	MaxSlots = 16
)

// ErrTemplate is returned by Parse for a text that is not a usable template. Its
// wrapped message lists every fault with its JSON path and what is allowed.
var ErrTemplate = errors.New("layout: bad template")

// The JSON form of a template.
type (
	templateJSON struct {
		Name        string       `json:"name"`
		Description string       `json:"description"`
		Background  string       `json:"background"`
		Layouts     []layoutJSON `json:"layouts"`
		Landscape   []layoutJSON `json:"landscapeLayouts"`
	}
	layoutJSON struct {
		Slots []slotJSON `json:"slots"`
	}
	slotJSON struct {
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		W    float64 `json:"w"`
		H    float64 `json:"h"`
		Z    int     `json:"z"`
		Fit  string  `json:"fit"`
		Role string  `json:"role"`
	}
)

// Parse reads a template from JSON, at most MaxTemplateBytes:
//
//	{
//	  "name": "duo", "background": "#101418",
//	  "layouts": [
//	    {"slots": [{"x": 0, "y": 0, "w": 1, "h": 1, "role": "MAIN"}]},
//	    {"slots": [{"x": 0, "y": 0, "w": 0.5, "h": 1, "role": "MAIN"},
//	               {"x": 0.5, "y": 0, "w": 0.5, "h": 1, "fit": "CONTAIN"}]}
//	  ]
//	}
//
// x, y, w and h are fractions of the canvas. There is one layout for each head
// count, which is its number of slots; "landscapeLayouts" may hold others for
// canvases that are wider than high. fit is COVER (the default), CONTAIN or STRETCH,
// role NORMAL (the default) or MAIN. Unknown fields are errors. The error is an
// ErrTemplate and tells all faults at once.
func Parse(text []byte) (Template, error) {
	if len(text) > MaxTemplateBytes {
		return Template{}, fmt.Errorf("%w: %d bytes; at most %d", ErrTemplate, len(text), MaxTemplateBytes)
	}
	var in templateJSON
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return Template{}, fmt.Errorf("%w: %w", ErrTemplate, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Template{}, fmt.Errorf("%w: more text after the template", ErrTemplate)
	}
	var p parser
	t := p.template(in)
	if len(p.faults) > 0 {
		return Template{}, fmt.Errorf("%w: %s", ErrTemplate, strings.Join(p.faults, "; "))
	}
	return t, nil
}

// templateName is what a template may be called.
var templateName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// parser turns the JSON form into a Template and collects faults.
type parser struct{ faults []string }

func (p *parser) fault(path, format string, args ...any) {
	p.faults = append(p.faults, path+": "+fmt.Sprintf(format, args...))
}

func (p *parser) template(in templateJSON) Template {
	t := Template{Name: in.Name, Description: in.Description, Background: Background{Color: p.color("background", in.Background)}}
	if !templateName.MatchString(in.Name) {
		p.fault("name", "want 1–64 letters, digits, '_', '.' or '-', beginning with a letter or a digit")
	}
	if len(in.Layouts) == 0 {
		p.fault("layouts", "want at least one layout")
	}
	t.Portrait = p.layouts("layouts", in.Layouts)
	t.Landscape = p.layouts("landscapeLayouts", in.Landscape)
	return t
}

// color reads "#rrggbb"; an empty text is black.
func (p *parser) color(path, text string) Color {
	if text == "" {
		return Color{}
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 24)
	if err != nil || len(text) != 7 || text[0] != '#' {
		p.fault(path, "%q: want a colour such as #101418", text)
	}
	return Color{uint8(v >> 16), uint8(v >> 8), uint8(v)}
}

func (p *parser) layouts(path string, in []layoutJSON) []Layout {
	if len(in) > MaxSlots {
		p.fault(path, "%d layouts; at most %d", len(in), MaxSlots)
		return nil
	}
	var list []Layout
	counts := map[int]int{}
	for i, l := range in {
		at := fmt.Sprintf("%s[%d]", path, i)
		if n := len(l.Slots); n == 0 || n > MaxSlots {
			p.fault(at+".slots", "%d slots; want 1–%d", n, MaxSlots)
			continue
		}
		if other, double := counts[len(l.Slots)]; double {
			p.fault(at+".slots", "%d slots, as in %s[%d]; want one layout for each head count", len(l.Slots), path, other)
		}
		counts[len(l.Slots)] = i
		list = append(list, p.layout(at, l))
	}
	return list
}

func (p *parser) layout(path string, in layoutJSON) (l Layout) {
	mains := 0
	for i, s := range in.Slots {
		slot := p.slot(fmt.Sprintf("%s.slots[%d]", path, i), s)
		if slot.Role == Main {
			mains++
		}
		l.Slots = append(l.Slots, slot)
	}
	if mains > 1 {
		p.fault(path+".slots", "%d slots have the role MAIN; want at most one", mains)
	}
	return l
}

func (p *parser) slot(path string, in slotJSON) Slot {
	// A little beyond 1 is rounding of thirds and sevenths.
	const whole = 1 + 1e-6
	for _, edge := range []struct {
		name     string
		from, to float64
	}{{"x", in.X, in.X + in.W}, {"y", in.Y, in.Y + in.H}} {
		if !(edge.from >= 0 && edge.to <= whole) {
			p.fault(path+"."+edge.name, "reaches from %v to %v; want 0–1 of the canvas", edge.from, edge.to)
		}
	}
	if !(in.W > 0) || !(in.H > 0) {
		p.fault(path, "is %v×%v; want a width and a height above 0", in.W, in.H)
	}
	if in.Z < -math.MaxInt16 || in.Z > math.MaxInt16 {
		p.fault(path+".z", "%d; want -32767 to 32767", in.Z)
	}
	s := slot(w(in.X), h(in.Y), w(in.W), h(in.H))
	s.Z = in.Z
	switch in.Fit {
	case "", "COVER":
	case "CONTAIN":
		s.Fit = Contain
	case "STRETCH":
		s.Fit = Stretch
	default:
		p.fault(path+".fit", "%q; want COVER, CONTAIN or STRETCH", in.Fit)
	}
	switch in.Role {
	case "", "NORMAL":
	case "MAIN":
		s.Role = Main
	default:
		p.fault(path+".role", "%q; want NORMAL or MAIN", in.Role)
	}
	return s
}
