package stage

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// Shares of a label's letters.
const (
	labelMargin = .55 // between the pill and the slot's edge
	labelRoom   = .35 // more where corners are round, of their radius
)

// Dress is what one placement wears. It never changes. Each call of Dresser.Dress
// is matched by one of Free.
type Dress struct {
	maker *Dresser
	key   dressKey
	users int // guarded by maker.mu

	placeholder *media.Frame
	named       bool // the placeholder holds the name
	serial      int64
	shape       *compose.Shape
	label       *compose.Sprite
	at          layout.Anchor
	margin      int
}

// Dress returns what place wears when who takes it; under is the colour that shows
// through a placeholder. The caller frees the result.
func (d *Dresser) Dress(place layout.Placement, who Person, under layout.Color) (*Dress, error) {
	key := dressKey{place.Rect.W, place.Rect.H, place.Number, place.Style, who, under}
	d.mu.Lock()
	if worn := d.worn[key]; worn != nil {
		worn.users++
		d.mu.Unlock()
		return worn, nil
	}
	d.mu.Unlock()
	made, err := d.sew(place, who, under)
	if err != nil {
		return nil, err
	}
	made.maker, made.key, made.users = d, key, 1
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.worn == nil {
		d.worn = map[dressKey]*Dress{}
	}
	d.worn[key] = made // another one of the same may be there; both are good
	return made, nil
}

// sew makes a Dress.
func (d *Dresser) sew(place layout.Placement, who Person, under layout.Color) (*Dress, error) {
	out := &Dress{serial: d.serial.Add(1)}
	var err error
	if out.placeholder, out.named, err = d.placeholder(place, who, under); err != nil {
		return nil, err
	}
	radius := d.Canvas.Pixels(place.Style.Radius)
	width := 0
	if b := place.Style.Border; b.Width > 0 && b.Color.A > 0 {
		// Even, so that the line has whole samples of colour.
		width = max(2, d.Canvas.Pixels(b.Width)&^1)
	}
	if radius > 0 || width > 0 {
		out.shape = compose.NewShape(radius, width, place.Style.Border.Color)
	}
	if l := place.Style.Label; l.Size > 0 && who.Name != "" {
		out.at = l.At
		size := l.Size * float64(min(d.Canvas.W, d.Canvas.H))
		out.margin = int(labelMargin*size+labelRoom*float64(radius)) + width
		style := compose.TextStyle{Size: size, Color: l.Color, Background: l.Background}
		if img := d.Fonts.Label(labelText(l.Text, place, who), style, place.Rect.W-2*out.margin); img != nil {
			out.label = compose.NewSprite(img)
		}
	}
	return out, nil
}

// labelText fills in what a label says of who takes the place.
func labelText(text string, place layout.Placement, who Person) string {
	return strings.NewReplacer(
		"{name}", cmp.Or(who.Display, who.Name), "{id}", who.Name, "{number}", strconv.Itoa(place.Number),
	).Replace(text)
}

// Free lets go of the dress; also nil.
func (d *Dress) Free() {
	if d == nil {
		return
	}
	d.maker.mu.Lock()
	d.users--
	last := d.users == 0
	if last && d.maker.worn[d.key] == d {
		delete(d.maker.worn, d.key)
	}
	d.maker.mu.Unlock()
	if last {
		d.placeholder.Free()
	}
}

// Tile returns the tile of place in this dress: with frame, or with the placeholder
// where that is nil. seq says which picture frame is; it is not negative. before is
// what was worn before, or nil: its label is shown while that of d has no room. The
// tile borrows from the dress.
func (d *Dress) Tile(id int, place layout.Placement, frame *media.Frame, seq int64, before *Dress) compose.Tile {
	t := compose.Tile{
		ID: id, Frame: frame, Seq: seq, Rect: place.Rect, Fit: place.Fit, Z: place.Z,
		Fade: place.Style.Fade, Shape: d.shape,
	}
	labelled := true
	if frame == nil {
		// A picture never has a negative number; each dress's placeholder has its own.
		t.Frame, t.Seq, t.Fit = d.placeholder, -d.serial, layout.Cover
		labelled = !d.named
	}
	for _, from := range [2]*Dress{d, before} {
		if from == nil || from.label == nil || !labelled {
			continue
		}
		size := from.label.Size()
		if size.W+2*from.margin > place.Rect.W || size.H+2*from.margin > place.Rect.H {
			continue
		}
		x, y := from.at.In(layout.Rect{W: place.Rect.W, H: place.Rect.H}, size.W, size.H, from.margin)
		t.Label, t.LabelX, t.LabelY = from.label, x, y
		break
	}
	return t
}
