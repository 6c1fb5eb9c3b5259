package compose

import (
	"fmt"
	"image"
	"math"
	"time"

	"github.com/lianmai/lianmai/media"
)

// ClockFace is a clock whose every part is drawn already: showing a time means to choose
// pictures. Lay Background somewhere, and over it, for each cell i of Digits,
//
//	Digit[digits[i]] at Cells[i], 0 of Background
//
// All digits have one width, so nothing moves when the time changes. It comes from Fonts.Clock and
// is immutable: it may be shared, its pictures must not be written to.
type ClockFace struct {
	// Background is the clock without its digits: pill or soft shadow, and the literal text.
	// Its sides are even.
	Background *image.NRGBA
	// Digit holds the pictures of 0–9, all of one even size, as high as Background.
	Digit [10]*image.NRGBA
	// Cells are the left edges of the digits' pictures, in pixels from Background's left edge,
	// from left to right. All are even.
	Cells []int

	format ClockFormat
}

// Digits overwrites dst with the digits, 0–9, that are shown at t, one for each cell, and
// returns it. The time zone is t's. It allocates nothing when dst has the capacity of len(Cells).
func (c *ClockFace) Digits(dst []uint8, t time.Time) []uint8 {
	return c.format.appendDigits(dst[:0], t)
}

// Clock draws all that a clock of this format and style needs, once. The error is an ErrClock,
// for a format that ParseClock refuses, for text that no font has, and for a clock that is wider
// than media.MaxSide or whose Size is out of bounds.
func (f *Fonts) Clock(format string, style TextStyle) (*ClockFace, error) {
	parsed, err := ParseClock(format)
	if err != nil {
		return nil, err
	}
	box, ok := style.box()
	if !ok {
		return nil, fmt.Errorf("%w: letters of %v pixels; want %d–%d", ErrClock, style.Size, minTextSize, maxTextSize)
	}
	f.mu.Lock()
	d, err := f.setClock(parsed, style, box)
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	face := &ClockFace{Cells: d.cells, format: parsed, Background: image.NewNRGBA(d.text.Rect)}
	for i, mask := range d.digits {
		face.Digit[i] = image.NewNRGBA(mask.Rect)
		if style.Background.A == 0 {
			paintOutline(face.Digit[i], mask, style)
		}
		paintMask(face.Digit[i], mask, style.Color)
	}
	if style.Background.A > 0 {
		paintPill(face.Background, style.Background)
	} else {
		paintShadow(face.Background, d.withMeanDigits(), style)
		paintOutline(face.Background, d.text, style)
	}
	paintMask(face.Background, d.text, style.Color)
	return face, nil
}

// clockMasks are the letters of a clock.
type clockMasks struct {
	text   *image.Alpha // the literal text in its place
	digits [10]*image.Alpha
	cells  []int
}

// setClock shapes and places everything. mu is held.
func (f *Fonts) setClock(c ClockFormat, style TextStyle, box textBox) (d clockMasks, err error) {
	var digits [10]line
	cell := 0 // the advance of every digit, even
	for i := range digits {
		digits[i] = f.shape([]rune{rune('0' + i)}, style.Size)
		cell = max(cell, evenUp(digits[i].advance))
	}
	margin := 0 // of a digit's picture beside its cell, for the soft edge
	if style.Background.A == 0 {
		margin = evenUp(3 * outlineBlur * style.Size)
	}
	literals := make([]line, len(c.parts))
	starts := make([]int, len(c.parts))
	x := evenUp(box.padding)
	for i, p := range c.parts {
		starts[i] = x
		if p.field == 0 {
			for _, r := range p.text {
				if r != ' ' && !f.has(r) {
					return d, fmt.Errorf("%w: no font has %q", ErrClock, r)
				}
			}
			literals[i] = f.shape([]rune(p.text), style.Size)
			x += evenUp(literals[i].advance)
			continue
		}
		for range p.width() {
			d.cells = append(d.cells, x-margin)
			x += cell
		}
	}
	w := x + evenUp(box.padding)
	if w > media.MaxSide {
		return d, fmt.Errorf("%w: %d pixels wide; at most %d", ErrClock, w, media.MaxSide)
	}
	d.text = image.NewAlpha(image.Rect(0, 0, w, box.height))
	for i, l := range literals {
		y := box.base
		if c.parts[i].text == ":" {
			// Between digits a colon stands in the middle of them, not on the line.
			y = math.Round(y - (digits[0].top+digits[0].bottom)/2 + (l.top+l.bottom)/2)
		}
		slack := float64(evenUp(l.advance)) - l.advance
		l.drawAt(d.text, float64(starts[i])+math.Floor(slack/2), y, white)
	}
	for i, l := range digits {
		d.digits[i] = image.NewAlpha(image.Rect(0, 0, cell+2*margin, box.height))
		l.drawAt(d.digits[i], float64(margin)+math.Floor((float64(cell)-l.advance)/2), box.base, white)
	}
	return d, nil
}

// withMeanDigits returns the text with the mean of all digits in every cell. Blurred, it is the
// shadow of any time.
func (d clockMasks) withMeanDigits() *image.Alpha {
	all := image.NewAlpha(d.text.Rect)
	copy(all.Pix, d.text.Pix)
	w, h := d.digits[0].Rect.Dx(), d.digits[0].Rect.Dy()
	for y := range h {
		for x := range w {
			sum := 0
			for _, digit := range d.digits {
				sum += int(digit.Pix[y*digit.Stride+x])
			}
			for _, cell := range d.cells {
				if at := cell + x; at >= 0 && at < all.Rect.Dx() {
					p := &all.Pix[y*all.Stride+at]
					*p = byte(min(int(*p)+sum/len(d.digits), 255))
				}
			}
		}
	}
	return all
}
