package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// tickReport is what Go's benchmark of the steady state of a mix says.
type tickReport struct {
	Benchmark    string  `json:"benchmark"`
	Nanoseconds  float64 `json:"ns_per_tick"`
	BytesPerTick float64 `json:"bytes_per_tick"`
	Allocations  float64 `json:"allocs_per_tick"`
}

// tickBenchmarks are the benchmarks of package mixer that are read: one operation of
// theirs is one tick of a mix that has been running for a while.
const tickBenchmarks = "Tick"

// measureTicks runs them. There is none in the list if the package has none.
func measureTicks(ctx context.Context, quick bool) ([]tickReport, error) {
	length := "3s"
	if quick {
		length = "20x"
	}
	out, err := output(ctx, "go", "test", "./mixer", "-run", "^$", "-bench", tickBenchmarks, "-benchmem", "-benchtime", length)
	if err != nil {
		return nil, fmt.Errorf("benchmarks %q of package mixer: %w", tickBenchmarks, err)
	}
	return parseTicks(string(out)), nil
}

// processors is what Go adds to a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// parseTicks reads lines such as
// "BenchmarkTick-2  3000  412034 ns/op  12 B/op  0 allocs/op", with other figures of the
// benchmark between them or not.
func parseTicks(lines string) []tickReport {
	var list []tickReport
	for line := range strings.Lines(lines) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		r := tickReport{Benchmark: processors.ReplaceAllString(fields[0], "")}
		counted := false
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			switch fields[i+1] {
			case "ns/op":
				r.Nanoseconds = value
			case "B/op":
				r.BytesPerTick = value
			case "allocs/op":
				r.Allocations, counted = value, true
			}
		}
		if counted {
			list = append(list, r)
		}
	}
	return list
}
