package main

import "fmt"

// barKind is what a bar measures.
type barKind string

// The kinds of bars. All are ratios of medians of rounds; ffmpeg is the command as
// people use it.
const (
	cpuSame     barKind = "cpu-same"     // CPU with the same encoder settings, of ffmpeg's
	cpuDefaults barKind = "cpu-defaults" // CPU with Lianmai's defaults, of ffmpeg's, at no less quality
	cpuOfFloor  barKind = "floor"        // CPU with the same encoder settings, of the floor's
	cpuOfShown  barKind = "shown"        // CPU, of Lianmai's own with nobody hidden
	memory      barKind = "memory"       // peak memory with the defaults, of ffmpeg's
)

// barTitles are for people.
var barTitles = map[barKind]string{
	cpuSame:     "CPU, same settings ÷ ffmpeg",
	cpuDefaults: "CPU, our defaults ÷ ffmpeg",
	cpuOfFloor:  "CPU, same settings ÷ floor",
	cpuOfShown:  "CPU, five hidden ÷ all shown",
	memory:      "peak memory, our defaults ÷ ffmpeg",
}

// bar is the most that a ratio should be.
type bar struct {
	kind barKind
	most float64
}

// qualityDrop is how much lower the SSIM of our defaults may be than the better of
// ffmpeg's two, at the same bitrate.
const qualityDrop = 0.003

// barReport is a bar and what was measured.
type barReport struct {
	Kind  barKind `json:"kind"`
	Title string  `json:"title"`
	Most  float64 `json:"most"`
	Ratio spread  `json:"ratio"`
	Met   bool    `json:"met"`
	// Note says why a bar is not met in spite of its ratio.
	Note string `json:"note,omitempty"`
}

// judge fills in the bars of a scenario.
func (r *scenarioReport) judge(bars []bar) {
	for _, b := range bars {
		j := barReport{Kind: b.kind, Title: barTitles[b.kind], Most: b.most, Ratio: r.ratioOf(b.kind)}
		if b.kind == cpuDefaults {
			j.Note = r.qualityFault()
		}
		j.Met = j.Ratio.Median > 0 && j.Ratio.Median <= b.most && j.Note == ""
		r.Bars = append(r.Bars, j)
	}
}

// ratioOf returns the ratio that a bar is about, all 0 if it was not measured.
func (r scenarioReport) ratioOf(kind barKind) spread {
	over := func(a, b string, figure func(usage) float64) spread {
		return ratioSpread(column(r.row(a).Runs, figure), column(r.row(b).Runs, figure))
	}
	switch kind {
	case cpuSame:
		return over(ours, opponent, usage.cpu)
	case cpuDefaults:
		return over(oursDefaults, opponent, usage.cpu)
	case cpuOfShown:
		return over(ours, oursShown, usage.cpu)
	case memory:
		return over(oursDefaults, opponent, peak)
	case cpuOfFloor:
		return r.CPUOfFloor
	}
	return spread{}
}

// qualityFault says in what our defaults are worse than ffmpeg or not comparable; it is
// empty if they are neither.
func (r scenarioReport) qualityFault() string {
	our, usual, best := r.row(oursDefaults).Outcome, r.row(opponent).Outcome, r.row(opponentBest).Outcome
	if our == nil || usual == nil || best == nil {
		return "not compared"
	}
	if !sameBitrate(*our, *usual) {
		return fmt.Sprintf("%.0f kb/s of video against %.0f", our.VideoKbps, usual.VideoKbps)
	}
	if their := max(usual.SSIM, best.SSIM); our.SSIM < their-qualityDrop {
		return fmt.Sprintf("SSIM %.4f against %.4f", our.SSIM, their)
	}
	return ""
}
