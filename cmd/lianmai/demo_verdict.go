package main

import (
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/layout"
)

// verdict prints what the audience saw and heard; it is an error if that was wrong.
func (d *demonstration) verdict(report judge.Report, flv, png string) error {
	problems := report.Problems
	size := layout.Size{W: d.size.Width, H: d.size.Height}
	end, _ := d.record.streamTime()
	for i, s := range d.shown {
		to := end
		if i+1 < len(d.shown) {
			to = d.shown[i+1].from
		}
		problems = append(problems, s.verify(report, s.from, to, size)...)
	}
	if err := d.summary(report); err != nil {
		return err
	}
	if err := d.out.printf("\nrecording %s\npictures  %s", flv, png); err != nil {
		return err
	}
	if len(problems) == 0 {
		return d.out.printf("\n%s the mix was received and is correct", d.out.paint(green, "✓"))
	}
	for _, p := range problems {
		if err := d.out.printf("%s %s", d.out.paint(red, "✗"), p); err != nil {
			return err
		}
	}
	return silentError{exitFailed}
}

// summary prints the figures.
func (d *demonstration) summary(r judge.Report) error {
	if r.Video == nil || r.Audio == nil {
		return nil
	}
	if err := d.out.printf("\nreceived %.1f s: %d×%d, %.0f fps, %.2f Mb/s, key frame each %.1f s; AAC %d Hz, %d channels, %.0f kb/s; %d gaps, %d repeats",
		r.Duration, r.Video.Width, r.Video.Height, r.Video.Stamps.Rate, r.Video.Bitrate/1e6, r.Video.GOPMax,
		r.Audio.SampleRate, r.Audio.Channels, r.Audio.Bitrate/1e3,
		r.Video.Stamps.Gaps+r.Audio.Stamps.Gaps, r.Video.Stamps.Repeats+r.Audio.Stamps.Repeats); err != nil {
		return err
	}
	for _, p := range r.Participants {
		if err := d.out.printf("  %-7s seen in %5d pictures, heard at %.0f dBFS, flash to beep %+.0f ms (95 %% within %.0f), delay %.0f ms (99 %% within %.0f)",
			participantName(p.Number), p.Frames, p.Level, p.Skew.Median, p.Skew.AbsP95, p.Delay.Median, p.Delay.AbsP99); err != nil {
			return err
		}
	}
	return nil
}
