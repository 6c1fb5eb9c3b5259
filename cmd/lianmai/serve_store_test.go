package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMixesGoOnWithTheService(t *testing.T) {
	data := t.TempDir()
	addr, stop := startServiceIn(t, data)
	s := shell{t, addr}
	s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/live/anna", "--output", "rtmp://h/out/room")
	s.must("mix", "start", "--id", "over", "--output", "rtmp://h/out/over")
	s.must("mix", "state", "room", "anna", "--muted")
	s.must("mix", "stop", "over")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	addr, _ = startServiceIn(t, data)
	s = shell{t, addr}
	if list := s.must("mix", "list", "--json"); strings.Contains(list, `"over"`) || !strings.Contains(list, `"room"`) {
		t.Errorf("found %s", list)
	}
	got := strings.ReplaceAll(s.must("mix", "get", "room", "--json"), " ", "")
	for _, want := range []string{`"revision":"2"`, `"muted":true`, `MIX_STATE_RUNNING`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// TestAKilledServiceGoesOn kills the command itself, with its real engine, during a mix
// that pushes to the embedded origin.
func TestAKilledServiceGoesOn(t *testing.T) {
	data := t.TempDir()
	begin := func() (cmd *exec.Cmd, s shell, rtmp string) {
		banner := lineWriter{make(chan string, 8)}
		cmd = exec.CommandContext(t.Context(), os.Args[0], "serve", "--grpc", "127.0.0.1:0", "--http", "off", "--rtmp", "127.0.0.1:0", "--data", data)
		cmd.Env = append(os.Environ(), asCommandEnv+"=1")
		cmd.Stdout, cmd.Stderr = banner, &bytes.Buffer{}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := <-banner.lines
		_, rtmp, _ = strings.Cut(strings.TrimSpace(line), "RTMP ")
		return cmd, shell{t, grpcIn.FindStringSubmatch(line)[1]}, rtmp
	}
	cmd, s, rtmp := begin()
	s.must("mix", "start", "--id", "room", "--output", "rtmp://"+rtmp+"/live/out", "--size", "64x64", "--preset", "ultrafast")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed

	began := time.Now()
	cmd, s, _ = begin()
	t.Logf("back after %v", time.Since(began))
	if list := s.must("mix", "list", "--json"); !strings.Contains(list, `"room"`) {
		t.Errorf("found %s", list)
	}
	watch := lineWriter{make(chan string, 1000)}
	go func() {
		defer close(watch.lines)
		_, _, _ = s.runTo(watch, "mix", "watch", "room", "--json")
	}()
	told := false
	for line := range watch.lines {
		if told = told || strings.Contains(line, "WORKER_RESTARTED"); told {
			break
		}
	}
	if !told {
		t.Error("the restart is not told")
	}
	t.Logf("told after %v", time.Since(began))
	s.must("mix", "stop", "room")
	for range watch.lines { // the watch ends with the mix
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}
