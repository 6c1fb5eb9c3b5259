package template

import (
	"image/color"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Bounds of how slots are dressed, in shares of the canvas's shorter side, and of texts
// in characters.
const (
	maxRadius                        = .5
	maxBorder                        = .1
	minLabel, maxLabel, defaultLabel = .01, .2, .032
	maxText                          = 128
	defaultText                      = "{name}"
)

var (
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	shade = color.NRGBA{0, 0, 0, 0x80}
	clear = color.NRGBA{}
)

// dress is how a slot is dressed and how a picture fills it.
type dress struct {
	layout.Style
	fit layout.Fit
}

// dressed is a Slot or a SlotStyle.
type dressed interface {
	GetFit() pb.Fit
	GetBorder() *pb.Border
	GetLabel() *pb.Label
	GetPlaceholder() string
}

func defaultsOf(t *pb.LayoutTemplate) *pb.SlotStyle {
	if t.GetDefaults() == nil {
		return &pb.SlotStyle{}
	}
	return t.GetDefaults()
}

// style returns what in says, and what base has where in says nothing.
func (b *builder) style(path string, in dressed, base dress) dress {
	out := base
	var radius, opacity *float64
	switch in := in.(type) {
	case *pb.Slot:
		radius, opacity = in.CornerRadius, in.Opacity
	case *pb.SlotStyle:
		radius, opacity = in.CornerRadius, in.Opacity
	}
	out.fit = enumWord(b, path+".fit", in.GetFit(), fits, base.fit)
	if radius != nil {
		out.Radius = b.length(path+".cornerRadius", *radius, 0, maxRadius)
	}
	if in.GetBorder() != nil {
		out.Border = b.border(path+".border", in.GetBorder())
	}
	if in.GetLabel() != nil {
		out.Label = b.label(path+".label", in.GetLabel())
	}
	if in.GetPlaceholder() != "" {
		out.Placeholder = b.picture(path+".placeholder", in.GetPlaceholder())
	}
	out.Fade = b.fade(path+".opacity", opacity, base.Fade)
	return out
}

// border builds a border; the zero one for none.
func (b *builder) border(path string, in *pb.Border) layout.Border {
	out := layout.Border{
		Width: b.length(path+".width", in.GetWidth(), 0, maxBorder),
		Color: b.color(path+".color", in.GetColor(), white),
	}
	if out.Width == 0 {
		return layout.Border{}
	}
	return out
}

// label builds a label; the zero one for none.
func (b *builder) label(path string, in *pb.Label) layout.Label {
	out := layout.Label{
		Text:       b.line(path+".text", in.GetText(), maxText),
		At:         enumWord(b, path+".position", in.GetPosition(), anchors, layout.BottomLeft),
		Size:       b.letters(path+".size", in.GetSize(), minLabel, maxLabel, defaultLabel),
		Color:      b.color(path+".color", in.GetColor(), white),
		Background: b.color(path+".background", in.GetBackground(), shade),
	}
	if in.GetOff() {
		return layout.Label{}
	}
	if out.Text == "" {
		out.Text = defaultText
	}
	b.readable(path, out.Color, out.Background)
	b.stands(path+".text", out.Text)
	return out
}

// letters returns the size of letters.
func (b *builder) letters(path string, size, least, most, normal float64) float64 {
	if size == 0 {
		return normal
	}
	return b.length(path, size, least, most)
}
