package compose

import (
	"image"
	"image/color"
	"math"

	"github.com/lianmai/lianmai/media"
)

// TextStyle says how text over pictures looks.
type TextStyle struct {
	// Size is the em of the letters in pixels, 4–512. Everything else grows with it.
	Size float64
	// Color is the letters' colour.
	Color color.NRGBA
	// Background is the colour of a rounded pill behind the letters. With an alpha of 0
	// there is none; a soft dark edge (light, if the letters are dark) then keeps them
	// readable on any picture.
	Background color.NRGBA
}

// Bounds of TextStyle.Size, in pixels.
const (
	minTextSize = 4
	maxTextSize = 512
)

// Sizes of a label, in shares of the text's size.
const (
	labelHeight = 1.6
	pillPadding = .62 // between the pill's ends and the letters
	edgePadding = .36 // without a pill: room for the soft edge
)

// textBox is where a line of text in one style goes, in pixels.
type textBox struct {
	height  int     // even
	padding float64 // left and right of the text
	base    float64 // of the letters, from the top; whole, so that their feet are sharp
}

// box returns the style's geometry; ok is false when Size is out of bounds.
func (s TextStyle) box() (b textBox, ok bool) {
	if !(s.Size >= minTextSize && s.Size <= maxTextSize) {
		return b, false
	}
	b.height = evenUp(labelHeight * s.Size)
	b.base = math.Round((float64(b.height) + capitals*s.Size) / 2)
	b.padding = math.Ceil(pillPadding * s.Size)
	if s.Background.A == 0 {
		b.padding = math.Ceil(edgePadding * s.Size)
	}
	return b, true
}

// evenUp returns the least even number that is not below v.
func evenUp(v float64) int { return 2 * int(math.Ceil(v/2)) }

// Label draws one line of text: letters of any script that the fonts have, cut and ended
// with an ellipsis where the label would be wider than maxWidth pixels. Control characters
// and symbols without a glyph, such as emoji, are left out. Its sides are even; labels of one
// style are equally high and their letters stand on the same line.
//
// It is nil where nothing can be shown: a text that is empty or has a letter that no font has,
// a maxWidth that does not even take one letter, a Size out of bounds. Text may be any
// string. The caller owns the picture. It takes about 1 ms: draw it once, not in every tick.
func (f *Fonts) Label(text string, style TextStyle, maxWidth int) *image.NRGBA {
	box, ok := style.box()
	if !ok {
		return nil
	}
	room := float64(min(maxWidth, media.MaxSide)/2*2) - 2*box.padding
	mask := f.labelMask(text, style.Size, room, box)
	if mask == nil {
		return nil
	}
	img := image.NewNRGBA(mask.Rect)
	if style.Background.A > 0 {
		paintPill(img, style.Background)
	} else {
		paintEdge(img, mask, style)
	}
	paintMask(img, mask, style.Color)
	return img
}

// labelMask returns the letters of a label in room pixels, padding around them; nil if
// there is nothing to show.
func (f *Fonts) labelMask(text string, size, room float64, box textBox) *image.Alpha {
	f.mu.Lock()
	defer f.mu.Unlock()
	letters := readable(text, f.has)
	if len(letters) == 0 || room <= 0 {
		return nil
	}
	l := f.shapeWithin(letters, size, room)
	// Letters with marks upon marks may stand higher than the label is.
	if over := l.over(box); over > 1 {
		l = f.shapeWithin(letters, size/over, room)
	}
	if l.advance > room || l.right <= l.left {
		return nil
	}
	w := evenUp(l.advance + 2*box.padding)
	mask := image.NewAlpha(image.Rect(0, 0, w, box.height))
	l.drawAt(mask, math.Round((float64(w)-l.advance)/2), box.base, white)
	return mask
}

// over returns how much higher the ink is than the box has room for above or below the base
// line; 1 or less if it fits.
func (l *line) over(box textBox) float64 {
	const rim = 1 // pixel
	return max(l.top/(box.base-rim), -l.bottom/(float64(box.height)-box.base-rim))
}
