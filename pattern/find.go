package pattern

import (
	"encoding/binary"

	"github.com/lianmai/lianmai/media"
)

// Finder finds the codes in whole pictures. It keeps its scratch memory (about
// 10 MB at 720×1280) from call to call. The zero value is ready; not safe for
// concurrent use.
type Finder struct {
	runs forest
	// For Tiles: the hue of each run, and how many samples of a hue each row and
	// each column of the chroma planes hold.
	hues          []uint8
	rows, columns []int32
}

const (
	// darkBelow parts the black of the ring from the white around it. It is the
	// highest bit of a sample, so that eight samples are compared at once.
	darkBelow = 0x80
	// edgeLuma is half-way between white and black: where an edge is.
	edgeLuma = (235 + 16) / 2.0
	// minCode is the smallest code that is looked for, in pixels a side: 2.5 a cell.
	minCode = 2.5 * codeSide
	// maxStretch bounds uneven scaling.
	maxStretch = 3
)

// Find appends to dst the codes in f, from top to bottom by their lower edges, and returns it. Damaged
// or covered codes are left out. f is only looked at.
//
// It labels the connected dark areas of the picture and tries to read each that
// has the shape of a code's ring: one pass, about 1 ms at 720×1280.
func (fd *Finder) Find(f *media.Frame, dst []Seen) []Seen {
	fd.label(f)
	for i := range fd.runs {
		r := &fd.runs[i]
		if r.parent != int32(i) || !ringShaped(r.ext) {
			continue
		}
		if s, ok := Read(f, refine(f, r.ext)); ok {
			dst = append(dst, s)
		}
	}
	return dst
}

// FindCodes returns the codes in f. Callers with many pictures use a [Finder].
func FindCodes(f *media.Frame) []Seen { return new(Finder).Find(f, nil) }

func ringShaped(e extent) bool {
	w, h := e.x1-e.x0, e.y1-e.y0
	// The ring alone is 28 of 64 cells; leave room for blur.
	return w >= minCode && h >= minCode && w <= maxStretch*h && h <= maxStretch*w && e.area*10 >= w*h*3
}

// label collects the dark runs of f and joins those that touch.
func (fd *Finder) label(f *media.Frame) {
	fd.runs = fd.runs[:0]
	pix, stride, w := f.Plane(0), f.Stride(0), f.Width()
	above := 0 // first run of the row above
	for y := range f.Height() {
		first := len(fd.runs)
		row := pix[y*stride : y*stride+w]
		for x := 0; x < w; {
			start := skip(row, x, true)
			if start == w {
				break
			}
			x = skip(row, start, false)
			fd.runs.add(start, x, y)
		}
		fd.runs.joinRows(above, first, nil)
		above = first
	}
}

// skip returns the first x from which row is not light (or, without light, not dark).
func skip(row []byte, x int, light bool) int {
	const tops = 0x8080808080808080
	want := uint64(0)
	if light {
		want = tops
	}
	for x+8 <= len(row) && binary.LittleEndian.Uint64(row[x:])&tops == want {
		x += 8
	}
	for x < len(row) && (row[x] >= darkBelow) == light {
		x++
	}
	return x
}

// refine finds the edges of a ring to a fraction of a pixel: the mean over its
// rows or columns of where luma crosses half-way.
func refine(f *media.Frame, e extent) Square {
	x0, y0, x1, y1 := int(e.x0), int(e.y0), int(e.x1), int(e.y1)
	pix, stride := f.Plane(0), f.Stride(0)
	return Square{
		X0: meanEdge(pix, y0, y1, stride, x0, f.Width(), 1),
		X1: meanEdge(pix, y0, y1, stride, x1, f.Width(), 1),
		Y0: meanEdge(pix, x0, x1, 1, y0, f.Height(), stride),
		Y1: meanEdge(pix, x0, x1, 1, y1, f.Height(), stride),
	}
}

// meanEdge averages the crossings near position edge over the lines in the middle
// of [from, to). Line i starts at sample i*line, and its samples are step apart;
// it has size of them. An edge at the border of the picture has no other side.
func meanEdge(pix []byte, from, to, line, edge, size, step int) float64 {
	margin, every := (to-from)/5, max(1, (to-from)/24)
	sum, n := 0.0, 0
	for i := from + margin; i < to-margin; i += every {
		if at, ok := crossing(pix[i*line:], edge, size, step); ok {
			sum += at
			n++
		}
	}
	if n == 0 {
		return float64(edge)
	}
	return sum / float64(n)
}

// crossing returns where the line crosses edgeLuma within 1.5 samples of edge.
// Sample i covers [i, i+1), so its value is that of i+0.5.
func crossing(line []byte, edge, size, step int) (float64, bool) {
	for _, i := range [...]int{edge - 1, edge - 2, edge} {
		if i < 0 || i+1 >= size {
			continue
		}
		a, b := float64(line[i*step]), float64(line[(i+1)*step])
		if (a < edgeLuma) != (b < edgeLuma) {
			return float64(i) + 0.5 + (edgeLuma-a)/(b-a), true
		}
	}
	return 0, false
}
