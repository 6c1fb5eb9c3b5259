package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/lianmai/lianmai/bench/contest"
)

func TestParseTicks(t *testing.T) {
	got := parseTicks("goos: linux\nBenchmarkTick/six-2 \t 3000\t  412034 ns/op\t  1.5 tiles/op\t 12 B/op\t 3 allocs/op\n" +
		"BenchmarkTickAlone \t 10\t 5 ns/op\t 0 B/op\t 0 allocs/op\nBenchmarkNoCount-2 10 5 ns/op\nBenchmarkOdd-2 10 x ns/op 3 allocs/op\nPASS\n")
	want := []tickReport{{"BenchmarkTick/six", 412034, 12, 3}, {"BenchmarkTickAlone", 5, 0, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("ticks %+v, want %+v", got, want)
	}
}

func TestParsePresets(t *testing.T) {
	got := parsePresets("economy\tleast CPU\nveryfast\nveryslow\n:4\nCompletion ended with directive: ShellCompDirectiveNoFileComp\n")
	if want := []string{"economy", "veryfast"}; !slices.Equal(got, want) {
		t.Errorf("presets %q, want %q", got, want)
	}
	if got := parsePresets(""); len(got) != 0 {
		t.Errorf("presets %q of nothing", got)
	}
}

func TestEncoderArgs(t *testing.T) {
	job := task{scenario: grid6(t), dir: "/tmp/x"}
	for settings, want := range map[string][2]string{
		"faster":                              {"-preset faster", "keyint-min=60 -c:a"},
		"veryfast:subme=1:ref=1":              {"-preset veryfast", "keyint-min=60:subme=1:ref=1 -c:a"},
		"veryfast:vbv-bufsize=0.5x":           {"-preset veryfast", "keyint-min=60:vbv-bufsize=1250 -c:a"},
		"veryfast:vbv-bufsize=900:aq-mode=2x": {"-preset veryfast", "keyint-min=60:vbv-bufsize=900:aq-mode=2x -c:a"},
	} {
		argv := strings.Join(job.encoderArgs(settings, "out.flv"), " ")
		if !strings.Contains(argv, want[0]) || !strings.Contains(argv, want[1]) {
			t.Errorf("%s: %s", settings, argv)
		}
	}
	for _, settings := range encoderGrid(false) {
		if n := len(slices.DeleteFunc(encoderGrid(false), func(s string) bool { return s != settings })); n != 1 {
			t.Errorf("%s is tried %d times", settings, n)
		}
	}
}

func TestDelayFrames(t *testing.T) {
	for _, c := range []struct {
		settings map[string]string
		want     int
	}{
		{map[string]string{"threads": "1", "bframes": "0", "rc_lookahead": "0"}, 0},
		{map[string]string{"threads": "1", "bframes": "0", "rc_lookahead": "10"}, 10},
		{map[string]string{"threads": "4", "bframes": "3", "rc_lookahead": "0", "sliced_threads": "0"}, 6},
		{map[string]string{"threads": "4", "sliced_threads": "1"}, 0},
		{nil, 0},
	} {
		if got := delayFrames(c.settings); got != c.want {
			t.Errorf("%v: %d frames, want %d", c.settings, got, c.want)
		}
	}
}

func TestSeriesOf(t *testing.T) {
	s := seriesOf("inputs", "cameras", "inputs", [][]float64{{2, 9, 2}, {4, 4, 0}, {6}})
	if s.Fit != (contest.Fit{Base: 0, Slope: 2, R2: 1}) {
		t.Errorf("line %+v of the medians", s.Fit)
	}
	if s.Points[1] != (point{2, spread{Median: 4, Min: 0, Max: 4}}) {
		t.Errorf("points %+v", s.Points)
	}
}
