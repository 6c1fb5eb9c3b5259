package template

import (
	"encoding/hex"
	"fmt"
	"image/color"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// The words of the message and what they are to the engine.
var (
	units = map[pb.Unit]int{pb.Unit_FRACTION: 0, pb.Unit_PIXEL: 0}
	fits  = map[pb.Fit]layout.Fit{pb.Fit_COVER: layout.Cover, pb.Fit_CONTAIN: layout.Contain, pb.Fit_STRETCH: layout.Stretch}
	roles = map[pb.Role]layout.Role{pb.Role_NORMAL: layout.Normal, pb.Role_MAIN: layout.Main}

	easings = map[pb.Easing]layout.Easing{
		pb.Easing_EASE_IN_OUT: layout.EaseInOut, pb.Easing_EASE_OUT: layout.EaseOut,
		pb.Easing_EASE_IN: layout.EaseIn, pb.Easing_LINEAR: layout.Linear,
	}
	empties = map[pb.EmptySlots]bool{pb.EmptySlots_LEAVE_OUT: false, pb.EmptySlots_SHOW_PLACEHOLDER: true}
	anchors = map[pb.Anchor]layout.Anchor{
		pb.Anchor_TOP_LEFT: layout.TopLeft, pb.Anchor_TOP: layout.Top, pb.Anchor_TOP_RIGHT: layout.TopRight,
		pb.Anchor_LEFT: layout.Left, pb.Anchor_CENTER: layout.Center, pb.Anchor_RIGHT: layout.Right,
		pb.Anchor_BOTTOM_LEFT: layout.BottomLeft, pb.Anchor_BOTTOM: layout.Bottom, pb.Anchor_BOTTOM_RIGHT: layout.BottomRight,
	}
)

// word is a generated enum.
type word interface {
	~int32
	protoreflect.Enum
}

// enumWord returns what a word means, normal if nothing is said.
func enumWord[W word, T any](b *builder, path string, w W, meanings map[W]T, normal T) T {
	if w == 0 {
		return normal
	}
	meaning, ok := meanings[w]
	if !ok {
		b.fault(path, "%d; want %s", w, words(w.Descriptor()))
		return normal
	}
	return meaning
}

// wordFor returns the word for what it means to the engine.
func wordFor[W word, T comparable](meanings map[W]T, meaning T) W {
	for _, w := range slices.Sorted(maps.Keys(meanings)) {
		if meanings[w] == meaning {
			return w
		}
	}
	return 0
}

// line checks text that is shown on one line, at most so many characters.
func (b *builder) line(path, text string, most int) string {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		b.fault(path, "want UTF-8")
	case n > most:
		b.fault(path, "%d characters; at most %d are allowed", n, most)
	case strings.ContainsFunc(text, unicode.IsControl):
		b.fault(path, "%q; want one line without control characters", short(text))
	}
	return text
}

// hexColor is how a colour is written.
var hexColor = regexp.MustCompile(`^#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$`)

// color reads "#rrggbb" or "#rrggbbaa".
func (b *builder) color(path, text string, normal color.NRGBA) color.NRGBA {
	if text == "" {
		return normal
	}
	if !hexColor.MatchString(text) {
		b.fault(path, `%q; want a colour such as "#101418" or "#10141880"`, short(text))
		return normal
	}
	v, _ := hex.DecodeString(text[1:]) // the expression leaves nothing to fail
	v = append(v, 0xff)
	return color.NRGBA{v[0], v[1], v[2], v[3]}
}

// colorText writes a colour.
func colorText(c color.NRGBA) string {
	if c.A == 0xff {
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	return fmt.Sprintf("#%02x%02x%02x%02x", c.R, c.G, c.B, c.A)
}

// picture resolves the name of a picture; the empty one stays.
func (b *builder) picture(path, name string) string {
	if name == "" {
		return ""
	}
	if !pictureName.MatchString(name) {
		b.fault(path, `%q; want the name of a picture such as "logo" or "logo@2"`, short(name))
		return ""
	}
	if b.known == nil {
		return name
	}
	pinned, ok := b.known.Resolve(name)
	if !ok {
		b.fault(path, "there is no picture %q; upload it first", name)
	}
	return pinned
}

// slack is how far a number may be beyond its bounds by the rounding of machines.
const slack = 1e-9

// length checks a length that is a share of the canvas's shorter side, within bounds,
// and returns the share.
func (b *builder) length(path string, v, least, most float64) float64 {
	side := float64(min(b.canvas.W, b.canvas.H))
	share := fraction(v)
	if b.pixels {
		if !b.sized {
			return least // nobody knows what to make of it
		}
		share = v / side
	}
	if share >= least-slack && share <= most+slack {
		return share
	}
	if b.pixels {
		b.fault(path, "%s; want %s–%s pixels", figure(v), figure(least*side), figure(most*side))
	} else {
		b.fault(path, "%s; want %s–%s of the canvas's shorter side", figure(v), figure(least), figure(most))
	}
	return least
}

// fade turns an opacity into what shows through.
func (b *builder) fade(path string, opacity *float64, normal uint8) uint8 {
	if opacity == nil {
		return normal
	}
	if v := *opacity; !(v >= 0 && v <= 1) {
		b.fault(path, "%s; want 0 (invisible) to 1", figure(v))
		return normal
	}
	return uint8(math.Round((1 - *opacity) * 255))
}

// figure writes a number for people.
func figure(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// Decimals of shares that are taken for fractions, and the largest denominator.
const (
	leastDecimals, mostDecimals = 6, 11
	mostParts                   = 10000
)

// fraction returns the simplest fraction that a share written with many decimals
// stands for, so that edges which should meet do: 0.333333 is 1/3. Numbers with fewer
// decimals stay, and so do those with so many that they are exact.
func fraction(v float64) float64 {
	_, decimals, _ := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
	// Far beyond 1 it is no share, and its last decimals are not those of the text.
	if len(decimals) < leastDecimals || len(decimals) > mostDecimals || math.Abs(v) > 2 {
		return v
	}
	rounding := .501 * math.Pow10(-len(decimals))
	n, d := simplest(math.Abs(v)-rounding, math.Abs(v)+rounding)
	if n == 0 || d > mostParts {
		return v
	}
	return math.Copysign(n/d, v)
}

// simplest returns the fraction with the smallest denominator from low to high, both
// above 0, as a continued fraction finds it.
func simplest(low, high float64) (n, d float64) {
	whole := math.Ceil(low)
	if whole <= high {
		return whole, 1
	}
	whole--
	d, n = simplest(1/(high-whole), 1/(low-whole))
	return n + whole*d, d
}
