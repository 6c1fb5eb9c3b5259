package judge

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// maxListed bounds each list in the readable report; the JSON has all.
const maxListed = 12

// WriteText writes the report for people, in English, at most about 100 columns wide.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%.1f s judged\n", r.Duration)
	if v := r.Video; v != nil {
		fmt.Fprintf(&b, "video  %s %d×%d, %.4g fps, %.0f kb/s, %d frames%s%s\n",
			v.Codec, v.Width, v.Height, v.Stamps.Rate, v.Bitrate/1000, v.Frames,
			onlyIf(v.GOPMax > 0, fmt.Sprintf(", key frames every %.2f–%.2f s", v.GOPMin, v.GOPMax)), onlyIf(v.BFrames, ", B-frames"))
		fmt.Fprintf(&b, "       %s%s\n", v.Stamps.text(), onlyIf(v.LateMax > 0, fmt.Sprintf(", latest packet %.0f ms", v.LateMax)))
	}
	if a := r.Audio; a != nil {
		fmt.Fprintf(&b, "audio  %s %d Hz, %d channels, %.0f kb/s, %d frames, peak %.1f dBFS\n",
			a.Codec, a.SampleRate, a.Channels, a.Bitrate/1000, a.Frames, a.Peak)
		fmt.Fprintf(&b, "       %s\n", a.Stamps.text())
	}
	writeStretches(&b, "frozen", r.Freezes)
	writeStretches(&b, "black", r.Black)
	writeStretches(&b, "silent", r.Silence)
	r.writeParticipants(&b)
	r.writeSegments(&b)
	if r.OK {
		b.WriteString("\nOK\n")
	} else {
		b.WriteString("\nPROBLEMS\n")
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "- %s\n", p)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Stamps) text() string {
	if s.Gaps == 0 && s.Repeats == 0 {
		return "timestamps without gap or repeat"
	}
	return fmt.Sprintf("timestamps: %d gaps, %d repeats", s.Gaps, s.Repeats)
}

func onlyIf(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

func writeStretches(b *strings.Builder, what string, list []Stretch) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "%s ", what)
	for i, s := range list {
		if i == maxListed {
			fmt.Fprintf(b, " and %d more", len(list)-i)
			break
		}
		fmt.Fprintf(b, " %.2f–%.2f s", s.From, s.To)
	}
	b.WriteString("\n")
}

func (r *Report) writeParticipants(b *strings.Builder) {
	if len(r.Participants) == 0 {
		return
	}
	b.WriteString("\n")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "participant\tpictures/s\tlongest hold\theard\ttone\tbeep−flash\t95 %\tmost\tdelay\t")
	for _, p := range r.Participants {
		fmt.Fprintf(t, "%d\t%.1f\t%.0f ms\t%.0f %%\t%.1f dB\t%s\t%s\t\n", p.Number, p.SourceRate, p.LongestHold,
			100*p.Heard, p.Level, p.Skew.columns(), p.Delay.text())
	}
	t.Flush() // into memory: cannot fail
}

func (s Spread) columns() string {
	if s.Count == 0 {
		return "–\t–\t–"
	}
	return fmt.Sprintf("%+.0f ms\t%.0f ms\t%.0f ms", s.Median, s.AbsP95, s.AbsMax)
}

func (s Spread) text() string {
	if s.Count == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f ms", s.Median)
}

func (r *Report) writeSegments(b *strings.Builder) {
	if len(r.Segments) == 0 {
		return
	}
	b.WriteString("\n")
	for i, s := range r.Segments {
		if i == maxListed {
			fmt.Fprintf(b, "… and %d more segments\n", len(r.Segments)-i)
			return
		}
		fmt.Fprintf(b, "%7.2f–%.2f s  sees", s.From, s.To)
		for _, p := range s.Seen {
			fmt.Fprintf(b, "  %d: %d×%d+%d+%d", p.Number, p.W, p.H, p.X, p.Y)
		}
		b.WriteString(onlyIf(len(s.Seen) == 0, " nobody") + "; hears")
		for _, l := range s.Heard {
			fmt.Fprintf(b, " %d", l.Number)
		}
		b.WriteString(onlyIf(len(s.Heard) == 0, " nobody") + "\n")
	}
}
