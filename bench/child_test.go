package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// inChild makes the test binary burn CPU and memory instead of testing.
const inChild = "LIANMAI_BENCH_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(inChild) {
	case "burn":
		burn()
		return
	case "fail":
		os.Stderr.WriteString(strings.Repeat("no such luck ", 1000))
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// burn touches 64 MB and works for 100 ms of wall time at the least.
func burn() {
	memory := make([]byte, 64_000_000)
	for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
		for i := 0; i < len(memory); i += 4096 {
			memory[i]++
		}
	}
	os.Stdout.WriteString("done")
}

func TestRunMeasuresTheChild(t *testing.T) {
	t.Setenv(inChild, "burn")
	u, out, err := run(t.Context(), []string{os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != "done" {
		t.Errorf("output %q", out)
	}
	if u.cpu() <= 0 || u.Wall < 0.1 || u.PeakMB < 60 || u.PeakMB > 1000 {
		t.Errorf("usage %+v of a child that took 64 MB and at least 0.1 s", u)
	}
}

func TestRunTellsWhyTheChildFailed(t *testing.T) {
	t.Setenv(inChild, "fail")
	_, _, err := run(t.Context(), []string{os.Args[0]})
	if err == nil || !strings.Contains(err.Error(), "exit status 3: no such luck") || len(err.Error()) > stderrLimit+200 {
		t.Errorf("error of %d bytes: %.100v", len(err.Error()), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := run(ctx, []string{os.Args[0]}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
