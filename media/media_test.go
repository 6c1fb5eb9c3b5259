package media

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFrameRateTimeDoesNotAccumulateRounding(t *testing.T) {
	for _, r := range []FrameRate{FPS(15), FPS(30), {30000, 1001}, FPS(24)} {
		// 100 days of frames.
		n := int64(100 * 24 * 3600 * r.Float())
		want := float64(n) * float64(r.Den) / float64(r.Num)
		if got := r.Time(n).Seconds(); got-want > 1e-3 || want-got > 1e-3 {
			t.Errorf("%v: frame %d at %v s, want %v s", r, n, got, want)
		}
	}
}

func TestFrameRateIndexInvertsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := FrameRate{rapid.IntRange(1000, 60000).Draw(t, "num"), rapid.SampledFrom([]int{1, 1001}).Draw(t, "den")}
		n := rapid.Int64Range(0, 1<<32).Draw(t, "n") // 136 years at 1 fps
		if got := r.Index(r.Time(n)); got != n {
			t.Fatalf("%v: Index(Time(%d)) = %d", r, n, got)
		}
		if got := r.Index(r.Time(n+1) - 1); got != n {
			t.Fatalf("%v: Index just before frame %d = %d", r, n+1, got)
		}
	})
}

func TestSampleIndexInvertsSampleTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<40).Draw(t, "n")
		if got := SampleIndex(SampleTime(n)); got != n {
			t.Fatalf("SampleIndex(SampleTime(%d)) = %d", n, got)
		}
	})
	if got := SampleTime(48000); got != time.Second {
		t.Errorf("SampleTime(48000) = %v", got)
	}
}

func TestFrameOwnsItsMemoryOnce(t *testing.T) {
	before := Live()
	f, err := NewFrame(64, 48)
	if err != nil {
		t.Fatal(err)
	}
	if f.Width() != 64 || f.Height() != 48 || len(f.Plane(0)) < 64*48 || len(f.Plane(2)) < 32*24 {
		t.Errorf("frame is %d×%d with planes of %d, %d", f.Width(), f.Height(), len(f.Plane(0)), len(f.Plane(2)))
	}
	f.Fill(16, 128, 128)
	if Live() != before+1 {
		t.Errorf("live = %d, want %d", Live(), before+1)
	}
	f.Free()
	f.Free()
	if Live() != before {
		t.Errorf("live after Free = %d, want %d", Live(), before)
	}
}

func TestTakeFrameMovesThePicture(t *testing.T) {
	before := Live()
	src, err := NewFrame(64, 48)
	if err != nil {
		t.Fatal(err)
	}
	src.Fill(77, 1, 2)
	f, err := TakeFrame(src.AV())
	if err != nil {
		t.Fatal(err)
	}
	if f.Width() != 64 || f.Height() != 48 || f.Plane(0)[0] != 77 || src.AV().Width() != 0 {
		t.Errorf("%d×%d, luma %d; %d columns are left", f.Width(), f.Height(), f.Plane(0)[0], src.AV().Width())
	}
	src.Free()
	again, err := TakeFrame(f.AV())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TakeFrame(f.AV()); err == nil {
		t.Error("nothing was taken for a picture")
	}
	f.Free()
	again.Free()
	again.Free()
	if Live() != before {
		t.Errorf("live = %d, want %d", Live(), before)
	}
}

func TestNewFrameRefusesBadSizes(t *testing.T) {
	for _, size := range [][2]int{{0, 2}, {2, 0}, {3, 2}, {2, 3}, {-2, 2}, {MaxSide + 2, 2}} {
		if f, err := NewFrame(size[0], size[1]); !errors.Is(err, ErrSize) {
			f.Free()
			t.Errorf("%v: error = %v, want ErrSize", size, err)
		}
	}
}
