package template

import (
	"image/color"
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// FromLayout returns the message of a template, such as a built-in one, for people to
// start from. Build makes an equal template of it: equal in pixels, on every canvas.
// What all slots have in common becomes `defaults`. Boxes of overlays must be shares
// of their own side, as Build makes them.
func FromLayout(t layout.Template) *pb.LayoutTemplate {
	common := commonDress(t)
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
		out.Defaults = &pb.SlotStyle{
			Fit: wordUnless(fits, common.fit, layout.Cover), CornerRadius: radiusFrom(common.Radius), Border: borderFrom(common.Border),
			Label: labelFrom(common.Label), Placeholder: common.Placeholder, Opacity: opacityFrom(common.Fade),
		}
	}
	for _, o := range t.Overlays {
		out.Overlays = append(out.Overlays, overlayFrom(o))
	}
	return out
}

// commonDress returns how every slot is dressed; the zero value if they differ.
func commonDress(t layout.Template) (common dress) {
	first := true
	for _, layouts := range [][]layout.Layout{t.Portrait, t.Landscape} {
		for _, l := range layouts {
			for _, s := range l.Slots {
				if d := (dress{s.Style, s.Fit}); first {
					common, first = d, false
				} else if d != common {
					return dress{}
				}
			}
		}
	}
	return common
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
	if common != (dress{}) {
		return out // dressed by the defaults
	}
	out.Fit, out.CornerRadius, out.Opacity = wordUnless(fits, s.Fit, layout.Cover), radiusFrom(s.Style.Radius), opacityFrom(s.Style.Fade)
	out.Border, out.Label, out.Placeholder = borderFrom(s.Style.Border), labelFrom(s.Style.Label), s.Style.Placeholder
	return out
}

func borderFrom(b layout.Border) *pb.Border {
	if b.Width == 0 {
		return nil
	}
	return &pb.Border{Width: digits(b.Width), Color: colorText(b.Color)}
}

func labelFrom(l layout.Label) *pb.Label {
	if l.Size == 0 {
		return nil
	}
	return &pb.Label{
		Text: l.Text, Position: wordFor(anchors, l.At), Size: digits(l.Size),
		Color: colorText(l.Color), Background: colorText(l.Background),
	}
}

func overlayFrom(o layout.Overlay) *pb.Overlay {
	out := &pb.Overlay{
		X: digits(o.X.W), Y: digits(o.Y.H), W: digits(o.W.W), H: digits(o.H.H),
		Position: wordFor(anchors, o.At), Margin: digits(o.Margin), Opacity: opacityFrom(o.Fade),
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

func radiusFrom(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return proto.Float64(digits(v))
}

// opacityFrom turns what shows through into an opacity; three digits tell all 256.
func opacityFrom(fade uint8) *float64 {
	if fade == 0 {
		return nil
	}
	return proto.Float64(math.Round((1-float64(fade)/255)*1000) / 1000)
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
