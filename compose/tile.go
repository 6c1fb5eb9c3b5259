package compose

import (
	"errors"
	"fmt"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// MaxTiles bounds the tiles of one Draw.
const MaxTiles = 128

// Errors of Draw for what it is given.
var (
	// ErrTile: a tile has no picture or two, its rectangle is odd, smaller than 2×2 pixels, not
	// inside the canvas or not of its sprite's size, its label is at an odd place, a sprite has
	// a shape or a label, or there are more than MaxTiles.
	ErrTile = errors.New("compose: bad tile")
	// ErrBackdrop: the backdrop's picture is not of the canvas's size, or not BT.709 in
	// limited range.
	ErrBackdrop = errors.New("compose: bad backdrop")
)

// Backdrop is what is seen where no tile is, and beside a picture that is contained in
// its tile.
type Backdrop struct {
	// Color is seen where there is no Picture.
	Color layout.Color
	// Picture is of the canvas's size and BT.709 in limited range, or nil for the plain
	// colour. It is borrowed during Draw and not kept.
	Picture *media.Frame
	// Seq changes whenever the samples of Picture change.
	Seq int64
}

// Tile is one picture to be seen on the canvas: a Frame or a Sprite.
type Tile struct {
	// ID tells tiles apart from one Draw to the next.
	ID int
	// Frame is the picture, of any size. It is borrowed during Draw and not kept.
	Frame *media.Frame
	// Sprite, instead of Frame, is drawn pixel by pixel: Rect is of its size.
	Sprite *Sprite
	// Seq changes whenever the samples of Frame change.
	Seq int64
	// Rect is where the tile is seen: even edges, inside the canvas.
	Rect layout.Rect
	// Fit says how Frame fills Rect.
	Fit layout.Fit
	// Z orders tiles that overlap: the higher one is on top, within one Z the later one.
	Z int
	// Fade is how far the tile lets through what is beneath it, from 0, opaque, to 255,
	// invisible.
	Fade uint8
	// Shape rounds the corners of Frame and gives it a border; nil is a plain rectangle.
	Shape *Shape
	// Label is drawn over Frame and its border, as far as it is inside Rect and its rounded
	// corners; nil is none.
	Label *Sprite
	// LabelX and LabelY are where the label's top left corner is, in pixels from that of Rect;
	// both even.
	LabelX, LabelY int
}

// checkTile refuses a tile that cannot be painted.
func (c *Canvas) checkTile(t *Tile) error {
	r, whole := t.Rect, layout.Rect{W: c.size.W, H: c.size.H}
	switch {
	case t.Frame == nil && t.Sprite == nil, t.Frame != nil && t.Frame.Plane(0) == nil:
		return fmt.Errorf("%w: tile %d has no picture", ErrTile, t.ID)
	case t.Frame != nil && t.Sprite != nil:
		return fmt.Errorf("%w: tile %d has a frame and a sprite", ErrTile, t.ID)
	case (r.X|r.Y|r.W|r.H)&1 != 0 || r.Empty() || !whole.Contains(r):
		return fmt.Errorf("%w: tile %d at %v on a canvas of %v", ErrTile, t.ID, r, c.size)
	case t.Sprite != nil && (t.Sprite.size != layout.Size{W: r.W, H: r.H}):
		return fmt.Errorf("%w: tile %d at %v has a sprite of %v", ErrTile, t.ID, r, t.Sprite.size)
	case t.Sprite != nil && (t.Shape != nil || t.Label != nil):
		return fmt.Errorf("%w: tile %d is a sprite with a shape or a label", ErrTile, t.ID)
	case t.Label != nil && (t.LabelX|t.LabelY)&1 != 0:
		return fmt.Errorf("%w: tile %d has a label at %d, %d", ErrTile, t.ID, t.LabelX, t.LabelY)
	}
	return nil
}

// checkBackdrop refuses a backdrop that cannot be painted.
func (c *Canvas) checkBackdrop(b Backdrop) error {
	p := b.Picture
	switch {
	case p == nil:
	case p.Plane(0) == nil || p.Width() != c.size.W || p.Height() != c.size.H:
		return fmt.Errorf("%w: %d×%d on a canvas of %v", ErrBackdrop, p.Width(), p.Height(), c.size)
	case p.FullRange || p.Matrix != media.BT709:
		return fmt.Errorf("%w: not BT.709 in limited range", ErrBackdrop)
	}
	return nil
}
