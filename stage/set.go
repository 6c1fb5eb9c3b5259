package stage

import (
	"fmt"
	"slices"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
)

// overlayZ is above every slot's Z.
const overlayZ = 1000

// cellsPerOverlay bounds the tiles of one overlay, so that each has an ID of its own.
const cellsPerOverlay = 64

// Set is what surrounds the placements. It never changes. Each call of Dresser.Set is
// matched by one of Free.
type Set struct {
	// Backdrop is what lies under all slots.
	Backdrop compose.Backdrop

	maker      *Dresser
	background layout.Background
	overlays   []layout.Overlay
	users      int // guarded by maker.mu

	still  []compose.Tile
	clocks []clock
}

// Set returns the backdrop and the overlays of a template. The caller frees the
// result.
func (d *Dresser) Set(t layout.Template) (*Set, error) {
	d.mu.Lock()
	for _, s := range d.built {
		if s.background == t.Background && slices.Equal(s.overlays, t.Overlays) {
			s.users++
			d.mu.Unlock()
			return s, nil
		}
	}
	d.mu.Unlock()
	made, err := d.build(t)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.built = append(d.built, made)
	return made, nil
}

// build makes a Set.
func (d *Dresser) build(t layout.Template) (set *Set, err error) {
	s := &Set{
		Backdrop: compose.Backdrop{Color: t.Background.Color},
		maker:    d, background: t.Background, overlays: t.Overlays, users: 1,
	}
	defer func() {
		if err != nil {
			s.Backdrop.Picture.Free()
		}
	}()
	if name := t.Background.Image; name != "" {
		img, err := d.picture(name)
		if err != nil {
			return nil, err
		}
		fitted := compose.FitPicture(img, d.Canvas.W, d.Canvas.H, t.Background.Fit)
		if s.Backdrop.Picture, err = compose.FrameOfPicture(fitted, t.Background.Color); err != nil {
			return nil, fmt.Errorf("stage: background: %w", err)
		}
		s.Backdrop.Seq = d.serial.Add(1)
	}
	for i, o := range t.Overlays {
		if err := d.overlay(s, i, o); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// overlay adds overlay number i.
func (d *Dresser) overlay(s *Set, i int, o layout.Overlay) error {
	id := -1 - i*cellsPerOverlay
	box := o.Box(d.Canvas)
	margin := d.Canvas.Pixels(o.Margin) &^ 1
	tile := compose.Tile{ID: id, Z: overlayZ + i, Fade: o.Fade}
	style := compose.TextStyle{Size: o.Size * float64(min(d.Canvas.W, d.Canvas.H)), Color: o.Color, Background: o.Background}
	switch {
	case o.Image != "":
		img, err := d.picture(o.Image)
		if err != nil {
			return err
		}
		w, h := box.W-2*margin, box.H-2*margin
		if w < 2 || h < 2 {
			return nil
		}
		if o.Fit == layout.Contain { // of its own shape, to be anchored
			w, h = contained(img.Rect.Dx(), img.Rect.Dy(), w, h)
		}
		tile.Sprite = compose.NewSprite(compose.FitPicture(img, w, h, o.Fit))
	case o.Clock != "":
		return d.clock(s, tile, o, box, margin, style)
	default:
		img := d.Fonts.Label(o.Text, style, box.W-2*margin)
		if img == nil {
			return nil
		}
		tile.Sprite = compose.NewSprite(img)
	}
	if anchored(&tile, o.At, box, margin, d.Canvas) {
		s.still = append(s.still, tile)
	}
	return nil
}

// contained returns the size of a picture of w×h that is shown whole in maxW×maxH: even.
func contained(w, h, maxW, maxH int) (int, int) {
	if w*maxH > maxW*h {
		maxH = h * maxW / w
	} else {
		maxW = w * maxH / h
	}
	return max(2, maxW&^1), max(2, maxH&^1)
}

// anchored places the tile's sprite in a box; ok says that it lies on the canvas.
func anchored(t *compose.Tile, at layout.Anchor, box layout.Rect, margin int, canvas layout.Size) (ok bool) {
	size := t.Sprite.Size()
	x, y := at.In(box, size.W, size.H, margin)
	t.Rect = layout.Rect{X: x, Y: y, W: size.W, H: size.H}
	return layout.Rect{W: canvas.W &^ 1, H: canvas.H &^ 1}.Contains(t.Rect)
}

// Tiles appends to dst what lies over all slots at a time of day.
func (s *Set) Tiles(now time.Time, dst []compose.Tile) []compose.Tile {
	dst = append(dst, s.still...)
	for i := range s.clocks {
		dst = s.clocks[i].tiles(now, dst)
	}
	return dst
}

// Free lets go of the set; also nil.
func (s *Set) Free() {
	if s == nil {
		return
	}
	s.maker.mu.Lock()
	s.users--
	last := s.users == 0
	if last {
		s.maker.built = slices.DeleteFunc(s.maker.built, func(o *Set) bool { return o == s })
	}
	s.maker.mu.Unlock()
	if last {
		s.Backdrop.Picture.Free()
	}
}
