package main

import (
	"bufio"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// settle is called by a process before it mixes. It gives back what only its start needed: garbage,
// and the program's and its libraries' pages that were read to register messages, commands and
// formats. Those stay in the system's cache, for all processes: what is used after all is
// mapped again from there, without a copy.
func settle() {
	debug.SetGCPercent(mixerGCPercent)
	debug.FreeOSMemory()
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer file.Close()
	for _, m := range cleanMappings(file) {
		// Where it fails nothing is lost, only not saved.
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.start, m.size, syscall.MADV_DONTNEED)
	}
}

// mapping is a piece of the address space.
type mapping struct{ start, size uintptr }

// cleanMappings reads proc_pid_smaps(5) and returns the mappings that hold what their files hold
// and nothing else: they cannot be written to, and no page was changed before that became so, by
// relocation, or by a debugger. Whoever drops the pages of another one loses data.
func cleanMappings(smaps io.Reader) (clean []mapping) {
	var m mapping
	zeros := -1 // counts of m that are 0, of those that must be; -1: m is of no interest
	keep := func() {
		if zeros == len(changes) {
			clean = append(clean, m)
		}
	}
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		name, isCount := strings.CutSuffix(fields[0], ":")
		switch {
		case !isCount:
			keep()
			var ok bool
			if m, ok = readOnlyFile(fields); ok {
				zeros = 0
			} else {
				zeros = -1
			}
		case zeros >= 0 && changes[name]:
			if zeros++; fields[1] != "0" {
				zeros = -1
			}
		}
	}
	keep()
	return clean
}

// changes are the counts of a mapping that are 0 if it is what its file is.
var changes = map[string]bool{"Anonymous": true, "Private_Dirty": true, "Shared_Dirty": true, "Swap": true}

// readOnlyFile reads the first line of a mapping: addresses, permissions, offset, device,
// inode and path. ok says that it is private, of a file, and cannot be written to.
func readOnlyFile(fields []string) (m mapping, ok bool) {
	if len(fields) < 6 || fields[4] == "0" || fields[1] != "r--p" && fields[1] != "r-xp" {
		return m, false
	}
	from, to, _ := strings.Cut(fields[0], "-")
	start, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return m, false
	}
	end, err := strconv.ParseUint(to, 16, 64)
	if err != nil || end <= start {
		return m, false
	}
	return mapping{uintptr(start), uintptr(end - start)}, true
}
