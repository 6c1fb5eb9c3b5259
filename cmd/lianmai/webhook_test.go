package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/webhook"
)

// secretFile returns a file with a new secret, and the secret.
func secretFile(t *testing.T) (path, secret string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"webhook", "secret"}, &out, &errs); code != exitOK {
		t.Fatalf("webhook secret: %d, %s", code, errs.String())
	}
	path = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, strings.TrimSpace(out.String())
}

func TestWebhookTest(t *testing.T) {
	file, secret := secretFile(t)
	status, verified := http.StatusOK, make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // Verify sees what is missing
		verified <- webhook.Verify(secret, r.Header, body, time.Now(), webhook.Tolerance)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "hello\x1b[31m")
	}))
	defer server.Close()
	for _, c := range []struct {
		status, code int
		want         string
	}{{200, exitOK, `"hello\x1b[31m"`}, {500, exitFailed, "status 500"}} {
		status = c.status
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"webhook", "test", server.URL, "--secret-file", file}, &out, &errs)
		if code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("status %d: exit code %d, %s%s", c.status, code, out.String(), errs.String())
		}
		if err := <-verified; err != nil {
			t.Error(err)
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"webhook", "test", server.URL, "--secret-file", filepath.Join(t.TempDir(), "none")}, &out, &errs); code != exitUsage {
		t.Errorf("no file: exit code %d, %s", code, errs.String())
	}
}

// oneEvent is a feed of one event.
type oneEvent struct{}

func (oneEvent) Follow(ctx context.Context, _ string, handle func(context.Context, webhook.Event) error) error {
	if err := handle(ctx, webhook.Event{Seq: 1, Mix: "room", Time: time.Now(), Data: nil}); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestStartWebhooks(t *testing.T) {
	file, _ := secretFile(t)
	came := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		came <- r.Header.Get("webhook-id")
	}))
	defer server.Close()
	hooks, err := config.Webhooks("").Add([]string{server.URL}, file)
	if err != nil {
		t.Fatal(err)
	}
	stop, stats, err := startWebhooks(hooks, oneEvent{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if id := <-came; id == "" {
		t.Error("the event has no id")
	}
	stop()
	if n := len(stats()); n != 1 {
		t.Errorf("statistics of %d webhooks", n)
	}
	for _, bad := range []config.Webhooks{
		`[{"url": "https://example.org", "secret-file": "/none"}]`,
		config.Webhooks(`[{"url": "https://example.org", "secret-file": "` + file + `", "events": ["mix_begun"]}]`),
		`[{}]`,
	} {
		_, _, err := startWebhooks(bad, oneEvent{}, slog.New(slog.DiscardHandler))
		if _, ok := errors.AsType[usageError](err); !ok {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
