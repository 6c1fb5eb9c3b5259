package config

import (
	"fmt"
	"strconv"
)

// Worker bounds each process that mixes.
type Worker struct {
	// Memory is the most that it may map as data, such as 4GB (default), or off. One that
	// wants more dies and is replaced.
	Memory string `koanf:"memory"`
	// Nice is added to its niceness, 0 (default) to 19: what other programs of the machine
	// are worth more. Its clock keeps the priority that it may have.
	Nice string `koanf:"nice"`
}

// The bounds of Worker.
const (
	leastWorkerMemory = 256_000_000
	mostNice          = 19
)

// MemoryBytes returns Memory of a validated Worker, 0 for no bound.
func (w Worker) MemoryBytes() int64 {
	if !Enabled(w.Memory) {
		return 0
	}
	n, _ := parseBytes(w.Memory) // Load has checked it
	return int64(n)
}

// Niceness returns Nice of a validated Worker.
func (w Worker) Niceness() int {
	n, _ := strconv.Atoi(w.Nice) // Load has checked it
	return n
}

// validate returns every value that is wrong, each an ErrValue.
func (w Worker) validate() (faults []error) {
	if Enabled(w.Memory) {
		if n, err := parseBytes(w.Memory); err != nil || n < leastWorkerMemory {
			faults = append(faults, fmt.Errorf("%w: worker.memory: %q; want off, or 256MB or more, such as 4GB", ErrValue, w.Memory))
		}
	}
	if n, err := strconv.Atoi(w.Nice); err != nil || n < 0 || n > mostNice {
		faults = append(faults, fmt.Errorf("%w: worker.nice: %q; want 0 to %d", ErrValue, w.Nice, mostNice))
	}
	return faults
}
