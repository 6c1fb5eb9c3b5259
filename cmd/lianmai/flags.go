package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/lianmai/lianmai/media"
)

// sizeFlag is a picture size, WxH in pixels. The zero value is "not set". It is a
// pflag.Value, so that a mistake names its flag.
type sizeFlag struct{ Width, Height int }

// String returns WxH; nothing when it is not set.
func (s *sizeFlag) String() string {
	if *s == (sizeFlag{}) {
		return ""
	}
	return fmt.Sprintf("%dx%d", s.Width, s.Height)
}

// Set reads WxH. Which sizes are allowed, their user says.
func (s *sizeFlag) Set(text string) error {
	w, h, ok := strings.Cut(strings.ToLower(text), "x")
	width, errW := strconv.ParseUint(w, 10, 15)
	height, errH := strconv.ParseUint(h, 10, 15)
	if !ok || errW != nil || errH != nil || width == 0 || height == 0 {
		return errors.New("want WIDTHxHEIGHT in pixels, such as 720x1280")
	}
	*s = sizeFlag{int(width), int(height)}
	return nil
}

// Type names the kind of value in the help.
func (s *sizeFlag) Type() string { return "WxH" }

// fpsFlag is a frame rate: 30 or 30000/1001. The zero value is "not set".
type fpsFlag struct{ media.FrameRate }

// String returns the frame rate; nothing when it is not set.
func (f *fpsFlag) String() string {
	if f.Den == 0 {
		return ""
	}
	return f.FrameRate.String()
}

// Set reads N or N/D.
func (f *fpsFlag) Set(text string) error {
	num, den, fraction := strings.Cut(text, "/")
	if !fraction {
		den = "1"
	}
	n, errN := strconv.ParseUint(num, 10, 31)
	d, errD := strconv.ParseUint(den, 10, 31)
	if errN != nil || errD != nil || n == 0 || d == 0 {
		return errors.New("want frames per second, such as 30 or 30000/1001")
	}
	f.FrameRate = media.FrameRate{Num: int(n), Den: int(d)}
	return nil
}

// Type names the kind of value in the help.
func (f *fpsFlag) Type() string { return "N" }

// bitrateFlag is a number of bits per second: 2500k, 2.5M or 2500000. 0 is "not set".
type bitrateFlag int

// String returns the bitrate; nothing when it is not set.
func (b *bitrateFlag) String() string {
	switch {
	case *b == 0:
		return ""
	case *b%1000 == 0:
		return strconv.Itoa(int(*b/1000)) + "k"
	default:
		return strconv.Itoa(int(*b))
	}
}

// Set reads a number with k (thousand) or M (million) behind it, or neither.
func (b *bitrateFlag) Set(text string) error {
	number, unit := text, 1.0
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		number, unit = text[:len(text)-1], 1e3
	case strings.HasSuffix(text, "M"), strings.HasSuffix(text, "m"):
		number, unit = text[:len(text)-1], 1e6
	}
	value, err := strconv.ParseFloat(number, 64)
	value = math.Round(value * unit)
	if err != nil || !(value >= 1 && value <= math.MaxInt32) {
		return errors.New("want bits per second, such as 2500k or 2.5M")
	}
	*b = bitrateFlag(value)
	return nil
}

// Type names the kind of value in the help.
func (b *bitrateFlag) Type() string { return "BITRATE" }

// namePattern is what a name may be (see the API's MixSpec).
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// cutName splits [NAME=]VALUE. A value may hold '=' itself: what is before the first
// one counts as a name only if it can be one.
func cutName(text string) (name, value string) {
	if before, after, ok := strings.Cut(text, "="); ok && namePattern.MatchString(before) {
		return before, after
	}
	return "", text
}
