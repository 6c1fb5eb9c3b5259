package pattern

import "math"

// colour is a limited-range BT.709 YCbCr sample.
type colour struct{ y, cb, cr uint8 }

// hueRadius is the distance of every hue from grey in the CbCr plane. At 48 the
// first six hues, 60° apart, are 48 from each other and all displayable.
const hueRadius = 48

// hueAngles are the hues of participants 1–9 in degrees from +Cb toward +Cr:
// coral, teal, amber, blue, purple, green, then three in the gaps. No hue lies
// near skin, at 136°.
var hueAngles = [MaxNumber]float64{106, 286, 166, 346, 46, 226, 76, 196, 316}

// hueLuma makes each hue pleasant: amber is light, blue is dark.
var hueLuma = [MaxNumber]uint8{116, 110, 140, 98, 104, 112, 108, 128, 104}

// Hue returns the Cb and Cr (limited-range BT.709) that fill the background and
// the shirt of participant number, which must be 1 to MaxNumber.
func Hue(number int) (cb, cr uint8) {
	s, c := math.Sincos(hueAngles[number-1] * math.Pi / 180)
	return uint8(math.Round(128 + hueRadius*c)), uint8(math.Round(128 + hueRadius*s))
}

// hueColour returns participant number's hue at a luma relative to its own.
func hueColour(number int, luma int) colour {
	cb, cr := Hue(number)
	return colour{clampLuma(int(hueLuma[number-1]) + luma), cb, cr}
}

func clampLuma(y int) uint8 { return uint8(min(max(y, 16), 235)) }

// The colours of people and of the board.
var (
	white = colour{235, 128, 128}
	black = colour{16, 128, 128}
	ink   = colour{40, 128, 128}
	lips  = colour{92, 116, 168}
	mouth = colour{50, 124, 146}

	skins = [...]colour{{178, 112, 145}, {140, 110, 148}, {160, 109, 148}, {104, 114, 144}}
	hairs = [...]colour{{38, 126, 130}, {70, 114, 140}, {52, 122, 134}}
)
