package compose

import (
	"errors"
	"image"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/lianmai/lianmai/media"
)

// textOf returns what a clock of this format shows, as text.
func textOf(c ClockFormat, t time.Time) string {
	digits, out := c.appendDigits(nil, t), ""
	for _, p := range c.parts {
		out += p.text
		for range p.width() {
			out, digits = out+string('0'+rune(digits[0])), digits[1:]
		}
	}
	return out
}

func TestClockShowsTheTime(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	at := time.Date(2026, 3, 9, 0, 5, 7, 999, shanghai)
	for _, tt := range []struct {
		format string
		at     time.Time
		want   string
	}{
		{"%H:%M:%S", at, "00:05:07"},
		{"%H:%M:%S", at.UTC(), "16:05:07"},
		{"%Y-%m-%d", at, "2026-03-09"},
		{"%Y-%m-%d", at.UTC(), "2026-03-08"},
		{"%I.%M", at, "12.05"},
		{"%I", at.Add(time.Hour), "01"},
		{"%I", at.Add(11 * time.Hour), "11"},
		{"%I", at.Add(12 * time.Hour), "12"},
		{"%I", at.Add(23 * time.Hour), "11"},
		{"%H%H", at.Add(-time.Second), "0000"},
		{"%Y年%m月%d日", at, "2026年03月09日"},
		{" %M %% ", at, " 05 % "},
		{"%%%S%%", at, "%07%"},
		{"%S", time.Date(2026, 1, 1, 0, 0, 59, 0, time.UTC), "59"},
		{"%Y", time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC), "2345"},
		{"%Y", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "9999"},
	} {
		c, err := ParseClock(tt.format)
		if err != nil {
			t.Errorf("%q: %v", tt.format, err)
			continue
		}
		if got := textOf(c, tt.at); got != tt.want {
			t.Errorf("%q at %v shows %q, want %q", tt.format, tt.at, got, tt.want)
		}
	}
}

func TestParseClockRefuses(t *testing.T) {
	for format, says := range map[string]string{
		"":                               "at least one of %H",
		"now":                            "at least one of %H",
		"%%":                             "at least one of %H",
		"%H:%":                           "ends with a single %",
		"%p":                             `"%p": the verbs are %H %I %M %S %Y %m %d and %%`,
		"%H %B":                          `"%B": the verbs are`,
		"%é":                             `"%é": the verbs are`,
		"%ň":                             `"%ň": the verbs are`, // its low byte is an H
		"%H\n%M":                         `the character '\n'`,
		"%H\u202e":                       `the character '\u202e'`,
		"%H\xff":                         `the character`,
		"%H\u3000":                       `the character '\u3000'`,
		strings.Repeat("x", 31) + "%H":   "33 characters; at most 32",
		"%Y%Y%Y%Y%Y%Y%Y%Y%Y":             "shows 36 characters; at most 32",
		strings.Repeat("\xff", 1<<20):    "at most 32",
		strings.Repeat("%", 1<<20) + "H": "at most 32",
	} {
		if _, err := ParseClock(format); !errors.Is(err, ErrClock) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.20q: error %v, want ErrClock: …%s…", format, err, says)
		}
	}
	if _, err := ParseClock(strings.Repeat("%Y", 8)); err != nil {
		t.Errorf("32 digits: %v", err)
	}
}

func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"%H:%M:%S", "%Y-%m-%d %I", "%%", "%", "日%d", "\xff%H"} {
		f.Add(s)
	}
	at := time.Date(2026, 3, 9, 14, 5, 7, 0, time.UTC)
	f.Fuzz(func(t *testing.T, format string) {
		c, err := ParseClock(format)
		if err != nil {
			if !errors.Is(err, ErrClock) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if s := textOf(c, at); utf8.RuneCountInString(s) > maxClockShown || !utf8.ValidString(s) {
			t.Fatalf("shows %q", s)
		}
	})
}

func TestClockFaceIsTabular(t *testing.T) {
	for _, style := range []TextStyle{{22, white, pilled}, {22, white, noPill}, {5.5, white, pilled}} {
		face, err := BundledFonts().Clock("%Y-%m-%d %H:%M:%S", style)
		if err != nil {
			t.Fatal(err)
		}
		if len(face.Cells) != 14 {
			t.Fatalf("%d cells", len(face.Cells))
		}
		whole := face.Background.Rect
		if whole.Dx()%2 != 0 || whole.Dy()%2 != 0 {
			t.Errorf("the background is %v", whole)
		}
		for i, d := range face.Digit {
			if d.Rect != face.Digit[0].Rect || d.Rect.Dx()%2 != 0 || d.Rect.Dy() != whole.Dy() {
				t.Errorf("digit %d is %v, digit 0 %v", i, d.Rect, face.Digit[0].Rect)
			}
		}
		step := face.Cells[1] - face.Cells[0]
		for i, x := range face.Cells {
			if x%2 != 0 || !face.Digit[0].Rect.Add(image.Pt(x, 0)).In(whole) {
				t.Errorf("cell %d is at %d of %v", i, x, whole)
			}
			if i > 0 && x-face.Cells[i-1] < step {
				t.Errorf("cell %d is %d pixels after the one before, want %d", i, x-face.Cells[i-1], step)
			}
		}
	}
}

func TestClockRefuses(t *testing.T) {
	fonts := BundledFonts()
	for _, tt := range []struct {
		format string
		size   float64
		says   string
	}{
		{"%Q", 20, "the verbs are"},
		{"%Y年", 20, "no font has '年'"},
		{"%H💃", 20, "no font has '💃'"},
		{"%H", 0, "want 4–512"},
		{"%H", math.NaN(), "want 4–512"},
		{"%Y%Y%Y%Y", 512, "pixels wide; at most 4096"},
	} {
		face, err := fonts.Clock(tt.format, TextStyle{tt.size, white, pilled})
		if !errors.Is(err, ErrClock) || !strings.Contains(err.Error(), tt.says) || face != nil {
			t.Errorf("%q at %v: error %v, want ErrClock: …%s…", tt.format, tt.size, err, tt.says)
		}
	}
}

// A tick chooses pictures and does nothing else.
func TestClockTicksWithoutAllocation(t *testing.T) {
	face, err := BundledFonts().Clock("%Y-%m-%d %H:%M:%S", TextStyle{22, white, pilled})
	if err != nil {
		t.Fatal(err)
	}
	digits := make([]uint8, 0, len(face.Cells))
	at := time.Date(2026, 3, 9, 14, 5, 7, 0, time.UTC)
	if n := testing.AllocsPerRun(100, func() {
		at = at.Add(time.Second)
		digits = face.Digits(digits, at)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(digits) != len(face.Cells) {
		t.Errorf("%d digits for %d cells", len(digits), len(face.Cells))
	}
}

func TestGoldenClocks(t *testing.T) {
	fonts := BundledFonts()
	at := time.Date(2026, 11, 14, 19, 58, 7, 0, time.UTC)
	var clocks []*image.NRGBA
	for _, style := range []TextStyle{{28, white, pilled}, {28, white, noPill}, {16, dark, noPill}} {
		for _, format := range []string{"%H:%M:%S", "%Y-%m-%d %H:%M"} {
			face, err := fonts.Clock(format, style)
			if err != nil {
				t.Fatal(err)
			}
			// As the canvas will lay them, but over nothing.
			img := image.NewNRGBA(face.Background.Rect)
			copy(img.Pix, face.Background.Pix)
			for i, d := range face.Digits(nil, at) {
				layAt(img, face.Digit[d], face.Cells[i], 0)
			}
			clocks = append(clocks, img)
		}
	}
	if w := clocks[1].Rect.Dx(); w > media.MaxSide || w < 200 {
		t.Errorf("a clock of %d pixels", w)
	}
	checkGoldenPicture(t, "clocks", layPictures(300, clocks...))
}
