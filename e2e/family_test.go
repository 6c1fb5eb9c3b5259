package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// descendant is a process that another one has started.
type descendant struct {
	pid    int
	parent int
	zombie bool // it has ended and nobody has asked how
}

// processes returns all processes of this machine.
func processes() (all []descendant) {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		// pid (comm) state ppid …; comm may hold anything.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(fields) < 2 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1]) // the kernel's own number
		all = append(all, descendant{pid, parent, fields[0] == "Z"})
	}
	return all
}

// children returns the processes that a process has started and that live, in order.
func children(parent int) (pids []int) {
	for _, p := range processes() {
		if p.parent == parent && !p.zombie {
			pids = append(pids, p.pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// zombies returns how many processes that a process has started have ended unasked.
func zombies(parent int) (n int) {
	for _, p := range processes() {
		if p.parent == parent && p.zombie {
			n++
		}
	}
	return n
}

// descriptors returns how many files, sockets and pipes a process has open.
func descriptors(pid int) int {
	entries, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd") // none: it has ended
	return len(entries)
}
