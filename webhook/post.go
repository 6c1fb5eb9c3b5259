package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// ErrURL says that an endpoint's URL is not one that can be sent to. It is never quoted.
var ErrURL = errors.New("webhook: bad URL")

// Bounds of one attempt.
const (
	attemptTimeout = 10 * time.Second
	maxAnswer      = 16 << 10 // bytes that are read of an answer
	maxURL         = 2048     // bytes
)

// Answer is what came back of a message.
type Answer struct {
	// Code is the HTTP status, such as 204.
	Code int
	// Body is how the answer begins, at most 16 KiB. It is whatever the endpoint wrote.
	Body []byte
	// RetryAfter is how long the endpoint asked to wait, brought within 1 s to 5 min;
	// 0 when it did not say.
	RetryAfter time.Duration
}

// Taken says whether the endpoint took the message.
func (a Answer) Taken() bool { return a.Code >= 200 && a.Code <= 299 }

// newClient returns a client that follows no redirect: a message is for the URL that the
// operator named. roots are nil for those of the system.
func newClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           1,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkURL returns a parsed URL. The error is ErrURL.
func checkURL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrURL, maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: it cannot be read", ErrURL) // err quotes it
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%w: it must begin with https:// or http://", ErrURL)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%w: it has no host", ErrURL)
	case u.User != nil:
		return nil, fmt.Errorf("%w: it must have no user and no password; messages are signed", ErrURL)
	case u.Fragment != "":
		return nil, fmt.Errorf("%w: it must have no '#'", ErrURL)
	}
	return u, nil
}

// post sends a message once, within 10 s. The error says why there is no answer; it does
// not have the URL.
func post(ctx context.Context, client *http.Client, target string, secrets []Secret, m message) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(m.body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: it cannot be read", ErrURL)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "lianmai")
	sign(req.Header, secrets, m.id, time.Now(), m.body)
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, withoutURL(err)
	}
	defer resp.Body.Close()
	// The status is the answer; a body that breaks off or does not end changes nothing.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return Answer{Code: resp.StatusCode, Body: body, RetryAfter: retryAfter(resp.Header, time.Now())}, nil
}

// withoutURL returns what a client says without the URL, which may carry a secret.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
