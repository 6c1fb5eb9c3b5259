package contest

import (
	"math"
	"slices"
)

// Spread is what is reported of several measurements.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf returns the median, the middle of an odd number of values and the mean of
// the middle two of an even one, and the extremes. All are 0 for no values.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Spread{
		Median: (sorted[(n-1)/2] + sorted[n/2]) / 2,
		Min:    sorted[0],
		Max:    sorted[n-1],
	}
}

// RatioSpread returns the spread of a[i]/b[i]. Both come from the same rounds, so
// whatever slowed down one round slowed down both. Pairs without a positive divisor
// are left out.
func RatioSpread(a, b []float64) Spread {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; b[i] > 0 && !math.IsNaN(r) {
			ratios = append(ratios, r)
		}
	}
	return SpreadOf(ratios)
}

// Percentile returns the smallest of values that at least the share p of them, 0 to
// 1, do not exceed; 0 for no values.
func Percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(max(int(math.Ceil(p*float64(len(sorted))))-1, 0), len(sorted)-1)]
}

// Fit is the straight line y = Base + Slope·x that is nearest to points by least
// squares.
type Fit struct {
	Base  float64 `json:"base"`
	Slope float64 `json:"slope"`
	// R2 is the share of the variance that the line explains: 1 if all points are on it.
	R2 float64 `json:"r2"`
}

// FitOf returns the line through the points (x[i], y[i]). All is 0 for fewer than two
// different x. Points of one height are on their line: R2 is 1.
func FitOf(x, y []float64) Fit {
	n := float64(min(len(x), len(y)))
	var meanX, meanY float64
	for i := range int(n) {
		meanX += x[i] / n
		meanY += y[i] / n
	}
	var xx, xy, yy float64
	for i := range int(n) {
		dx, dy := x[i]-meanX, y[i]-meanY
		xx, xy, yy = xx+dx*dx, xy+dx*dy, yy+dy*dy
	}
	if xx == 0 {
		return Fit{}
	}
	f := Fit{Slope: xy / xx, R2: 1}
	f.Base = meanY - f.Slope*meanX
	if yy > 0 {
		f.R2 = xy * xy / (xx * yy)
	}
	return f
}
