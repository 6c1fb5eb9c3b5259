package config

import (
	"errors"
	"strings"
	"testing"
)

func TestCapacity(t *testing.T) {
	for _, test := range []struct {
		cores, memory string
		wantCores     float64
		wantMemory    int64
		bounded       [2]bool
	}{
		{"auto", "auto", 0, 0, [2]bool{true, true}},
		{"3.5", "6GB", 3.5, 6_000_000_000, [2]bool{true, true}},
		{"off", "off", 0, 0, [2]bool{}},
	} {
		c := Capacity{test.cores, test.memory}
		if faults := c.validate(); len(faults) > 0 {
			t.Errorf("%v: %v", c, faults)
		}
		cores, coresBounded := c.CoreCount()
		memory, memoryBounded := c.MemoryBytes()
		if cores != test.wantCores || memory != test.wantMemory || coresBounded != test.bounded[0] || memoryBounded != test.bounded[1] {
			t.Errorf("%v is %v cores, %d bytes, %v %v", c, cores, memory, coresBounded, memoryBounded)
		}
	}
	for _, c := range []Capacity{{"0", "auto"}, {"-1", "auto"}, {"NaN", "auto"}, {"5000", "auto"}, {"two", "auto"}, {"auto", "0"}, {"auto", "much"}} {
		faults := c.validate()
		if len(faults) != 1 || !errors.Is(faults[0], ErrValue) || !strings.Contains(faults[0].Error(), "capacity.") {
			t.Errorf("%v: %v", c, faults)
		}
	}
}
