package config

import (
	"errors"
	"strings"
	"testing"
)

func TestWorker(t *testing.T) {
	w := Worker{Memory: "2GB", Nice: "5"}
	if faults := w.validate(); len(faults) > 0 || w.MemoryBytes() != 2_000_000_000 || w.Niceness() != 5 {
		t.Errorf("%v: %v, %d bytes, nice %d", w, faults, w.MemoryBytes(), w.Niceness())
	}
	if off := (Worker{Memory: "off", Nice: "0"}); len(off.validate()) > 0 || off.MemoryBytes() != 0 {
		t.Errorf("%v: %v, %d bytes", off, off.validate(), off.MemoryBytes())
	}
	for _, w := range []Worker{{"1MB", "0"}, {"lots", "0"}, {"4GB", "-1"}, {"4GB", "20"}, {"4GB", ""}} {
		if faults := w.validate(); len(faults) != 1 || !errors.Is(faults[0], ErrValue) || !strings.Contains(faults[0].Error(), "worker.") {
			t.Errorf("%v: %v", w, faults)
		}
	}
}
