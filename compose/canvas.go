package compose

import (
	"errors"
	"fmt"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// ErrClosed is what Draw returns when the canvas has been closed.
var ErrClosed = errors.New("compose: canvas is closed")

// Canvas is the composed picture.
type Canvas struct {
	frame       *media.Frame
	size        layout.Size
	conversions conversions
	masks       masks
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

// Draw brings the canvas to the given picture: tiles over a backdrop. It paints
// only what differs from the last Draw and returns how many tiles it painted. It
// allocates Go memory only to grow its buffers: for more tiles, or larger ones that let
// something through, than ever before.
//
// On an error that wraps ErrTile, ErrBackdrop or ErrClosed, or when there is no memory for
// a copy, the canvas is as it was.
func (c *Canvas) Draw(b Backdrop, tiles []Tile) (painted int, err error) {
	if c.frame == nil {
		return 0, ErrClosed
	}
	if err := c.check(b, tiles); err != nil {
		return 0, err
	}
	c.scene.plan(settingOf(b), c.size, tiles)
	if !c.scene.changed() {
		return 0, nil
	}
	if err := c.own(); err != nil {
		c.scene.abandon()
		return 0, err
	}
	c.scene.settle()
	for _, r := range c.scene.bare {
		c.paintBackdrop(&b, r)
	}
	for i := range c.scene.next {
		if t := &c.scene.next[i]; t.dirty {
			c.renew(i)
			c.paint(t, &tiles[t.index], &b)
			painted++
		}
	}
	c.scene.commit()
	return painted, nil
}

// check refuses what cannot be painted.
func (c *Canvas) check(b Backdrop, tiles []Tile) error {
	if len(tiles) > MaxTiles {
		return fmt.Errorf("%w: %d tiles; at most %d", ErrTile, len(tiles), MaxTiles)
	}
	for i := range tiles {
		if err := c.checkTile(&tiles[i]); err != nil {
			return err
		}
	}
	return c.checkBackdrop(b)
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
