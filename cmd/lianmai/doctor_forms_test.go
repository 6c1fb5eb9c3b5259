package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheDoctorsExitCodeAndForms(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lianmai.yaml")
	if err := os.WriteFile(file, []byte("grcp: 127.0.0.1:1\nmetrics: nowhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var out, stderr bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--config", file}, &out, &stderr); code != exitFailed || stderr.Len() > 0 {
		t.Errorf("a bad file: %d\n%s%s", code, out.String(), stderr.String())
	}
	for _, want := range []string{"did you mean grpc?", "→ correct them", "1 failed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("colours beyond a terminal")
	}

	// The JSON is what a monitor reads; a taken port fails, also by a flag.
	out.Reset()
	code := run(t.Context(), []string{"doctor", "--json", "--grpc", taken(t), "--http", "off", "--rtmp", "127.0.0.1:0", "--data", t.TempDir()}, &out, &stderr)
	var all []finding
	if err := json.Unmarshal(out.Bytes(), &all); err != nil || code != exitFailed {
		t.Fatalf("%d, %v\n%s", code, err, out.String())
	}
	failures := 0
	for _, f := range all {
		if f.Verdict == verdictFail {
			failures++
			if f.Check != "port of grpc" {
				t.Errorf("%+v", f)
			}
		}
	}
	if failures != 1 {
		t.Errorf("%d failures\n%s", failures, out.String())
	}
}
