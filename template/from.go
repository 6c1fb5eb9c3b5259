package template

import (
	"image/color"
	"math"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// FromLayout returns the message of a template, such as a built-in one, for people to
// start from. Build makes an equal template of it: equal in pixels, on every canvas.
// How most slots are dressed becomes `defaults`. Boxes of overlays must be shares of
// their own side, as Build makes them, and the layouts must lie on the default canvas.
func FromLayout(t layout.Template) *pb.LayoutTemplate {
	common := usualDress(t)
	out := &pb.LayoutTemplate{
		Name: t.Name, Description: t.Description,
		Canvas: &pb.Canvas{
			Color:    colorText(color.NRGBA{R: t.Background.Color.R, G: t.Background.Color.G, B: t.Background.Color.B, A: 0xff}),
			Image:    t.Background.Image,
			ImageFit: wordUnless(fits, t.Background.Fit, layout.Cover),
		},
		Transition: &pb.Transition{
			Duration: durationpb.New(t.Transition.Duration),
			Easing:   wordFor(easings, t.Transition.Easing),
			Settle:   durationpb.New(t.Transition.Settle),
		},
		MaxParticipants:  int32(t.Participants),
		Layouts:          layoutsFrom(t.Portrait, common),
		LandscapeLayouts: layoutsFrom(t.Landscape, common),
	}
	if common != (dress{}) {
		d := undress(common, dress{})
		out.Defaults = &pb.SlotStyle{
			Fit: d.Fit, CornerRadius: d.CornerRadius, Border: d.Border, Label: d.Label, Placeholder: d.Placeholder, Opacity: d.Opacity,
		}
	}
	for _, o := range t.Overlays {
		out.Overlays = append(out.Overlays, overlayFrom(o))
	}
	return out
}

// usualDress returns how most slots are dressed. It names no placeholder unless every
// slot has that one: a slot cannot say that it wants none.
func usualDress(t layout.Template) (usual dress) {
	counts, placeholders := map[dress]int{}, map[string]bool{}
	for _, l := range slices.Concat(t.Portrait, t.Landscape) {
		for _, s := range l.Slots {
			d := dress{s.Style, s.Fit}
			placeholders[d.Placeholder] = true
			counts[d]++
			if counts[d] > counts[usual] {
				usual = d
			}
		}
	}
	if len(placeholders) > 1 {
		usual.Placeholder = ""
	}
	return usual
}

func layoutsFrom(layouts []layout.Layout, common dress) []*pb.CountLayout {
	var out []*pb.CountLayout
	for _, l := range layouts {
		c := &pb.CountLayout{MinParticipants: int32(l.Least), EmptySlots: wordUnless(empties, l.ShowEmpty, false)}
		for _, s := range l.Slots {
			c.Slots = append(c.Slots, slotFrom(s, common))
		}
		out = append(out, c)
	}
	return out
}

func slotFrom(s layout.Slot, common dress) *pb.Slot {
	out := &pb.Slot{
		X: digits(s.X.W), Y: digits(s.Y.H), W: digits(s.W.W), H: digits(s.H.H),
		Z: int32(s.Z), Role: wordUnless(roles, s.Role, layout.Normal),
	}
	other := &pb.OtherSide{X: digits(s.X.H), Y: digits(s.Y.W), W: digits(s.W.H), H: digits(s.H.W)}
	if !proto.Equal(other, &pb.OtherSide{}) {
		out.OtherSide = other
	}
	d := undress(dress{s.Style, s.Fit}, common)
	out.Fit, out.CornerRadius, out.Border, out.Label, out.Placeholder, out.Opacity = d.Fit, d.CornerRadius, d.Border, d.Label, d.Placeholder, d.Opacity
	return out
}

// undress returns a slot that says how it is dressed where that is not as base has it.
func undress(d, base dress) *pb.Slot {
	out := &pb.Slot{Fit: wordUnless(fits, d.fit, base.fit)}
	if d.Radius != base.Radius {
		out.CornerRadius = proto.Float64(digits(d.Radius))
	}
	if d.Border != base.Border {
		out.Border = &pb.Border{Width: digits(d.Border.Width), Color: colorUnless(d.Border.Color, white)}
		if d.Border.Width == 0 {
			out.Border = &pb.Border{} // none
		}
	}
	if d.Label != base.Label {
		out.Label = labelFrom(d.Label)
	}
	if d.Placeholder != base.Placeholder {
		out.Placeholder = d.Placeholder
	}
	if d.Fade != base.Fade {
		out.Opacity = opacityFrom(d.Fade)
	}
	return out
}

// labelFrom returns a label, and one that is off for none.
func labelFrom(l layout.Label) *pb.Label {
	if l.Size == 0 {
		return &pb.Label{Off: true}
	}
	out := &pb.Label{
		Text: l.Text, Position: wordFor(anchors, l.At), Size: digits(l.Size),
		Color: colorUnless(l.Color, white), Background: colorUnless(l.Background, shade),
	}
	if out.Text == defaultText {
		out.Text = ""
	}
	return out
}

func overlayFrom(o layout.Overlay) *pb.Overlay {
	out := &pb.Overlay{
		X: digits(o.X.W), Y: digits(o.Y.H), W: digits(o.W.W), H: digits(o.H.H),
		Position: wordFor(anchors, o.At), Margin: digits(o.Margin),
	}
	if o.Fade != 0 {
		out.Opacity = opacityFrom(o.Fade)
	}
	if out.X == 0 && out.Y == 0 && out.W == 1 && out.H == 1 {
		out.W, out.H = 0, 0 // the whole canvas
	}
	switch letters, pill := colorText(o.Color), colorText(o.Background); {
	case o.Image != "":
		out.Content = &pb.Overlay_Image{Image: &pb.ImageOverlay{Name: o.Image, Fit: wordFor(fits, o.Fit)}}
	case o.Clock != "":
		out.Content = &pb.Overlay_Clock{Clock: &pb.ClockOverlay{
			Format: o.Clock, TimeZone: o.Zone, Size: digits(o.Size), Color: letters, Background: pill,
		}}
	default:
		out.Content = &pb.Overlay_Text{Text: &pb.TextOverlay{Text: o.Text, Size: digits(o.Size), Color: letters, Background: pill}}
	}
	return out
}

// opacityFrom turns what shows through into an opacity; three digits tell all 256.
func opacityFrom(fade uint8) *float64 {
	return proto.Float64(math.Round((1-float64(fade)/255)*1000) / 1000)
}

// colorUnless writes a colour, nothing for the normal one.
func colorUnless(c, normal color.NRGBA) string {
	if c == normal {
		return ""
	}
	return colorText(c)
}

// wordUnless returns the word for a meaning, none for the normal one.
func wordUnless[W word, T comparable](meanings map[W]T, meaning, normal T) W {
	if meaning == normal {
		return 0
	}
	return wordFor(meanings, meaning)
}

// digits rounds a share to as few digits as Build needs to make the same pixels of it:
// six for thirds and the like.
func digits(v float64) float64 {
	for unit := 1e6; unit < 1e12; unit *= 10 {
		// Zero and above, so that no −0 is written.
		if short := math.Round(v*unit)/unit + 0; math.Abs(fraction(short)-v) < 1e-11 {
			return short
		}
	}
	return v
}
