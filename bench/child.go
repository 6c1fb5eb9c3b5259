package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// childLimit is the longest that one command may take; a mix of 20 s takes about as
// long on two cores.
const childLimit = 15 * time.Minute

// stderrLimit is how much of a command's complaints is kept, in bytes from the start.
const stderrLimit = 4 << 10

// usage is what one run of a command cost.
type usage struct {
	User float64 `json:"user_seconds"`
	Sys  float64 `json:"sys_seconds"`
	Wall float64 `json:"wall_seconds"`
	// PeakMB is the largest resident set, in 10^6 bytes.
	PeakMB float64 `json:"peak_mb"`
}

// cpu returns user and system time together, in seconds.
func (u usage) cpu() float64 { return u.User + u.Sys }

// run runs a command to its end and returns what it cost and what it wrote to its
// standard output. The error of a command that fails holds its complaints.
//
// Linux counts the peak memory of a process from before exec, when it still shared
// this program's memory: no command can seem smaller than this program, some 15 MB.
func run(ctx context.Context, argv []string) (usage, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, childLimit)
	defer cancel()
	var stdout bytes.Buffer
	stderr := head{limit: stderrLimit}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	started := time.Now()
	if err := cmd.Run(); err != nil {
		err = errors.Join(context.Cause(ctx), err)
		return usage{}, nil, fmt.Errorf("%s: %w: %s", filepath.Base(argv[0]), err, &stderr)
	}
	u := usage{
		User: cmd.ProcessState.UserTime().Seconds(),
		Sys:  cmd.ProcessState.SystemTime().Seconds(),
		Wall: time.Since(started).Seconds(),
	}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.PeakMB = float64(r.Maxrss) * 1024 / 1e6 // Maxrss is in KiB
		if runtime.GOOS == "darwin" {
			u.PeakMB = float64(r.Maxrss) / 1e6 // in bytes
		}
	}
	return u, stdout.Bytes(), nil
}

// output runs a command and returns what it wrote to its standard output.
func output(ctx context.Context, argv ...string) ([]byte, error) {
	_, out, err := run(ctx, argv)
	return out, err
}

// head keeps the first limit bytes that are written to it and passes over the rest.
type head struct {
	kept  []byte
	limit int
}

// Write never fails.
func (h *head) Write(p []byte) (int, error) {
	h.kept = append(h.kept, p[:min(len(p), h.limit-len(h.kept))]...)
	return len(p), nil
}

// String returns what was kept, without space at the ends.
func (h *head) String() string { return strings.TrimSpace(string(h.kept)) }
