package judge

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHistogramAgreesWithSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-499, 499), 1, 300).Draw(t, "values")
		h := newHistogram(-500, 500, 1)
		magnitudes := make([]float64, 0, len(values))
		for _, v := range values {
			h.add(v)
			magnitudes = append(magnitudes, math.Abs(v))
		}
		sorted := slices.Sorted(slices.Values(values))
		slices.Sort(magnitudes)
		if got, want := h.median(), sorted[(len(sorted)-1)/2]; math.Abs(got-want) > 1 {
			t.Fatalf("median %v, want %v", got, want)
		}
		want := magnitudes[len(magnitudes)-1-int(float64(len(magnitudes))*(1-0.95))]
		if got := h.absQuantile(0.95); math.Abs(got-want) > 1 {
			t.Fatalf("95th percentile %v, want %v", got, want)
		}
		if h.most != magnitudes[len(magnitudes)-1] {
			t.Fatalf("most %v", h.most)
		}
	})
}

func TestEmptyHistogramIsZero(t *testing.T) {
	h := newHistogram(-10, 10, 1)
	if h.spread() != (Spread{}) || h.median() != 0 {
		t.Errorf("%+v", h.spread())
	}
}

func TestStretchesKeepOnlyTheLongOnes(t *testing.T) {
	s := stretches{least: time.Second}
	s.set(true, 0)
	s.set(true, 500*time.Millisecond)
	s.set(false, 900*time.Millisecond)
	s.set(true, 2*time.Second)
	s.set(false, 3*time.Second)
	s.set(true, 5*time.Second)
	s.end(7 * time.Second)
	if want := []Stretch{{2, 3}, {5, 7}}; !slices.Equal(s.list, want) {
		t.Errorf("%v, want %v", s.list, want)
	}
}
