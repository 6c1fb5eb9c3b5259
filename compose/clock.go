package compose

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrClock is returned for a clock's format that is none or cannot be drawn. Its wrapped
// message says what is wrong and what is allowed.
var ErrClock = errors.New("compose: bad clock format")

// maxClockShown bounds the characters that a clock shows, and those of its format.
const maxClockShown = 32

// ClockFormat is a parsed format of a clock. It comes from ParseClock and is immutable.
type ClockFormat struct {
	parts  []clockPart
	digits int // of all fields
}

// clockPart is a field of digits or, with field 0, literal text.
type clockPart struct {
	field byte // the verb's letter
	text  string
}

// width returns how many digits the part shows.
func (p clockPart) width() int {
	switch p.field {
	case 0:
		return 0
	case 'Y':
		return 4
	default:
		return 2
	}
}

// ParseClock reads a format such as "%Y-%m-%d %H:%M:%S". The verbs are those of strftime whose
// width never changes: %H hour 00–23, %I hour 01–12, %M minute, %S second, %Y year, %m month,
// %d day; %% is a percent sign. All else stands for itself, except control characters. At least
// one verb, at most 32 characters in the format and as many shown. The error is an
// ErrClock. Whether fonts can write the text, only Clock knows.
func ParseClock(format string) (ClockFormat, error) {
	var c ClockFormat
	if n := utf8.RuneCountInString(format); n > maxClockShown || len(format) > utf8.UTFMax*maxClockShown {
		return c, fmt.Errorf("%w: %d characters; at most %d", ErrClock, n, maxClockShown)
	}
	literal, shown := "", 0
	finish := func() {
		if literal != "" {
			c.parts = append(c.parts, clockPart{text: literal})
			literal = ""
		}
	}
	verb := false // after a percent sign
	for _, r := range format {
		switch {
		case verb && r != '%':
			p := clockPart{field: byte(r)}
			switch r {
			case 'H', 'I', 'M', 'S', 'Y', 'm', 'd':
			default:
				return ClockFormat{}, fmt.Errorf("%w: %q: the verbs are %%H %%I %%M %%S %%Y %%m %%d and %%%%", ErrClock, "%"+string(r))
			}
			finish()
			c.parts = append(c.parts, p)
			c.digits += p.width()
			shown += p.width()
			verb = false
		case r == '%' && !verb:
			verb = true
		case unicode.Is(unicode.C, r) || r == unicode.ReplacementChar || unicode.IsSpace(r) && r != ' ':
			return ClockFormat{}, fmt.Errorf("%w: the character %+q; want printable ones", ErrClock, r)
		default:
			literal += string(r)
			shown++
			verb = false
		}
	}
	finish()
	switch {
	case verb:
		return ClockFormat{}, fmt.Errorf("%w: ends with a single %%; write %%%% for a percent sign", ErrClock)
	case c.digits == 0:
		return ClockFormat{}, fmt.Errorf("%w: %q shows no time; want at least one of %%H %%I %%M %%S %%Y %%m %%d", ErrClock, format)
	case shown > maxClockShown:
		return ClockFormat{}, fmt.Errorf("%w: shows %d characters; at most %d", ErrClock, shown, maxClockShown)
	}
	return c, nil
}

// appendDigits appends the digits, 0–9, that the format shows at t, in t's time zone. Of a
// year it is the last four.
func (c ClockFormat) appendDigits(dst []uint8, t time.Time) []uint8 {
	hour, minute, second := t.Clock()
	year, month, day := t.Date()
	for _, p := range c.parts {
		v := 0
		switch p.field {
		case 0:
			continue
		case 'H':
			v = hour
		case 'I':
			v = (hour+11)%12 + 1
		case 'M':
			v = minute
		case 'S':
			v = second
		case 'm':
			v = int(month)
		case 'd':
			v = day
		case 'Y':
			v = (year%10000 + 10000) % 10000
			dst = append(dst, uint8(v/1000), uint8(v/100%10))
			v %= 100
		}
		dst = append(dst, uint8(v/10), uint8(v%10))
	}
	return dst
}
