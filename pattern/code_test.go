package pattern

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawCode(t *rapid.T) Code {
	return Code{
		Number: rapid.IntRange(1, MaxNumber).Draw(t, "number"),
		Clock:  time.Duration(rapid.Int64Range(0, int64(ClockPeriod/time.Millisecond)-1).Draw(t, "ms")) * time.Millisecond,
	}
}

func TestCodeBitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawCode(t)
		if got, ok := parseBits(want.bits()); !ok || got != want {
			t.Fatalf("%v reads as %v, %v", want, got, ok)
		}
	})
}

// CRC-12 finds every error of up to three cells in so short a word.
func TestCodeWithWrongCellsIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := drawCode(t).bits()
		wrong := rapid.SliceOfNDistinct(rapid.IntRange(0, dataSide*dataSide-1), 1, 3, rapid.ID[int]).Draw(t, "wrong")
		for _, i := range wrong {
			bits ^= 1 << i
		}
		if got, ok := parseBits(bits); ok {
			t.Fatalf("cells %v wrong: read as %v", wrong, got)
		}
	})
}

func TestPlainSquaresAreNoCode(t *testing.T) {
	for _, bits := range []uint64{0, 1<<(dataSide*dataSide) - 1} {
		if got, ok := parseBits(bits); ok {
			t.Errorf("%#x reads as %v", bits, got)
		}
	}
}

func TestClockWrapsAtWholeSeconds(t *testing.T) {
	for _, c := range []struct{ in, want time.Duration }{
		{0, 0},
		{999*time.Second + 999*time.Millisecond, 999*time.Second + 999*time.Millisecond},
		{1000 * time.Second, 0},
		{1_790_000_001_500 * time.Millisecond, time.Second + 500*time.Millisecond},
		{-time.Millisecond, ClockPeriod - time.Millisecond},
		{1999 * time.Microsecond, time.Millisecond},
	} {
		if got := WrapClock(c.in); got != c.want {
			t.Errorf("WrapClock(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestClockDifferenceGoesTheShortWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawCode(t).Clock
		want := time.Duration(rapid.Int64Range(-499_999, 499_999).Draw(t, "ms")) * time.Millisecond
		if got := ClockDifference(WrapClock(a+want), a); got != want {
			t.Fatalf("difference %v, want %v", got, want)
		}
	})
}
