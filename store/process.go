package store

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// process identifies a process across machines and restarts of them.
type process struct {
	Host  string // for people
	Boot  string // of the machine; "" where it is not known
	Space string // in which PID counts; containers have their own
	PID   int
	Start string // when it began, in ticks since the boot: pids are used again
}

// thisProcess returns the identity of this process.
func thisProcess() process {
	host, _ := os.Hostname()
	p := process{Host: host, Boot: bootID(), Space: pidSpace(), PID: os.Getpid()}
	p.Start, _, _ = started(p.PID)
	return p
}

// dead says whether the process is known to run no more: it ran on this machine, and
// nothing that runs here is it. False where nothing is known.
func (p process) dead() bool {
	if p.Boot == "" || p.Start == "" || p.Boot != bootID() || p.Space != pidSpace() {
		return false
	}
	start, state, err := started(p.PID)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return err == nil && (start != p.Start || state == "Z" || state == "X")
}

// bootID names the run of this machine since it was switched on; "" where the system
// does not tell.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// pidSpace names the space of pids in which this process is.
func pidSpace() string {
	space, _ := os.Readlink("/proc/self/ns/pid")
	return space
}

// started returns when a process of this machine began, in ticks since the boot, and the
// state that it is in (Z: it has ended). Errors: fs.ErrNotExist.
func started(pid int) (ticks, state string, err error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", "", err
	}
	// The second field is the name of the program in brackets; it may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const stateField, startField = 0, 19 // the 3rd and the 22nd of all
	if len(fields) <= startField {
		return "", "", errors.New("store: /proc is not what it should be")
	}
	return fields[startField], fields[stateField], nil
}
