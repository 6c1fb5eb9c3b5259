package stage

import (
	"fmt"
	"time"
	_ "time/tzdata" // a clock's zone must be known on machines that have no list of them

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
)

// clock is an overlay that tells the time of day. Its pictures are all drawn: a tick
// only picks digits.
type clock struct {
	face   *compose.ClockFace
	zone   *time.Location
	back   compose.Tile
	digit  [10]*compose.Sprite
	digits []uint8 // scratch
}

// clock adds a clock to the set.
func (d *Dresser) clock(s *Set, tile compose.Tile, o layout.Overlay, box layout.Rect, margin int, style compose.TextStyle) error {
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		return fmt.Errorf("stage: clock: %w", err)
	}
	face, err := d.Fonts.Clock(o.Clock, style)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	if len(face.Cells) >= cellsPerOverlay {
		return fmt.Errorf("stage: a clock with %d digits; at most %d", len(face.Cells), cellsPerOverlay-1)
	}
	tile.Sprite = compose.NewSprite(face.Background)
	if !anchored(&tile, o.At, box, margin, d.Canvas) {
		return nil
	}
	c := clock{face: face, zone: zone, back: tile, digits: make([]uint8, 0, len(face.Cells))}
	for i, img := range face.Digit {
		c.digit[i] = compose.NewSprite(img)
	}
	s.clocks = append(s.clocks, c)
	return nil
}

// tiles appends the clock as it is at a time.
func (c *clock) tiles(now time.Time, dst []compose.Tile) []compose.Tile {
	dst = append(dst, c.back)
	c.digits = c.face.Digits(c.digits[:0], now.In(c.zone))
	for i, n := range c.digits {
		t := c.back
		t.ID -= 1 + i
		t.Sprite, t.Seq = c.digit[n], int64(n)
		size := t.Sprite.Size()
		t.Rect = layout.Rect{X: c.back.Rect.X + c.face.Cells[i], Y: c.back.Rect.Y, W: size.W, H: size.H}
		dst = append(dst, t)
	}
	return dst
}
