package supervisor

import "syscall"

// attributes lets a child die with the thread that started it, which lives as long as
// this process, and keeps signals of the terminal from it: it is told to stop.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// lower adds to the niceness of the calling thread; its children inherit it.
func lower(nice int) {
	thread := syscall.Gettid()
	have, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread)
	if err != nil {
		return
	}
	// The system call returns 20 − niceness.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, min(20-have+nice, 19))
}
