package guard

import (
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"go.yaml.in/yaml/v3"
)

// Keyring knows the callers: those of a file, which it reads again when it has changed,
// so that a token is revoked by taking it out. Safe for concurrent use.
type Keyring struct {
	path string // empty for none
	log  *slog.Logger
	file *watched
	now  atomic.Pointer[ring]
}

// OpenKeyring reads the file at path; an empty path gives a Keyring without tokens, that
// gives all scopes to each certificate. log is told of later readings. Errors: ErrFile.
func OpenKeyring(path string, log *slog.Logger) (*Keyring, error) {
	k := &Keyring{path: path, log: log, file: watch(path)}
	k.now.Store(&ring{})
	if path == "" {
		return k, nil
	}
	k.file.changed(true)
	return k, k.read()
}

// Reload reads the file now. Errors: ErrFile; what was read before stays in force.
func (k *Keyring) Reload() error {
	if k.path == "" {
		return nil
	}
	k.file.changed(true)
	return k.read()
}

func (k *Keyring) read() error {
	text, err := readFile(k.path)
	if err != nil {
		return err
	}
	f, err := parseKeyFile(text)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFile, k.path, err)
	}
	r, err := f.ring()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFile, k.path, err)
	}
	k.now.Store(r)
	return nil
}

// current returns who may call now.
func (k *Keyring) current() *ring {
	if k.path != "" && k.file.changed(false) {
		if err := k.read(); err != nil {
			k.log.Error("tokens cannot be read again: those from before stay in force", "error", err)
		} else {
			k.log.Info("tokens read again", "file", k.path, "tokens", len(k.now.Load().tokens))
		}
	}
	return k.now.Load()
}

// HasTokens reports whether there are any.
func (k *Keyring) HasTokens() bool { return len(k.current().tokens) > 0 }

// Token returns whose token it is. All are compared, each in constant time, so that how
// long it takes says nothing.
func (k *Keyring) Token(token string) (Principal, bool) {
	if len(token) > maxToken {
		return Principal{}, false
	}
	hash, found := HashOf(token), -1
	tokens := k.current().tokens
	for i := range tokens {
		if subtle.ConstantTimeCompare(hash[:], tokens[i].hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Principal{}, false
	}
	return tokens[found].who, true
}

// certificateMark begins the mark of who came with a certificate.
const certificateMark = "certificate:"

// Certificate returns whose certificate it is. TLS has verified it.
func (k *Keyring) Certificate(cert *x509.Certificate) (Principal, bool) {
	r, names := k.current(), namesOf(cert)
	mark := certificateMark + cert.SerialNumber.String()
	if r.certificates == nil {
		return Principal{Name: names[0], Scopes: Everything, Mark: mark}, true
	}
	for _, name := range names {
		if scopes, ok := r.certificates[name]; ok && name != "" {
			return Principal{Name: name, Scopes: scopes, Mark: mark}, true
		}
	}
	return Principal{}, false
}

// namesOf returns the names of a certificate, the common name first.
func namesOf(cert *x509.Certificate) []string {
	names := append([]string{cert.Subject.CommonName}, cert.DNSNames...)
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	names = append(names, cert.EmailAddresses...)
	if names[0] == "" && len(names) > 1 {
		return names[1:]
	}
	return names
}

// Still reports whether p may do what scope is for now: a token may have been taken out of
// the file, or lost scopes, while its call is under way.
func (k *Keyring) Still(p Principal, scope Scope) bool {
	r := k.current()
	for _, t := range r.tokens {
		if t.who.Mark == p.Mark {
			return t.who.Scopes.Has(scope)
		}
	}
	if !strings.HasPrefix(p.Mark, certificateMark) {
		return false
	}
	return r.certificates == nil || r.certificates[p.Name].Has(scope)
}

// Entries returns the tokens that the file at path has; none if there is no file.
// Errors: ErrFile.
func Entries(path string) ([]TokenEntry, error) {
	f, err := load(path)
	return f.Tokens, err
}

// load reads and checks the file at path. One that is not there is empty.
func load(path string) (keyFile, error) {
	text, err := readFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return keyFile{}, nil
	}
	if err != nil {
		return keyFile{}, err
	}
	f, err := parseKeyFile(text)
	if err == nil {
		_, err = f.ring()
	}
	if err != nil {
		return keyFile{}, fmt.Errorf("%w: %s: %w", ErrFile, path, err)
	}
	return f, nil
}

// AddEntry puts a token into the file at path, which it makes if there is none. The file
// is replaced whole, so that a reader sees either state; comments in it are lost. Errors:
// ErrFile.
func AddEntry(path string, entry TokenEntry) error {
	f, err := load(path)
	if err != nil {
		return err
	}
	f.Tokens = append(f.Tokens, entry)
	if _, err := f.ring(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFile, path, err)
	}
	text, err := yaml.Marshal(f)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	if err := replace(path, text); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	return nil
}

// replace puts text at path in one step. A new file is for its owner alone; one that was
// there keeps its mode.
func replace(path string, text []byte) error {
	mode := os.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there any more if all went well
	_, errWrite := f.Write(text)
	if err := errors.Join(errWrite, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
