package stage

import (
	"cmp"
	"fmt"
	"image"
	"sync"
	"sync/atomic"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// Pictures gives the pictures that templates and participants name. It is safe for
// concurrent use; what it returns is never changed.
type Pictures interface {
	Picture(name string) (*image.NRGBA, error)
}

// Dresser makes dresses and sets for one canvas. What is the same as something that is
// still worn is not made again. It is safe for concurrent use if Fonts and Pictures
// are. Its exported fields are not changed once it is in use.
type Dresser struct {
	Fonts    *compose.Fonts
	Pictures Pictures // may be nil: no picture can be had then
	Canvas   layout.Size

	serial atomic.Int64

	mu    sync.Mutex // guards what follows, and the users of every Dress and Set
	worn  map[dressKey]*Dress
	built []*Set
}

// dressKey is everything that a Dress depends on.
type dressKey struct {
	w, h, number int
	style        layout.Style
	who          Person
	under        layout.Color
}

// Person is who takes a placement. An empty slot is taken by nobody: the zero value.
type Person struct {
	// Name and Display are shown by labels; an empty Display means Name.
	Name, Display string
	// Placeholder names the person's own picture; empty for the slot's.
	Placeholder string
}

// picture returns a named picture.
func (d *Dresser) picture(name string) (*image.NRGBA, error) {
	if d.Pictures == nil {
		return nil, fmt.Errorf("stage: picture %q: there are none here", name)
	}
	img, err := d.Pictures.Picture(name)
	if err != nil {
		return nil, fmt.Errorf("stage: picture %q: %w", name, err)
	}
	return img, nil
}

// placeholder draws the picture of a person who shows none, of the size of place. named
// says that it holds the person's name. The caller owns the frame.
func (d *Dresser) placeholder(place layout.Placement, who Person, under layout.Color) (f *media.Frame, named bool, err error) {
	name := cmp.Or(who.Placeholder, place.Style.Placeholder)
	r := place.Rect
	if name == "" {
		f, err = compose.NewPlaceholder(d.Fonts, cmp.Or(who.Display, who.Name), r.W, r.H)
		return f, compose.PlaceholderNames(r.W, r.H), err
	}
	img, err := d.picture(name)
	if err != nil {
		return nil, false, err
	}
	f, err = compose.FrameOfPicture(compose.FitPicture(img, r.W, r.H, layout.Cover), under)
	return f, false, err
}
