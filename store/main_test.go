package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the children that the tests start and kill.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childLarge); dir != "" {
		putLargeUntilKilled(dir)
	}
	if dir := os.Getenv(childMixes); dir != "" {
		putMixesUntilKilled(dir)
	}
	if url := os.Getenv(childNode); url != "" {
		runAsNode(url)
	}
	if dir := os.Getenv(childDir); dir != "" {
		putUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

// testLog puts the lines of a log into the test's own.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}

// quiet returns cfg with a log that is seen when the test fails.
func quiet(t testing.TB, cfg Config) Config {
	cfg.Log = slog.New(slog.NewTextHandler(testLog{t}, nil))
	return cfg
}

// open opens a Store that the end of the test closes, unless the test did.
func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), quiet(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	})
	return s
}

// reopen closes s and opens its directory again.
func reopen(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.cfg)
}

// put puts data or ends the test.
func put(t testing.TB, s *Store, kind Kind, name string, data []byte) Version {
	t.Helper()
	v, err := s.Put(t.Context(), kind, name, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mustHave ends the test unless the version has the data.
func mustHave(t testing.TB, s *Store, kind Kind, name string, version int, want []byte) {
	t.Helper()
	got, v, err := s.Get(context.Background(), kind, name, version)
	if err != nil {
		t.Fatal(err)
	}
	if version != 0 && v.Version != version {
		t.Fatalf("asked for version %d, got %d", version, v.Version)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s version %d: %d bytes that are not the %d that were put", name, version, len(got), len(want))
	}
}

// text returns size bytes that only seed has.
func text(seed string, size int) []byte {
	line := fmt.Appendf(nil, "%s %s\n", seed, digestOf([]byte(seed)))
	return bytes.Repeat(line, size/len(line)+1)[:size]
}
