package pattern

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

func TestNewParticipantRefusesBadArguments(t *testing.T) {
	for _, c := range []struct {
		n, w, h int
		want    error
	}{
		{0, 640, 360, ErrNumber}, {MaxNumber + 1, 640, 360, ErrNumber},
		{1, 641, 360, media.ErrSize}, {1, 88, 360, media.ErrSize}, {1, 640, media.MaxSide + 2, media.ErrSize},
	} {
		if _, err := NewParticipant(c.n, c.w, c.h); !errors.Is(err, c.want) {
			t.Errorf("%+v: error = %v", c, err)
		}
	}
	p, err := NewParticipant(1, 640, 360)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Draw(newFrame(t, 360, 640), 0); !errors.Is(err, media.ErrSize) {
		t.Errorf("drawing on another size: error = %v", err)
	}
}

func TestDrawPaintsEverySampleAndDependsOnTheClockAlone(t *testing.T) {
	p, err := NewParticipant(4, 480, 320)
	if err != nil {
		t.Fatal(err)
	}
	a, b := newFrame(t, 480, 320), newFrame(t, 480, 320)
	a.Fill(1, 2, 3)
	b.Fill(254, 253, 252)
	draw := func(f *media.Frame, clock time.Duration) {
		if err := p.Draw(f, clock); err != nil {
			t.Fatal(err)
		}
	}
	draw(a, 7*time.Second)
	draw(b, 9*time.Second) // something else before
	draw(b, 7*time.Second)
	for i := range 3 {
		w, h := 480, 320
		if i > 0 {
			w, h = w/2, h/2
		}
		for y := range h {
			if !bytes.Equal(a.Plane(i)[y*a.Stride(i):y*a.Stride(i)+w], b.Plane(i)[y*b.Stride(i):y*b.Stride(i)+w]) {
				t.Fatalf("plane %d row %d differs", i, y)
			}
		}
	}
}

// A frozen picture must be told from a moving one without reading the code.
func TestPictureMovesOutsideOfTheBoard(t *testing.T) {
	p, err := NewParticipant(1, 640, 360)
	if err != nil {
		t.Fatal(err)
	}
	a, b := newFrame(t, 640, 360), newFrame(t, 640, 360)
	for clock := 10 * time.Second; clock < 20*time.Second; clock += time.Second {
		if err := errors.Join(p.Draw(a, clock), p.Draw(b, clock+time.Second)); err != nil {
			t.Fatal(err)
		}
		moved := 0
		for y := range 360 {
			for x := range 200 { // left of the board
				if d := int(a.Plane(0)[y*a.Stride(0)+x]) - int(b.Plane(0)[y*b.Stride(0)+x]); abs(d) > 5 {
					moved++
				}
			}
		}
		if moved < 500 {
			t.Errorf("from %v on: only %d samples of 72 000 moved in a second", clock, moved)
		}
	}
}

func TestHuesAreFarApart(t *testing.T) {
	for a := 1; a <= MaxNumber; a++ {
		for b := a + 1; b <= MaxNumber; b++ {
			acb, acr := Hue(a)
			bcb, bcr := Hue(b)
			least := 24.0
			if b <= 6 {
				least = 46
			}
			if d := math.Hypot(float64(acb)-float64(bcb), float64(acr)-float64(bcr)); d < least {
				t.Errorf("hues of %d and %d are %.1f apart, want %.0f", a, b, d, least)
			}
		}
	}
}

func TestDrawDoesNotAllocate(t *testing.T) {
	p, err := NewParticipant(6, 640, 360)
	if err != nil {
		t.Fatal(err)
	}
	f := newFrame(t, 640, 360)
	clock := time.Duration(0)
	if n := testing.AllocsPerRun(50, func() {
		clock += 33 * time.Millisecond
		if err := p.Draw(f, clock); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkDraw(b *testing.B) {
	p, err := NewParticipant(2, 1280, 720)
	if err != nil {
		b.Fatal(err)
	}
	f := newFrame(b, 1280, 720)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := p.Draw(f, time.Duration(i)*33*time.Millisecond); err != nil {
			b.Fatal(err)
		}
	}
}
