package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lianmai/lianmai/internal/bounded"
)

// ErrSecret says that a text is not a secret, or a file has none, too many or a bad one. It is
// never quoted.
var ErrSecret = errors.New("webhook: bad secret")

// Bounds of secrets. The sizes are those of the specification.
const (
	secretPrefix  = "whsec_"
	leastKey      = 24 // bytes
	mostKey       = 64 // bytes
	newKey        = 32 // bytes, of NewSecret
	mostSecrets   = 8  // of one endpoint
	maxSecretFile = 4 << 10
)

// Secret signs messages. Printed or logged in any way it shows nothing of itself;
// Reveal gives its text.
type Secret struct{ key []byte }

// ParseSecret reads "whsec_" and 24–64 bytes in base64. The error is ErrSecret.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return Secret{}, fmt.Errorf("%w: it must begin with %q", ErrSecret, secretPrefix)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") { // which the decoder leaves out
		return Secret{}, fmt.Errorf("%w: what follows %q must be base64", ErrSecret, secretPrefix)
	}
	if len(key) < leastKey || len(key) > mostKey {
		return Secret{}, fmt.Errorf("%w: it has %d bytes; want %d to %d", ErrSecret, len(key), leastKey, mostKey)
	}
	return Secret{key}, nil
}

// NewSecret returns a secret of 32 random bytes.
func NewSecret() Secret {
	key := make([]byte, newKey)
	_, _ = rand.Read(key) // never fails
	return Secret{key}
}

// ReadSecrets reads a file that has one secret in each line, 1–8 of them. Messages are
// signed with each, so that a receiver can go from one to the next. Empty lines and
// those that begin with '#' do not count. Errors: ErrSecret, or the file's.
func ReadSecrets(path string) ([]Secret, error) {
	text, err := bounded.ReadFile(path, maxSecretFile)
	if errors.Is(err, bounded.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", ErrSecret, err)
	}
	if err != nil {
		return nil, fmt.Errorf("webhook: secrets: %w", err)
	}
	var secrets []Secret
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		secret, err := ParseSecret(line)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, number, err)
		}
		secrets = append(secrets, secret)
	}
	if len(secrets) < 1 || len(secrets) > mostSecrets {
		return nil, fmt.Errorf("%w: %s has %d secrets; want 1 to %d, one in each line", ErrSecret, path, len(secrets), mostSecrets)
	}
	return secrets, nil
}

// Reveal returns the text that ParseSecret reads.
func (s Secret) Reveal() string { return secretPrefix + base64.StdEncoding.EncodeToString(s.key) }

// Format writes "[secret]", whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText returns "[secret]": that is what JSON and logs get.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
