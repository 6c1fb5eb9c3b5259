package main

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/config"
)

// taken returns an address that somebody listens on.
func taken(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestATakenPortNamesItsFlag(t *testing.T) {
	for flag, set := range map[string]func(*config.Config, string){
		"--grpc": func(c *config.Config, a string) { c.GRPC = a },
		"--http": func(c *config.Config, a string) { c.HTTP = a },
		"--rtmp": func(c *config.Config, a string) { c.RTMP = a },
	} {
		cfg := config.Default()
		cfg.GRPC, cfg.HTTP, cfg.RTMP = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
		addr := taken(t)
		set(&cfg, addr)
		var banner bytes.Buffer
		err := serve(t.Context(), cfg, stubMaker, slog.New(slog.DiscardHandler), &banner)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), addr) || !strings.Contains(err.Error(), "another with "+flag) {
			t.Errorf("%s: %v", flag, err)
		}
		if banner.Len() > 0 {
			t.Errorf("%s: banner %q", flag, banner.String())
		}
	}
}

func TestListenersCanBeTurnedOff(t *testing.T) {
	cfg := config.Default()
	cfg.GRPC, cfg.HTTP, cfg.RTMP = "127.0.0.1:0", "", "off"
	cfg.Data = filepath.Join(t.TempDir(), "a", "b")
	ctx, cancel := testContext(t)
	banner := lineWriter{make(chan string, 1)}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, cfg, stubMaker, slog.New(slog.DiscardHandler), banner) }()
	if line := <-banner.lines; strings.Contains(line, "HTTP") || strings.Contains(line, "RTMP") || strings.Count(line, "\n") != 1 {
		t.Errorf("banner = %q", line)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("serve = %v", err)
	}
	if info, err := os.Stat(cfg.Data); err != nil || !info.IsDir() {
		t.Errorf("data folder: %v, %v", info, err)
	}
}

func TestServeRefusesABadConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lianmai.yaml")
	if err := os.WriteFile(file, []byte("grcp: 127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"did you mean grpc":  {"serve", "--config", file},
		"no such file":       {"serve", "--config", file + ".none"},
		"rtmp: \"nowhere\"":  {"serve", "--rtmp", "nowhere"},
		"log.level: \"all\"": {"serve", "--log-level", "all"},
	} {
		var out, stderr bytes.Buffer
		if code := run(t.Context(), args, &out, &stderr); code != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q = %d\n%s", args, code, stderr.String())
		}
	}
}

// What the service is told to do ends it with exit code 0, mixes and all.
func TestStoppingTheServiceStopsItsMixes(t *testing.T) {
	addr, stop := startService(t)
	s := shell{t, addr}
	s.must("mix", "start", "--id", "room", "--output", "rtmp://h/out/room")
	w := lineWriter{make(chan string, 1000)}
	ended := make(chan string, 1)
	go func() {
		_, out, _ := s.runTo(w, "mix", "watch", "room", "--json")
		ended <- out
	}()
	<-w.lines
	if err := stop(); err != nil {
		t.Errorf("serve = %v", err)
	}
	if out := <-ended; !strings.Contains(out, "MIX_STOPPED") {
		t.Errorf("the watcher was not told:\n%s", out)
	}
}

// The command itself, with its real engine: SIGTERM ends a mix that pushes to the
// embedded origin, then the process, with exit code 0 and in time.
func TestSIGTERM(t *testing.T) {
	banner := lineWriter{make(chan string, 8)}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "serve", "--grpc", "127.0.0.1:0", "--http", "off", "--rtmp", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), asCommandEnv+"=1")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = banner, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	var line string
	select {
	case line = <-banner.lines:
	case err := <-exited:
		t.Fatalf("serve ended: %v\n%s", err, log.String())
	}
	_, rtmp, _ := strings.Cut(strings.TrimSpace(line), "RTMP ")
	s := shell{t, grpcIn.FindStringSubmatch(line)[1]}
	s.must("mix", "start", "--id", "room", "--output", "rtmp://"+rtmp+"/live/out", "--size", "64x64", "--preset", "ultrafast")

	begin := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-exited; err != nil {
		t.Errorf("serve ended: %v\n%s", err, log.String())
	}
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("ending took %v", took)
	}
	if !strings.Contains(log.String(), `"msg":"stopped","mixes_left":0`) {
		t.Errorf("log:\n%s", log.String())
	}
}

// With nothing to read again SIGHUP, which `systemctl reload` sends, leaves the service
// running.
func TestSIGHUPIsNoEnd(t *testing.T) {
	banner, log := lineWriter{make(chan string, 8)}, lineWriter{make(chan string, 1000)}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "serve", "--grpc", "127.0.0.1:0", "--http", "off", "--rtmp", "off")
	cmd.Env = append(os.Environ(), asCommandEnv+"=1")
	cmd.Stdout, cmd.Stderr = banner, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	begun, told := false, false
	for !told {
		select {
		case <-banner.lines:
			begun = true
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		case line := <-log.lines:
			told = begun && strings.Contains(line, "nothing to read again")
		case err := <-exited:
			t.Fatalf("serve ended: %v", err)
		}
	}
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-exited; err != nil {
		t.Errorf("serve ended: %v", err)
	}
}
