package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
)

// liveBar is how many times as many mixes at once Lianmai should hold as ffmpeg does.
const liveBar = 1.6

// liveMarkdown is the section of live mixes.
func liveMarkdown(r contest.LiveReport) string {
	var b strings.Builder
	var programs []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		programs = append(programs, name+" "+r.Versions[name])
	}
	clips, warning := "clips that are made without a camera", ""
	if r.Real {
		clips = "clips of real cameras"
	}
	if r.Seconds < 30 {
		warning = quickWarning
	}
	fmt.Fprintf(&b, "%s%s, on %s, with %s. %s. %s; each run was looked at for %g s.\n\n",
		warning, r.Time.Format(time.DateOnly), r.Machine, clips, strings.Join(programs, ", "), r.Job, r.Seconds)
	fmt.Fprintf(&b, "| | mixes at once | delay p50 | delay p99 |\n|---|--:|--:|--:|\n")
	for _, name := range slices.Sorted(maps.Keys(r.Holds)) {
		d, delay := r.Delays[name], [2]string{}
		if d.Pictures > 0 {
			delay = [2]string{fmt.Sprintf("%.0f ms", d.P50), fmt.Sprintf("%.0f ms", d.P99)}
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", name, r.Holds[name], delay[0], delay[1])
	}
	if their := r.Holds[opponent]; their > 0 {
		times := float64(r.Holds[ours]) / float64(their)
		fmt.Fprintf(&b, "\nLianmai holds %.2f times as many as ffmpeg as usual (bar: at least %.1f): %s.\n", times, liveBar, met(times >= liveBar))
	}
	fmt.Fprintf(&b, "\n![cores in use against the number of mixes](%s)\n\n", livePlotFile)
	b.WriteString("| | mixes | late | missing | of frames | worst ms | late ticks | cores | MB | |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	for _, run := range r.Runs {
		ticks, verdict := "", "in time"
		if t := run.Ticks; t != nil {
			ticks = fmt.Sprintf("%d of %d", t.Late+t.Skipped, t.Frames+t.Skipped)
		}
		if !run.InTime {
			verdict = run.Why
		}
		a := run.Received
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %.0f | %s | %.2f | %.0f | %s |\n",
			run.Contender, run.Mixes, a.Late, a.Missing, a.Frames, a.WorstMS, ticks, run.CPU, run.MemoryMB, verdict)
	}
	return b.String()
}

// livePanels are the cores that each contender uses, over the number of mixes, with the
// line through the runs in time.
func livePanels(r contest.LiveReport) []panel {
	p := panel{title: "cores in use, live", x: "mixes at once"}
	var order []string
	of := map[string]*line{}
	for _, run := range r.Runs {
		if of[run.Contender] == nil {
			order = append(order, run.Contender)
			of[run.Contender] = &line{name: run.Contender}
		}
		if l := of[run.Contender]; run.InTime {
			l.x, l.y = append(l.x, float64(run.Mixes)), append(l.y, run.CPU)
		}
	}
	for _, name := range order {
		p.lines = append(p.lines, *of[name])
	}
	return []panel{p}
}
