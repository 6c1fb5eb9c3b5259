package main

import (
	"slices"
	"testing"
)

func TestWorkersInheritNothingThatCouldBeASecret(t *testing.T) {
	all := map[string]string{
		"HOME": "/home/x", "TZ": "Asia/Shanghai", "LIANMAI_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "secret",
		"PATH": "/bin", "LD_PRELOAD": "/tmp/x.so", "GODEBUG": "x=1", "GOTRACEBACK": "all",
	}
	env := workerEnv(func(key string) (string, bool) { value, ok := all[key]; return value, ok })
	want := []string{"HOME=/home/x", "TZ=Asia/Shanghai", "GOTRACEBACK=single"}
	if !slices.Equal(env, want) {
		t.Errorf("a worker's environment is %q; want %q", env, want)
	}
}

func TestAWorkerIsStartedByServeOnly(t *testing.T) {
	var out, err lines
	if code := run(t.Context(), []string{"worker", "--log-level", "loud"}, &out, &err); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}

// lines collects what a command writes.
type lines []byte

// Write keeps p.
func (l *lines) Write(p []byte) (int, error) { *l = append(*l, p...); return len(p), nil }
