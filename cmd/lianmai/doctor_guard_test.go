package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	mathbig "math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/config"
)

// keyPair writes a certificate that is good until end, and its key, and returns their paths.
func keyPair(t *testing.T, end time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: mathbig.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, DNSNames: []string{"mixer.example.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		written(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// written returns the path of a new file with text in it that only its owner can read.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheDoctorLooksAtGuards(t *testing.T) {
	m, _, _ := goodMachine()
	valid := func(cfg *config.Config, until time.Duration) {
		cfg.TLS.Cert, cfg.TLS.Key = keyPair(t, m.now().Add(until))
	}
	for name, test := range map[string]struct {
		change  func(*config.Config)
		check   string
		verdict string
		says    string
	}{
		"defaults":  {func(*config.Config) {}, "access", verdictOK, "everybody on this machine"},
		"open":      {func(c *config.Config) { c.GRPC = ":1" }, "access", verdictFail, "lianmai token new"},
		"publishes": {func(c *config.Config) { c.RTMP = ":1" }, "access", verdictFail, "--publish-keys FILE"},
		"guarded": {func(c *config.Config) { c.GRPC, c.RTMP, c.Tokens, c.Publish.Key = ":1", ":2", "f", "k" },
			"access", verdictOK, "tokens; publishes: who has a stream's key"},
		"certificates": {func(c *config.Config) {
			valid(c, 24*time.Hour*300)
			c.Tokens, c.TLS.ClientCA, c.RTMP = "f", c.TLS.Cert, "off"
		}, "access", verdictOK, "tokens or client certificates; publishes: nobody"},
		"plain text":       {func(c *config.Config) { c.GRPC, c.Tokens = ":1", "f" }, "tls", verdictWarn, "plain text"},
		"good for long":    {func(c *config.Config) { valid(c, 24*time.Hour*300) }, "tls", verdictOK, "for mixer.example.com until 2027-02-25"},
		"ends soon":        {func(c *config.Config) { valid(c, 24*time.Hour) }, "tls", verdictWarn, "renew"},
		"has ended":        {func(c *config.Config) { valid(c, -time.Hour) }, "tls", verdictFail, "is past"},
		"begins later":     {func(c *config.Config) { valid(c, 24*time.Hour*500) }, "tls", verdictFail, "not before"},
		"no certificate":   {func(c *config.Config) { c.TLS.Cert, c.TLS.Key = written(t, "x"), written(t, "y") }, "tls", verdictFail, "PEM"},
		"bad list":         {func(c *config.Config) { c.Allow.Input = "10.0.0.1/8" }, "allow", verdictFail, "10.0.0.0/8"},
		"lists":            {func(c *config.Config) { c.Allow.Input, c.Allow.Output = "a.example.com", "*" }, "allow", verdictOK, "from a.example.com; to *"},
		"private networks": {func(c *config.Config) { c.Allow.Private = "true" }, "allow", verdictWarn, "private addresses too"},
	} {
		cfg := goodConfig()
		test.change(&cfg)
		found := false
		for _, f := range checkGuards(m, cfg) {
			if f.Check != test.check {
				continue
			}
			found = true
			if f.Verdict != test.verdict || !strings.Contains(f.Found+" "+f.Do, test.says) || (f.Verdict == verdictOK) != (f.Do == "") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !found {
			t.Errorf("%s: no check %s", name, test.check)
		}
	}
}

func TestEachOpenListenerIsTold(t *testing.T) {
	m, _, _ := goodMachine()
	cfg := goodConfig()
	cfg.GRPC, cfg.HTTP, cfg.RTMP = ":1", ":2", ":3"
	got := checkGuards(m, cfg)
	for i, flag := range []string{"--grpc :1", "--http :2", "--rtmp :3"} {
		if f := got[i]; f.Verdict != verdictFail || !strings.HasPrefix(f.Found, flag) || !strings.HasSuffix(f.Do, "or listen on 127.0.0.1") {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatTheFilesOfGuardsHold(t *testing.T) {
	const hash = "sha256:d26faa04cc4e60bb4c6f10c590dbcb3247c7f14631b0068b7fc8caf4e5ef9856"
	for name, test := range map[string]struct {
		kind, text string
		says       string // in what is found; empty for an error
	}{
		"tokens":       {"tokens", "tokens:\n- {name: a, hash: '" + hash + "', scopes: [read]}\n", "with 1 token"},
		"no tokens":    {"tokens", "token: x\n", ""},
		"secrets":      {"publish.keys", "0123456789abcdef\n", "file"},
		"short ones":   {"publish.keys", "0123\n", ""},
		"webhooks":     {"webhooks", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n", "with 1 secret"},
		"bad webhooks": {"webhooks", "MDEy\n", ""},
		"any other":    {"tls.key", "x", "file"},
	} {
		found, err := holding(test.kind, written(t, test.text))
		if (err == nil) != (test.says != "") || err == nil && !strings.Contains(found, test.says) {
			t.Errorf("%s: %q, %v", name, found, err)
		}
	}
	m, files, modes := goodMachine()
	files["/x"], modes["/x"] = "text", 0o600
	m.holds = func(string, string) (string, error) { return "", errors.New("it is empty") }
	if f := checkSettingsFile(m, "tokens", "tokens", "/x", true); f.Verdict != verdictFail || f.Found != "it is empty" {
		t.Errorf("a file with nothing in it: %+v", f)
	}
}

func TestTheDoctorLooksAtNATS(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*machine, *config.NATS)
		want   [2]string // verdicts
		says   string
	}{
		"answers":    {func(*machine, *config.NATS) {}, [2]string{verdictOK, verdictOK}, "reached at 10.0.0.5:4222, b:1"},
		"is silent":  {func(m *machine, _ *config.NATS) { m.reach = func(string) error { return fs.ErrInvalid } }, [2]string{verdictFail, verdictOK}, "nobody answers at 10.0.0.5:4222, b:1"},
		"one of two": {func(m *machine, _ *config.NATS) { m.reach = failsAt("b:1") }, [2]string{verdictWarn, verdictOK}, "not at b:1"},
		"container":  {func(m *machine, _ *config.NATS) { m.host = func() string { return "0123456789ab" } }, [2]string{verdictOK, verdictWarn}, "--node"},
		"named":      {func(_ *machine, n *config.NATS) { n.Node = "0123456789ab" }, [2]string{verdictOK, verdictOK}, "0123456789ab"},
	} {
		m, _, _ := goodMachine()
		nats := config.NATS{URL: "nats://user:secret@10.0.0.5,tls://b:1"}
		test.change(&m, &nats)
		got := checkNATS(m, nats)
		text := ""
		for _, f := range got {
			text += f.Found + " " + f.Do + "\n"
		}
		if len(got) != 2 || got[0].Verdict != test.want[0] || got[1].Verdict != test.want[1] || !strings.Contains(text, test.says) || strings.Contains(text, "secret") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	m, _, _ := goodMachine()
	if got := append(checkNATS(m, config.NATS{}), checkData(m, "", "nats://a")...); got != nil {
		t.Errorf("without one of them: %+v", got)
	}
}

// failsAt reaches everybody but addr.
func failsAt(addr string) func(string) error {
	return func(a string) error {
		if a == addr {
			return fs.ErrInvalid
		}
		return nil
	}
}

func TestTheDoctorLooksAtWebhooks(t *testing.T) {
	m, files, modes := goodMachine()
	files["/s"], modes["/s"] = "text", 0o600
	got := checkWebhooks(m, `[{"url": "http://example.org/a?t=secret", "secret-file": "/s"}, {"url": "https://example.org/b", "secret-file": "/none"}]`)
	if len(got) != 3 || got[0].Verdict != verdictOK || got[1].Verdict != verdictWarn || got[2].Verdict != verdictFail || strings.Contains(got[1].Found+got[1].Do, "secret") {
		t.Errorf("%+v", got)
	}
}

func TestASecretAmongTheSettings(t *testing.T) {
	m, _, modes := goodMachine()
	for mode, want := range map[fs.FileMode]int{0o644: 1, 0o640: 0} {
		modes["/etc/lianmai.yaml"] = mode
		if got := checkPublishKey(m, "/etc/lianmai.yaml", config.Publish{Key: "0123456789abcdef"}); len(got) != want {
			t.Errorf("%v: %+v", mode, got)
		}
	}
}

// A service that asks for tokens, over TLS, is known as well as one that tells everybody.
func TestTheDoctorKnowsAServiceThatRuns(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"checks": [{"name": "draining", "ok": false}]}`))
	})
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"version": "v1"}`)) })
	plain, encrypted, other := httptest.NewServer(mux), httptest.NewTLSServer(mux), httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	t.Cleanup(encrypted.Close)
	t.Cleanup(other.Close)
	for want, cfg := range map[string]config.Config{
		"lianmai v1": {HTTP: plain.Listener.Addr().String()},
		"lianmai":    {HTTP: encrypted.Listener.Addr().String(), TLS: config.TLS{Cert: "c"}, Tokens: "t"},
		"":           {HTTP: other.Listener.Addr().String()},
	} {
		if got := servedBy(t.Context(), cfg); got != want {
			t.Errorf("%+v: %q, want %q", cfg, got, want)
		}
	}
}
