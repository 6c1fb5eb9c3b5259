package compose

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
)

func TestFit(t *testing.T) {
	tests := []struct {
		how      layout.Fit
		w, h     int
		r        layout.Rect
		src, dst layout.Rect
	}{
		{layout.Cover, 1280, 720, rect(0, 400, 360, 480), rect(370, 0, 540, 720), rect(0, 400, 360, 480)},
		{layout.Cover, 360, 640, rect(0, 0, 720, 920), rect(0, 90, 360, 460), rect(0, 0, 720, 920)},
		{layout.Cover, 720, 1280, rect(0, 0, 720, 1280), rect(0, 0, 720, 1280), rect(0, 0, 720, 1280)},
		// Four pixels less than the whole make it a copy, two to one, four to one.
		{layout.Cover, 724, 1284, rect(0, 0, 720, 1280), rect(2, 2, 720, 1280), rect(0, 0, 720, 1280)},
		{layout.Cover, 1280, 724, rect(0, 0, 640, 360), rect(0, 2, 1280, 720), rect(0, 0, 640, 360)},
		{layout.Cover, 1284, 724, rect(8, 8, 320, 180), rect(2, 2, 1280, 720), rect(8, 8, 320, 180)},
		// Odd pictures are seen to their last pixel unless more than that is cut.
		{layout.Cover, 35, 17, rect(0, 0, 70, 34), rect(0, 0, 35, 17), rect(0, 0, 70, 34)},
		{layout.Cover, 35, 17, rect(0, 0, 40, 40), rect(8, 0, 18, 17), rect(0, 0, 40, 40)},
		{layout.Contain, 1280, 720, rect(0, 0, 360, 640), rect(0, 0, 1280, 720), rect(0, 218, 360, 202)},
		{layout.Contain, 360, 640, rect(100, 0, 640, 360), rect(0, 0, 360, 640), rect(318, 0, 202, 360)},
		{layout.Contain, 4096, 2, rect(0, 0, 64, 64), rect(0, 0, 4096, 2), rect(0, 30, 64, 2)},
		{layout.Stretch, 1280, 720, rect(4, 8, 36, 640), rect(0, 0, 1280, 720), rect(4, 8, 36, 640)},
		{layout.Cover, 1, 1, rect(0, 0, 64, 2), rect(0, 0, 1, 1), rect(0, 0, 64, 2)},
	}
	for _, tt := range tests {
		src, dst := fit(tt.how, tt.w, tt.h, tt.r)
		if src != tt.src || dst != tt.dst {
			t.Errorf("%v %dx%d in %v: %v to %v, want %v to %v", tt.how, tt.w, tt.h, tt.r, src, dst, tt.src, tt.dst)
		}
	}
}

func TestFitProperties(t *testing.T) {
	even := rapid.Custom(func(t *rapid.T) int { return 2 * rapid.IntRange(1, 2048).Draw(t, "half") })
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 4096).Draw(t, "w"), rapid.IntRange(1, 4096).Draw(t, "h")
		r := layout.Rect{X: even.Draw(t, "x"), Y: even.Draw(t, "y"), W: even.Draw(t, "W"), H: even.Draw(t, "H")}
		how := rapid.SampledFrom([]layout.Fit{layout.Cover, layout.Contain, layout.Stretch}).Draw(t, "fit")
		src, dst := fit(how, w, h, r)
		if src.Empty() || !(layout.Rect{W: w, H: h}).Contains(src) || src.X%2 != 0 || src.Y%2 != 0 {
			t.Fatalf("%v of a %dx%d picture", src, w, h)
		}
		if dst.Empty() || !r.Contains(dst) || (dst.X|dst.Y|dst.W|dst.H)&1 != 0 {
			t.Fatalf("%v within %v", dst, r)
		}
		if how == layout.Cover && dst != r || how == layout.Contain && src != (layout.Rect{W: w, H: h}) {
			t.Fatalf("%v: %v to %v in %v", how, src, dst, r)
		}
		// What is cut off or left over is the same at both sides, to the chroma sample.
		if d := w - src.W - 2*src.X; d < 0 || d > 3 {
			t.Fatalf("%v is not in the middle of %d", src, w)
		}
		if d := r.H - dst.H - 2*(dst.Y-r.Y); d < 0 || d > 3 {
			t.Fatalf("%v is not in the middle of %v", dst, r)
		}
		if how == layout.Stretch || min(src.W, src.H, dst.W, dst.H) < 64 {
			return // whole pixels say too much there
		}
		if ratio := float64(src.W*dst.H) / float64(src.H*dst.W); ratio < .96 || ratio > 1.04 {
			t.Fatalf("%v: %v to %v distorts by %.3f", how, src, dst, ratio)
		}
	})
}
