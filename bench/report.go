package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
)

// spread and machine are contest's; nearly every figure here is a spread.
type (
	spread  = contest.Spread
	machine = contest.Machine
)

var (
	spreadOf    = contest.SpreadOf
	ratioSpread = contest.RatioSpread
)

// report is everything that was measured; it is written as JSON.
type report struct {
	Time     time.Time `json:"time"`
	Machine  machine   `json:"machine"`
	Versions versions  `json:"versions"`
	// Quick says that this was a trial of the benchmark and not of Lianmai.
	Quick  bool `json:"quick,omitempty"`
	Rounds int  `json:"rounds"`
	// Real says that clips of the user were mixed.
	Real   bool             `json:"real_clips"`
	Cases  []scenarioReport `json:"cases"`
	Series []seriesReport   `json:"series"`
	Ticks  []tickReport     `json:"ticks"`
}

// scenarioReport is the part of one scenario.
type scenarioReport struct {
	Name    string      `json:"name"`
	Title   string      `json:"title"`
	Inputs  []string    `json:"inputs"`
	Seconds float64     `json:"seconds"`
	Bars    []barReport `json:"bars"`
	Rows    []rowReport `json:"rows"`
	// FloorCPU is decode + encode − read, in seconds, and CPUOfFloor how many times
	// as much Lianmai used with the same settings.
	FloorCPU   spread `json:"floor_cpu_seconds"`
	CPUOfFloor spread `json:"cpu_of_floor"`
	// Faults says why the comparison is not fair.
	Faults []string `json:"faults"`
}

// rowReport is one contender.
type rowReport struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Command []string `json:"command"` // files without their folders
	Runs    []usage  `json:"runs"`
	CPU     spread   `json:"cpu_seconds"`
	PeakMB  spread   `json:"peak_mb"`
	// CPURatio and PeakRatio are this contender's figure by that of ffmpeg as usual,
	// round by round. They are there for contenders that do the whole job.
	CPURatio  *spread  `json:"cpu_ratio,omitempty"`
	PeakRatio *spread  `json:"peak_ratio,omitempty"`
	Outcome   *outcome `json:"outcome,omitempty"`
}

// reportOf works out the figures of one measurement.
func reportOf(m measurement) scenarioReport {
	floor := floorCPU(m.runs[floorDecode], m.runs[floorEncode], m.runs[floorRead])
	r := scenarioReport{
		Name: m.task.name, Title: m.task.title, Seconds: m.task.duration.Seconds(),
		FloorCPU: spreadOf(floor), CPUOfFloor: ratioSpread(column(m.runs[ours], usage.cpu), floor),
		Faults: compare(m.outcomes[ours], m.outcomes[opponent], m.outcomes[opponentBest]),
	}
	for _, c := range m.task.clips {
		r.Inputs = append(r.Inputs, filepath.Base(c.path))
	}
	for _, c := range m.contenders {
		runs := m.runs[c.name]
		row := rowReport{
			Name: c.name, Title: c.title, Command: withoutFolders(c.argv), Runs: runs,
			CPU: spreadOf(column(runs, usage.cpu)), PeakMB: spreadOf(column(runs, peak)),
		}
		if o, whole := m.outcomes[c.name]; whole {
			row.Outcome = &o
			row.CPURatio = new(ratioSpread(column(runs, usage.cpu), column(m.runs[opponent], usage.cpu)))
			row.PeakRatio = new(ratioSpread(column(runs, peak), column(m.runs[opponent], peak)))
		}
		r.Rows = append(r.Rows, row)
	}
	r.judge(m.task.bars)
	return r
}

// row returns the row of that name.
func (r scenarioReport) row(name string) rowReport {
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	return rowReport{}
}

// column returns one figure of each run.
func column(runs []usage, figure func(usage) float64) []float64 {
	values := make([]float64, len(runs))
	for i, u := range runs {
		values[i] = figure(u)
	}
	return values
}

func peak(u usage) float64 { return u.PeakMB }

// floorCPU returns the floor of each round in CPU seconds: decode + encode − read.
func floorCPU(decode, encode, read []usage) []float64 {
	var values []float64
	for i := range min(len(decode), len(encode), len(read)) {
		values = append(values, decode[i].cpu()+encode[i].cpu()-read[i].cpu())
	}
	return values
}

// withoutFolders leaves out where this machine keeps its files.
func withoutFolders(argv []string) []string {
	short := make([]string, len(argv))
	for i, arg := range argv {
		name, path, named := strings.Cut(arg, "=")
		switch {
		case filepath.IsAbs(arg):
			short[i] = filepath.Base(arg)
		case named && filepath.IsAbs(path):
			short[i] = name + "=" + filepath.Base(path)
		default:
			short[i] = arg
		}
	}
	return short
}

// writeJSON writes a report for machines.
func writeJSON(path string, report any) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// readJSON reads what writeJSON wrote; there is false if nothing was written yet.
func readJSON(path string, report any) (there bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(text, report)
}
