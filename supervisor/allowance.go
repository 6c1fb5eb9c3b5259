package supervisor

import "time"

// allowance bounds how often a child may do something. Its zero value allows nothing.
type allowance struct {
	rate  float64 // a second
	burst float64
	left  float64
	at    time.Time // when left was right
}

// newAllowance allows rate times a second, and burst times at once.
func newAllowance(rate, burst float64, now time.Time) allowance {
	return allowance{rate: rate, burst: burst, left: burst, at: now}
}

// take says whether it may be done once more now.
func (a *allowance) take(now time.Time) bool {
	a.left = min(a.burst, a.left+now.Sub(a.at).Seconds()*a.rate)
	a.at = now
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}
