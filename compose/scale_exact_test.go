package compose

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// lerp returns the samples around sample i of dn among sn, and the second's weight of 128.
func lerp(i, dn, sn int) (first, weight int) {
	p := (int64(2*i+1)*int64(sn)<<15)/int64(dn) - 32768
	p = min(max(p, 0), int64(sn-1)<<16)
	first = min(int(p>>16), max(sn-2, 0))
	return first, int((p - int64(first)<<16 + 256) >> 9)
}

// TestBilinearIsExact holds for every width of vector that the processor has: what is left
// over at a row's end is worked out by narrower ones.
func TestBilinearIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sw, sh := 2*rapid.IntRange(2, 200).Draw(t, "source width"), 2*rapid.IntRange(2, 40).Draw(t, "source height")
		dw := 2 * rapid.IntRange((sw+3)/4+1, 2*sw).Draw(t, "width")
		dh := 2 * rapid.IntRange((sh+3)/4+1, sh).Draw(t, "height")
		if sw == dw && sh == dh {
			return // they are copied
		}
		src, err := media.NewFrame(sw, sh)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Free()
		dst, err := media.NewFrame(dw, dh)
		if err != nil {
			t.Fatal(err)
		}
		defer dst.Free()
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "samples"), 0))
		for i := range 3 {
			plane := src.Plane(i)
			for j := range plane {
				plane[j] = byte(random.Uint32())
			}
		}
		scale(dst, layout.Rect{W: dw, H: dh}, src, layout.Rect{W: sw, H: sh}, nil)
		for y := range dh {
			row, down := lerp(y, dh, sh)
			for x := range dw {
				column, right := lerp(x, dw, sw)
				mean := func(x int) int {
					a, b := src.Plane(0)[row*src.Stride(0)+x], src.Plane(0)[(row+1)*src.Stride(0)+x]
					return (int(a)*(128-down) + int(b)*down + 64) >> 7
				}
				want := (mean(column)*(128-right) + mean(column+1)*right + 64) >> 7
				if got := int(dst.Plane(0)[y*dst.Stride(0)+x]); got != want {
					t.Fatalf("%d×%d to %d×%d: sample %d, %d is %d, want %d", sw, sh, dw, dh, x, y, got, want)
				}
			}
		}
	})
}
