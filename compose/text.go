package compose

import (
	"image"
	"image/color"
	imgdraw "image/draw" // the tests have a draw of their own
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// line is shaped text, its runs from left to right.
type line struct {
	runs    []shaping.Output
	advance float64 // pixels
	// The box around the ink, in pixels from the start of the base line; top is
	// positive above it.
	left, right, top, bottom float64
}

func pixels(v fixed.Int26_6) float64 { return float64(v) / 64 }

// shape sets text in letters of size pixels. mu is held.
func (f *Fonts) shape(text []rune, size float64) line {
	input := shaping.Input{
		Text: text, RunEnd: len(text), Direction: di.DirectionLTR,
		Size: fixed.Int26_6(size * 64), Language: "zh-Hans",
	}
	var shaped []shaping.Output
	for _, run := range f.split.Split(input, f) {
		shaped = append(shaped, f.shaper.Shape(run))
	}
	const endless = 1 << 20 // pixels: the wrapper only puts the runs in visual order
	lines, _ := f.wrap.WrapParagraph(shaping.WrapConfig{Direction: di.DirectionLTR},
		endless, text, shaping.NewSliceIterator(shaped))
	var l line
	if len(lines) > 0 {
		l.runs = slices.Clone(lines[0])
		slices.SortFunc(l.runs, func(a, b shaping.Output) int { return int(a.VisualIndex) - int(b.VisualIndex) })
	}
	l.measure()
	return l
}

// measure works out the advance and the box around the ink.
func (l *line) measure() {
	first := true
	l.eachGlyph(func(_ *shaping.Output, g *shaping.Glyph, x, y float64) {
		if g.Width == 0 {
			return
		}
		left, top := x+pixels(g.XBearing), y+pixels(g.YBearing)
		right, bottom := left+pixels(g.Width), top+pixels(g.Height)
		if first {
			l.left, l.right, l.top, l.bottom = left, right, top, bottom
			first = false
		}
		l.left, l.right = min(l.left, left), max(l.right, right)
		l.top, l.bottom = max(l.top, top), min(l.bottom, bottom)
	})
	for i := range l.runs {
		l.advance += pixels(l.runs[i].Advance)
	}
}

// eachGlyph calls do with each glyph and where its origin is, in pixels from the start
// of the base line; y is positive above it.
func (l *line) eachGlyph(do func(run *shaping.Output, g *shaping.Glyph, x, y float64)) {
	pen := 0.0
	for i := range l.runs {
		run := &l.runs[i]
		for j := range run.Glyphs {
			g := &run.Glyphs[j]
			do(run, g, pen+pixels(g.XOffset), pixels(g.YOffset))
			pen += pixels(g.Advance)
		}
	}
}

// shapeWithin is shape, cut and ended with an ellipsis where it is wider than width pixels.
func (f *Fonts) shapeWithin(text []rune, size, width float64) line {
	l := f.shape(text, size)
	for n := len(text) - 1; n > 0 && l.advance > width; n-- {
		if unicode.Is(unicode.M, text[n]) {
			continue // belongs to the letter before it
		}
		cut := strings.TrimRightFunc(string(text[:n]), unicode.IsSpace)
		l = f.shape([]rune(cut+ellipsis(text[n-1])), size)
	}
	return l
}

// ellipsis returns an ellipsis that stands where the reader, coming from the letter last, goes
// on: to the left of Arabic or Hebrew.
func ellipsis(last rune) string {
	if unicode.In(last, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam) {
		return "…\u200f" // the mark is an invisible letter of that direction
	}
	return "…"
}

// drawAt paints the line with its base line starting at (x, y) of img, in pixels. The mutex of
// the Fonts that shaped it is held.
func (l *line) drawAt(img imgdraw.Image, x, y float64, c color.NRGBA) {
	// Whole pixels around the ink, and the part of it on the picture.
	box := image.Rect(int(x+l.left)-2, int(y-l.top)-2, int(x+l.right)+3, int(y-l.bottom)+3).Intersect(img.Bounds())
	if box.Empty() {
		return
	}
	raster := vector.NewRasterizer(box.Dx(), box.Dy())
	l.eachGlyph(func(run *shaping.Output, g *shaping.Glyph, gx, gy float64) {
		outline, ok := run.Face.GlyphDataOutline(g.GlyphID)
		if !ok {
			return
		}
		scale := pixels(run.Size) / float64(run.Face.Upem())
		px := func(p opentype.SegmentPoint) (float32, float32) {
			return float32(x + gx + float64(p.X)*scale - float64(box.Min.X)),
				float32(y - gy - float64(p.Y)*scale - float64(box.Min.Y))
		}
		trace(raster, outline.Segments, px)
	})
	raster.Draw(img, box, image.NewUniform(c), image.Point{})
}

// trace adds an outline to the raster.
func trace(raster *vector.Rasterizer, outline []opentype.Segment, px func(opentype.SegmentPoint) (float32, float32)) {
	for _, s := range outline {
		ax, ay := px(s.Args[0])
		bx, by := px(s.Args[1])
		cx, cy := px(s.Args[2])
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			raster.ClosePath()
			raster.MoveTo(ax, ay)
		case opentype.SegmentOpLineTo:
			raster.LineTo(ax, ay)
		case opentype.SegmentOpQuadTo:
			raster.QuadTo(ax, ay, bx, by)
		case opentype.SegmentOpCubeTo:
			raster.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	raster.ClosePath()
}
