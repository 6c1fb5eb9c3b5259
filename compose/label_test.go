package compose

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
)

var (
	pilled = color.NRGBA{0x10, 0x14, 0x18, 0xb0}
	dark   = color.NRGBA{20, 20, 30, 255}
	noPill = color.NRGBA{}
)

// layPictures lays pictures over a colourful one w pixels wide, one below the other.
func layPictures(w int, pictures ...*image.NRGBA) *image.NRGBA {
	h := 4
	for _, p := range pictures {
		h += p.Rect.Dy() + 4
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			bright := .5 + .5*math.Sin(float64(x)/17)*math.Cos(float64(y)/13)
			img.SetNRGBA(x, y, color.NRGBA{quantise(90 + 165*bright), quantise(255 * float64(x) / float64(w)), 170, 255})
		}
	}
	y := 4
	for _, p := range pictures {
		layAt(img, p, 4, y)
		y += p.Rect.Dy() + 4
	}
	return img
}

func layAt(img, p *image.NRGBA, x, y int) {
	for i := range p.Rect.Dy() {
		for j := range p.Rect.Dx() {
			c := p.NRGBAAt(j, i)
			overStraight(img.Pix[img.PixOffset(x+j, y+i):][:4], c, float64(c.A)/255)
		}
	}
}

// checkGoldenPicture is checkGolden for a picture that is opaque.
func checkGoldenPicture(t *testing.T, name string, img *image.NRGBA) {
	t.Helper()
	f, err := FrameOfPicture(img, layout.Color{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	checkGolden(t, name, f)
}

func TestGoldenLabels(t *testing.T) {
	fonts := BundledFonts()
	var labels []*image.NRGBA
	for _, style := range []TextStyle{{24, white, pilled}, {24, white, noPill}, {24, dark, noPill}, {14, white, palette[6]}} {
		labels = append(labels, fonts.Label("Élodie Gray", style, 220), fonts.Label("Maximilian Alexander", style, 160))
	}
	checkGoldenPicture(t, "labels", layPictures(220, labels...))
}

func TestLabelOfNothing(t *testing.T) {
	fonts := BundledFonts()
	style := TextStyle{24, white, pilled}
	for _, tt := range []struct {
		name, text string
		style      TextStyle
		width      int
	}{
		{"empty", "", style, 400},
		{"spaces", " \t ", style, 400},
		{"controls", "\x00\u202e\u200b", style, 400},
		{"emoji", "💃💃", style, 400},
		{"a letter that no font has", "小明", style, 400},
		{"no width", "Ann", style, 0},
		{"less than no width", "Ann", style, -400},
		{"less than the padding", "Ann", style, 28},
		{"less than one letter and an ellipsis", "Ann", style, 44},
		{"no size", "Ann", TextStyle{0, white, pilled}, 400},
		{"a size that is not a number", "Ann", TextStyle{math.NaN(), white, pilled}, 400},
		{"a huge size", "Ann", TextStyle{math.Inf(1), white, pilled}, 400},
	} {
		if img := fonts.Label(tt.text, tt.style, tt.width); img != nil {
			t.Errorf("%s: a label of %v", tt.name, img.Rect)
		}
	}
}

// All of any name's label is within bounds: its width, even sides, one height, ink inside.
func TestLabelKeepsItsBounds(t *testing.T) {
	fonts := BundledFonts()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[A-Za-zÀ-ž .\x{300}-\x{310}]{1,60}`), rapid.String()).Draw(t, "text")
		style := TextStyle{rapid.Float64Range(4, 60).Draw(t, "size"), white, rapid.SampledFrom([]color.NRGBA{pilled, noPill}).Draw(t, "background")}
		width := rapid.IntRange(1, 500).Draw(t, "width")
		img := fonts.Label(text, style, width)
		if img == nil {
			return
		}
		w, h := img.Rect.Dx(), img.Rect.Dy()
		if img.Rect.Min != (image.Point{}) || w > width || w%2 != 0 || h != evenUp(labelHeight*style.Size) {
			t.Fatalf("%v within %d", img.Rect, width)
		}
	})
}

func TestLabelIsCutToItsWidth(t *testing.T) {
	fonts := BundledFonts()
	style := TextStyle{24, white, pilled}
	whole := fonts.Label("Maximilian", style, 400)
	if whole == nil {
		t.Fatal("no label")
	}
	if again := fonts.Label("Maximilian", style, whole.Rect.Dx()); again == nil || !bytes.Equal(again.Pix, whole.Pix) {
		t.Error("a label does not fit into its own width")
	}
	cut := fonts.Label("Maximilian", style, whole.Rect.Dx()-2)
	if cut == nil || cut.Rect.Dx() > whole.Rect.Dx()-2 {
		t.Fatal("two pixels less cannot be had")
	}
	if long := fonts.Label(strings.Repeat("x", 9999), style, 1<<30); long == nil || long.Rect.Dx() > 2000 {
		t.Error("a long text has no label, or an endless one")
	}
}

// Letters with marks upon marks are made smaller, not cut off.
func TestLabelHoldsHighLetters(t *testing.T) {
	fonts := BundledFonts()
	style := TextStyle{Size: 40, Color: white}
	box, _ := style.box()
	for _, text := range []string{"Ann", "A\u0301\u0301n", "Ǻgj"} {
		mask := fonts.labelMask(text, style.Size, 300, box)
		if mask == nil {
			t.Fatalf("%q: nothing", text)
		}
		last := mask.Pix[(box.height-1)*mask.Stride:]
		for x := range mask.Stride {
			if mask.Pix[x] > 0 || last[x] > 0 {
				t.Fatalf("%q touches the rim", text)
			}
		}
	}
	high := line{top: 80, bottom: -10}
	if got := high.over(box); got < 1.5 {
		t.Errorf("twice as high as there is room for: over = %.2f", got)
	}
}

// Whatever is behind it, the letters' surroundings stand apart from them.
func TestLabelIsReadableOnAnyPicture(t *testing.T) {
	fonts := BundledFonts()
	for _, tt := range []struct{ text, behind color.NRGBA }{{white, white}, {dark, dark}, {white, color.NRGBA{255, 240, 120, 255}}} {
		style := TextStyle{Size: 32, Color: tt.text}
		img := fonts.Label("Hill", style, 300)
		if img == nil {
			t.Fatal("no label")
		}
		// Along a row through the letters, from each letter's inside to the gap beside it.
		best := 1.0
		for x := range img.Rect.Dx() {
			pixel := []byte{tt.behind.R, tt.behind.G, tt.behind.B, 255}
			c := img.NRGBAAt(x, img.Rect.Dy()/2)
			overStraight(pixel, c, float64(c.A)/255)
			best = max(best, layout.Contrast(tt.text, color.NRGBA{pixel[0], pixel[1], pixel[2], 255}))
		}
		if best < 3 {
			t.Errorf("%v on %v: a contrast of %.1f at best", tt.text, tt.behind, best)
		}
	}
}

func TestLabelConcurrently(t *testing.T) {
	fonts := BundledFonts()
	want := make([]*image.NRGBA, 4)
	for i := range want {
		want[i] = fonts.Label(fmt.Sprint("guest ", i), TextStyle{20, white, pilled}, 200)
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			got := fonts.Label(fmt.Sprint("guest ", i%4), TextStyle{20, white, pilled}, 200)
			if got == nil || !bytes.Equal(got.Pix, want[i%4].Pix) {
				t.Error("another label than alone")
			}
		})
	}
	all.Wait()
}

func TestEllipsisFollowsTheWriting(t *testing.T) {
	if ellipsis('n') != "…" || ellipsis('明') != "…" {
		t.Error("the ellipsis of a text from left to right has a mark")
	}
	for _, r := range "אم" {
		if ellipsis(r) != "…\u200f" {
			t.Errorf("the ellipsis after %c has no mark", r)
		}
	}
}

func TestOverStraight(t *testing.T) {
	red := color.NRGBA{255, 0, 0, 255}
	for _, tt := range []struct {
		pixel [4]byte
		a     float64
		want  [4]byte
	}{
		{[4]byte{9, 9, 9, 0}, 0, [4]byte{9, 9, 9, 0}},
		{[4]byte{9, 9, 9, 0}, .5, [4]byte{255, 0, 0, 128}}, // no trace of what is not seen
		{[4]byte{0, 0, 255, 255}, 1, [4]byte{255, 0, 0, 255}},
		{[4]byte{0, 0, 255, 255}, .5, [4]byte{128, 0, 128, 255}},
		{[4]byte{0, 0, 255, 128}, .5, [4]byte{170, 0, 85, 192}},
	} {
		got := tt.pixel
		overStraight(got[:], red, tt.a)
		for i, v := range got {
			if d := int(v) - int(tt.want[i]); d < -1 || d > 1 {
				t.Errorf("red at %v over %v is %v, want %v", tt.a, tt.pixel, got, tt.want)
				break
			}
		}
	}
}

func TestSoftenKeepsWhatItBlurs(t *testing.T) {
	dot := image.NewAlpha(image.Rect(0, 0, 41, 41))
	dot.Pix[20*41+20] = 255
	soft := soften(dot, 2, 8, 3)
	if top := soft.AlphaAt(20, 23).A; top < 70 || soft.AlphaAt(20, 22).A >= top || soft.AlphaAt(21, 23).A >= top {
		t.Errorf("the peak is not 3 rows down: %d", top)
	}
	for d := range 8 {
		if soft.AlphaAt(20-d, 23) != soft.AlphaAt(20+d, 23) || soft.AlphaAt(20, 23-d) != soft.AlphaAt(20, 23+d) || soft.AlphaAt(20-d, 23) != soft.AlphaAt(20, 23-d) {
			t.Errorf("not round at %d pixels", d)
		}
	}
}

func FuzzLabel(f *testing.F) {
	for _, s := range []string{"Ann Lee", "张三丰", "مرحبا بالعالم", "e\u0301\u0301", "👩‍👩‍👧", "\xff\x00", "a\u202eb", "\u0301"} {
		f.Add(s, 24.0, 200)
	}
	fonts := BundledFonts()
	f.Fuzz(func(t *testing.T, text string, size float64, width int) {
		size = min(size, 64)
		if img := fonts.Label(text, TextStyle{Size: size, Color: white}, width); img != nil && img.Rect.Dx() > width {
			t.Errorf("%v, more than %d", img.Rect, width)
		}
	})
}
