package pattern

import (
	"image"
	"math"
	"sync"

	"github.com/lianmai/lianmai/media"
)

// hueReach is how far from a hue, in the CbCr plane, a sample still belongs to it:
// a little under half of the way to the next of the first six, or to grey.
const hueReach = 20

// hueTable maps Cb and Cr to the nearest participant's number, 0 for none. It is
// never written after it has been made, and made when it is first needed: that takes
// 30 ms, and who mixes looks for no codes.
var hueTable = sync.OnceValue(func() *[256][256]uint8 {
	var t [256][256]uint8
	for cb := range 256 {
		for cr := range 256 {
			best := float64(hueReach)
			for n := 1; n <= MaxNumber; n++ {
				x, y := Hue(n)
				if d := math.Hypot(float64(cb)-float64(x), float64(cr)-float64(y)); d < best {
					best, t[cb][cr] = d, uint8(n)
				}
			}
		}
	}
	return &t
})

// Tile is the part of a picture that one participant's hue fills.
type Tile struct {
	Seen
	// Rect is in pixels, on even edges; coding moves them by up to 2. Of a tile
	// that others partly cover it is the whole, as long as some of each edge
	// shows. It is empty where the hue is not there.
	Rect image.Rectangle
	// HueError is the distance in the CbCr plane between the mean colour found and
	// the drawn one: below 3 after coding, 5–7 where BT.601 and BT.709 or the
	// ranges were mixed up on the way.
	HueError float64
}

// Tiles appends to dst the tile of each code of seen, which must have been found in
// f, and returns it: one pass over the chroma planes, about 1 ms at 720×1280.
func (fd *Finder) Tiles(f *media.Frame, seen []Seen, dst []Tile) []Tile {
	if len(seen) == 0 {
		return dst
	}
	fd.labelHues(f)
	for _, s := range seen {
		rect, err := fd.measure(f, s)
		dst = append(dst, Tile{Seen: s, Rect: rect, HueError: err})
	}
	return dst
}

// labelHues collects the runs of one hue in the chroma planes and joins those of
// the same hue that touch.
func (fd *Finder) labelHues(f *media.Frame) {
	fd.runs, fd.hues = fd.runs[:0], fd.hues[:0]
	w, h := f.Width()/2, f.Height()/2
	numbers := hueTable()
	above := 0
	for y := range h {
		first := len(fd.runs)
		cb := f.Plane(1)[y*f.Stride(1) : y*f.Stride(1)+w]
		cr := f.Plane(2)[y*f.Stride(2) : y*f.Stride(2)+w]
		start, hue := 0, uint8(0)
		for x := range cb {
			n := numbers[cb[x]][cr[x]]
			if n == hue {
				continue
			}
			if hue != 0 {
				fd.runs.add(start, x, y)
				fd.hues = append(fd.hues, hue)
			}
			start, hue = x, n
		}
		if hue != 0 {
			fd.runs.add(start, w, y)
			fd.hues = append(fd.hues, hue)
		}
		fd.runs.joinRows(above, first, fd.hues)
		above = first
	}
}

// measure adds up the areas of the participant's hue that come within about a
// code's size of the code: in a narrow crop the board parts the hue into pieces.
func (fd *Finder) measure(f *media.Frame, s Seen) (image.Rectangle, float64) {
	w, h := f.Width()/2, f.Height()/2
	fd.columns = append(fd.columns[:0], make([]int32, w+1)...)
	fd.rows = append(fd.rows[:0], make([]int32, h)...)
	sq := s.Square
	reachX, reachY := 0.7*(sq.X1-sq.X0), 1.2*(sq.Y1-sq.Y0)
	near := extent{
		x0: int32(sq.X0-reachX) / 2, x1: int32(sq.X1+reachX) / 2,
		y0: int32(sq.Y0-reachY) / 2, y1: int32(sq.Y1+reachY) / 2,
	}
	// Mark, by a negative area, the roots of the areas that come near. A code of the
	// same number may have marked others before.
	hue := uint8(s.Number)
	for i := range fd.runs {
		fd.runs[i].ext.area = max(fd.runs[i].ext.area, -fd.runs[i].ext.area)
	}
	for i, r := range fd.runs {
		if fd.hues[i] == hue && r.y >= near.y0 && r.y < near.y1 && r.x0 < near.x1 && r.x1 > near.x0 {
			if root := &fd.runs[fd.runs.root(int32(i))]; root.ext.area > 0 {
				root.ext.area = -root.ext.area
			}
		}
	}
	var sum [2]int64
	n := int64(0)
	for i, r := range fd.runs {
		if fd.hues[i] != hue || fd.runs[fd.runs.root(int32(i))].ext.area > 0 {
			continue
		}
		// Columns as differences: +1 where a run starts, −1 after its end.
		fd.columns[r.x0]++
		fd.columns[r.x1]--
		fd.rows[r.y] += r.x1 - r.x0
		// One sample of each run is enough for the mean colour.
		at := int(r.x0+r.x1) / 2
		length := int64(r.x1 - r.x0)
		sum[0] += length * int64(f.Plane(1)[int(r.y)*f.Stride(1)+at])
		sum[1] += length * int64(f.Plane(2)[int(r.y)*f.Stride(2)+at])
		n += length
	}
	if n == 0 {
		return image.Rectangle{}, 0
	}
	for x := 1; x < w; x++ {
		fd.columns[x] += fd.columns[x-1]
	}
	x0, x1 := bounds(fd.columns[:w])
	y0, y1 := bounds(fd.rows)
	cb, cr := Hue(s.Number)
	return image.Rect(2*x0, 2*y0, 2*x1, 2*y1),
		math.Hypot(float64(sum[0])/float64(n)-float64(cb), float64(sum[1])/float64(n)-float64(cr))
}

// bounds returns the first and one past the last line that hold more than a few
// stray samples.
func bounds(lines []int32) (from, to int) {
	most := int32(0)
	for _, n := range lines {
		most = max(most, n)
	}
	least := max(2, most/25)
	from = len(lines)
	for i, n := range lines {
		if n >= least {
			from = min(from, i)
			to = i + 1
		}
	}
	return min(from, to), to
}
