package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

// buildAndRun builds the program as `make build` does and runs the tests.
func buildAndRun(m *testing.M) int {
	media.QuietNative()
	dir, err := os.MkdirTemp("", "lianmai-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "lianmai")
	build := exec.Command("go", "build", "-o", binary, "../cmd/lianmai")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building lianmai:", err)
		return 1
	}
	return m.Run()
}

// peersAllowed are the flags that let a service use the peers of a test, which are on this
// machine, and carry as much as the test wants.
var peersAllowed = []string{"--allow-private", "--capacity-cores", "off", "--capacity-memory", "off"}

// service is a running `lianmai serve`.
type service struct {
	t       *testing.T
	flags   []string
	process *peers.Process
	grpc    string
	rtmp    string
}

// serve starts the service on free ports, with more flags, and returns when it is ready.
func serve(t *testing.T, flags ...string) *service {
	t.Helper()
	s := &service{t: t, grpc: address(t), rtmp: address(t)}
	http := address(t)
	s.flags = append([]string{"serve", "--grpc", s.grpc, "--http", http, "--rtmp", s.rtmp, "--log-format", "text"}, flags...)
	s.flags = append(s.flags, peersAllowed...)
	s.start()
	return s
}

// start starts the program and waits until it answers.
func (s *service) start() {
	t := s.t
	t.Helper()
	s.process = peers.Start(t, binary, s.flags...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		if err := exec.CommandContext(ctx, binary, "mix", "list", "--server", s.grpc).Run(); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the service did not become ready:\n%s", s.process.Stderr())
		case <-s.process.Done():
			t.Fatalf("the service ended:\n%s", s.process.Stderr())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func address(t *testing.T) string { return fmt.Sprintf("127.0.0.1:%d", peers.FreePort(t)) }

// mix runs `lianmai mix` with args and returns its JSON.
func (s *service) mix(args ...string) map[string]any {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("lianmai mix %v: %v", args, err)
	}
	return out
}

func (s *service) try(args ...string) (map[string]any, error) {
	s.t.Helper()
	args = append([]string{"mix"}, append(args, "--server", s.grpc, "--json")...)
	text, err := exec.CommandContext(s.t.Context(), binary, args...).Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			return nil, fmt.Errorf("exit code %d: %s", exit.ExitCode(), exit.Stderr)
		}
		return nil, err
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	return out, nil
}
