package mixer

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWallClockNeverWakesEarly(t *testing.T) {
	c := NewWallClock()
	for _, wait := range []time.Duration{0, 300 * time.Microsecond, 5 * time.Millisecond, longestSleep + 5*time.Millisecond} {
		due := c.Now() + wait
		if err := c.Wait(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if now := c.Now(); now < due {
			t.Errorf("it woke up %v early", due-now)
		}
	}
}

func TestWallClockStopsWithItsContext(t *testing.T) {
	c := NewWallClock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Wait(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	if err := c.Wait(ctx, c.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v for a time that has passed, want the context's", err)
	}
}
