package supervisor

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lianmai/lianmai/worker/wire"
)

// proc returns a file of /proc about a process.
func proc(t *testing.T, pid int, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a worker has of this process: its limits, its niceness, the environment that it was
// given, one socket; and nothing else.
func TestWorkersHaveWhatTheyAreGiven(t *testing.T) {
	t.Setenv("LIANMAI_CANARY", "this process's own")
	secret, err := os.Create(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	h := open(t, func(cfg *Config) {
		cfg.Limits, cfg.Nice = wire.Limits{Memory: 3 << 30, Files: 200}, 5
		cfg.Env = append(cfg.Env, "TZ=Asia/Shanghai")
	}, "real")
	origin := startOrigin(t)
	m, _ := h.start(spec("a", origin))
	view(t, origin, "a").more(t, 3)
	worker := pid(t, m)

	if env := proc(t, worker, "environ"); strings.Contains(env, "CANARY") || !strings.Contains(env, "TZ=Asia/Shanghai") || strings.Contains(env, "PATH=") {
		t.Errorf("environment %q", env)
	}
	limits := proc(t, worker, "limits")
	for name, want := range map[string]string{"Max data size": strconv.Itoa(3 << 30), "Max open files": "200", "Max core file size": "0"} {
		for line := range strings.Lines(limits) {
			rest, ok := strings.CutPrefix(line, name)
			if f := strings.Fields(rest); ok && (len(f) < 2 || f[0] != want || f[1] != want) {
				t.Errorf("%s, want %s", strings.TrimSpace(line), want)
			}
		}
	}
	// The tick has a niceness of its own, which may be that of this process; the other
	// threads have what was added.
	have, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := min(20-have+5, 19) // the system call returns 20 − niceness
	if nice := niceness(t, worker); nice[strconv.Itoa(want)] == 0 || nice[strconv.Itoa(20-have)] > 1 {
		t.Errorf("threads by niceness: %v, want %d", nice, want)
	}
	if cwd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(worker), "cwd")); err != nil || cwd != "/" {
		t.Errorf("it runs in %s: %v", cwd, err)
	}
	checkNoListener(t, worker)
	checkFiles(t, worker, secret.Name())
	stop(t, m)
}

// niceness counts a process's threads by how nice they are.
func niceness(t *testing.T, pid int) map[string]int {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid), "task")
	threads, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, thread := range threads {
		text, err := os.ReadFile(filepath.Join(dir, thread.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[strings.LastIndex(string(text), ")"):]))
		count[fields[17]]++ // field 19 of proc(5); the first two end with ")"
	}
	return count
}

// sockets returns what a process's descriptors are, those of its sockets by inode.
func sockets(t *testing.T, pid int) (inodes map[string]bool, others []string) {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	inodes = map[string]bool{}
	for _, fd := range list {
		target, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err != nil {
			continue // it has just been closed
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		} else {
			others = append(others, target)
		}
	}
	return inodes, others
}

// checkNoListener fails the test if a process listens.
func checkNoListener(t *testing.T, pid int) {
	t.Helper()
	const listening = "0A"
	own, _ := sockets(t, pid)
	connected := 0
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		for line := range strings.Lines(proc(t, pid, table)) {
			f := strings.Fields(line)
			if len(f) < 10 || !own[f[9]] {
				continue
			}
			connected++
			if f[3] == listening {
				t.Errorf("it listens: %s", line)
			}
		}
	}
	if connected == 0 {
		t.Error("the connection to its destination is not seen: this test sees nothing")
	}
	for _, table := range []string{"net/udp", "net/udp6", "net/raw"} {
		for line := range strings.Lines(proc(t, pid, table)) {
			if f := strings.Fields(line); len(f) >= 10 && own[f[9]] {
				t.Errorf("it has a socket of %s: %s", table, line)
			}
		}
	}
}

// checkFiles fails the test if a process has files of this one, or more than it needs.
func checkFiles(t *testing.T, pid int, secret string) {
	t.Helper()
	own, others := sockets(t, pid)
	if len(own) > 2 { // its supervisor's and its destination's
		t.Errorf("%d sockets", len(own))
	}
	for _, name := range others {
		if name == secret {
			t.Errorf("it has %s", name)
		}
	}
	if len(others) > 12 {
		t.Errorf("files %v", others)
	}
}

// The process that supervises is killed: its worker goes too, although it never reads
// its socket and so does not hear of it.
func TestWorkersDieWithTheirSupervisor(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "supervise", "no pulse")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	worker, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(worker, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	ended := func(within time.Duration) bool {
		polls := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(polls, int(within.Milliseconds()))
		for err == unix.EINTR {
			n, err = unix.Poll(polls, int(within.Milliseconds()))
		}
		return err == nil && n == 1
	}
	if ended(0) {
		t.Fatal("the worker has ended already")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !ended(patience) {
		t.Errorf("worker %d outlives its supervisor", worker)
		_ = unix.Kill(worker, unix.SIGKILL)
	}
}

// What a worker logs comes to this process's log, as it was said.
func TestLogsOfWorkers(t *testing.T) {
	var book ledger
	h := open(t, logTo(&book), "real")
	origin := startOrigin(t)
	m, _ := h.start(spec("room-1", origin))
	view(t, origin, "room-1").more(t, 1)
	worker := pid(t, m)
	stop(t, m)
	for line := range strings.Lines(book.String()) {
		var f struct {
			Level, Msg, Mix, Output string
			Worker                  int
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if f.Msg == "output is live" {
			keys := []string{`"level"`, `"msg"`, `"mix"`, `"worker"`, `"output"`, `"url"`}
			at := -1
			for _, key := range keys {
				next := strings.Index(line, key)
				if next <= at || strings.Count(line, key) != 1 {
					t.Errorf("%s is not in its place in %s", key, line)
				}
				at = next
			}
			if f.Level != "INFO" || f.Mix != "room-1" || f.Worker != worker || f.Output != "cdn" {
				t.Errorf("%+v", f)
			}
			return
		}
	}
	t.Errorf("nothing about the output in %s", book.String())
}
