package compose

import (
	"unicode"
)

// Bounds of a display name, in runes.
const (
	maxNameRead  = 256 // what is looked at
	maxNameShown = 48  // what is shaped
	maxMarks     = 2   // combining marks on one letter
)

// readable returns what can be written of a display name on one line: white space is
// made single, control and formatting characters are left out, and so are symbols that
// no font has, such as emoji. With a letter that no font has it returns nil: a
// name is shown whole or not at all.
func readable(name string, has func(rune) bool) []rune {
	var text []rune
	read, marks := 0, 0
	for _, r := range name {
		if read++; read > maxNameRead || len(text) >= maxNameShown {
			break
		}
		if unicode.IsSpace(r) {
			if len(text) > 0 && text[len(text)-1] != ' ' {
				text = append(text, ' ')
			}
			continue
		}
		isMark := unicode.Is(unicode.M, r)
		if isMark {
			marks++
		} else {
			marks = 0
		}
		switch {
		case unicode.Is(unicode.C, r) || r == unicode.ReplacementChar:
		case isMark && (marks > maxMarks || len(text) == 0 || !has(r)):
		case has(r):
			text = append(text, r)
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			return nil
		}
	}
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// initials returns the one or two letters that stand for a name. Of the first stretch of
// Chinese, Japanese or Korean it is the last two characters, as in 张三丰 → 三丰; elsewhere
// the first letters of the first and the last word, where a single digit at the end of a
// word counts as one: Ann Lee → AL, guest-3 → G3, p1 → P1. It is empty if the
// name has no letters or digits.
func initials(name string) []rune {
	var cjk, firsts []rune
	var before rune // the last character of the word so far; 0 between words
	read := 0
	for _, r := range name {
		if read++; read > maxNameRead {
			break
		}
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
			cjk = append(cjk, r)
			continue
		}
		if len(cjk) > 0 {
			break
		}
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		switch {
		case unicode.Is(unicode.M, r):
			continue
		case !word:
			before = 0
			continue
		case before == 0, unicode.IsDigit(r) && !unicode.IsDigit(before):
			firsts = append(firsts, unicode.ToUpper(r))
		case unicode.IsDigit(r):
			// A number of several digits says little by its first.
			if n := len(firsts); n > 1 && unicode.IsDigit(firsts[n-1]) {
				firsts = firsts[:n-1]
			}
		}
		before = r
	}
	if n := len(cjk); n > 0 {
		return cjk[max(0, n-2):]
	}
	if n := len(firsts); n > 2 {
		return []rune{firsts[0], firsts[n-1]}
	}
	return firsts
}
