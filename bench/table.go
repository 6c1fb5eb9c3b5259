package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// printHead says what the figures come from.
func printHead(w io.Writer, m machine, v versions) {
	fmt.Fprintf(w, "machine  %s\n", m)
	fmt.Fprintf(w, "lianmai  %s (%s)\nffmpeg   %s\n", v.Lianmai, v.Go, v.FFmpeg)
}

// print writes one scenario for people.
func (r scenarioReport) print(w io.Writer, rounds int) {
	fmt.Fprintf(w, "\n%s: %s; %s\n", r.Name, r.Title, strings.Join(r.Inputs, " "))
	fmt.Fprintf(w, "%g s of media, medians of %d in turn; ratios are that row's figure by ffmpeg's as usual, least–most of the rounds\n\n", r.Seconds, rounds)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tCPU s\tuser\tsys\twall s\tpeak MB\tCPU ratio\tmemory ratio\t")
	for _, row := range r.Rows {
		median := func(figure func(usage) float64) float64 { return spreadOf(column(row.Runs, figure)).Median }
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%s\t%s\t\n", row.Title, row.CPU.Median,
			median(func(u usage) float64 { return u.User }), median(func(u usage) float64 { return u.Sys }),
			median(func(u usage) float64 { return u.Wall }), row.PeakMB.Median, ratio(row.CPURatio), ratio(row.PeakRatio))
	}
	fmt.Fprintf(table, "floor\t%.2f\t\t\t\t\t\t\t\n", r.FloorCPU.Median)
	table.Flush()
	r.printOutcomes(w)
	r.printVerdict(w)
}

func (r scenarioReport) printOutcomes(w io.Writer) {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "output\tframes\tsize\tvideo kb/s\tsound kb/s\tSSIM\tworst frame\tPSNR dB\t")
	for _, row := range r.Rows {
		if o := row.Outcome; o != nil {
			fmt.Fprintf(table, "%s\t%d\t%dx%d\t%.0f\t%.0f\t%.4f\t%.4f\t%.2f\t\n",
				row.Title, o.Frames, o.Width, o.Height, o.VideoKbps, o.AudioKbps, o.SSIM, o.WorstSSIM, o.PSNR)
		}
	}
	table.Flush()
}

func (r scenarioReport) printVerdict(w io.Writer) {
	fmt.Fprintln(w)
	if len(r.Faults) == 0 {
		fmt.Fprintln(w, "same work: yes; frames, size, bitrates, pictures and x264's settings agree")
	} else {
		fmt.Fprintf(w, "same work: NO; %s\n", strings.Join(r.Faults, "; "))
	}
	fmt.Fprintf(w, "CPU, same settings ÷ floor: %s\n", ratio(&r.CPUOfFloor))
	for _, b := range r.Bars {
		fmt.Fprintf(w, "bar: %s at most %.2f: %s, %s\n", b.Title, b.Most, ratio(&b.Ratio), b.verdict())
	}
}

// verdict says whether a bar is met, and why not if its ratio does not say it.
func (b barReport) verdict() string {
	switch {
	case b.Met:
		return "met"
	case b.Note != "":
		return "not met: " + b.Note
	}
	return "not met"
}

func (r seriesReport) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s, CPU s:", r.Title)
	for _, p := range r.Points {
		fmt.Fprintf(w, "  %d %s: %.2f", p.N, r.Of, p.CPU.Median)
	}
	fmt.Fprintf(w, "\nline: %.2f + %.2f for each; R² %.4f\n", r.Fit.Base, r.Fit.Slope, r.Fit.R2)
}

// ratio writes a ratio with its extremes; nothing for nil.
func ratio(s *spread) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Min, s.Max)
}
