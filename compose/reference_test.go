package compose

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// planes holds the samples of a picture as numbers.
type planes struct {
	w, h int
	v    [3][]float64
}

func newPlanes(w, h int) *planes {
	return &planes{w, h, [3][]float64{make([]float64, w*h), make([]float64, w*h/4), make([]float64, w*h/4)}}
}

func planesOf(f *media.Frame) *planes {
	p := newPlanes(f.Width(), f.Height())
	for i, s := range snapshot(f) {
		plane := 0
		for i >= len(p.v[plane]) {
			i -= len(p.v[plane])
			plane++
		}
		p.v[plane][i] = float64(s)
	}
	return p
}

// span returns how many pixels a sample of a plane spans in each direction.
func span(plane int) int {
	if plane == 0 {
		return 1
	}
	return 2
}

// inside returns how much of the pixel (x, y) of a w×h rectangle lies in it, inset on all
// sides and with corners of the given radius: 32×32 points are looked at.
func inside(x, y, w, h, inset int, radius float64) float64 {
	if x < inset || y < inset || x >= w-inset || y >= h-inset {
		return 0
	}
	const n = 32
	left, top := float64(inset)+radius, float64(inset)+radius
	right, bottom := float64(w-inset)-radius, float64(h-inset)-radius
	if fx, fy := float64(x), float64(y); fx >= left && fx+1 <= right || fy >= top && fy+1 <= bottom {
		return 1
	}
	count := 0
	for i := range n * n {
		px, py := float64(x)+(float64(i%n)+.5)/n, float64(y)+(float64(i/n)+.5)/n
		dx, dy := max(left-px, px-right, 0), max(top-py, py-bottom, 0)
		if dx == 0 || dy == 0 || dx*dx+dy*dy <= radius*radius {
			count++
		}
	}
	return float64(count) / (n * n)
}

// outline is a shape as the reference knows it.
type outline struct {
	radius, border int
	colour         color.NRGBA
}

// sharp returns the samples of a colour, not rounded, and its opacity.
func sharp(c color.Color) (v [3]float64, alpha float64) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	y, cb, cr := weightsOf(media.BT709).fromRGB(float64(n.R)/255, float64(n.G)/255, float64(n.B)/255)
	return [3]float64{16 + 219*y, 128 + 224*cb, 128 + 224*cr}, float64(n.A) / 255
}

// coats returns how much of a pixel is the tile's and how much of it lies within the border.
func (o outline) coats(x, y, w, h int) (cover, within float64) {
	most := min(w, h) / 2 &^ 1
	radius, border := min(o.radius, most), min(o.border, most)
	if o.colour.A == 0 {
		border = 0
	}
	return inside(x, y, w, h, 0, float64(radius)), inside(x, y, w, h, border, float64(max(0, radius-border)))
}

// layer is a tile and what the reference paints it from.
type layer struct {
	Tile
	outline outline
	sprite  image.Image // of Sprite or Label
}

// over returns what is seen where the sprite's pixels from (x, y) on, span×span of them,
// lie over v.
func (l *layer) over(v float64, plane, x, y int) float64 {
	k := span(plane)
	sum, opacity := 0.0, 0.0
	for i := range k * k {
		at := image.Pt(x+i%k, y+i/k)
		if l.sprite == nil || !at.In(l.sprite.Bounds()) {
			continue
		}
		c, a := sharp(l.sprite.At(at.X, at.Y))
		sum += c[plane] * a
		opacity += a
	}
	return (sum + v*(float64(k*k)-opacity)) / float64(k*k)
}

// dress returns what is seen of the tile's sample v, with border and label, where below is
// beneath it. x and y count pixels from the tile's corner.
func (l *layer) dress(v, below float64, plane, x, y int) float64 {
	k := span(plane)
	cover, within := 0.0, 0.0
	for i := range k * k {
		c, in := l.outline.coats(x+i%k, y+i/k, l.Rect.W, l.Rect.H)
		cover += c / float64(k*k)
		within += in / float64(k*k)
	}
	if cover == 0 {
		return below
	}
	border, alpha := sharp(l.outline.colour)
	v += (border[plane] - v) * alpha * (cover - within) / cover
	return below + (l.over(v, plane, x-l.LabelX, y-l.LabelY)-below)*cover
}

// paintReference paints a layer over p, sample by sample. Content is what the tile alone
// looks like as a plain rectangle.
func (p *planes) paintReference(l *layer, content *planes) {
	r := l.Rect
	for plane := range p.v {
		k := span(plane)
		for y := 0; y < r.H; y += k {
			for x := 0; x < r.W; x += k {
				i := (r.Y+y)/k*(p.w/k) + (r.X+x)/k
				below := p.v[plane][i]
				v := below
				if l.Frame != nil {
					v = l.dress(content.v[plane][i], below, plane, x, y)
				} else {
					v = l.over(below, plane, x, y)
				}
				p.v[plane][i] = below + (v-below)*(1-float64(l.Fade)/255)
			}
		}
	}
}

// reference paints a whole scene on a backdrop.
func reference(t *rapid.T, size layout.Size, b Backdrop, layers []layer) *planes {
	c, err := NewCanvas(size.W, size.H)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Draw(b, nil); err != nil {
		t.Fatal(err)
	}
	all := planesOf(c.Frame())
	for z := -1; z <= 1; z++ {
		for i := range layers {
			l := &layers[i]
			if l.Z != z {
				continue
			}
			var content *planes
			if l.Frame != nil {
				alone := Tile{ID: 1, Frame: l.Frame, Seq: int64(i) + 1, Rect: l.Rect, Fit: l.Fit}
				if _, err := c.Draw(b, []Tile{alone}); err != nil {
					t.Fatal(err)
				}
				content = planesOf(c.Frame())
			}
			all.paintReference(l, content)
		}
	}
	return all
}

// What the canvas shows is what geometry and arithmetic say.
func TestDecorationsEqualReference(t *testing.T) {
	const steps = 3 // of 255, for up to four tiles, each of which rounds a few times
	stage := newStage(t)
	outlines := []outline{
		{}, {0, 3, color.NRGBA{255, 255, 255, 255}}, {5, 0, color.NRGBA{}}, {8, 2, color.NRGBA{20, 120, 200, 150}},
		{10, 5, color.NRGBA{255, 0, 0, 255}}, {9, 1, color.NRGBA{0, 255, 0, 255}}, {4, 7, color.NRGBA{20, 120, 200, 150}},
		{1000, 2, color.NRGBA{255, 255, 255, 255}},
	}
	var worst [3]float64
	rapid.Check(t, func(rt *rapid.T) {
		var layers []layer
		var tiles []Tile
		for range rapid.IntRange(1, 4).Draw(rt, "tiles") {
			l := layer{Tile: stage.tile(rt)}
			if l.Frame != nil {
				l.outline = rapid.SampledFrom(outlines).Draw(rt, "outline")
				l.Shape = NewShape(l.outline.radius, l.outline.border, l.outline.colour)
			}
			for i, s := range stage.sprites {
				if s == l.Sprite || s == l.Label {
					l.sprite = stage.images[i]
				}
			}
			layers, tiles = append(layers, l), append(tiles, l.Tile)
		}
		b := rapid.SampledFrom(stage.backdrops).Draw(rt, "backdrop")
		c, err := NewCanvas(stage.size.W, stage.size.H)
		if err != nil {
			rt.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Draw(b, tiles); err != nil {
			rt.Fatal(err)
		}
		got, want := planesOf(c.Frame()), reference(rt, stage.size, b, layers)
		for plane := range got.v {
			for i := range got.v[plane] {
				d := math.Abs(got.v[plane][i] - want.v[plane][i])
				worst[plane] = max(worst[plane], d)
				if d > steps {
					rt.Fatalf("plane %d, sample %d: %v, want %.1f", plane, i, got.v[plane][i], want.v[plane][i])
				}
			}
		}
	})
	t.Logf("largest differences: %.2f", worst)
}
