package contest

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{9, 1}, Spread{5, 1, 9}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9}},
		{[]float64{4, 1, 3, 2}, Spread{2.5, 1, 4}},
	} {
		if got := SpreadOf(c.values); got != c.want {
			t.Errorf("SpreadOf(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}

func TestSpreadOfIsOrderFreeAndLeavesItsInputAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 12).Draw(t, "values")
		shuffled := rapid.Permutation(values).Draw(t, "shuffled")
		before := slices.Clone(shuffled)
		s := SpreadOf(shuffled)
		if !slices.Equal(shuffled, before) {
			t.Fatal("the input was sorted")
		}
		if s != SpreadOf(values) {
			t.Fatalf("%v, but %v in another order", s, SpreadOf(values))
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
	if got := RatioSpread(our, their); got.Median != 0.5 || got.Min != 0.5 || math.Abs(got.Max-0.55) > 1e-9 {
		t.Errorf("ratios %v, want a median of 0.5", got)
	}
	if got := RatioSpread([]float64{1, 1}, []float64{0, 4}); got != (Spread{0.25, 0.25, 0.25}) {
		t.Errorf("with a divisor of 0: %v", got)
	}
}

func TestPercentile(t *testing.T) {
	for _, c := range []struct {
		values []float64
		p      float64
		want   float64
	}{
		{nil, 0.5, 0},
		{[]float64{7}, 0.99, 7},
		{[]float64{4, 1, 3, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.99, 4},
		{[]float64{4, 1, 3, 2}, 0, 1},
		{[]float64{4, 1, 3, 2}, 1, 4},
	} {
		if got := Percentile(c.values, c.p); got != c.want {
			t.Errorf("Percentile(%v, %v) = %v, want %v", c.values, c.p, got, c.want)
		}
	}
}

func TestFitOf(t *testing.T) {
	for _, c := range []struct {
		name string
		x, y []float64
		want Fit
	}{
		{"nothing", nil, nil, Fit{}},
		{"one point", []float64{2}, []float64{5}, Fit{}},
		{"one x", []float64{2, 2}, []float64{5, 6}, Fit{}},
		{"level", []float64{1, 2, 3}, []float64{4, 4, 4}, Fit{4, 0, 1}},
		{"a line", []float64{1, 2, 3}, []float64{5, 7, 9}, Fit{3, 2, 1}},
		{"a peak", []float64{1, 2, 3}, []float64{0, 3, 0}, Fit{1, 0, 0}},
		{"scattered", []float64{0, 1, 2, 3}, []float64{0, 2, 1, 3}, Fit{0.3, 0.8, 0.64}},
	} {
		got := FitOf(c.x, c.y)
		if math.Abs(got.Base-c.want.Base)+math.Abs(got.Slope-c.want.Slope)+math.Abs(got.R2-c.want.R2) > 1e-9 {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestFitFindsTheLineThatPointsAreOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, slope := rapid.Float64Range(-100, 100).Draw(t, "base"), rapid.Float64Range(0.1, 100).Draw(t, "slope")
		x := rapid.SliceOfNDistinct(rapid.IntRange(-50, 50), 2, 10, rapid.ID).Draw(t, "x")
		var xs, ys []float64
		for _, v := range x {
			xs, ys = append(xs, float64(v)), append(ys, base+slope*float64(v))
		}
		f := FitOf(xs, ys)
		if math.Abs(f.Base-base) > 1e-6 || math.Abs(f.Slope-slope) > 1e-6 || math.Abs(f.R2-1) > 1e-6 {
			t.Fatalf("%+v of %v + %v·x", f, base, slope)
		}
	})
}
