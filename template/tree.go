package template

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Bounds of a text.
const (
	// MaxBytes bounds a text.
	MaxBytes = 256 << 10
	// maxDepth bounds how deep lists and objects lie in each other.
	maxDepth = 64
	// maxValues bounds the values in a text, with those that YAML aliases repeat. The
	// largest template that is allowed has about 13000.
	maxValues = 50000
)

// kind is what a value of a text is.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// String returns the kind with its article.
func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "text", "a list", "an object"}[k]
}

// node is one value of a text, JSON or YAML.
type node struct {
	kind kind
	// value is the text's content, or the number or truth value as JSON writes it.
	value string
	// bare says that YAML has nothing at all where a value may be.
	bare bool
	// items are those of a list.
	items []*node
	// fields are those of an object, as they are written: in order, perhaps doubled.
	fields []field
}

type field struct {
	name  string
	value *node
}

// String returns how the value is quoted in a fault.
func (n *node) String() string {
	switch n.kind {
	case text:
		return fmt.Sprintf("%q", short(n.value))
	case number, boolean:
		return short(n.value)
	default:
		return n.kind.String()
	}
}

// readTree reads a text. One whose first character is '{' is JSON, any other YAML.
// The error says where the text is broken.
func readTree(source []byte) (*node, error) {
	if len(source) > MaxBytes {
		return nil, fmt.Errorf("the text has %d bytes; at most %d are allowed", len(source), MaxBytes)
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff")) // some editors put a byte order mark first
	if !utf8.Valid(source) {
		i := 0
		for i < len(source) {
			r, size := utf8.DecodeRune(source[i:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			i += size
		}
		return nil, fmt.Errorf("%v: not UTF-8", position(source, i))
	}
	if bytes.HasPrefix(bytes.TrimLeft(source, " \t\r\n"), []byte("{")) {
		return readJSON(source)
	}
	return readYAML(source)
}

// place is a place in a text: its line and column in characters, from 1.
type place struct{ line, column int }

func (p place) String() string { return fmt.Sprintf("line %d, column %d", p.line, p.column) }

// position returns the place of the byte at offset.
func position(source []byte, offset int) place {
	before := source[:max(0, min(offset, len(source)))]
	last := bytes.LastIndexByte(before, '\n') + 1
	return place{1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[last:])}
}

// counter bounds what a text may hold.
type counter struct{ values int }

// value counts one value at a depth.
func (c *counter) value(depth int) error {
	c.values++
	if depth > maxDepth {
		return fmt.Errorf("more than %d levels deep", maxDepth)
	}
	if c.values > maxValues {
		return fmt.Errorf("more than %d values", maxValues)
	}
	return nil
}
