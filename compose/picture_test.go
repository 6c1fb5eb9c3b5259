package compose

import (
	"errors"
	"math"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// oddFrame allocates a picture of any size up to media.MaxSide, as a decoder may.
func oddFrame(w, h int) (*media.Frame, error) {
	av := astiav.AllocFrame()
	if av == nil {
		return nil, errors.New("out of memory")
	}
	av.SetWidth(w)
	av.SetHeight(h)
	av.SetPixelFormat(astiav.PixelFormatYuv420P)
	if err := av.AllocBuffer(0); err != nil {
		av.Free()
		return nil, err
	}
	f, err := media.WrapFrame(av)
	if err != nil {
		return nil, err
	}
	f.Matrix = media.BT709
	f.Fill(16, 128, 128)
	return f, nil
}

// scenery fills every plane of f with smooth and detailed structures whose look depends
// on the place in the picture only, not on its size.
func scenery(f *media.Frame) {
	for p := range 3 {
		w, h := sides(f, p)
		for y := range h {
			row := f.Plane(p)[y*f.Stride(p):][:w]
			for x := range row {
				u, v := (float64(x)+.5)/float64(w), (float64(y)+.5)/float64(h)
				s := .30*math.Sin(7*u+3*v+float64(p)) + .25*math.Cos(11*v-5*u) + .2*math.Sin(90*u*v+2) + .1*math.Cos(140*(u-.4)*(v-.2))
				row[x] = byte(126 + 110*s)
			}
		}
	}
}

// boxScale is the reference for scaling: every sample is the exact average of the area
// that it covers, or bilinear between centres where that area is less than a sample.
func boxScale(src []byte, stride, sw, sh, dw, dh int) []byte {
	horizontal := make([]float64, dw*sh)
	for y := range sh {
		for x := range dw {
			horizontal[y*dw+x] = areaAverage(x, dw, sw, func(i int) float64 { return float64(src[y*stride+i]) })
		}
	}
	out := make([]byte, dw*dh)
	for y := range dh {
		for x := range dw {
			v := areaAverage(y, dh, sh, func(i int) float64 { return horizontal[i*dw+x] })
			out[y*dw+x] = byte(math.Round(v))
		}
	}
	return out
}

// areaAverage returns sample i of n made of m samples.
func areaAverage(i, n, m int, at func(int) float64) float64 {
	step := float64(m) / float64(n)
	centre := (float64(i) + .5) * step
	half := max(step, 1) / 2
	sum, weight := 0.0, 0.0
	for j := int(math.Floor(centre - half)); j <= int(centre+half); j++ {
		share := min(float64(j+1), centre+half) - max(float64(j), centre-half)
		if share > 0 {
			sum += share * at(min(max(j, 0), m-1))
			weight += share
		}
	}
	return sum / weight
}

// psnr compares a plane of f from (x, y) on with want, w×h samples, in dB.
func psnr(f *media.Frame, plane, x, y int, want []byte, w, h int) float64 {
	sum := 0.0
	for j := range h {
		for i := range w {
			d := float64(f.Plane(plane)[(y+j)*f.Stride(plane)+x+i]) - float64(want[j*w+i])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(w*h)/sum)
}
