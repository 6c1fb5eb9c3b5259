package pattern

import (
	"github.com/lianmai/lianmai/media"
)

// Square is where the outer edge of a code's black ring lies in a picture, in
// pixels from the top left corner of the first pixel. After uneven scaling it is
// not quite square.
type Square struct {
	X0, Y0, X1, Y1 float64
}

// Seen is a code that was read in a picture.
type Seen struct {
	Code
	// Square is where the code was read.
	Square Square
	// Flash says that the panel below the code was white.
	Flash bool
}

// minContrast is the least distance between black and white that is read, in luma
// steps; the drawn code has 219.
const minContrast = 60

// Read reads the code whose ring's outer edge is at. It is cheap (under 2000
// samples), so a code that stays in its place can be read in every frame. It is
// false where there is no code or its checksum is wrong. f is only looked at.
func Read(f *media.Frame, at Square) (Seen, bool) {
	w, h := (at.X1-at.X0)/codeSide, (at.Y1-at.Y0)/codeSide
	// Half a pixel of leeway: an edge at the border of the picture is estimated.
	if !(w >= 2 && h >= 2 && at.X0 >= -0.5 && at.Y0 >= -0.5 &&
		at.X1 <= float64(f.Width())+0.5 && at.Y1 <= float64(f.Height())+0.5) {
		return Seen{}, false
	}
	s := sampler{f: f, at: at, w: w, h: h}
	var cells [codeSide * codeSide]float64
	ring, ringMax, light := 0.0, 0.0, 0.0
	for i := range cells {
		x, y := i%codeSide, i/codeSide
		v := s.cell(x, y)
		cells[i] = v
		if onRing(x, y) {
			ring += v / (4 * (codeSide - 1))
			ringMax = max(ringMax, v)
		} else {
			light = max(light, v)
		}
	}
	middle := (ring + light) / 2
	if light-ring < minContrast || ringMax > middle {
		return Seen{}, false
	}
	var bits uint64
	for i, v := range cells {
		if onRing(i%codeSide, i/codeSide) {
			continue
		}
		bits <<= 1
		if v > middle {
			bits |= 1
		}
	}
	code, ok := parseBits(bits)
	if !ok {
		return Seen{}, false
	}
	return Seen{Code: code, Square: at, Flash: s.panel() > middle}, true
}

func onRing(x, y int) bool { return x == 0 || y == 0 || x == codeSide-1 || y == codeSide-1 }

// sampler reads luma in cells of a code.
type sampler struct {
	f    *media.Frame
	at   Square
	w, h float64 // pixels a cell
}

// cell returns the mean of nine samples in the middle of cell (x, y).
func (s *sampler) cell(x, y int) float64 {
	sum := 0
	for i := range 3 {
		for j := range 3 {
			sum += s.luma(float64(x)+0.3+0.2*float64(j), float64(y)+0.3+0.2*float64(i))
		}
	}
	return float64(sum) / 9
}

// panel returns the mean luma of the part of the panel that tells the flash.
func (s *sampler) panel() float64 {
	const across, down = 14, 6
	sum := 0
	for i := range down {
		for j := range across {
			x := codeSide/2 - flashHalf + 2*flashHalf*(float64(j)+0.5)/across
			y := codeSide/2 + flashTop + (flashBottom-flashTop)*(float64(i)+0.5)/down
			sum += s.luma(x, y)
		}
	}
	return float64(sum) / (across * down)
}

// luma returns the sample at (x, y) cells from the ring's top left corner, or the
// nearest in the picture.
func (s *sampler) luma(x, y float64) int {
	px := min(max(int(s.at.X0+x*s.w), 0), s.f.Width()-1)
	py := min(max(int(s.at.Y0+y*s.h), 0), s.f.Height()-1)
	return int(s.f.Plane(0)[py*s.f.Stride(0)+px])
}
