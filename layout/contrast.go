package layout

import (
	"image/color"
	"math"
)

// Contrast returns the contrast ratio of two colours after WCAG 2.1, 1 (alike) to 21
// (black and white), in either order. Text should have 4.5 at least, large text 3.
// Alpha is not looked at: lay what is translucent over what is behind it first.
func Contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

// luminance returns the relative luminance of an sRGB colour, 0–1.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= .04045 {
			return s / 12.92
		}
		return math.Pow((s+.055)/1.055, 2.4)
	}
	return .2126*linear(c.R) + .7152*linear(c.G) + .0722*linear(c.B)
}
