package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lianmai/lianmai/bench/contest"
)

// The files in the folder of results.
const (
	pageFile     = "benchmarks.md"
	casesFile    = "benchmarks.json"
	qualityFile  = "benchmarks-quality.json"
	liveFile     = "benchmarks-live.json"
	cpuPlotFile  = "benchmarks-cpu.svg"
	costPlotFile = "benchmarks-cost.svg"
	livePlotFile = "benchmarks-live.svg"
)

// errMarkers is returned for a page without the lines that a section goes between.
var errMarkers = errors.New("the page lacks its markers")

// drawPage writes the sections of the page in folder, and the plots, from the results
// there. A folder without a page gets that of the documentation.
func drawPage(folder string) error {
	path := filepath.Join(folder, pageFile)
	page, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		page, err = os.ReadFile(filepath.Join(docs, pageFile))
	}
	if err != nil {
		return err
	}
	text := string(page)
	for _, section := range []func(folder string) (name, body string, err error){casesSection, qualitySection, liveSection} {
		name, body, err := section(folder)
		if err != nil {
			return err
		}
		if text, err = replaceSection(text, name, body); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// replaceSection puts body between the lines <!-- begin NAME --> and <!-- end NAME -->.
// Error: errMarkers.
func replaceSection(text, name, body string) (string, error) {
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->\n"
	before, rest, ok := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("%w: %q and %q", errMarkers, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + "\n" + strings.TrimSpace(body) + "\n\n" + end + after, nil
}

// notYet stands where nothing was measured.
func notYet(command string) string { return "Not measured yet: `" + command + "` does it." }

// casesSection is about `make bench`.
func casesSection(folder string) (name, body string, err error) {
	const section = "cases"
	var r report
	there, err := readJSON(filepath.Join(folder, casesFile), &r)
	if err != nil || !there {
		return section, notYet("make bench"), err
	}
	if err := os.WriteFile(filepath.Join(folder, cpuPlotFile), []byte(cpuPlot(r.Cases)), 0o644); err != nil {
		return section, "", err
	}
	if len(r.Series) > 0 {
		if err := os.WriteFile(filepath.Join(folder, costPlotFile), []byte(linePlot(costPanels(r.Series))), 0o644); err != nil {
			return section, "", err
		}
	}
	return section, r.markdown(), nil
}

// qualitySection is about `make bench-quality`.
func qualitySection(folder string) (name, body string, err error) {
	const section = "quality"
	var r qualityReport
	there, err := readJSON(filepath.Join(folder, qualityFile), &r)
	if err != nil || !there {
		return section, notYet("make bench-quality"), err
	}
	return section, r.markdown(), nil
}

// liveSection is about `make bench-live`, which writes its results itself.
func liveSection(folder string) (name, body string, err error) {
	const section = "live"
	var r contest.LiveReport
	there, err := readJSON(filepath.Join(folder, liveFile), &r)
	if err != nil || !there {
		return section, notYet("make bench-live"), err
	}
	if err := os.WriteFile(filepath.Join(folder, livePlotFile), []byte(linePlot(livePanels(r))), 0o644); err != nil {
		return section, "", err
	}
	return section, liveMarkdown(r), nil
}
