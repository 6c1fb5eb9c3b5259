package supervisor

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/lianmai/lianmai/worker/wire"
)

// spawner starts processes from one thread that it keeps: the kernel kills a child when
// the thread that started it ends, and Go ends threads when it likes.
type spawner struct {
	jobs chan func()
	done chan struct{}
}

func newSpawner(nice int) *spawner {
	s := &spawner{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if nice > 0 {
			lower(nice)
		}
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// start starts a process.
func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error)
	s.jobs <- func() { result <- cmd.Start() }
	return <-result
}

// close ends the thread, and with it every child that is left.
func (s *spawner) close() {
	close(s.jobs)
	<-s.done
}

// sendTimeout is how long a worker may leave unread what it is told.
const sendTimeout = 5 * time.Second

// spawn starts a worker. It returns our end of its socket and the reading end of what it
// writes to its standard error; the caller closes both and waits for the process.
func (s *spawner) spawn(cfg Config) (_ *exec.Cmd, _ *wire.Conn, _ *os.File, err error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, nil, nil, err
	}
	defer theirs.Close()
	defer func() {
		if err != nil {
			ours.Close()
		}
	}()
	words, theirWords, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	defer theirWords.Close()
	cmd := exec.Command(cfg.Command[0], cfg.Command[1:]...)
	cmd.Args[0] = filepath.Base(os.Args[0])  // for people who look at processes
	cmd.Env = append([]string{}, cfg.Env...) // not nil: nil is this process's own
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stdout, cmd.Stderr = theirWords, theirWords
	cmd.SysProcAttr = attributes()
	if err := s.start(cmd); err != nil {
		words.Close()
		return nil, nil, nil, err
	}
	return cmd, wire.New(ours, sendTimeout), words, nil
}

// socketPair returns both ends of a Unix socket.
func socketPair() (ours net.Conn, theirs *os.File, err error) {
	// Nobody forks between the two calls: see syscall.ForkLock.
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("socket of a worker: %w", err)
	}
	file := os.NewFile(uintptr(fds[0]), "worker")
	defer file.Close() // FileConn has its own descriptor
	theirs = os.NewFile(uintptr(fds[1]), "supervisor")
	if ours, err = net.FileConn(file); err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("socket of a worker: %w", err)
	}
	return ours, theirs, nil
}
