package guard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxCallers bounds the entries of a file, tokens and certificates each.
const maxCallers = 1000

// callerName is what a token may be called.
var callerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$`)

// keyFile is the file of tokens and certificates.
type keyFile struct {
	Tokens       []TokenEntry       `yaml:"tokens,omitempty"`
	Certificates []CertificateEntry `yaml:"certificates,omitempty"`
}

// TokenEntry is what a file keeps of one token.
type TokenEntry struct {
	Name    string    `yaml:"name"`
	Hash    string    `yaml:"hash"`
	Scopes  []string  `yaml:"scopes,flow"`
	Created time.Time `yaml:"created,omitempty"`
}

// CertificateEntry says what one client certificate may do.
type CertificateEntry struct {
	// Name is the certificate's common name or one of its subject alternative names: a
	// DNS name, a URI (such as a SPIFFE ID) or a mail address.
	Name   string   `yaml:"name"`
	Scopes []string `yaml:"scopes,flow"`
}

// NewEntry returns the entry of a token. Errors: ErrFile.
func NewEntry(name string, hash Hash, scopes Scopes, created time.Time) (TokenEntry, error) {
	if !callerName.MatchString(name) {
		return TokenEntry{}, fmt.Errorf("%w: name %q: want 1–64 letters, digits, '_', '.', '@' and '-', beginning with a letter or digit", ErrFile, name)
	}
	return TokenEntry{Name: name, Hash: hash.String(), Scopes: scopes.Names(), Created: created.UTC().Truncate(time.Second)}, nil
}

// parseKeyFile reads YAML. It refuses keys that nobody knows: one that is misspelt could
// be what somebody relies on.
func parseKeyFile(text []byte) (keyFile, error) {
	var f keyFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return keyFile{}, err
	}
	if len(f.Tokens) > maxCallers || len(f.Certificates) > maxCallers {
		return keyFile{}, fmt.Errorf("more than %d tokens or certificates", maxCallers)
	}
	return f, nil
}

// ring is a keyFile that is ready for use. It is immutable.
type ring struct {
	tokens []ringToken
	// certificates is nil if the file has no such section: then each has all scopes.
	certificates map[string]Scopes
}

type ringToken struct {
	hash Hash
	who  Principal
}

// ring returns f ready for use. The error tells everything that is wrong.
func (f keyFile) ring() (*ring, error) {
	r := &ring{}
	var faults []error
	names, hashes := map[string]bool{}, map[Hash]bool{}
	for i, t := range f.Tokens {
		hash, errHash := parseHash(t.Hash)
		scopes, errScopes := ParseScopes(t.Scopes)
		var errName error
		switch {
		case !callerName.MatchString(t.Name):
			errName = fmt.Errorf("name %q: want 1–64 letters, digits, '_', '.', '@' and '-'", t.Name)
		case names[t.Name]:
			errName = fmt.Errorf("another token is called %q", t.Name)
		case errHash == nil && hashes[hash]:
			errName = fmt.Errorf("another token has the hash of %q", t.Name)
		}
		if err := errors.Join(errName, errHash, errScopes); err != nil {
			faults = append(faults, fmt.Errorf("tokens[%d]: %w", i, err))
			continue
		}
		names[t.Name], hashes[hash] = true, true
		r.tokens = append(r.tokens, ringToken{hash, Principal{Name: t.Name, Scopes: scopes, Mark: t.Hash}})
	}
	if f.Certificates != nil {
		r.certificates = map[string]Scopes{}
	}
	for i, c := range f.Certificates {
		scopes, err := ParseScopes(c.Scopes)
		if c.Name == "" {
			err = errors.Join(errors.New("no name"), err)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("certificates[%d]: %w", i, err))
			continue
		}
		r.certificates[c.Name] = scopes
	}
	return r, errors.Join(faults...)
}
