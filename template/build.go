package template

import (
	"fmt"
	"image/color"
	"regexp"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Bounds of a template; template.proto has them all.
const (
	maxCount         = layout.MaxSlots // of people, slots of a layout, layouts, overlays
	maxDescription   = 256
	minSide, maxSide = 16, 4096 // pixels
	maxTransition    = 5 * time.Second
	maxSettle        = 2 * time.Second
)

// What is not said.
const (
	defaultWidth, defaultHeight = 720, 1280
	defaultTransition           = 300 * time.Millisecond
	defaultSettle               = 250 * time.Millisecond
)

// night is the colour where nothing is, unless the template has another.
var night = color.NRGBA{0x14, 0x16, 0x1c, 0xff}

// Build checks a template by the rules of template.proto and turns it into what the
// engine draws, with every picture named with its version. If known is nil any picture
// may be named and its name stays as it is. Whether the template's name is free is not
// looked at; see CheckName. The error is an ErrTemplate: Faults, all that there are.
// The warnings, at most 100, are of a template that is valid. t is not changed.
func Build(t *pb.LayoutTemplate, known Pictures) (layout.Template, []Warning, error) {
	var f findings
	built := f.build(t, known)
	if err := f.err(); err != nil {
		return layout.Template{}, nil, err
	}
	return built, f.warnings, nil
}

func (f *findings) build(t *pb.LayoutTemplate, known Pictures) layout.Template {
	b := &builder{findings: f, known: known, pixels: t.GetUnit() == pb.Unit_PIXEL}
	b.checkName(t.GetName())
	out := layout.Template{Name: t.GetName(), Description: b.line("description", t.GetDescription(), maxDescription)}
	enumWord(b, "unit", t.GetUnit(), units, 0)
	b.canvas, b.sized = b.size(t.GetCanvas())
	if f.touches("unit") {
		b.sized = false // nobody knows what the numbers count
	}
	out.Background = b.background(t.GetCanvas())
	b.defaults = b.style("defaults", defaultsOf(t), dress{})
	out.Transition = b.transition(t.GetTransition())
	portrait, landscape := b.canvases(t)
	var counted [2]bool
	out.Portrait, counted[0] = b.layouts("layouts", t.GetLayouts(), portrait)
	if len(t.GetLayouts()) == 0 {
		b.fault("layouts", "want at least one layout")
	}
	out.Landscape, counted[1] = b.layouts("landscapeLayouts", t.GetLandscapeLayouts(), landscape)
	out.Participants = b.participants(int(t.GetMaxParticipants()), out)
	if counted[0] && counted[1] && !b.touches("maxParticipants") {
		b.room("layouts", out.Portrait, out.Participants)
		b.room("landscapeLayouts", out.Landscape, out.Participants)
	}
	out.Overlays = b.overlays(t.GetOverlays())
	if len(f.faults) == 0 {
		b.look("layouts", t.GetLayouts(), out.Portrait, out.Participants, portrait)
		b.look("landscapeLayouts", t.GetLandscapeLayouts(), out.Landscape, out.Participants, landscape)
	}
	return out
}

// builder turns a message into a layout.Template and collects what is wrong with it.
type builder struct {
	*findings
	known Pictures
	// pixels says that numbers are pixels of the canvas, not shares of it.
	pixels bool
	// canvas is the template's; sized says that it is known, so that places can be
	// checked.
	canvas layout.Size
	sized  bool
	// defaults dress the slots.
	defaults dress
}

// templateName is how a template may be called.
var templateName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func (f *findings) checkName(name string) {
	if !templateName.MatchString(name) {
		f.fault("name", "%q; want 1–64 letters, digits, '_', '.' or '-', beginning with a letter or a digit", short(name))
	}
}

// CheckName returns an ErrTemplate if no template of that name may be uploaded: the name
// has not the form that Build wants, or is that of a built-in template.
func CheckName(name string) error {
	var f findings
	f.checkName(name)
	if _, err := layout.Builtin(name); err == nil && name != "" {
		f.fault("name", "%q is the name of a built-in template; want another", name)
	}
	return f.err()
}

// size returns the canvas; ok is false when the template's cannot be used.
func (b *builder) size(c *pb.Canvas) (size layout.Size, ok bool) {
	side := func(path string, v int32, normal int) int {
		if v == 0 {
			return normal
		}
		if v < minSide || v > maxSide {
			b.fault(path, "%d; want %d–%d pixels", v, minSide, maxSide)
			return 0
		}
		return int(v)
	}
	size = layout.Size{W: side("canvas.width", c.GetWidth(), defaultWidth), H: side("canvas.height", c.GetHeight(), defaultHeight)}
	if size.W == 0 || size.H == 0 || b.touches("canvas.width") || b.touches("canvas.height") {
		return layout.Size{W: defaultWidth, H: defaultHeight}, false
	}
	return size, true
}

// canvases returns the canvases on which the layouts and the landscape ones are made.
func (b *builder) canvases(t *pb.LayoutTemplate) (portrait, landscape layout.Size) {
	short, long := min(b.canvas.W, b.canvas.H), max(b.canvas.W, b.canvas.H)
	landscape = layout.Size{W: long, H: short}
	if len(t.GetLandscapeLayouts()) == 0 {
		return b.canvas, landscape // the layouts serve every canvas, the template's too
	}
	return layout.Size{W: short, H: long}, landscape
}

func (b *builder) background(c *pb.Canvas) layout.Background {
	ground := b.color("canvas.color", c.GetColor(), night)
	if ground.A != 0xff {
		b.fault("canvas.color", "%q; nothing lies under the canvas: want \"#rrggbb\"", short(c.GetColor()))
	}
	return layout.Background{
		Color: layout.Color{R: ground.R, G: ground.G, B: ground.B},
		Image: b.picture("canvas.image", c.GetImage()),
		Fit:   enumWord(b, "canvas.imageFit", c.GetImageFit(), fits, layout.Cover),
	}
}

func (b *builder) transition(t *pb.Transition) layout.Transition {
	return layout.Transition{
		Duration: b.duration("transition.duration", t.GetDuration(), defaultTransition, maxTransition),
		Easing:   enumWord(b, "transition.easing", t.GetEasing(), easings, layout.EaseInOut),
		Settle:   b.duration("transition.settle", t.GetSettle(), defaultSettle, maxSettle),
	}
}

func (b *builder) duration(path string, d *durationpb.Duration, normal, most time.Duration) time.Duration {
	if d == nil {
		return normal
	}
	if v := d.AsDuration(); d.IsValid() && v >= 0 && v <= most {
		return v
	}
	shown := fmt.Sprintf("%d seconds and %d nanoseconds", d.GetSeconds(), d.GetNanos())
	if d.IsValid() {
		shown = fmt.Sprintf("%q", inSeconds(d.AsDuration()))
	}
	b.fault(path, `%s; want "0s" to %q`, shown, inSeconds(most))
	return normal
}

// participants returns the largest head count that the template is made for.
func (b *builder) participants(most int, t layout.Template) int {
	if most < 0 || most > maxCount {
		b.fault("maxParticipants", "%d; want 1–%d", most, maxCount)
		return 0
	}
	if most == 0 {
		return max(largest(t.Portrait), largest(t.Landscape))
	}
	return most
}

// room sees to it that the layouts, if there are any, have room for all.
func (b *builder) room(path string, layouts []layout.Layout, participants int) {
	if n := largest(layouts); len(layouts) > 0 && n < participants {
		b.fault(path, "the largest has %d slots; want one with room for %d participants", n, participants)
	}
}

// largest returns how many slots the largest layout has.
func largest(layouts []layout.Layout) int {
	n := 0
	for _, l := range layouts {
		n = max(n, len(l.Slots))
	}
	return n
}
