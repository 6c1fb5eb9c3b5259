package judge

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"sync"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/lianmai/lianmai/media"
)

// SheetConfig says what a Sheet collects. Fields that are zero take the defaults.
type SheetConfig struct {
	// Every is the distance between moments; 5 s. A negative one means only the
	// moments that are marked.
	Every time.Duration
	// Max bounds the number of moments; 48. When there are more, every other one
	// that is not marked is given up and the distance doubles.
	Max int
	// Height of the small pictures in pixels; 360.
	Height int
	// Columns of the page; 6.
	Columns int
}

// Sheet collects moments of a stream as small pictures and draws them on one page
// with their times. Mark may be called from any goroutine; the rest belongs to the
// goroutine that hands over the pictures.
type Sheet struct {
	cfg     SheetConfig
	moments []moment
	due     time.Duration

	mu     sync.Mutex
	marked string
}

type moment struct {
	at    time.Duration
	label string // empty if it is not marked
	img   *image.RGBA
}

// NewSheet returns an empty page.
func NewSheet(cfg SheetConfig) *Sheet {
	if cfg.Every == 0 {
		cfg.Every = 5 * time.Second
	}
	if cfg.Max <= 0 {
		cfg.Max = 48
	}
	if cfg.Height <= 0 {
		cfg.Height = 360
	}
	if cfg.Columns <= 0 {
		cfg.Columns = 6
	}
	return &Sheet{cfg: cfg}
}

// Mark puts the next picture on the page, under label.
func (s *Sheet) Mark(label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marked != "" && s.marked != label {
		label = s.marked + ", " + label
	}
	s.marked = cut(label, 80)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// Picture takes the picture shown at; it is kept small, and only if it is due or
// marked. The caller keeps f.
func (s *Sheet) Picture(f *media.Frame, at time.Duration) {
	s.mu.Lock()
	label := s.marked
	s.marked = ""
	s.mu.Unlock()
	due := s.cfg.Every > 0 && (len(s.moments) == 0 || at >= s.due)
	if label == "" && !due {
		return
	}
	if len(s.moments) >= s.cfg.Max {
		s.thin()
	}
	s.due = at + s.cfg.Every
	if len(s.moments) < s.cfg.Max { // all of them are marked otherwise
		s.moments = append(s.moments, moment{at, label, thumbnail(f, s.cfg.Height)})
	}
}

// thin gives up every other moment that is not marked.
func (s *Sheet) thin() {
	s.cfg.Every *= 2
	kept := s.moments[:0]
	odd := false
	for _, m := range s.moments {
		if m.label == "" {
			if odd = !odd; !odd {
				continue
			}
		}
		kept = append(kept, m)
	}
	s.moments = kept
}

// Moments returns how many pictures there are.
func (s *Sheet) Moments() int { return len(s.moments) }

// The page, in pixels.
const (
	gutter        = 12
	captionHeight = 30
)

var (
	paper       = color.RGBA{0xf4, 0xf4, 0xf2, 0xff}
	captionInk  = color.RGBA{0x22, 0x22, 0x22, 0xff}
	captionMark = color.RGBA{0xb0, 0x30, 0x18, 0xff}
)

// WritePNG writes the page to w. Without moments it is an empty page.
func (s *Sheet) WritePNG(w io.Writer) error {
	width := 0
	for _, m := range s.moments {
		width = max(width, m.img.Rect.Dx())
	}
	columns := max(1, min(s.cfg.Columns, len(s.moments)))
	rows := (len(s.moments) + columns - 1) / columns
	cellW, cellH := max(width, 120)+gutter, s.cfg.Height+captionHeight+gutter
	page := image.NewRGBA(image.Rect(0, 0, columns*cellW+gutter, rows*cellH+gutter))
	draw.Draw(page, page.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	face, err := captionFace()
	if err != nil {
		return err
	}
	defer face.Close()
	for i, m := range s.moments {
		x, y := gutter+i%columns*cellW, gutter+i/columns*cellH
		draw.Draw(page, m.img.Rect.Add(image.Pt(x, y)), m.img, image.Point{}, draw.Src)
		caption(page, face, x, y+s.cfg.Height+20, cellW-gutter, m)
	}
	return png.Encode(w, page)
}

func captionFace() (font.Face, error) {
	parsed, err := opentype.Parse(gomedium.TTF)
	if err != nil {
		return nil, fmt.Errorf("judge: parsing the built-in font: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 15, DPI: 72})
	if err != nil {
		return nil, fmt.Errorf("judge: sizing the built-in font: %w", err)
	}
	return face, nil
}

// caption writes the time and the label at (x, y), as much as fits width pixels.
func caption(page *image.RGBA, face font.Face, x, y, width int, m moment) {
	ink := captionInk
	text := clockText(m.at)
	if m.label != "" {
		ink = captionMark
		text += "  " + m.label
	}
	for font.MeasureString(face, text).Ceil() > width && len(text) > 4 {
		r := []rune(text)
		text = string(r[:len(r)-2]) + "…"
	}
	d := font.Drawer{Dst: page, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// clockText writes a stream time as 1:02.3.
func clockText(at time.Duration) string {
	tenths := at.Milliseconds() / 100
	return fmt.Sprintf("%d:%02d.%d", tenths/600, tenths/10%60, tenths%10)
}

// thumbnail scales f down to height pixels (not up), each pixel the mean of four
// samples inside the box that it covers.
func thumbnail(f *media.Frame, height int) *image.RGBA {
	height = min(height, f.Height())
	width := max(1, f.Width()*height/f.Height())
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	toRGB := converter(f)
	for y := range height {
		for x := range width {
			var luma, cb, cr int
			for i := range 4 {
				// At a quarter and three quarters of the box each way.
				sx := (4*x + 1 + i%2*2) * f.Width() / (4 * width)
				sy := (4*y + 1 + i/2*2) * f.Height() / (4 * height)
				luma += int(f.Plane(0)[sy*f.Stride(0)+sx])
				cb += int(f.Plane(1)[sy/2*f.Stride(1)+sx/2])
				cr += int(f.Plane(2)[sy/2*f.Stride(2)+sx/2])
			}
			img.SetRGBA(x, y, toRGB(float64(luma)/4, float64(cb)/4, float64(cr)/4))
		}
	}
	return img
}

// converter returns the function from the frame's YCbCr to RGB (ITU-R BT.709 and
// BT.601, limited or full range).
func converter(f *media.Frame) func(y, cb, cr float64) color.RGBA {
	kr, kb := 0.2126, 0.0722
	if f.Matrix == media.BT601 {
		kr, kb = 0.299, 0.114
	}
	offset, gain, chroma := 16.0, 255.0/219, 255.0/224
	if f.FullRange {
		offset, gain, chroma = 0, 1, 1
	}
	clip := func(v float64) uint8 { return uint8(min(max(v+0.5, 0), 255)) }
	return func(y, cb, cr float64) color.RGBA {
		y = (y - offset) * gain
		cb, cr = (cb-128)*chroma, (cr-128)*chroma
		r, b := y+2*(1-kr)*cr, y+2*(1-kb)*cb
		g := (y - kr*r - kb*b) / (1 - kr - kb)
		return color.RGBA{clip(r), clip(g), clip(b), 255}
	}
}
