package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// ErrKind says that a word is not that of a kind of events.
var ErrKind = errors.New("webhook: no such kind of events")

// allKinds is the word that stands for every kind.
const allKinds = "all"

// testKind is the word of messages that Test sends.
const testKind = "test"

// Kinds returns the words for kinds of events, sorted: `mix_started` is the
// EVENT_KIND_MIX_STARTED of the API.
func Kinds() []string {
	words := make([]string, 0, len(pb.EventKind_name))
	for number := range pb.EventKind_name {
		if kind := pb.EventKind(number); kind != pb.EventKind_EVENT_KIND_UNSPECIFIED {
			words = append(words, word(kind))
		}
	}
	slices.Sort(words)
	return words
}

// word returns the word for a kind, also for one that this program does not know yet.
func word(kind pb.EventKind) string {
	return strings.ToLower(strings.TrimPrefix(kind.String(), "EVENT_KIND_"))
}

// filter says which kinds an endpoint wants.
type filter struct {
	words  map[string]bool
	except bool // it wants what words does not have
}

// newFilter reads the words of kinds; "all" is every kind. None at all are every kind but
// who speaks, which changes every few seconds. The error is ErrKind.
func newFilter(words []string) (filter, error) {
	if len(words) == 0 {
		return filter{words: map[string]bool{word(pb.EventKind_EVENT_KIND_ACTIVE_SPEAKER_CHANGED): true}, except: true}, nil
	}
	known, wanted := Kinds(), map[string]bool{}
	for _, w := range words {
		if w == allKinds {
			return filter{except: true}, nil
		}
		if !slices.Contains(known, w) {
			return filter{}, fmt.Errorf("%w: %q; want %s, or all", ErrKind, w, strings.Join(known, ", "))
		}
		wanted[w] = true
	}
	return filter{words: wanted}, nil
}

// wants says whether events of this kind are sent.
func (f filter) wants(kind pb.EventKind) bool { return f.words[word(kind)] != f.except }
