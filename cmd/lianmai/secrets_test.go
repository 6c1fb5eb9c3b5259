package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/config"
)

// lockedText is a log that many may write.
type lockedText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// A mix whose every URL has a secret, run by the real engine for somebody with a token:
// what is logged, told and counted has none of them.
func TestNoSecretLeavesTheService(t *testing.T) {
	dir := t.TempDir()
	tokens, keys := filepath.Join(dir, "tokens.yaml"), filepath.Join(dir, "keys.txt")
	const secret = "canary-secret-of-the-origin"
	if err := os.WriteFile(keys, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := shell{t, "unused"}
	token := func(scope string) string {
		var out, stderr bytes.Buffer
		if code := run(t.Context(), []string{"token", "new", "--name", scope, "--scope", scope, "--file", tokens}, &out, &stderr); code != exitOK {
			t.Fatalf("token new = %d\n%s", code, stderr.String())
		}
		return strings.TrimSpace(out.String())
	}
	mix, read := token("mix"), token("read")
	cfg := config.Default()
	cfg.GRPC, cfg.HTTP, cfg.RTMP = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Tokens, cfg.Publish.Keys = tokens, keys
	log := &lockedText{}
	ctx, cancel := context.WithCancel(t.Context())
	banner := lineWriter{make(chan string, 1)}
	served := make(chan error, 1)
	go func() {
		served <- serve(ctx, cfg, newEngine, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), banner)
	}()
	stop := sync.OnceValue(func() error { cancel(); return <-served })
	defer func() { _ = stop() }()
	line := <-banner.lines
	none.addr = grpcIn.FindStringSubmatch(line)[1]
	_, origin, _ := strings.Cut(strings.TrimSpace(line), "RTMP ")

	// The first output has a right key, the second a wrong one; the input does not exist,
	// and the name of another leads nowhere.
	sign, _ := signedText(t, "rtmp://"+origin+"/live/canary-stream", keys)
	none.must("mix", "start", "--token", mix, "--id", "room", "--size", "64x64", "--preset", "ultrafast",
		"--output", sign, "--output", "rtmp://canaryuser:canarypass@"+origin+"/live/canary-other?key=0-canarywrong",
		"--input", "anna=rtmp://"+origin+"/live/anna?auth_key=canaryinput",
		"--input", "ben=rtmp://canaryname:canarypw@nowhere.invalid/live/ben?canaryquery")
	told := &lockedText{}
	watching, done := context.WithTimeout(t.Context(), 3*time.Second)
	var stderr lockedText
	run(watching, []string{"mix", "watch", "room", "--json", "--token", read, "--server", none.addr}, told, &stderr)
	done()
	_, got, _ := none.run("mix", "get", "room", "--json", "--token", read)
	code, _, refused := none.run("mix", "stop", "room", "--token", read)
	if code == exitOK || !strings.Contains(refused, "scope mix") {
		t.Errorf("a reader stopped the mix: %d %s", code, refused)
	}
	none.must("mix", "stop", "room", "--token", mix)
	if err := stop(); err != nil {
		t.Errorf("serve: %v", err)
	}
	if !strings.Contains(told.String(), "OUTPUT_CHANGED") || !strings.Contains(log.String(), "origin refuses") || !strings.Contains(log.String(), "origin stream published") {
		t.Errorf("the mix did not do what has secrets:\n%s\n%s", told.String(), log.String())
	}
	for what, text := range map[string]string{"log": log.String(), "watch": told.String(), "get": got, "refusal": refused, "stderr": stderr.String()} {
		for _, canary := range []string{secret, "canaryuser", "canarypass", "canaryinput", "canaryname", "canarypw", "canaryquery", "canarywrong", mix, read, keyIn(sign)} {
			if strings.Contains(text, canary) {
				t.Errorf("%s has %s:\n%s", what, canary, text)
			}
		}
	}
}

// keyIn returns the key of a signed URL.
func keyIn(url string) string { _, key, _ := strings.Cut(url, "key="); return key }

// signedText signs a URL by the command.
func signedText(t *testing.T, url, keys string) (string, string) {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := run(t.Context(), []string{"token", "stream", url, "--publish-keys", keys}, &out, &stderr); code != exitOK {
		t.Fatalf("token stream = %d\n%s", code, stderr.String())
	}
	return strings.TrimSpace(out.String()), stderr.String()
}
