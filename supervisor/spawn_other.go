//go:build !linux

package supervisor

import "syscall"

// attributes keeps signals of the terminal from a child: it is told to stop.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// lower does nothing: priorities belong to processes here.
func lower(int) {}
