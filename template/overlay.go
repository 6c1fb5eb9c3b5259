package template

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Bounds of overlays, in shares of the canvas's shorter side.
const (
	maxMargin                           = .5
	minLetters, maxLetters, mostLetters = .01, .5, .045
	maxClock                            = 32 // characters
	defaultClock                        = "%H:%M:%S"
)

func (b *builder) overlays(in []*pb.Overlay) []layout.Overlay {
	if len(in) > maxCount {
		b.fault("overlays", "%d overlays; at most %d are allowed", len(in), maxCount)
		return nil
	}
	var out []layout.Overlay
	for i, o := range in {
		out = append(out, b.overlay(at("overlays", i), o))
	}
	return out
}

func (b *builder) overlay(path string, in *pb.Overlay) layout.Overlay {
	if in == nil {
		in = &pb.Overlay{}
	}
	out := layout.Overlay{
		At:     enumWord(b, path+".position", in.GetPosition(), anchors, layout.Center),
		Margin: b.length(path+".margin", in.GetMargin(), 0, maxMargin),
		Fade:   b.fade(path+".opacity", in.Opacity, 0),
	}
	if in.GetX() == 0 && in.GetY() == 0 && in.GetW() == 0 && in.GetH() == 0 {
		out.W.W, out.H.H = 1, 1 // the whole canvas
	} else {
		b.inside(path, side{at: "x", of: "w", extent: "width", start: in.GetX(), size: in.GetW(), along: b.canvas.W})
		b.inside(path, side{at: "y", of: "h", extent: "height", start: in.GetY(), size: in.GetH(), along: b.canvas.H})
		out.X.W, out.W.W = b.share(in.GetX(), b.canvas.W), b.share(in.GetW(), b.canvas.W)
		out.Y.H, out.H.H = b.share(in.GetY(), b.canvas.H), b.share(in.GetH(), b.canvas.H)
	}
	switch content := in.GetContent().(type) {
	case *pb.Overlay_Image:
		b.image(path+".image", content.Image, &out)
	case *pb.Overlay_Text:
		b.text(path+".text", content.Text, &out)
	case *pb.Overlay_Clock:
		b.clock(path+".clock", content.Clock, &out)
	default:
		if !b.touches(path+".image") && !b.touches(path+".text") && !b.touches(path+".clock") {
			b.fault(path, "shows nothing; want image, text or clock")
		}
	}
	return out
}

func (b *builder) image(path string, in *pb.ImageOverlay, out *layout.Overlay) {
	if in.GetName() == "" {
		b.fault(path+".name", "want the name of a picture")
	}
	out.Image = b.picture(path+".name", in.GetName())
	out.Fit = enumWord(b, path+".fit", in.GetFit(), fits, layout.Contain)
}

func (b *builder) text(path string, in *pb.TextOverlay, out *layout.Overlay) {
	if in.GetText() == "" {
		b.fault(path+".text", "want 1–%d characters", maxText)
	}
	out.Text = b.line(path+".text", in.GetText(), maxText)
	out.Size = b.letters(path+".size", in.GetSize(), minLetters, maxLetters, mostLetters)
	out.Color = b.color(path+".color", in.GetColor(), white)
	out.Background = b.color(path+".background", in.GetBackground(), clear)
	b.readable(path, out.Color, out.Background)
}

func (b *builder) clock(path string, in *pb.ClockOverlay, out *layout.Overlay) {
	out.Clock = b.line(path+".format", in.GetFormat(), maxClock)
	if out.Clock == "" {
		out.Clock = defaultClock
	}
	for rest := out.Clock; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			break
		}
		letter, size := utf8.DecodeRuneInString(after)
		if size == 0 || !strings.ContainsRune("HMSYmd", letter) {
			b.fault(path+".format", "%q; want %%H, %%M, %%S, %%Y, %%m or %%d after every '%%'", "%"+after[:size])
			break
		}
		rest = after[size:]
	}
	out.Zone = b.zone(path+".timeZone", in.GetTimeZone())
	out.Size = b.letters(path+".size", in.GetSize(), minLetters, maxLetters, mostLetters)
	out.Color = b.color(path+".color", in.GetColor(), white)
	out.Background = b.color(path+".background", in.GetBackground(), shade)
	b.readable(path, out.Color, out.Background)
}

// zoneName is how time zones are called. It leaves out "Local", which is another one
// on every machine.
var zoneName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+/-]{0,63}$`)

func (b *builder) zone(path, name string) string {
	if name == "" {
		return ""
	}
	_, err := time.LoadLocation(name)
	if err != nil || name == "Local" || !zoneName.MatchString(name) {
		b.fault(path, `%q; want a time zone by its IANA name, such as "Asia/Shanghai"`, short(name))
	}
	return name
}
