package main

import (
	"io"
	"testing"
	"time"
)

// Only a whole run may write into the documentation.
func TestWhereResultsGo(t *testing.T) {
	t.Setenv("BENCH_INPUTS", "")
	for _, c := range []struct {
		args   []string
		out    string
		rounds int
		limit  time.Duration
	}{
		{nil, docs, 5, 0},
		{[]string{"-quick"}, aside, 1, 2 * time.Second},
		{[]string{"-case", "grid6"}, aside, 5, 0},
		{[]string{"-duration", "3s"}, aside, 5, 3 * time.Second},
		{[]string{"-series=false"}, aside, 5, 0},
		{[]string{"-quality", "-n", "3"}, docs, 3, 0},
		{[]string{"-quality", "-quick"}, aside, 1, 2 * time.Second},
		{[]string{"-quick", "-out", "x"}, "x", 1, 2 * time.Second},
		{[]string{"-draw"}, docs, 5, 0},
	} {
		o, err := parseOptions(c.args, io.Discard)
		if err != nil || o.out != c.out || o.rounds != c.rounds || o.limit != c.limit {
			t.Errorf("%q: %+v, error %v", c.args, o, err)
		}
	}
}
