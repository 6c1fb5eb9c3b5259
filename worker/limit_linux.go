package worker

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lianmai/lianmai/worker/wire"
)

// Limit lowers the limits of this process for good: memory and open files. It
// never writes a core, which would hold what its inputs sent. Raising a limit is not
// tried: what the process has already is kept.
func Limit(l wire.Limits) error {
	for _, r := range []struct {
		name string
		what int
		max  uint64
		set  bool
	}{
		{"memory", unix.RLIMIT_DATA, uint64(l.Memory), l.Memory > 0},
		{"open files", unix.RLIMIT_NOFILE, uint64(l.Files), l.Files > 0},
		{"core", unix.RLIMIT_CORE, 0, true},
	} {
		var have unix.Rlimit
		if err := unix.Getrlimit(r.what, &have); err != nil {
			return fmt.Errorf("worker: limit of %s: %w", r.name, err)
		}
		if !r.set || have.Max < r.max {
			continue
		}
		if err := unix.Setrlimit(r.what, &unix.Rlimit{Cur: r.max, Max: r.max}); err != nil {
			return fmt.Errorf("worker: limit of %s: %w", r.name, err)
		}
	}
	return nil
}

// usage returns the CPU time of this process and its resident memory in bytes.
func usage() (cpu time.Duration, memory int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	var size, resident int64
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		_, _ = fmt.Sscan(string(text), &size, &resident) // 0 if the kernel says something else
	}
	return cpu, resident * int64(os.Getpagesize())
}
