package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// printHead says what the figures come from.
func printHead(w io.Writer, r report) {
	fmt.Fprintf(w, "machine  %s\n", r.Machine)
	fmt.Fprintf(w, "lianmai  %s (%s)\nffmpeg   %s\n", r.Versions.Lianmai, r.Versions.Go, r.Versions.FFmpeg)
}

// print writes one scenario for people.
func (r scenarioReport) print(w io.Writer, rounds int) {
	fmt.Fprintf(w, "\n%s: %s; %s\n", r.Name, r.Title, strings.Join(r.Inputs, " "))
	fmt.Fprintf(w, "%g s of media, medians of %d in turn; ratios are lianmai's figure by that row's, least–most of the rounds\n\n", r.Seconds, rounds)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tCPU s\tuser\tsys\twall s\tpeak MB\tCPU ratio\tmemory ratio\t")
	for _, row := range r.Rows {
		median := func(figure func(usage) float64) float64 { return spreadOf(column(row.Runs, figure)).Median }
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%s\t%s\t\n", row.Title, row.CPU.Median,
			median(func(u usage) float64 { return u.User }), median(func(u usage) float64 { return u.Sys }),
			median(func(u usage) float64 { return u.Wall }), row.PeakMB.Median, ratio(row.CPURatio), ratio(row.PeakRatio))
	}
	fmt.Fprintf(table, "floor\t%.2f\t\t\t\t\t%s\t\t\n", r.FloorCPU.Median, ratio(&r.CPUOfFloor))
	table.Flush()
	r.printOutcomes(w)
	r.printVerdict(w)
}

func (r scenarioReport) printOutcomes(w io.Writer) {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "output\tframes\tsize\tvideo kb/s\tsound kb/s\tSSIM\tworst frame\t")
	for _, row := range r.Rows {
		if o := row.Outcome; o != nil {
			fmt.Fprintf(table, "%s\t%d\t%dx%d\t%.0f\t%.0f\t%.4f\t%.4f\t\n",
				row.Title, o.Frames, o.Width, o.Height, o.VideoKbps, o.AudioKbps, o.SSIM, o.WorstSSIM)
		}
	}
	table.Flush()
}

func (r scenarioReport) printVerdict(w io.Writer) {
	fmt.Fprint(w, `
floor: decode all inputs + encode the composite - read it; one ffmpeg process each, no
  scaling, no mixing. No mixer with these codecs and settings can be below it.
ffmpeg, at its best: one thread for each decoder and for the filters, cut before scaling.
ffmpeg, as usual: threads as ffmpeg chooses them, scale before cutting; that sets
  pictures up to a pixel aside, which costs SSIM and nothing else.
SSIM: against the composite that ffmpeg's filters draw, not compressed.
`)
	if len(r.Faults) == 0 {
		fmt.Fprintln(w, "same work: yes; frames, size, bitrates, pictures and x264's settings agree")
	} else {
		fmt.Fprintf(w, "same work: NO; %s\n", strings.Join(r.Faults, "; "))
	}
	best, usual := r.row(opponent), r.row(opponentUsual)
	if best.CPURatio == nil || usual.CPURatio == nil {
		return
	}
	met := "met"
	if best.CPURatio.Median > r.Aim {
		met = "not met"
	}
	fmt.Fprintf(w, "result: %.2f of the CPU of ffmpeg at its best (aim: at most %.2f, %s), %.2f of the usual; memory %.2f and %.2f; %.2f of the floor\n",
		best.CPURatio.Median, r.Aim, met, usual.CPURatio.Median, best.PeakRatio.Median, usual.PeakRatio.Median, r.CPUOfFloor.Median)
}

// ratio writes a ratio with its extremes; nothing for nil.
func ratio(s *spread) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Min, s.Max)
}
