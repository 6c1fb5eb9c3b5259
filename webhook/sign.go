package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Errors of Verify.
var (
	// ErrHeader: a header is missing, or is not what it should be.
	ErrHeader = errors.New("webhook: bad header")
	// ErrTimestamp: the message was sent too long ago, or in the future.
	ErrTimestamp = errors.New("webhook: the timestamp is out of bounds")
	// ErrSignature: no signature is the secret's for this message.
	ErrSignature = errors.New("webhook: the signature does not match")
)

// The headers of a message.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// Tolerance is how far the clocks of sender and receiver may be apart, and how old a
// message may be when it is received.
const Tolerance = 5 * time.Minute

// Bounds of the headers that Verify looks at.
const (
	maxID         = 256 // bytes
	maxSignatures = 16
)

// sign sets the headers of a message with this id that is sent now.
func sign(h http.Header, secrets []Secret, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, s := range secrets {
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(s.mac(id, timestamp, body))
	}
	h.Set(headerID, id)
	h.Set(headerTimestamp, timestamp)
	h.Set(headerSignature, strings.Join(signatures, " "))
}

// mac returns the HMAC-SHA256 of a message.
func (s Secret) mac(id, timestamp string, body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(id + "." + timestamp + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Verify checks that a message was signed with secret ("whsec_…") and sent no longer than
// tolerance before or after now; pass Tolerance. header and body are those of the request,
// the body byte for byte. It takes the same time for every signature. Errors: ErrSecret,
// ErrHeader, ErrTimestamp, ErrSignature.
//
// A message may come twice: its Webhook-Id header is then the same.
func Verify(secret string, header http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	key, err := ParseSecret(secret)
	if err != nil {
		return err
	}
	id, timestamp := header.Get(headerID), header.Get(headerTimestamp)
	if id == "" || len(id) > maxID {
		return fmt.Errorf("%w: %s must have 1 to %d bytes", ErrHeader, headerID, maxID)
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %s must be seconds since 1970", ErrHeader, headerTimestamp)
	}
	sent := time.Unix(seconds, 0)
	// Compared as times: a difference of far times would be clipped.
	if sent.Before(now.Add(-tolerance)) || sent.After(now.Add(tolerance)) {
		return fmt.Errorf("%w: it may be %v off", ErrTimestamp, tolerance)
	}
	want, match, found := key.mac(id, timestamp, body), false, 0
	for signature := range strings.FieldsSeq(header.Get(headerSignature)) {
		if found++; found > maxSignatures {
			return fmt.Errorf("%w: %s has more than %d signatures", ErrHeader, headerSignature, maxSignatures)
		}
		encoded, ok := strings.CutPrefix(signature, "v1,")
		if !ok {
			continue // of another version of the specification
		}
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && hmac.Equal(got, want) {
			match = true
		}
	}
	if found == 0 {
		return fmt.Errorf("%w: %s is missing", ErrHeader, headerSignature)
	}
	if !match {
		return ErrSignature
	}
	return nil
}
