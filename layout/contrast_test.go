package layout

import (
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestContrast(t *testing.T) {
	grey := func(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 255} }
	for _, tt := range []struct {
		a, b color.NRGBA
		want float64
	}{
		{grey(0), grey(255), 21},
		{grey(77), grey(77), 1},
		// Figures that the usual checkers give.
		{grey(255), grey(0x76), 4.54},
		{grey(255), grey(0x77), 4.48},
		{grey(255), color.NRGBA{255, 0, 0, 255}, 4.00},
		{grey(0), color.NRGBA{255, 0, 0, 255}, 5.25},
		{color.NRGBA{255, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}, 8.00},
		{grey(255), grey(10), 19.80}, // in the linear part of the curve
		{color.NRGBA{255, 255, 255, 0}, grey(0), 21},
	} {
		if got := Contrast(tt.a, tt.b); math.Abs(got-tt.want) > .006 {
			t.Errorf("Contrast(%v, %v) = %.3f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestContrastIsSymmetricAndBounded(t *testing.T) {
	draw := rapid.Custom(func(t *rapid.T) color.NRGBA {
		return color.NRGBA{rapid.Uint8().Draw(t, "r"), rapid.Uint8().Draw(t, "g"), rapid.Uint8().Draw(t, "b"), rapid.Uint8().Draw(t, "a")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		got := Contrast(a, b)
		if got != Contrast(b, a) || got < 1 || got > 21.0001 {
			t.Fatalf("Contrast(%v, %v) = %v", a, b, got)
		}
		if Contrast(a, a) != 1 {
			t.Fatalf("Contrast(%v) with itself is %v", a, Contrast(a, a))
		}
	})
}
