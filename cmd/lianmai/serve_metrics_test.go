package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/config"
)

// fetch returns the status and the body of a GET of url, which names host.
func fetch(t *testing.T, url, host string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// serveWith runs the service with what change makes of free ports, and returns its
// banner. The end of the test stops it.
func serveWith(t *testing.T, change func(*config.Config)) (banner string) {
	t.Helper()
	cfg := config.Default()
	cfg.GRPC, cfg.HTTP, cfg.RTMP, cfg.Data = "127.0.0.1:0", "127.0.0.1:0", "off", t.TempDir()
	change(&cfg)
	ctx, cancel := testContext(t)
	lines := lineWriter{make(chan string, 1)}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, cfg, stubMaker, slog.New(slog.DiscardHandler), lines) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case line := <-lines.lines:
		return line
	case err := <-served:
		served <- err
		t.Fatalf("serve: %v", err)
		return ""
	}
}

// addressOf returns the address that a banner has after a word.
func addressOf(t *testing.T, banner, word string) string {
	t.Helper()
	m := regexp.MustCompile(word + ` (\S+)`).FindStringSubmatch(banner)
	if m == nil {
		t.Fatalf("banner %q has no %s", banner, word)
	}
	return m[1]
}

func TestMetricsBesideTheProbes(t *testing.T) {
	banner := serveWith(t, func(*config.Config) {})
	s := shell{t, grpcIn.FindStringSubmatch(banner)[1]}
	s.must("mix", "start", "--id", "room", "--output", "rtmp://h/out/room?txSecret=hush0815")
	s.must("mix", "list")
	code, text := fetch(t, "http://"+addressOf(t, banner, "HTTP")+"/metrics", "")
	if code != http.StatusOK {
		t.Fatalf("/metrics = %d", code)
	}
	for _, want := range []string{
		`lianmai_mix_frames_total{mix="room"} 90`,
		`lianmai_input_state{mix="room",participant="anna",state="live"} 1`,
		`lianmai_api_calls_total{code="OK",method="/lianmai.v1.MixService/StartMix"} 1`,
		`lianmai_ready_check{check="draining"} 1`,
		`lianmai_ready_check{check="store"}`,
		`lianmai_data_free_bytes `,
		`lianmai_build_info{`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "hush0815") || strings.Contains(text, "rtmp://") {
		t.Error("a URL is in the metrics")
	}
}

func TestMetricsAndProfilesOnTheirOwn(t *testing.T) {
	banner := serveWith(t, func(c *config.Config) { c.Metrics, c.PProf = ":0", "localhost:0" })
	own, pprof := addressOf(t, banner, "metrics"), addressOf(t, banner, "pprof")
	if !strings.HasPrefix(own, "127.0.0.1:") {
		t.Errorf("the metrics listen on %s without being told to", own)
	}
	for _, test := range []struct {
		url, host string
		code      int
		body      string
	}{
		{"http://" + own + "/metrics", "", 200, "lianmai_build_info"},
		{"http://" + own + "/", "", 404, ""},
		{"http://" + own + "/debug/pprof/", "", 404, ""},
		{"http://" + addressOf(t, banner, "HTTP") + "/metrics", "", 404, ""},
		{"http://" + addressOf(t, banner, "HTTP") + "/debug/pprof/", "", 404, ""},
		{"http://" + pprof + "/debug/pprof/goroutine?debug=1", "", 200, "goroutine profile"},
		{"http://" + pprof + "/debug/pprof/heap?debug=1", "localhost:6060", 200, "heap profile"},
		{"http://" + pprof + "/debug/pprof/heap?debug=1", "evil.example.com", 403, "for loopback"},
		{"http://" + pprof + "/debug/pprof/heap?debug=1", "[::1]", 200, "heap profile"},
		{"http://" + pprof + "/metrics", "", 404, ""},
	} {
		if code, body := fetch(t, test.url, test.host); code != test.code || !strings.Contains(body, test.body) {
			t.Errorf("%s (%s) = %d %.80s", test.url, test.host, code, body)
		}
	}
}

func TestMetricsCanBeTurnedOff(t *testing.T) {
	banner := serveWith(t, func(c *config.Config) { c.Metrics = "off" })
	if code, _ := fetch(t, "http://"+addressOf(t, banner, "HTTP")+"/metrics", ""); code != http.StatusNotFound {
		t.Errorf("/metrics = %d", code)
	}
	for flag, set := range map[string]func(*config.Config, string){
		"--metrics": func(c *config.Config, a string) { c.Metrics = a },
		"--pprof":   func(c *config.Config, a string) { c.Metrics, c.PProf = "127.0.0.1:0", a },
	} {
		cfg := config.Default()
		cfg.GRPC, cfg.HTTP, cfg.RTMP = "127.0.0.1:0", "127.0.0.1:0", "off"
		set(&cfg, taken(t))
		if err := serve(t.Context(), cfg, stubMaker, slog.New(slog.DiscardHandler), io.Discard); err == nil || !strings.Contains(err.Error(), "another with "+flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestStoreCheck(t *testing.T) {
	dir := t.TempDir()
	refused := errors.New("the disk refused a write")
	fine := func() error { return nil }
	for name, test := range map[string]struct {
		dir      string
		writable func() error
		want     string
	}{
		"fine":           {dir, fine, ""},
		"kept nowhere":   {"", fine, ""},
		"store refuses":  {dir, func() error { return refused }, "refused a write"},
		"folder is gone": {filepath.Join(dir, "gone"), fine, "--data cannot be written"},
	} {
		err := storeCheck(test.dir, test.writable).Run(t.Context())
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// child runs the command itself and returns it, its banner and its log; ended gets what
// it ends with.
func child(t *testing.T, args ...string) (cmd *exec.Cmd, banner string, log *bytes.Buffer, ended chan error) {
	t.Helper()
	lines := lineWriter{make(chan string, 8)}
	cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommandEnv+"=1")
	log = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = lines, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case banner = <-lines.lines:
	case err := <-ended:
		t.Fatalf("it ended: %v\n%s", err, log)
	}
	return cmd, banner, log, ended
}

// SIGTERM refuses new mixes at once, leaves those that run alone for the delay, and
// ends with exit code 0.
func TestSIGTERMDrains(t *testing.T) {
	cmd, banner, log, ended := child(t, "serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--rtmp", "off", "--drain-delay", "1s")
	probe := "http://" + addressOf(t, banner, "HTTP") + "/readyz"
	for code, body := 0, ""; code != http.StatusOK; { // the store is asked first
		if code, body = fetch(t, probe, ""); code != http.StatusOK && !strings.Contains(body, "not asked yet") {
			t.Fatalf("/readyz = %d %s", code, body)
		}
	}
	begin := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for code, body := 0, ""; !strings.Contains(body, `"draining","ok":false`); {
		if code, body = fetch(t, probe, ""); code != http.StatusOK && code != http.StatusServiceUnavailable {
			t.Fatalf("/readyz = %d %s", code, body)
		}
	}
	if code, out, stderr := (shell{t, grpcIn.FindStringSubmatch(banner)[1]}).run(
		"mix", "start", "--id", "late", "--output", "rtmp://h/out/late"); code == exitOK || !strings.Contains(stderr, "shutting down") {
		t.Errorf("a mix while draining: %d\n%s%s", code, out, stderr)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve ended: %v\n%s", err, log)
	}
	if took := time.Since(begin); took < time.Second || took > 10*time.Second {
		t.Errorf("draining took %v", took)
	}
}

// Who has no patience sends the signal again.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	cmd, banner, log, ended := child(t, "serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--rtmp", "off", "--drain-delay", "5m")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for body := ""; !strings.Contains(body, `"draining","ok":false`); {
		_, body = fetch(t, "http://"+addressOf(t, banner, "HTTP")+"/readyz", "")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := <-ended
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitFailed || strings.Contains(log.String(), `"msg":"stopp`) {
		t.Errorf("serve ended: %v\n%s", err, log)
	}
}
