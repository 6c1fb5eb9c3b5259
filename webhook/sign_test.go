package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The example of the specification.
func TestTheSpecificationsExample(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	key, err := ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	h, body, now := http.Header{}, []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0)
	sign(h, []Secret{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, body)
	if got, want := h.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
	if err := Verify(secret, h, body, now, Tolerance); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	old, secret, now := NewSecret(), NewSecret(), time.Unix(1_800_000_000, 0)
	body := []byte(`{"mix":"room"}`)
	for _, c := range []struct {
		name   string
		change func(h http.Header, body []byte, now *time.Time)
		want   error
	}{
		{"nothing", func(http.Header, []byte, *time.Time) {}, nil},
		{"4 minutes late", func(_ http.Header, _ []byte, now *time.Time) { *now = now.Add(4 * time.Minute) }, nil},
		{"4 minutes early", func(_ http.Header, _ []byte, now *time.Time) { *now = now.Add(-4 * time.Minute) }, nil},
		{"6 minutes late", func(_ http.Header, _ []byte, now *time.Time) { *now = now.Add(6 * time.Minute) }, ErrTimestamp},
		{"6 minutes early", func(_ http.Header, _ []byte, now *time.Time) { *now = now.Add(-6 * time.Minute) }, ErrTimestamp},
		{"another body", func(_ http.Header, body []byte, _ *time.Time) { body[3] ^= 1 }, ErrSignature},
		{"another id", func(h http.Header, _ []byte, _ *time.Time) { h.Set("webhook-id", "msg_2") }, ErrSignature},
		{"another time", func(h http.Header, _ []byte, _ *time.Time) { h.Set("webhook-timestamp", "1800000001") }, ErrSignature},
		{"no id", func(h http.Header, _ []byte, _ *time.Time) { h.Del("webhook-id") }, ErrHeader},
		{"a huge id", func(h http.Header, _ []byte, _ *time.Time) { h.Set("webhook-id", strings.Repeat("x", 257)) }, ErrHeader},
		{"no time", func(h http.Header, _ []byte, _ *time.Time) { h.Del("webhook-timestamp") }, ErrHeader},
		{"a time of day", func(h http.Header, _ []byte, _ *time.Time) { h.Set("webhook-timestamp", "12:00") }, ErrHeader},
		{"the end of time", func(h http.Header, _ []byte, _ *time.Time) {
			h.Set("webhook-timestamp", "9223372036854775807")
		}, ErrTimestamp},
		{"the beginning of time", func(h http.Header, _ []byte, _ *time.Time) {
			h.Set("webhook-timestamp", "-9223372036854775808")
		}, ErrTimestamp},
		{"no signature", func(h http.Header, _ []byte, _ *time.Time) { h.Del("webhook-signature") }, ErrHeader},
		{"only another version", func(h http.Header, _ []byte, _ *time.Time) {
			h.Set("webhook-signature", strings.ReplaceAll(h.Get("webhook-signature"), "v1,", "v1a,"))
		}, ErrSignature},
		{"another version too", func(h http.Header, _ []byte, _ *time.Time) {
			h.Set("webhook-signature", "v2,AAAA v1,!!! "+h.Get("webhook-signature"))
		}, nil},
		{"too many signatures", func(h http.Header, _ []byte, _ *time.Time) {
			h.Set("webhook-signature", strings.Repeat("v1,AAAA ", 16)+h.Get("webhook-signature"))
		}, ErrHeader},
		{"the old secret's signature alone", func(h http.Header, _ []byte, _ *time.Time) {
			first, _, _ := strings.Cut(h.Get("webhook-signature"), " ")
			h.Set("webhook-signature", first)
		}, ErrSignature},
	} {
		h, now, body := http.Header{}, now, []byte(string(body))
		sign(h, []Secret{old, secret}, "msg_1", now, body)
		c.change(h, body, &now)
		if err := Verify(secret.Reveal(), h, body, now, Tolerance); !errors.Is(err, c.want) {
			t.Errorf("%s: Verify = %v, want %v", c.name, err, c.want)
		}
	}
	if err := Verify("whsec_?", http.Header{}, body, now, Tolerance); !errors.Is(err, ErrSecret) {
		t.Errorf("a bad secret: Verify = %v", err)
	}
}

// Whatever is sent verifies with each of its secrets, and with no other.
func TestVerifyIsTheOtherSideOfSign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := make([]Secret, rapid.IntRange(1, 8).Draw(t, "secrets"))
		for i := range secrets {
			secrets[i] = Secret{rapid.SliceOfN(rapid.Byte(), leastKey, mostKey).Draw(t, "key")}
		}
		id, body := rapid.StringMatching(`[!-~]{1,60}`).Draw(t, "id"), rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		now := time.Unix(rapid.Int64Range(0, 1<<40).Draw(t, "now"), 0)
		h := http.Header{}
		sign(h, secrets, id, now, body)
		for _, s := range secrets {
			if err := Verify(s.Reveal(), h, body, now, Tolerance); err != nil {
				t.Fatal(err)
			}
		}
		if err := Verify(NewSecret().Reveal(), h, body, now, Tolerance); !errors.Is(err, ErrSignature) {
			t.Fatalf("a foreign secret: %v", err)
		}
	})
}

func TestSecretsAreChecked(t *testing.T) {
	good := NewSecret().Reveal()
	for _, c := range []struct {
		text string
		want error
	}{
		{good, nil},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", nil},
		{strings.TrimPrefix(good, "whsec_"), ErrSecret},
		{"whsec_", ErrSecret},
		{"whsec_c2hvcnQ=", ErrSecret},
		{"whsec_" + strings.Repeat("AAAA", 22), ErrSecret},
		{good + "\n", ErrSecret},
	} {
		s, err := ParseSecret(c.text)
		if !errors.Is(err, c.want) || err == nil && s.Reveal() != c.text {
			t.Errorf("ParseSecret(%q) = %v", c.text, err)
		}
		if err != nil && len(c.text) > 8 && strings.Contains(err.Error(), c.text[6:]) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestSecretsAreReadFromAFile(t *testing.T) {
	one, two := NewSecret(), NewSecret()
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"one", one.Reveal(), 1},
		{"two with words between them", "# old\n" + one.Reveal() + "\r\n\n# new\n" + two.Reveal() + "\n", 2},
		{"nothing", "# soon\n", 0},
		{"a bad one", one.Reveal() + "\nwhsec_oops\n", 0},
		{"nine", strings.Repeat(one.Reveal()+"\n", 9), 0},
		{"huge", strings.Repeat("# nothing\n", 1000), 0},
	} {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		secrets, err := ReadSecrets(path)
		if len(secrets) != c.want || (c.want == 0) != errors.Is(err, ErrSecret) {
			t.Errorf("%s: %d secrets, %v", c.name, len(secrets), err)
		}
	}
	if _, err := ReadSecrets(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	s := NewSecret()
	e := Endpoint{URL: "https://example.org", Secrets: []Secret{s}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "endpoint", e)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "endpoint", e)
	asJSON, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(asJSON) + fmt.Sprintf("%v %+v %#v %s %q %x %d", e, e, e, s, s, s, s)
	hexKey, bytesKey := fmt.Sprintf("%x", s.key), fmt.Sprint(s.key)
	for _, telling := range []string{s.Reveal()[6:], hexKey, bytesKey, fmt.Sprintf("%#v", s.key)} {
		if strings.Contains(all, telling) {
			t.Errorf("the secret shows in %s", all)
		}
	}
	if !strings.Contains(all, "[secret]") {
		t.Errorf("nothing was printed: %s", all)
	}
}
