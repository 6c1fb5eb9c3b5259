package main

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{9, 1}, spread{5, 1, 9}},
		{[]float64{9, 1, 2}, spread{2, 1, 9}},
		{[]float64{4, 1, 3, 2}, spread{2.5, 1, 4}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("spreadOf(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}

func TestSpreadOfIsOrderFreeAndLeavesItsInputAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 12).Draw(t, "values")
		shuffled := rapid.Permutation(values).Draw(t, "shuffled")
		before := slices.Clone(shuffled)
		s := spreadOf(shuffled)
		if !slices.Equal(shuffled, before) {
			t.Fatal("the input was sorted")
		}
		if s != spreadOf(values) {
			t.Fatalf("%v, but %v in another order", s, spreadOf(values))
		}
		below, above := 0, 0
		for _, v := range values {
			if v < s.Median {
				below++
			}
			if v > s.Median {
				above++
			}
		}
		if max(below, above) > len(values)/2 || s.Min > s.Median || s.Median > s.Max {
			t.Fatalf("%v of %v: %d are below the median, %d above", s, values, below, above)
		}
	})
}

func TestRatiosAreTakenWithinARound(t *testing.T) {
	// The machine was ten times as slow in the second round; the ratio of medians
	// would be 1.1/2 here.
	our, their := []float64{1, 10, 1.1}, []float64{2, 20, 2}
	if got := ratioSpread(our, their); got.Median != 0.5 || got.Min != 0.5 || math.Abs(got.Max-0.55) > 1e-9 {
		t.Errorf("ratios %v, want a median of 0.5", got)
	}
	if got := ratioSpread([]float64{1, 1}, []float64{0, 4}); got != (spread{0.25, 0.25, 0.25}) {
		t.Errorf("with a divisor of 0: %v", got)
	}
}

func TestFloorCPUIsWithoutReading(t *testing.T) {
	floor := floorCPU([]usage{{User: 5, Sys: 1}}, []usage{{User: 3, Sys: 0.5}}, []usage{{User: 0.25, Sys: 0.25}})
	if len(floor) != 1 || floor[0] != 9 {
		t.Errorf("floor %v, want 9", floor)
	}
}
