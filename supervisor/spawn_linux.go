package supervisor

import "syscall"

// attributes lets a child die with the thread that started it, which lives as long as
// this process, and keeps signals of the terminal from it: it is told to stop.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// lower adds to the niceness of the calling thread; its children inherit it.
func lower(nice int) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), nice) }
