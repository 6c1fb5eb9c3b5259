package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ErrTemplate is what every error of this package is, by errors.Is: the text or the
// message is not a usable template. The error is of the type Faults.
var ErrTemplate = errors.New("template")

// maxListed bounds the faults and the warnings that are listed.
const maxListed = 100

// maxShown bounds what is quoted from a text, in characters.
const maxShown = 40

// Fault is something that is wrong.
type Fault struct {
	// Path is the field's JSON path, such as `layouts[0].slots[1].cornerRadius`; empty
	// for the whole text.
	Path string
	// Allowed says what is there and what may be.
	Allowed string
}

// String returns the fault as one line.
func (f Fault) String() string { return line(f.Path, f.Allowed) }

// Warning is something that is allowed but perhaps not meant.
type Warning struct {
	// Path is the field's JSON path.
	Path string
	// Text says what to look at.
	Text string
}

// String returns the warning as one line.
func (w Warning) String() string { return line(w.Path, w.Text) }

func line(path, text string) string {
	if path == "" {
		return text
	}
	return path + ": " + text
}

// Faults is an ErrTemplate that lists everything that is wrong: at most 100 faults, and
// one more that says so if there were more.
type Faults []Fault

// Error returns a single fault as one line, and several as one line each below a
// headline.
func (f Faults) Error() string {
	if len(f) == 1 {
		return ErrTemplate.Error() + ": " + f[0].String()
	}
	text := fmt.Sprintf("%v: %d faults:", ErrTemplate, len(f))
	for _, fault := range f {
		text += "\n  " + fault.String()
	}
	return text
}

// Is reports that target is ErrTemplate.
func (f Faults) Is(target error) bool { return target == ErrTemplate }

// findings collects faults and warnings.
type findings struct {
	faults   Faults
	warnings []Warning
	// unread are the paths of what could not be read; see judge.
	unread []string
}

// fault adds a fault, unless what it is about could not be read in the first place.
func (f *findings) fault(path, format string, args ...any) {
	switch {
	case slices.ContainsFunc(f.unread, func(unread string) bool { return within(path, unread) }):
	case len(f.faults) < maxListed:
		f.faults = append(f.faults, Fault{path, fmt.Sprintf(format, args...)})
	case len(f.faults) == maxListed:
		f.faults = append(f.faults, Fault{"", fmt.Sprintf("there are more than %d faults; these are the first", maxListed)})
	}
}

func (f *findings) warn(path, format string, args ...any) {
	if len(f.warnings) < maxListed {
		f.warnings = append(f.warnings, Warning{path, fmt.Sprintf(format, args...)})
	}
}

// judge begins the second part: the text is read, and what it says is looked at.
func (f *findings) judge() {
	for _, fault := range f.faults {
		f.unread = append(f.unread, fault.Path)
	}
}

// touches says that something at path, above it or below it could not be read, so that
// nothing follows from what is there.
func (f *findings) touches(path string) bool {
	return slices.ContainsFunc(f.unread, func(unread string) bool {
		return within(unread, path) || within(path, unread)
	})
}

// within says that path is outer or lies in it.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (rest == "" || outer == "" || rest[0] == '.' || rest[0] == '[')
}

// err returns the faults as an error; nil if there are none.
func (f *findings) err() error {
	if len(f.faults) == 0 {
		return nil
	}
	return f.faults
}

// join returns the path of a field of what is at path.
func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

// at returns the path of an element of the list at path.
func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// short cuts what is quoted from a text.
func short(text string) string {
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	return string([]rune(text)[:maxShown]) + "…"
}
