package peers

import "syscall"

// parentDeath makes the kernel kill the program when the thread that started it
// ends. Go keeps that thread unless a goroutine locked to it returns, which no
// caller of this package does.
func parentDeath() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
