package compose

import "github.com/lianmai/lianmai/layout"

// paint draws one tile, all of its rectangle. What it keeps of what is beneath it has been
// renewed.
func (c *Canvas) paint(s *shown, t *Tile, b *Backdrop) {
	if t.Sprite != nil {
		lay(c.frame, t.Rect, s.under)
		laySprite(c.frame, t.Rect, t.Sprite, t.Rect.X, t.Rect.Y)
	} else {
		c.paintFrame(t, b)
		c.decorate(s, t)
	}
	if t.Fade > 0 {
		fadeRect(c.frame, t.Rect, s.under, t.Fade)
	}
}

// paintFrame scales the tile's picture into its rectangle.
func (c *Canvas) paintFrame(t *Tile, b *Backdrop) {
	src, dst := fit(t.Fit, t.Frame.Width(), t.Frame.Height(), t.Rect)
	for _, bar := range bars(t.Rect, dst) {
		c.paintBackdrop(b, bar)
	}
	scale(c.frame, dst, t.Frame, src, c.conversions.of(t.Frame))
}

// decorate draws border and label over the tile's picture and rounds its corners.
func (c *Canvas) decorate(s *shown, t *Tile) {
	var mask *corners
	if s.shape.border > 0 || s.shape.radius > 0 {
		mask = c.masks.of(s.shape)
	}
	if s.shape.border > 0 {
		drawBorder(c.frame, t.Rect, mask, s.shape.colour, s.shape.alpha)
	}
	if t.Label != nil {
		laySprite(c.frame, t.Rect, t.Label, t.Rect.X+t.LabelX, t.Rect.Y+t.LabelY)
	}
	if s.shape.radius > 0 {
		roundCorners(c.frame, t.Rect, mask, s.under)
	}
}

// paintBackdrop paints the backdrop in r; an empty one is nothing.
func (c *Canvas) paintBackdrop(b *Backdrop, r layout.Rect) {
	if b.Picture != nil {
		copyRect(c.frame, b.Picture, r)
		return
	}
	fillRect(c.frame, r, ycbcrOf(b.Color))
}

// renew copies what has been painted in this Draw beneath the soft parts of tile i into
// what the tile keeps of it.
func (c *Canvas) renew(i int) {
	s := &c.scene
	t := &s.next[i]
	if t.soft.none() {
		return
	}
	for k, part := range t.soft.parts(t.rect) {
		whole := false
		for j := 0; j < len(s.bare) && !whole; j++ {
			whole = c.renewPart(t, k, part, s.bare[j])
		}
		for j := 0; j < i && !whole; j++ {
			whole = s.next[j].dirty && c.renewPart(t, k, part, s.next[j].rect)
		}
	}
}

// renewPart copies what painted and part k of a tile have in common. It returns
// whether that is all of the part.
func (c *Canvas) renewPart(t *shown, k int, part, painted layout.Rect) bool {
	if !part.Overlaps(painted) {
		return false
	}
	r := intersect(part, painted)
	x, y := t.soft.place(k)
	lift(t.under, x+r.X-part.X, y+r.Y-part.Y, c.frame, r)
	return r == part
}
