//go:build !linux

package peers

import "syscall"

func parentDeath() *syscall.SysProcAttr { return nil }
