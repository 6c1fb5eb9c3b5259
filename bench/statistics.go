package main

import (
	"math"
	"slices"
)

// spread is what is reported of several measurements.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spreadOf returns the median, the middle of an odd number of values and the mean of
// the middle two of an even one, and the extremes. All are 0 for no values.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{
		Median: (sorted[(n-1)/2] + sorted[n/2]) / 2,
		Min:    sorted[0],
		Max:    sorted[n-1],
	}
}

// ratioSpread returns the spread of a[i]/b[i]. Both come from the same rounds, so
// whatever slowed down one round slowed down both. Pairs without a positive divisor
// are left out.
func ratioSpread(a, b []float64) spread {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; b[i] > 0 && !math.IsNaN(r) {
			ratios = append(ratios, r)
		}
	}
	return spreadOf(ratios)
}

// column returns one figure of each run.
func column(runs []usage, figure func(usage) float64) []float64 {
	values := make([]float64, len(runs))
	for i, u := range runs {
		values[i] = figure(u)
	}
	return values
}

func peak(u usage) float64 { return u.PeakMB }

// floorCPU returns the floor of each round in CPU seconds: decode + encode − read.
func floorCPU(decode, encode, read []usage) []float64 {
	var values []float64
	for i := range min(len(decode), len(encode), len(read)) {
		values = append(values, decode[i].cpu()+encode[i].cpu()-read[i].cpu())
	}
	return values
}
