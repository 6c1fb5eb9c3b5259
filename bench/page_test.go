package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
)

func TestReplaceSection(t *testing.T) {
	const page = "before\n<!-- begin a -->\nold\n<!-- end a -->\nbetween\n<!-- begin b -->\n<!-- end b -->\nafter\n"
	got, err := replaceSection(page, "a", "new\n")
	if want := strings.Replace(page, "old", "\nnew\n", 1); err != nil || got != want {
		t.Errorf("page %q, error %v, want %q", got, err, want)
	}
	again, err := replaceSection(got, "a", "new")
	if err != nil || again != got {
		t.Errorf("another time: %q, error %v", again, err)
	}
	for _, bad := range []string{"", "<!-- begin a -->\n", "<!-- end a -->\n<!-- begin a -->\n"} {
		if _, err := replaceSection(bad, "a", "new"); !errors.Is(err, errMarkers) {
			t.Errorf("%q: error %v, want errMarkers", bad, err)
		}
	}
}

// fullFolder holds results of every kind and the page of the documentation.
func fullFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	page, err := os.ReadFile(filepath.Join("..", docs, pageFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, pageFile), page, 0o600); err != nil {
		t.Fatal(err)
	}
	same := outcome{SSIM: 0.98, VideoKbps: 2500}
	for name, r := range map[string]any{
		casesFile: report{
			Time: time.Unix(0, 0).UTC(), Rounds: 3, Cases: []scenarioReport{reportOf(measured(t))},
			Series: []seriesReport{seriesOf("inputs", "cameras", "inputs", [][]float64{{2, 2.1}, {3, 3.1}, {4, 4.1}})},
			Ticks:  []tickReport{{Benchmark: "BenchmarkTick", Allocations: 3, Nanoseconds: 2000}},
		},
		qualityFile: qualityReport{Cases: []qualityCase{{
			Name: "grid6", Engine: []qualityRow{{Settings: "balanced", Outcome: &same}},
			Encoder: []qualityRow{{Settings: "veryfast:subme=1", Outcome: &same, DelayFrames: 10}},
		}}},
		liveFile: contest.LiveReport{
			Seconds: 60, Holds: map[string]int{ours: 8, opponent: 5}, Delays: map[string]contest.Delay{ours: {P50: 120, P99: 180, Pictures: 900}},
			Runs: []contest.LiveRun{
				{Contender: ours, Mixes: 1, CPU: 0.3, InTime: true, Ticks: &contest.TickCount{Frames: 900}},
				{Contender: ours, Mixes: 2, CPU: 0.6, InTime: true}, {Contender: opponent, Mixes: 6, CPU: 1.9, Why: "2 % & more"},
			},
		},
	} {
		if err := writeJSON(filepath.Join(dir, name), r); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDrawPage(t *testing.T) {
	dir := fullFolder(t)
	if err := drawPage(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, pageFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `grid6` | CPU, same settings ÷ ffmpeg | ≤ 0.72 | 0.75 (0.75–0.75) | not met |",
		"| | allocations a tick, `BenchmarkTick` | 0 | 3 | not met |",
		"1: 2.05, 2: 3.05, 3: 4.05. The line is 1.05 + 1.00 for each, R² = 1.0000.",
		"| `veryfast:subme=1` | 0.00 | 0.9800 |", "| `balanced` |",
		"| lianmai | 8 | 120 ms | 180 ms |", "holds 1.60 times as many as ffmpeg as usual (bar: at least 1.6): met",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	for _, name := range []string{cpuPlotFile, costPlotFile, livePlotFile} {
		if !strings.Contains(string(page), "]("+name+")") {
			t.Errorf("the page does not show %s", name)
		}
		checkSVG(t, filepath.Join(dir, name))
	}
	if err := drawPage(dir); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(filepath.Join(dir, pageFile)); string(again) != string(page) {
		t.Error("the page is another when it is drawn again")
	}
}

// checkSVG wants XML, with colours for dark pages, that leaves no figure out of sight.
func checkSVG(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "prefers-color-scheme: dark") || strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
		t.Errorf("%s: %s", path, text)
	}
	for d := xml.NewDecoder(strings.NewReader(string(text))); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

func TestDrawPageSaysWhatIsNotMeasured(t *testing.T) {
	dir := fullFolder(t)
	for _, name := range []string{casesFile, qualityFile, liveFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := drawPage(dir); err != nil {
		t.Fatal(err)
	}
	page, _ := os.ReadFile(filepath.Join(dir, pageFile))
	if n := strings.Count(string(page), "Not measured yet"); n != 3 {
		t.Errorf("%d sections are not measured, want 3", n)
	}
}

func TestPlotsOfNothing(t *testing.T) {
	for _, svg := range []string{cpuPlot(nil), linePlot([]panel{{title: "<none> & nothing", lines: []line{{name: "none"}}}})} {
		path := filepath.Join(t.TempDir(), "x.svg")
		if err := os.WriteFile(path, []byte(svg), 0o600); err != nil {
			t.Fatal(err)
		}
		checkSVG(t, path)
	}
}

func TestNiceStep(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 0.5: 0.1, 1: 0.2, 6: 1, 7: 2, 14: 5, 31: 10, 600: 100} {
		if got := niceStep(most); got < want*0.999 || got > want*1.001 {
			t.Errorf("niceStep(%v) = %v, want %v", most, got, want)
		}
	}
}
