package guard

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	// tokenPrefix lets people and secret scanners see what a token is.
	tokenPrefix = "lianmai_"
	// tokenBytes are random: 256 bits.
	tokenBytes = 32
	// maxToken bounds a token that somebody sends, in bytes.
	maxToken = 256
	// hashPrefix names the hash that is kept of a token.
	hashPrefix = "sha256:"
)

// Hash is what is kept of a token. SHA-256 is enough, and no slow hash is needed, because
// tokens are random: nobody can try 2²⁵⁶ of them, however fast each try is.
type Hash [sha256.Size]byte

// NewToken returns a new random token and its hash.
func NewToken() (token string, hash Hash) {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return token, HashOf(token)
}

// HashOf returns the hash of a token.
func HashOf(token string) Hash { return sha256.Sum256([]byte(token)) }

// String returns the hash as the file has it.
func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// parseHash reads what String writes.
func parseHash(text string) (h Hash, err error) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(h) {
		return h, fmt.Errorf("hash: want %s and %d hexadecimal digits, as `lianmai token new` makes it", hashPrefix, 2*len(h))
	}
	copy(h[:], b)
	return h, nil
}
