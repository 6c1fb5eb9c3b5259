package compose

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/font/gofont/gobold"
)

// Fonts finds and shapes the letters of placeholders: the bundled Go Bold for what it
// has (Latin, Greek, Cyrillic), the system's fonts for the rest. Make it once: looking
// for the system's fonts can take seconds, and one with Chinese takes 20 MB. So that is
// left until a letter needs it. Safe for concurrent use.
type Fonts struct {
	mu      sync.Mutex // guards all that follows
	bundled *font.Face
	find    func() *fontscan.FontMap // finds system; nil once it was called
	system  *fontscan.FontMap        // nil without system fonts
	script  language.Script          // of the letters that are resolved next
	shaper  shaping.HarfbuzzShaper
	split   shaping.Segmenter
	wrap    shaping.LineWrapper
	can     map[rune]bool // has remembered
}

// families are preferred for what the bundled face does not have, mostly Chinese.
var families = [...]string{
	"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
	"WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", fontscan.SansSerif,
}

// BundledFonts returns Fonts that know the bundled face alone, the same on every machine.
func BundledFonts() *Fonts {
	face, err := font.ParseTTF(bytes.NewReader(gobold.TTF))
	if err != nil {
		panic(fmt.Sprintf("compose: the bundled font is broken: %v", err))
	}
	return &Fonts{bundled: face, can: make(map[rune]bool)}
}

// SystemFonts returns Fonts that know the system's fonts too. An index of them is kept in
// the folder cacheDir, which is made if need be, so that the next start is faster; with an
// empty cacheDir none is kept. When the system's fonts are needed and cannot be had, failed
// is told why, once, and the bundled face has to do.
func SystemFonts(cacheDir string, failed func(error)) *Fonts {
	f := BundledFonts()
	f.find = func() *fontscan.FontMap {
		system, err := findFonts(cacheDir)
		if err != nil {
			failed(fmt.Errorf("compose: system fonts: %w", err))
		}
		return system
	}
	return f
}

func findFonts(cacheDir string) (*fontscan.FontMap, error) {
	if cacheDir == "" {
		temporary, err := os.MkdirTemp("", "lianmai-fonts-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(temporary)
		cacheDir = temporary
	}
	cacheDir = filepath.Clean(cacheDir)
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return nil, err
	}
	system := fontscan.NewFontMap(silent{})
	if err := system.UseSystemFonts(cacheDir); err != nil {
		return nil, err
	}
	query := fontscan.Query{Families: families[:]}
	query.Aspect.Weight = font.WeightBold
	system.SetQuery(query)
	return system, nil
}

// silent drops the scanner's remarks about fonts that it cannot read.
type silent struct{}

func (silent) Printf(string, ...any) {}

// Supports says that every letter of text can be written. Where it is false for
// "连麦", Chinese names are shown as a silhouette: install a CJK font.
func (f *Fonts) Supports(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range text {
		if r != ' ' && !f.has(r) {
			return false
		}
	}
	return true
}

// maxRemembered bounds the memory of has.
const maxRemembered = 1 << 14

// has says that a font has an outline for r. Bitmap and colour glyphs do not count.
func (f *Fonts) has(r rune) bool {
	can, known := f.can[r]
	if !known {
		f.SetScript(language.LookupScript(r))
		face := f.ResolveFace(r)
		glyph, ok := face.NominalGlyph(r)
		if ok {
			_, ok = face.GlyphDataOutline(glyph)
		}
		can = ok
		if len(f.can) >= maxRemembered {
			clear(f.can)
		}
		f.can[r] = can
	}
	return can
}

// ResolveFace implements shaping.Fontmap for package shaping. It is called with mu
// held and never returns nil.
func (f *Fonts) ResolveFace(r rune) *font.Face {
	if _, ok := f.bundled.NominalGlyph(r); ok {
		return f.bundled
	}
	if f.find != nil {
		f.system, f.find = f.find(), nil
		f.SetScript(f.script)
	}
	if f.system != nil {
		if face := f.system.ResolveFace(r); face != nil {
			return face
		}
	}
	return f.bundled
}

// SetScript implements shaping.FontmapScript. It is called with mu held.
func (f *Fonts) SetScript(s language.Script) {
	f.script = s
	if f.system != nil {
		f.system.SetScript(s)
	}
}
