package guard

import (
	"errors"
	"strings"
	"testing"
)

// Logs leave out what begins with a question mark.
func TestAMissingKeySaysHowToGetOne(t *testing.T) {
	k, err := NewStreamKeys("secret-number-one-0001")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []Verb{Publish, Play} {
		err := k.Check(verb, "live/host", "")
		if !errors.Is(err, ErrStreamKey) || strings.ContainsAny(err.Error(), "?…") ||
			!strings.Contains(err.Error(), string(verb)+" with a key in the query, see lianmai token stream") {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

func TestAShortSecretIsToldInOrder(t *testing.T) {
	path := inFolder(t, "keys.txt")
	write(t, path, "short\n")
	_, err := OpenStreamKeys(path, quiet)
	want := "guard: bad file: " + path + ": secret 1 has 5 bytes; want 16 or more, such as `openssl rand -hex 32` makes"
	if !errors.Is(err, ErrFile) || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
	if _, err := NewStreamKeys("short"); !errors.Is(err, ErrFile) {
		t.Errorf("without a file: %v", err)
	}
}
