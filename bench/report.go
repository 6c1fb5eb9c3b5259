package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// report is everything that was measured; it is what -json writes.
type report struct {
	Time     time.Time        `json:"time"`
	Machine  machine          `json:"machine"`
	Versions versions         `json:"versions"`
	Rounds   int              `json:"rounds"`
	Cases    []scenarioReport `json:"cases"`
}

// scenarioReport is the part of one scenario.
type scenarioReport struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Inputs  []string `json:"inputs"`
	Seconds float64  `json:"seconds"`
	// Aim is the most that CPU of the row "ffmpeg" should be.
	Aim  float64     `json:"aim"`
	Rows []rowReport `json:"rows"`
	// FloorCPU is decode + encode − read, in seconds, and CPUOfFloor how many times
	// as much Lianmai used.
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
	// CPURatio and PeakRatio are Lianmai's figure by this contender's, round by round.
	// They are there for contenders that do the whole job.
	CPURatio  *spread  `json:"cpu_ratio,omitempty"`
	PeakRatio *spread  `json:"peak_ratio,omitempty"`
	Outcome   *outcome `json:"outcome,omitempty"`
}

// reportOf works out the figures of one measurement.
func reportOf(m measurement) scenarioReport {
	our := m.runs[ours]
	floor := floorCPU(m.runs[floorDecode], m.runs[floorEncode], m.runs[floorRead])
	r := scenarioReport{
		Name: m.task.name, Title: m.task.title, Seconds: m.task.duration.Seconds(), Aim: m.task.aim,
		FloorCPU: spreadOf(floor), CPUOfFloor: ratioSpread(column(our, usage.cpu), floor),
		Faults: compare(m.outcomes[ours], m.outcomes[opponent]),
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
			if c.name != ours {
				row.CPURatio = new(ratioSpread(column(our, usage.cpu), column(runs, usage.cpu)))
				row.PeakRatio = new(ratioSpread(column(our, peak), column(runs, peak)))
			}
		}
		r.Rows = append(r.Rows, row)
	}
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

// write writes the report as JSON.
func (r report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
