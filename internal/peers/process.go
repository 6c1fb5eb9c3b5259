package peers

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stderrTail is how much of a program's last words is kept, in bytes.
const stderrTail = 16 << 10

// stopGrace is how long a program may take to end when it is asked to, before it
// is killed.
const stopGrace = 5 * time.Second

// Process is a program in the background. It is killed when its test ends.
type Process struct {
	cmd    *exec.Cmd
	done   chan struct{}
	err    error // of the exit; valid after done is closed
	stdout bytes.Buffer
	stderr tail
}

// FFmpeg starts the ffmpeg command in the background with args. It reads no
// standard input, and logs warnings and errors unless args say otherwise.
func FFmpeg(t testing.TB, args ...string) *Process {
	t.Helper()
	return Start(t, "ffmpeg", append([]string{"-nostdin", "-hide_banner", "-loglevel", "warning"}, args...)...)
}

// FFprobe runs the ffprobe command to its end and returns what it printed. It
// fails the test if ffprobe fails or is not done when ctx is.
func FFprobe(ctx context.Context, t testing.TB, args ...string) []byte {
	t.Helper()
	p := Start(t, "ffprobe", append([]string{"-hide_banner", "-loglevel", "error"}, args...)...)
	if err := p.Wait(ctx); err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, p.Stderr())
	}
	return p.stdout.Bytes()
}

// Start runs the program name, found in PATH, in the background with args.
func Start(t testing.TB, name string, args ...string) *Process {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("peers: %s is not installed (`make deps` installs it): %v", name, err)
	}
	return start(t, exec.Command(path, args...), "")
}

// start runs cmd. The channel p.stderr.seen is closed once cmd has written the text
// await to standard error.
func start(t testing.TB, cmd *exec.Cmd, await string) *Process {
	t.Helper()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	p.stderr.await, p.stderr.seen = []byte(await), make(chan struct{})
	if cmd.Stdout == nil {
		cmd.Stdout = &p.stdout
	}
	cmd.Stderr = &p.stderr
	// The program dies with the test binary, even if that one is killed.
	cmd.SysProcAttr = parentDeath()
	if err := cmd.Start(); err != nil {
		t.Fatalf("peers: starting %s: %v", cmd.Path, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%v ended with %v; its last words:\n%s", cmd.Args, p.err, p.Stderr())
		}
	})
	return p
}

// PID returns the program's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the program to end by itself and returns its exit error, or
// ctx's error if that is done first.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Interrupt asks the program to end, as Ctrl-C does, and waits for it; one that has
// not ended after 5 s is killed. ffmpeg finishes its output file when interrupted.
func (p *Process) Interrupt() {
	p.end(os.Interrupt)
}

// Kill ends the program at once and waits until it is gone.
func (p *Process) Kill() {
	p.end(os.Kill)
}

// Pause stops the program where it is, with its sockets open; Resume lets it go on.
func (p *Process) Pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused program go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

func (p *Process) end(sig os.Signal) {
	if err := p.cmd.Process.Signal(sig); errors.Is(err, os.ErrProcessDone) {
		<-p.done
		return
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.done:
	case <-grace.C:
		_ = p.cmd.Process.Kill() // it may have ended just now
		<-p.done
	}
}

// Stdout returns what the program printed. Call it only after Done.
func (p *Process) Stdout() []byte { return p.stdout.Bytes() }

// Stderr returns the last 16 KiB that the program wrote to standard error so far.
func (p *Process) Stderr() string { return p.stderr.String() }

// tail keeps the end of what is written to it. Safe for concurrent use.
type tail struct {
	mu    sync.Mutex
	buf   []byte
	await []byte        // text to look for; nil once it has been seen
	seen  chan struct{} // closed when it has been seen
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if t.await != nil && bytes.Contains(t.buf, t.await) {
		t.await = nil
		close(t.seen)
	}
	if extra := len(t.buf) - stderrTail; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
