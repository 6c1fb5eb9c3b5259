// Package patterntest puts synthetic pictures together in plain Go, so that tests of
// what finds and judges them do not depend on the compositor that they will judge.
package patterntest

import (
	"image"

	"github.com/lianmai/lianmai/media"
)

// Cover scales the middle of src into the rectangle r of dst (even pixels, inside
// dst), cropping what does not fit, like a mix does. Each sample is the mean of the
// box of source samples that it covers, or the nearest one.
func Cover(dst *media.Frame, r image.Rectangle, src *media.Frame) {
	sw, sh := float64(src.Width()), float64(src.Height())
	scale := max(float64(r.Dx())/sw, float64(r.Dy())/sh)
	w, h := float64(r.Dx())/scale, float64(r.Dy())/scale
	Stretch(dst, r, src, (sw-w)/2, (sh-h)/2, w, h)
}

// Stretch scales the part of src at (x, y) of w×h pixels into r of dst.
func Stretch(dst *media.Frame, r image.Rectangle, src *media.Frame, x, y, w, h float64) {
	for p := range 3 {
		div := 1
		if p > 0 {
			div = 2
		}
		d := float64(div)
		columns := boxes(r.Dx()/div, x/d, w/d, src.Width()/div)
		rows := boxes(r.Dy()/div, y/d, h/d, src.Height()/div)
		for j, row := range rows {
			out := dst.Plane(p)[(r.Min.Y/div+j)*dst.Stride(p)+r.Min.X/div:]
			for i, column := range columns {
				out[i] = mean(src, p, column, row)
			}
		}
	}
}

// boxes returns the source samples [from, to) of each of n samples that share
// length samples from start on.
func boxes(n int, start, length float64, size int) [][2]int {
	list := make([][2]int, n)
	for i := range list {
		from := int(start + length*float64(i)/float64(n) + 0.5)
		to := int(start + length*float64(i+1)/float64(n) + 0.5)
		if to <= from { // enlarging: the nearest
			from = int(start + length*(float64(i)+0.5)/float64(n))
			to = from + 1
		}
		from = min(max(from, 0), size-1)
		list[i] = [2]int{from, min(max(to, from+1), size)}
	}
	return list
}

func mean(src *media.Frame, p int, column, row [2]int) byte {
	sum := 0
	for y := row[0]; y < row[1]; y++ {
		for _, v := range src.Plane(p)[y*src.Stride(p)+column[0] : y*src.Stride(p)+column[1]] {
			sum += int(v)
		}
	}
	n := (row[1] - row[0]) * (column[1] - column[0])
	return byte((sum + n/2) / n)
}
