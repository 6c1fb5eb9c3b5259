package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Auto is the value of a capacity for "what the machine has".
const Auto = "auto"

// Capacity is what mixes may take of the machine. A new mix for which there is too little
// left is refused.
type Capacity struct {
	// Cores is how many cores mixes may take, such as 3.5; auto (default) for those of
	// the machine or of its control group, off for no bound.
	Cores string `koanf:"cores"`
	// Memory is how many bytes they may take, such as 6GB; auto (default) or off.
	Memory string `koanf:"memory"`
}

// The bounds of Capacity.
const mostCores = 4096

// CoreCount returns Cores of a validated Capacity, 0 for auto, and whether it is bounded.
func (c Capacity) CoreCount() (cores float64, bounded bool) {
	if !Enabled(c.Cores) {
		return 0, false
	}
	cores, _ = strconv.ParseFloat(c.Cores, 64) // Load has checked it; auto is 0
	return cores, true
}

// MemoryBytes returns Memory of a validated Capacity, 0 for auto, and whether it is bounded.
func (c Capacity) MemoryBytes() (bytes int64, bounded bool) {
	if !Enabled(c.Memory) {
		return 0, false
	}
	n, _ := parseBytes(c.Memory) // Load has checked it; auto is 0
	return int64(n), true
}

// validate returns every value that is wrong, each an ErrValue.
func (c Capacity) validate() (faults []error) {
	if !strings.EqualFold(c.Cores, Auto) && Enabled(c.Cores) {
		if n, err := strconv.ParseFloat(c.Cores, 64); err != nil || !(n > 0 && n <= mostCores) {
			faults = append(faults, fmt.Errorf("%w: capacity.cores: %q; want auto, off, or a number of cores such as 3.5", ErrValue, c.Cores))
		}
	}
	if !strings.EqualFold(c.Memory, Auto) && Enabled(c.Memory) {
		if n, err := parseBytes(c.Memory); err != nil || n < 1 {
			faults = append(faults, fmt.Errorf("%w: capacity.memory: %q; want auto, off, or a size such as 6GB", ErrValue, c.Memory))
		}
	}
	return faults
}
