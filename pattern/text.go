package pattern

import (
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/lianmai/lianmai/media"
)

// glyphs are pre-rendered characters on opaque cells of one size, luma only.
type glyphs struct {
	w, h int
	luma [256][]byte // w*h samples; nil where the character is not in the set
}

// newGlyphs renders each byte of set in an advance×height cell, fg on bg.
func newGlyphs(set string, advance, height int, fg, bg uint8) (*glyphs, error) {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("pattern: parsing the built-in font: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: fontSize(advance, height), DPI: 72})
	if err != nil {
		return nil, fmt.Errorf("pattern: sizing the built-in font: %w", err)
	}
	defer face.Close()
	g := &glyphs{w: advance, h: height}
	capHeight := face.Metrics().CapHeight
	for i := range len(set) {
		img := image.NewGray(image.Rect(0, 0, advance, height))
		for j := range img.Pix {
			img.Pix[j] = bg
		}
		text := set[i : i+1]
		width := font.MeasureString(face, text)
		d := font.Drawer{Dst: img, Src: image.NewUniform(color.Gray{Y: fg}), Face: face, Dot: fixed.Point26_6{
			X: (fixed.I(advance) - width) / 2,
			Y: (fixed.I(height) + capHeight) / 2,
		}}
		d.DrawString(text)
		g.luma[set[i]] = img.Pix
	}
	return g, nil
}

// fontSize fits a digit of the Go font (0.6 em wide, capitals 0.73 em high).
func fontSize(advance, height int) float64 {
	return min(float64(advance)/0.62, float64(height)*0.8/0.73)
}

// draw copies the characters of s, the first at pixel (x, y), clipped to the frame.
func (g *glyphs) draw(f *media.Frame, x, y int, s []byte) {
	pix, stride := f.Plane(0), f.Stride(0)
	for _, c := range s {
		src := g.luma[c]
		if src == nil || x < 0 || x+g.w > f.Width() {
			x += g.w
			continue
		}
		for row := max(0, -y); row < min(g.h, f.Height()-y); row++ {
			copy(pix[(y+row)*stride+x:], src[row*g.w:(row+1)*g.w])
		}
		x += g.w
	}
}
