package compose

import (
	"fmt"
	"hash/fnv"
	"image"
	"image/color"

	"github.com/lianmai/lianmai/media"
)

// palette holds the avatars' colours. White on any of them has a contrast of at least 3:1
// (WCAG 2.1, 1.4.3, large text).
var palette = [...]color.NRGBA{
	{0x5b, 0x6c, 0xf0, 255}, // indigo
	{0x2f, 0x7d, 0xe1, 255}, // blue
	{0x17, 0x87, 0xb0, 255}, // cyan
	{0x0e, 0x93, 0x84, 255}, // teal
	{0x2b, 0x96, 0x55, 255}, // green
	{0xbd, 0x73, 0x0c, 255}, // amber
	{0xd8, 0x5a, 0x27, 255}, // orange
	{0xd9, 0x4b, 0x4b, 255}, // red
	{0xdc, 0x3f, 0x76, 255}, // rose
	{0xb8, 0x42, 0xc1, 255}, // magenta
	{0x80, 0x55, 0xe4, 255}, // violet
	{0x5f, 0x73, 0x91, 255}, // slate
}

var (
	ink   = color.NRGBA{0x10, 0x12, 0x1a, 255} // what the background darkens to
	white = color.NRGBA{255, 255, 255, 255}
)

// Sizes of a placeholder, in shares of the avatar's diameter unless said otherwise.
const (
	avatarShare  = .42 // of the shorter side
	avatarAlone  = .56 // of the shorter side, without a name
	nameGap      = .26 // between the avatar and the capitals of the name
	nameSize     = .20
	nameWidth    = .86 // of the picture's width, at most
	middle       = .49 // of the height: where avatar and name together are centred
	initialsSize = .42
	minName      = 12  // pixels; smaller names are left out
	minAvatar    = 24  // pixels of the shorter side; smaller pictures are background
	capitals     = .72 // of the size of letters
)

// NewPlaceholder draws the picture of a participant who has none: a calm colour that
// belongs to the name, a circle with the initials and the name below it. Without letters
// that fonts can write, a silhouette stands in for them. Name may be any string; w and h are even
// and 2–media.MaxSide, otherwise the error wraps media.ErrSize. The caller owns the frame.
//
// It takes some 10 ns for each pixel: draw it once, not in every tick.
func NewPlaceholder(fonts *Fonts, name string, w, h int) (*media.Frame, error) {
	if w <= 0 || h <= 0 || w > media.MaxSide || h > media.MaxSide || (w|h)&1 != 0 {
		return nil, fmt.Errorf("compose: placeholder: %w: %d×%d", media.ErrSize, w, h)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	fonts.mu.Lock()
	drawPlaceholder(img, fonts, name)
	fonts.mu.Unlock()
	return frameOf(img)
}

// PlaceholderNames says that a placeholder of this size has the name on it, if the fonts
// can write it; smaller ones have the initials alone.
func PlaceholderNames(w, h int) bool { return nameSize*avatarShare*float64(min(w, h)) >= minName }

// drawPlaceholder fills img. fonts.mu is held.
func drawPlaceholder(img *image.RGBA, fonts *Fonts, name string) {
	hue := colourOf(name)
	paintRows(img, mix(hue, ink, .72), mix(hue, ink, .88))

	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	if min(w, h) < minAvatar {
		return
	}
	d := avatarShare * min(w, h)
	text := readable(name, fonts.has)
	if len(text) == 0 || nameSize*d < minName {
		drawAvatar(img, fonts, name, hue, circle(w/2, h/2, avatarAlone*min(w, h)/2))
		return
	}
	size := nameSize * d
	top := h*middle - (d+nameGap*d+capitals*size)/2
	drawAvatar(img, fonts, name, hue, circle(w/2, top+d/2, d/2))
	l := fonts.shapeWithin(text, size, nameWidth*w)
	l.drawAt(img, (w-l.advance)/2, top+d+nameGap*d+capitals*size, mix(white, hue, .08))
}

// colourOf returns the colour that belongs to a name.
func colourOf(name string) color.NRGBA {
	hash := fnv.New32a()
	hash.Write([]byte(name))
	return palette[hash.Sum32()%uint32(len(palette))]
}

// drawAvatar draws the circle with initials or silhouette.
func drawAvatar(img *image.RGBA, fonts *Fonts, name string, hue color.NRGBA, disc ellipse) {
	flat := func(c color.NRGBA) func(int) color.NRGBA { return func(int) color.NRGBA { return c } }
	r := disc.rx
	// Two rings, as live platforms draw around who is on the mic.
	paintEllipse(img, circle(disc.x, disc.y, r*1.26), flat(color.NRGBA{255, 255, 255, 10}))
	paintEllipse(img, circle(disc.x, disc.y, r*1.12), flat(color.NRGBA{255, 255, 255, 16}))
	light, dark := mix(hue, white, .10), mix(hue, ink, .06)
	paintEllipse(img, disc, func(y int) color.NRGBA {
		return mix(light, dark, min(max((float64(y)-disc.y+r)/(2*r), 0), 1))
	})

	letters := initials(name)
	for _, c := range letters {
		if !fonts.has(c) {
			letters = nil
			break
		}
	}
	if len(letters) == 0 {
		drawSilhouette(img, disc)
		return
	}
	size := initialsSize * 2 * r
	if len(letters) == 1 {
		size *= 1.15
	}
	l := fonts.shape(letters, size)
	// Centred by their ink, not by their advance: an eye sees the ink.
	if ink := l.right - l.left; ink > 1.35*r {
		l = fonts.shape(letters, size*1.35*r/ink)
	}
	l.drawAt(img, disc.x-(l.left+l.right)/2, disc.y+(l.top+l.bottom)/2, white)
}

// drawSilhouette draws head and shoulders into the disc.
func drawSilhouette(img *image.RGBA, disc ellipse) {
	shade := func(int) color.NRGBA { return color.NRGBA{255, 255, 255, 235} }
	r := disc.rx
	paintEllipse(img, circle(disc.x, disc.y-.22*r, .34*r), shade)
	paintEllipse(img, ellipse{disc.x, disc.y + .86*r, .64 * r, .58 * r}, shade, circle(disc.x, disc.y, .96*r))
}
