package template

import (
	"fmt"
	"math"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

const maxZ = 100

// tolerance is how far a slot may reach beyond the canvas, as a share of its side: who
// writes thirds with three digits comes to 1.001.
const tolerance = .001 + slack

// layouts builds those of one orientation, for a canvas. counted says that every
// layout has a number of slots that is allowed.
func (b *builder) layouts(path string, in []*pb.CountLayout, canvas layout.Size) (out []layout.Layout, counted bool) {
	if len(in) > maxCount {
		b.fault(path, "%d layouts; at most %d are allowed", len(in), maxCount)
		return nil, false
	}
	counted = true
	taken := map[int]string{} // who serves a head count
	for i, l := range in {
		where := at(path, i)
		if n := len(l.GetSlots()); n == 0 || n > maxCount {
			b.fault(where+".slots", "%d slots; want 1–%d", n, maxCount)
			counted = false
			continue
		}
		out = append(out, b.layout(where, l, canvas))
		b.claim(where, l, taken)
	}
	return out, counted
}

// claim sees to it that no two layouts are for the same head count.
func (b *builder) claim(path string, l *pb.CountLayout, taken map[int]string) {
	most := len(l.GetSlots())
	least := int(l.GetMinParticipants())
	if least < 0 || least > most {
		b.fault(path+".minParticipants", "%d; want 1–%d, the number of slots", least, most)
		return
	}
	where, said := path+".minParticipants", true
	if least == 0 {
		where, said, least = path+".slots", false, most
	}
	told := false
	for n := least; n <= most; n++ {
		switch other, double := taken[n]; {
		case !double:
			taken[n] = path
		case !told:
			told = true
			text := fmt.Sprintf("%d slots", most)
			if said {
				text = fmt.Sprintf("%d", least)
			}
			b.fault(where, "%s; %s is for %d participants already: want one layout for each head count", text, other, n)
		}
	}
}

func (b *builder) layout(path string, in *pb.CountLayout, canvas layout.Size) layout.Layout {
	out := layout.Layout{
		Least:     int(in.GetMinParticipants()),
		ShowEmpty: enumWord(b, path+".emptySlots", in.GetEmptySlots(), empties, false),
	}
	mains := 0
	for i, s := range in.GetSlots() {
		slot := b.slot(at(path+".slots", i), s, canvas)
		if slot.Role == layout.Main {
			mains++
		}
		out.Slots = append(out.Slots, slot)
	}
	if mains > 1 {
		b.fault(path+".slots", "%d slots have the role MAIN; want at most one", mains)
	}
	return out
}

func (b *builder) slot(path string, in *pb.Slot, canvas layout.Size) layout.Slot {
	if in == nil {
		in = &pb.Slot{}
	}
	dressed := b.style(path, in, b.defaults)
	out := layout.Slot{
		Z: int(in.GetZ()), Fit: dressed.fit, Style: dressed.Style,
		Role: enumWord(b, path+".role", in.GetRole(), roles, layout.Normal),
	}
	if in.GetZ() < -maxZ || in.GetZ() > maxZ {
		b.fault(path+".z", "%d; want −%d to %d", in.GetZ(), maxZ, maxZ)
	}
	other := in.GetOtherSide()
	if b.pixels && other != nil {
		b.fault(path+".otherSide", "is for shares; with PIXEL x, y, w and h say it all")
		other = nil
	}
	known := !b.touches(path + ".otherSide")
	for _, o := range []struct {
		name string
		v    float64
	}{{"x", other.GetX()}, {"y", other.GetY()}, {"w", other.GetW()}, {"h", other.GetH()}} {
		if !(o.v >= -1 && o.v <= 1) {
			b.fault(path+".otherSide."+o.name, "%s; want −1 to 1", figure(o.v))
			known = false
		}
	}
	x := side{"x", "w", "width", in.GetX(), in.GetW(), other.GetX(), other.GetW(), canvas.W, canvas.H}
	y := side{"y", "h", "height", in.GetY(), in.GetH(), other.GetY(), other.GetH(), canvas.H, canvas.W}
	if known {
		b.inside(path, x)
		b.inside(path, y)
	}
	out.X.W, out.X.H = b.share(x.start, canvas.W), fraction(x.otherStart)
	out.W.W, out.W.H = b.share(x.size, canvas.W), fraction(x.otherSize)
	out.Y.H, out.Y.W = b.share(y.start, canvas.H), fraction(y.otherStart)
	out.H.H, out.H.W = b.share(y.size, canvas.H), fraction(y.otherSize)
	return out
}

// side is where a rectangle lies in one direction: start and size as they are written,
// what is added to them in shares of the other side, and the two sides in pixels.
type side struct {
	at, of, extent        string // names of start and size, and a word for the size
	start, size           float64
	otherStart, otherSize float64
	along, across         int
}

// inside checks that a rectangle has a size and lies on the canvas.
func (b *builder) inside(path string, s side) {
	finite := true
	for _, v := range []struct {
		name string
		v    float64
	}{{s.at, s.start}, {s.of, s.size}} {
		if math.IsNaN(v.v) || math.IsInf(v.v, 0) {
			b.fault(join(path, v.name), "%v; want a number", v.v)
			finite = false
		}
	}
	if !finite || !b.sized {
		return
	}
	ratio := float64(s.across) / float64(s.along)
	from, size := s.start+s.otherStart*ratio, s.size+s.otherSize*ratio
	limit, beyond, whole := 1.0, tolerance, "0–1 of the canvas"
	if b.pixels {
		limit, beyond, whole = float64(s.along), 0, fmt.Sprintf("0–%d pixels", s.along)
	}
	if !(size > 0) {
		b.fault(join(path, s.of), "is %s; want a %s above 0", figure(size), s.extent)
		size = 0
	}
	// A place of which a part is broken already is not judged by the rest.
	if !(from >= -beyond && from+size <= limit+beyond) && !b.touches(join(path, s.of)) {
		b.fault(join(path, s.at), "reaches from %s to %s; want %s", figure(from), figure(from+size), whole)
	}
}

// share returns a position as a share of a side of the canvas in pixels.
func (b *builder) share(v float64, side int) float64 {
	if b.pixels {
		return v / float64(side)
	}
	return fraction(v)
}
