package contest

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what the figures were measured on.
type Machine struct {
	OS    string `json:"os"`
	Cores int    `json:"cores"`
	CPU   string `json:"cpu"`
	// MemoryMB is all of it, in 10^6 bytes.
	MemoryMB float64 `json:"memory_mb"`
	// LoadAtStart is the load average of the last minute: figures taken on a busy
	// machine are not worth much.
	LoadAtStart float64 `json:"load_at_start"`
}

// ThisMachine asks Linux; elsewhere what it would have said stays empty.
func ThisMachine() Machine {
	read := func(path string) string {
		text, _ := os.ReadFile(path)
		return string(text)
	}
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(procField(read("/proc/meminfo"), "MemTotal"), " kB"), 64)
	load, _, _ := strings.Cut(read("/proc/loadavg"), " ")
	loadNumber, _ := strconv.ParseFloat(load, 64)
	return Machine{
		OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(),
		CPU:      procField(read("/proc/cpuinfo"), "model name"),
		MemoryMB: kib * 1024 / 1e6, LoadAtStart: loadNumber,
	}
}

// procField returns the first value of a "key : value" line.
func procField(text, key string) string {
	for line := range strings.Lines(text) {
		k, v, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// String is one line for people.
func (m Machine) String() string {
	cpu := m.CPU
	if cpu == "" {
		cpu = "unknown CPU"
	}
	return fmt.Sprintf("%d × %s, %.1f GB, %s; load at start %.1f", m.Cores, cpu, m.MemoryMB/1000, m.OS, m.LoadAtStart)
}
