package store

import (
	"fmt"
	"regexp"
	"strings"
)

// Kind is a family of names: 1 to 32 lower-case letters, digits and '-', beginning
// with a letter.
type Kind string

// The kinds that Lianmai has.
const (
	Template Kind = "template"
	Picture  Kind = "picture"
	Sound    Kind = "sound"
)

// MaxNameLength is how many bytes a name may have.
const MaxNameLength = 64

var (
	kindPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
)

// checkKind returns ErrName unless kind is spelled as one may be.
func checkKind(kind Kind) error {
	if !kindPattern.MatchString(string(kind)) {
		return fmt.Errorf("%w: a kind is 1 to 32 of a–z, 0–9 and '-' and begins with a letter", ErrName)
	}
	return nil
}

// checkName returns ErrName unless both are spelled as they may be.
func checkName(kind Kind, name string) error {
	if err := checkKind(kind); err != nil {
		return err
	}
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%w: a name is 1 to %d of A–Z, a–z, 0–9, '_', '.' and '-' and begins with a letter or digit",
			ErrName, MaxNameLength)
	}
	return nil
}

// The index has three sorts of keys: recordKey for each name, floorKey for each kind,
// pendingKey for each blob that is being written. '.' parts the tokens of a key, so it
// is '=' in a name there; no name has a '='.
const recordPrefix, floorPrefix, pendingPrefix = "name.", "floor.", "pending."

func recordKey(kind Kind, name string) string {
	return recordsOf(kind) + strings.ReplaceAll(name, ".", "=")
}

func floorKey(kind Kind) string { return floorPrefix + string(kind) }

func pendingKey(ref blobRef) string { return pendingPrefix + ref.Chunks }

// recordsOf returns what the keys of the records of a kind begin with.
func recordsOf(kind Kind) string { return recordPrefix + string(kind) + "." }

// nameInKey returns the name of a recordKey.
func nameInKey(key string) string {
	return strings.ReplaceAll(key[strings.LastIndexByte(key, '.')+1:], "=", ".")
}
