package compose

import (
	"errors"
	"fmt"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// MaxTiles bounds the tiles of one Draw.
const MaxTiles = 64

// Errors of Draw.
var (
	// ErrTile: a tile has no picture, its rectangle is odd, smaller than 2×2 pixels or not
	// inside the canvas, or there are more than MaxTiles.
	ErrTile = errors.New("compose: bad tile")
	// ErrClosed: the canvas has been closed.
	ErrClosed = errors.New("compose: canvas is closed")
)

// Tile is one picture to be seen on the canvas.
type Tile struct {
	// ID tells tiles apart from one Draw to the next.
	ID int
	// Frame is the picture, of any size. It is borrowed during Draw and not kept.
	Frame *media.Frame
	// Seq changes whenever the samples of Frame change.
	Seq int64
	// Rect is where the tile is seen: even edges, inside the canvas.
	Rect layout.Rect
	// Fit says how the picture fills Rect.
	Fit layout.Fit
	// Z orders tiles that overlap: the higher one is on top, within one Z the later one.
	Z int
}

// Canvas is the composed picture.
type Canvas struct {
	frame       *media.Frame
	size        layout.Size
	conversions conversions
	scene       scene
	copies      int64
}

// NewCanvas makes a canvas of w×h pixels, both even and 2–media.MaxSide; otherwise
// the error wraps media.ErrSize. Its samples are not initialised until the first
// Draw. The caller owns the canvas and calls Close.
func NewCanvas(w, h int) (*Canvas, error) {
	frame, err := newFrame(w, h)
	if err != nil {
		return nil, fmt.Errorf("compose: canvas: %w", err)
	}
	return &Canvas{frame: frame, size: layout.Size{W: w, H: h}, conversions: newConversions()}, nil
}

// newFrame allocates a picture that is marked as BT.709 in limited range.
func newFrame(w, h int) (*media.Frame, error) {
	f, err := media.NewFrame(w, h)
	if err != nil {
		return nil, err
	}
	f.FullRange, f.Matrix = false, media.BT709
	f.AV().SetColorRange(astiav.ColorRangeMpeg)
	f.AV().SetColorSpace(astiav.ColorSpaceBt709)
	return f, nil
}

// Draw brings the canvas to the given picture: tiles over a background. It paints
// only what differs from the last Draw and returns how many tiles it painted. It
// does not allocate Go memory while the number of tiles does not grow.
//
// On an error that wraps ErrTile or ErrClosed, or when there is no memory for a
// copy, the canvas is as it was.
func (c *Canvas) Draw(background layout.Color, tiles []Tile) (painted int, err error) {
	if c.frame == nil {
		return 0, ErrClosed
	}
	if err := c.check(tiles); err != nil {
		return 0, err
	}
	c.scene.plan(background, c.size, tiles)
	if !c.scene.changed() {
		return 0, nil
	}
	if err := c.own(); err != nil {
		c.scene.abandon()
		return 0, err
	}
	bg := ycbcrOf(background)
	for _, r := range c.scene.bare {
		fillRect(c.frame, r, bg)
	}
	for i := range c.scene.next {
		if t := &c.scene.next[i]; t.dirty {
			c.paint(&tiles[t.index], bg)
			painted++
		}
	}
	c.scene.commit()
	return painted, nil
}

// check refuses tiles that cannot be painted.
func (c *Canvas) check(tiles []Tile) error {
	if len(tiles) > MaxTiles {
		return fmt.Errorf("%w: %d tiles; at most %d", ErrTile, len(tiles), MaxTiles)
	}
	whole := layout.Rect{W: c.size.W, H: c.size.H}
	for i := range tiles {
		t := &tiles[i]
		r := t.Rect
		if t.Frame == nil || t.Frame.Plane(0) == nil {
			return fmt.Errorf("%w: tile %d has no picture", ErrTile, t.ID)
		}
		if (r.X|r.Y|r.W|r.H)&1 != 0 || r.Empty() || !whole.Contains(r) {
			return fmt.Errorf("%w: tile %d at %v on a canvas of %v", ErrTile, t.ID, r, c.size)
		}
	}
	return nil
}

// own makes the canvas's samples writable: while libavcodec still holds a reference
// to them, as encoders with lookahead do, the canvas moves to a copy.
func (c *Canvas) own() error {
	if c.frame.AV().IsWritable() {
		return nil
	}
	fresh, err := newFrame(c.size.W, c.size.H)
	if err != nil {
		return fmt.Errorf("compose: copying the canvas: %w", err)
	}
	whole := layout.Rect{W: c.size.W, H: c.size.H}
	scale(fresh, whole, c.frame, whole, nil)
	c.frame.Free()
	c.frame = fresh
	c.copies++
	return nil
}

// paint draws one tile, all of its rectangle.
func (c *Canvas) paint(t *Tile, bg ycbcr) {
	src, dst := fit(t.Fit, t.Frame.Width(), t.Frame.Height(), t.Rect)
	for _, bar := range bars(t.Rect, dst) {
		fillRect(c.frame, bar, bg)
	}
	scale(c.frame, dst, t.Frame, src, c.conversions.of(t.Frame))
}

// Frame returns the composed picture. It is borrowed: the canvas owns it, and it is
// valid until the next Draw or Close. An encoder may keep a reference to its buffers
// (av_frame_ref) for longer; Draw then goes on with a copy.
func (c *Canvas) Frame() *media.Frame { return c.frame }

// Copies returns how often the whole canvas had to be copied because something
// still held a reference to its buffers.
func (c *Canvas) Copies() int64 { return c.copies }

// Close frees the canvas. It may be called twice, and on nil.
func (c *Canvas) Close() {
	if c == nil {
		return
	}
	c.frame.Free()
	c.frame = nil
}
