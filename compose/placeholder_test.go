package compose

import (
	"errors"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Ann Lee":                 "AL",
		"ann":                     "A",
		"Anna Maria von Trapp":    "AT",
		"guest-3":                 "G3",
		"guest-42":                "G",
		"p1":                      "P1",
		"p1 p2":                   "P2",
		"user12":                  "U",
		"7":                       "7",
		"张三丰":                     "三丰",
		"小明":                      "小明",
		"明":                       "明",
		"小明（北京）":                  "小明",
		"A组 张三丰":                  "组",
		"Ming 小明":                 "小明",
		"김민준":                     "민준",
		"élodie":                  "É",
		"Иван Петров":             "ИП",
		"💃 Ann 💃":                 "A",
		"💃💃":                      "",
		"":                        "",
		"  - ":                    "",
		"\x00\x01\u202e":          "",
		strings.Repeat("a", 9999): "A",
	} {
		if got := string(initials(name)); got != want {
			t.Errorf("initials(%.20q) = %q, want %q", name, got, want)
		}
	}
}

func TestReadable(t *testing.T) {
	latin := func(r rune) bool { return r < 0x250 || r == '\u0301' }
	for name, want := range map[string]string{
		"Ann Lee":                     "Ann Lee",
		"  Ann \t\n Lee ":             "Ann Lee",
		"Ann💃 Lee💃":                   "Ann Lee",
		"小明":                          "",
		"Ann 小明":                      "",
		"\u202eAnn\x07":               "Ann",
		"A\u0301\u0301\u0301\u0301nn": "A\u0301\u0301nn",
		"\u0301Ann":                   "Ann",
		"Ann\xff\xfe":                 "Ann",
		strings.Repeat("ab", 500):     strings.Repeat("ab", maxNameShown/2),
		strings.Repeat("\x00", 9999):  "",
	} {
		if got := string(readable(name, latin)); got != want {
			t.Errorf("readable(%.20q) = %q, want %q", name, got, want)
		}
	}
}

// Names come from outside: none may fail, or cost more than its bounded length.
func FuzzPlaceholderName(f *testing.F) {
	for _, s := range []string{"Ann Lee", "张三丰", "مرحبا بالعالم", "e\u0301\u0301", "👩‍👩‍👧", "\xff\x00", "a\u202eb", "ｆｕｌｌ"} {
		f.Add(s)
	}
	fonts := BundledFonts()
	f.Fuzz(func(t *testing.T, name string) {
		if n := len(initials(name)); n > 2 {
			t.Errorf("%d initials", n)
		}
		fonts.mu.Lock()
		text := readable(name, fonts.has)
		fonts.mu.Unlock()
		if len(text) > maxNameShown || !utf8.ValidString(string(text)) {
			t.Errorf("readable gives %q", string(text))
		}
		frame, err := NewPlaceholder(fonts, name, 96, 64)
		if err != nil {
			t.Fatal(err)
		}
		frame.Free()
	})
}

func TestPlaceholderAtAnySize(t *testing.T) {
	fonts := BundledFonts()
	before := media.Live()
	rapid.Check(t, func(t *rapid.T) {
		w, h := 2*rapid.IntRange(1, 200).Draw(t, "w/2"), 2*rapid.IntRange(1, 200).Draw(t, "h/2")
		f, err := NewPlaceholder(fonts, rapid.SampledFrom([]string{"Ann Lee", "", "小明", "Maximilian Alexander"}).Draw(t, "name"), w, h)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Free()
		if f.Width() != w || f.Height() != h || f.Matrix != media.BT709 || f.FullRange {
			t.Fatalf("%d×%d, matrix %d, full range %v", f.Width(), f.Height(), f.Matrix, f.FullRange)
		}
		// Dark at the edges, so that neighbours stand apart.
		if y := at(f, 0, 0).y; y < 16 || y > 90 {
			t.Fatalf("luma in the corner is %d", y)
		}
	})
	for _, size := range [][2]int{{0, 2}, {2, 3}, {-2, 2}, {media.MaxSide + 2, 2}} {
		if f, err := NewPlaceholder(fonts, "Ann", size[0], size[1]); !errors.Is(err, media.ErrSize) {
			f.Free()
			t.Errorf("%v: error = %v, want media.ErrSize", size, err)
		}
	}
	if live := media.Live(); live != before {
		t.Errorf("%d native objects are left", live-before)
	}
}

func TestLongNamesAreCutToTheWidth(t *testing.T) {
	fonts := BundledFonts()
	rapid.Check(t, func(t *rapid.T) {
		text := []rune(rapid.StringMatching(`[A-Za-z ]{1,48}`).Draw(t, "text"))
		width := rapid.Float64Range(60, 400).Draw(t, "width")
		l := fonts.shapeWithin(text, 24, width)
		if l.advance > width {
			t.Fatalf("%q is %.0f pixels wide, more than %.0f", string(text), l.advance, width)
		}
		if whole := fonts.shape(text, 24); whole.advance <= width && whole.advance != l.advance {
			t.Fatalf("%q fits and was cut", string(text))
		}
	})
}

func TestRightToLeftRunsAreInVisualOrder(t *testing.T) {
	fonts := BundledFonts()
	l := fonts.shape([]rune("ab \u05d0\u05d1"), 24)
	for i := 1; i < len(l.runs); i++ {
		if l.runs[i].VisualIndex <= l.runs[i-1].VisualIndex {
			t.Errorf("run %d has visual index %d after %d", i, l.runs[i].VisualIndex, l.runs[i-1].VisualIndex)
		}
	}
	if len(l.runs) < 2 {
		t.Errorf("%d runs, want at least two", len(l.runs))
	}
}

func TestPaletteHasContrast(t *testing.T) {
	luminance := func(c color.NRGBA) float64 {
		linear := func(v uint8) float64 {
			s := float64(v) / 255
			if s <= .04045 {
				return s / 12.92
			}
			return math.Pow((s+.055)/1.055, 2.4)
		}
		return .2126*linear(c.R) + .7152*linear(c.G) + .0722*linear(c.B)
	}
	for i, c := range palette {
		// The lightest part of the disc, behind the letters' tops.
		if got := 1.05 / (luminance(mix(c, white, .05)) + .05); got < 3 {
			t.Errorf("white on colour %d has a contrast of %.2f", i, got)
		}
	}
}

func TestColourBelongsToTheName(t *testing.T) {
	seen := map[color.NRGBA]bool{}
	for _, r := range "abcdefghijklmnopqrstuvwxyz" {
		c := colourOf(string(r))
		if c != colourOf(string(r)) {
			t.Fatal("the same name has two colours")
		}
		seen[c] = true
	}
	if len(seen) < len(palette)/2 {
		t.Errorf("26 names share %d colours", len(seen))
	}
}

func TestSystemFonts(t *testing.T) {
	var failed error
	fonts := SystemFonts(t.TempDir(), func(err error) { failed = err })
	if !fonts.Supports("Ann Lee, Пётр") {
		t.Error("Latin and Cyrillic cannot be written")
	}
	if fonts.find == nil {
		t.Error("the system's fonts have been looked for, which costs much, and are not needed")
	}
	if BundledFonts().Supports("连麦") {
		t.Error("the bundled face claims to have Chinese")
	}
	if fonts.Supports("\U0010ffff") {
		t.Error("a noncharacter can be written")
	}
	if fonts.find != nil {
		t.Error("the system's fonts have not been looked for")
	}
	if failed != nil {
		t.Logf("no system fonts: %v", failed)
	}
}

// A folder that cannot be made is told once; the bundled face has to do.
func TestSystemFontsThatCannotBeHad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	told := 0
	fonts := SystemFonts(filepath.Join(file, "cache"), func(error) { told++ })
	if fonts.Supports("连麦") || !fonts.Supports("Ann") || fonts.Supports("连") || told != 1 {
		t.Errorf("told %d times", told)
	}
}
