package main

import (
	"fmt"
	"strings"
	"time"
)

// quickWarning stands above figures of a trial.
const quickWarning = "**A trial of the benchmark: these figures mean nothing.**\n\n"

// origin says what figures come from.
func origin(quick, real bool, at time.Time, m machine, v versions) string {
	clips, warning := "clips that are made without a camera", ""
	if real {
		clips = "clips of real cameras"
	}
	if quick {
		warning = quickWarning
	}
	return fmt.Sprintf("%s%s, on %s, with %s. Lianmai %s (%s), FFmpeg's command %s.\n\n",
		warning, at.Format(time.DateOnly), m, clips, v.Lianmai, v.Go, v.FFmpeg)
}

// markdown is the section of the cases.
func (r report) markdown() string {
	var b strings.Builder
	b.WriteString(origin(r.Quick, r.Real, r.Time, r.Machine, r.Versions))
	fmt.Fprintf(&b, "Medians of %d rounds, in brackets the least and the most.\n\n", r.Rounds)
	fmt.Fprintf(&b, "![CPU of each contender as a share of the usual ffmpeg command's](%s)\n\n", cpuPlotFile)
	b.WriteString("### The bars\n\n| case | what | bar | measured | |\n|---|---|---|---|---|\n")
	for _, c := range r.Cases {
		for _, bar := range c.Bars {
			fmt.Fprintf(&b, "| `%s` | %s | ≤ %.2f | %s | %s |\n", c.Name, bar.Title, bar.Most, ratio(&bar.Ratio), bar.verdict())
		}
	}
	for _, t := range r.Ticks {
		fmt.Fprintf(&b, "| | allocations a tick, `%s` | 0 | %g | %s |\n", t.Benchmark, t.Allocations, met(t.Allocations == 0))
	}
	b.WriteString("\n### Each case\n")
	for _, c := range r.Cases {
		b.WriteString(c.markdown())
	}
	b.WriteString(r.seriesMarkdown())
	return b.String()
}

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "not met"
}

func (r scenarioReport) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n`%s`: %s; %g s.\n\n", r.Name, r.Title, r.Seconds)
	b.WriteString("| | CPU s | ÷ ffmpeg | ÷ floor | peak MB | ÷ ffmpeg | video kb/s | SSIM | worst frame | PSNR dB |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, row := range r.Rows {
		o := row.Outcome
		if o == nil {
			fmt.Fprintf(&b, "| %s | %.2f | | | %.0f | | | | | |\n", row.Title, row.CPU.Median, row.PeakMB.Median)
			continue
		}
		fmt.Fprintf(&b, "| %s | %.2f | %s | %.2f | %.0f | %.2f | %.0f%s | %.4f | %.4f | %.2f |\n", row.Title, row.CPU.Median,
			ratio(row.CPURatio), row.CPU.Median/r.FloorCPU.Median, row.PeakMB.Median, row.PeakRatio.Median,
			o.VideoKbps, r.markOf(*o), o.SSIM, o.WorstSSIM, o.PSNR)
	}
	fmt.Fprintf(&b, "| floor | %.2f | | | | | | | | |\n", r.FloorCPU.Median)
	if len(r.Faults) > 0 {
		fmt.Fprintf(&b, "\n**Not the same work**: %s.\n", strings.Join(r.Faults, "; "))
	}
	return b.String()
}

// markOf marks a bitrate that is too far from ffmpeg's for the quality to be compared.
func (r scenarioReport) markOf(o outcome) string {
	if usual := r.row(opponent).Outcome; usual != nil && !sameBitrate(o, *usual) {
		return " ⚠"
	}
	return ""
}

func (r report) seriesMarkdown() string {
	if len(r.Series) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n### How the cost grows\n\n![CPU against the number of inputs and of mixes](%s)\n\n", costPlotFile)
	for _, s := range r.Series {
		var points []string
		for _, p := range s.Points {
			points = append(points, fmt.Sprintf("%d: %.2f", p.N, p.CPU.Median))
		}
		fmt.Fprintf(&b, "- %s, CPU seconds: %s. The line is %.2f + %.2f for each, R² = %.4f.\n",
			s.Title, strings.Join(points, ", "), s.Fit.Base, s.Fit.Slope, s.Fit.R2)
	}
	if len(r.Ticks) == 0 {
		b.WriteString("- Allocations of a tick: no benchmark of package mixer counts them.\n")
	}
	for _, t := range r.Ticks {
		fmt.Fprintf(&b, "- A tick in the steady state (`%s`): %g allocations, %g bytes, %.0f µs.\n", t.Benchmark, t.Allocations, t.BytesPerTick, t.Nanoseconds/1000)
	}
	return b.String()
}

// markdown is the section of encoder settings.
func (r qualityReport) markdown() string {
	var b strings.Builder
	b.WriteString(origin(r.Quick, r.Real, r.Time, r.Machine, r.Versions))
	for _, c := range r.Cases {
		fmt.Fprintf(&b, "`%s`: %s; %g s, medians of %d.\n\nWhole mixes, by Lianmai's presets:\n\n", c.Name, c.Title, c.Seconds, r.Rounds)
		qualityTable(&b, c.Engine)
		b.WriteString("\nx264 alone, given the same composite:\n\n")
		qualityTable(&b, c.Encoder)
		b.WriteString("\n")
	}
	return b.String()
}

func qualityTable(b *strings.Builder, rows []qualityRow) {
	b.WriteString("| settings | CPU s | SSIM | worst frame | PSNR dB | video kb/s | delay, frames |\n|---|--:|--:|--:|--:|--:|--:|\n")
	for _, row := range rows {
		o := row.Outcome
		fmt.Fprintf(b, "| `%s` | %.2f | %.4f | %.4f | %.2f | %.0f | %d |\n",
			row.Settings, row.CPU.Median, o.SSIM, o.WorstSSIM, o.PSNR, o.VideoKbps, row.DelayFrames)
	}
}
