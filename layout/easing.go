package layout

import "fmt"

// Easing is how the speed of a movement changes on its way.
type Easing uint8

// The easings. They are cubic: a third of the way in time is 1/27 of the way in
// space for EaseIn, and the like.
const (
	// EaseInOut starts and ends slowly.
	EaseInOut Easing = iota
	// EaseOut starts fast and ends slowly.
	EaseOut
	// EaseIn starts slowly and ends fast.
	EaseIn
	// Linear has one speed.
	Linear
)

// String returns the easing's name in snake case.
func (e Easing) String() string {
	switch e {
	case EaseInOut:
		return "ease_in_out"
	case EaseOut:
		return "ease_out"
	case EaseIn:
		return "ease_in"
	case Linear:
		return "linear"
	default:
		return fmt.Sprintf("Easing(%d)", uint8(e))
	}
}

// At returns how much of the way is done at share p of the time; both lie in 0–1,
// and the result never falls.
func (e Easing) At(p float64) float64 {
	if !(p > 0) {
		return 0
	}
	if p >= 1 {
		return 1
	}
	switch e {
	case Linear:
		return p
	case EaseIn:
		return p * p * p
	case EaseOut:
		q := 1 - p
		return 1 - q*q*q
	default:
		if p < .5 {
			return 4 * p * p * p
		}
		q := 2 - 2*p
		return 1 - q*q*q/2
	}
}
