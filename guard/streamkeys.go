package guard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// KeyParameter is the parameter of a stream's query that holds its key.
const KeyParameter = "key"

// Verb is what a stream key is for.
type Verb string

// The verbs.
const (
	Publish Verb = "publish"
	Play    Verb = "play"
)

const (
	minSecret  = 16 // bytes
	maxSecrets = 16
	maxKey     = 128 // bytes of a key that somebody sends
)

// ErrStreamKey says that a stream's key is missing, wrong or too old.
var ErrStreamKey = errors.New("guard: stream key")

// StreamKeys makes and checks the keys of streams:
//
//	key = EXPIRY "-" HEX(HMAC-SHA256(secret, VERB ":" APP "/" STREAM ":" EXPIRY))
//
// EXPIRY is in seconds since 1970, 0 for never. The first secret makes keys, all of them
// are taken, so that a secret can be changed without a stop. Safe for concurrent use.
type StreamKeys struct {
	path    string
	log     *slog.Logger
	file    *watched
	secrets atomic.Pointer[[][]byte]
	now     func() time.Time
}

// NewStreamKeys returns the keys of secrets of at least 16 bytes each. Errors: ErrFile.
func NewStreamKeys(secrets ...string) (*StreamKeys, error) {
	k := &StreamKeys{now: time.Now}
	if err := k.set(secrets); err != nil {
		return k, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return k, nil
}

// OpenStreamKeys reads secrets from a file, one a line; empty lines and those that begin
// with # count for nothing. log is told of later readings. Errors: ErrFile.
func OpenStreamKeys(path string, log *slog.Logger) (*StreamKeys, error) {
	k := &StreamKeys{path: path, log: log, file: watch(path), now: time.Now}
	k.file.changed(true)
	return k, k.read()
}

// Reload reads the file now. Errors: ErrFile; what was read before stays in force.
func (k *StreamKeys) Reload() error {
	if k.path == "" {
		return nil
	}
	k.file.changed(true)
	return k.read()
}

func (k *StreamKeys) read() error {
	text, err := readFile(k.path)
	if err != nil {
		return err
	}
	var secrets []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			secrets = append(secrets, line)
		}
	}
	if err := k.set(secrets); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFile, k.path, err)
	}
	return nil
}

// set takes secrets. The error is for people; it has none of them.
func (k *StreamKeys) set(secrets []string) error {
	if len(secrets) == 0 || len(secrets) > maxSecrets {
		return fmt.Errorf("%d secrets; want 1 to %d", len(secrets), maxSecrets)
	}
	var list [][]byte
	for i, s := range secrets {
		if len(s) < minSecret {
			return fmt.Errorf("secret %d has %d bytes; want %d or more, such as `openssl rand -hex 32` makes", i+1, len(s), minSecret)
		}
		list = append(list, []byte(s))
	}
	k.secrets.Store(&list)
	return nil
}

// Key returns the key for stream, app/name, until expiry; a zero expiry is never.
func (k *StreamKeys) Key(verb Verb, stream string, expiry time.Time) string {
	seconds := "0"
	if !expiry.IsZero() {
		seconds = strconv.FormatInt(expiry.Unix(), 10)
	}
	sum := signature((*k.secrets.Load())[0], verb, stream, seconds)
	return seconds + "-" + hex.EncodeToString(sum)
}

func signature(secret []byte, verb Verb, stream, seconds string) []byte {
	m := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(m, "%s:%s:%s", verb, stream, seconds) // a hash takes everything
	return m.Sum(nil)
}

// Check returns an ErrStreamKey unless query, without its question mark, has a key for
// stream. It takes the same time whether a key is nearly right or not at all.
func (k *StreamKeys) Check(verb Verb, stream, query string) error {
	if k.path != "" && k.file.changed(false) {
		if err := k.read(); err != nil {
			k.log.Error("stream keys cannot be read again: those from before stay in force", "error", err)
		} else {
			k.log.Info("stream keys read again", "file", k.path)
		}
	}
	key := parameter(query)
	if key == "" {
		// A `?` would begin what logs take for a query, and leave out.
		return fmt.Errorf("%w: none; %s with a key in the query, see lianmai token stream", ErrStreamKey, verb)
	}
	seconds, digits, _ := strings.Cut(key, "-")
	sum, err := hex.DecodeString(digits)
	right := 0
	for _, secret := range *k.secrets.Load() {
		if hmac.Equal(sum, signature(secret, verb, stream, seconds)) {
			right++
		}
	}
	expiry, errExpiry := strconv.ParseInt(seconds, 10, 64)
	switch {
	case err != nil || errExpiry != nil || right == 0:
		return fmt.Errorf("%w: wrong", ErrStreamKey)
	case expiry != 0 && k.now().Unix() >= expiry:
		return fmt.Errorf("%w: expired", ErrStreamKey)
	}
	return nil
}

// parameter returns the key in a query; "" for none or one that is too long.
func parameter(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, KeyParameter+"="); ok {
			if value, err := url.QueryUnescape(value); err == nil && len(value) <= maxKey {
				return value
			}
			return ""
		}
	}
	return ""
}

// Pair returns Key as the pair of a query.
func (k *StreamKeys) Pair(verb Verb, stream string, expiry time.Time) string {
	return KeyParameter + "=" + k.Key(verb, stream, expiry)
}
