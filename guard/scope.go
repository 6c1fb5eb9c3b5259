package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Scope is one thing that a caller may do.
type Scope uint8

// The scopes. Mix and Template have Read in them.
const (
	// Read: see mixes, templates, pictures and sounds, without the secrets in URLs.
	Read Scope = 1 << iota
	// Mix: start, change and stop mixes, and see their URLs whole.
	Mix
	// Template: upload, preview and delete templates, pictures and sounds.
	Template
)

// scopeNames are in the order in which they are told.
var scopeNames = []struct {
	scope Scope
	name  string
}{{Mix, "mix"}, {Template, "template"}, {Read, "read"}}

// String returns the scope's name.
func (s Scope) String() string {
	for _, n := range scopeNames {
		if n.scope == s {
			return n.name
		}
	}
	return Scopes(s).String()
}

// Scopes is a set of them.
type Scopes uint8

// Everything is all scopes.
const Everything = Scopes(Mix | Template | Read)

// ParseScopes reads names of scopes. The error is for people.
func ParseScopes(names []string) (Scopes, error) {
	var all Scopes
	for _, name := range names {
		i := slices.IndexFunc(scopeNames, func(n struct {
			scope Scope
			name  string
		}) bool {
			return n.name == name
		})
		if i < 0 {
			return 0, fmt.Errorf("scope %q: want mix, template or read", name)
		}
		all |= Scopes(scopeNames[i].scope)
	}
	if all == 0 {
		return 0, fmt.Errorf("no scopes: want mix, template or read")
	}
	return all, nil
}

// Has reports whether s may do what scope is for; of one that is several, all of them.
func (s Scopes) Has(scope Scope) bool {
	if scope == Read {
		return s != 0
	}
	return s&Scopes(scope) == Scopes(scope)
}

// Names returns the names of the scopes of which s was made.
func (s Scopes) Names() (names []string) {
	for _, n := range scopeNames {
		if s&Scopes(n.scope) != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// String returns the names, parted by commas.
func (s Scopes) String() string { return strings.Join(s.Names(), ",") }

// Principal is who calls.
type Principal struct {
	// Name is that of a token, or of a client certificate. Empty for everybody: then
	// there are neither.
	Name   string
	Scopes Scopes
	// Mark tells one credential from another that got its name later. It is no secret.
	Mark string
}

type principalKey struct{}

// NewContext returns ctx with who calls.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// FromContext returns who calls. ok is false where no door was passed.
func FromContext(ctx context.Context) (p Principal, ok bool) {
	p, ok = ctx.Value(principalKey{}).(Principal)
	return p, ok
}
