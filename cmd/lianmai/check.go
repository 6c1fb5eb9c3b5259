package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

// checkFlags is what `lianmai check` is told.
type checkFlags struct {
	duration     time.Duration
	timeout      time.Duration
	json         bool
	participants int
	size         sizeFlag
	fps          fpsFlag
	maxDelay     time.Duration
	sheet        string
	every        time.Duration
}

// defaultCheck is how long a live stream is judged.
const defaultCheck = 10 * time.Second

func newCheckCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check URL|FILE",
		Short: "Judge a mixed stream as its audience would",
		Long: `Judge a stream, live by RTMP or from a file, as its audience would: gaps and repeats of
timestamps, rates, key frames, freezes, black, silence. With synthetic participants in
it ('lianmai publish') also who is seen where, who is heard how loud, whether lips and
sound are in sync, and how late everything is.

The exit code is 0 if all is well, 1 if something is wrong with the stream, and 2 if
there was nothing to judge.`,
		Example: `  lianmai check rtmp://127.0.0.1/live/mix --duration 30s --expect-participants 6
  lianmai check mix.flv --json
  lianmai check mix.mp4 --sheet mix.png`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), f, args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.duration, "duration", 0, "how much to judge (default: 10s of a URL, all of a file)")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long to wait for the first picture or sound of a URL")
	flags.BoolVar(&f.json, "json", false, "write the report as JSON")
	flags.IntVar(&f.participants, "expect-participants", 0, "`N`: participants 1 to N, and no others, must be seen and heard")
	flags.Var(&f.size, "expect-size", "what every picture must measure")
	flags.Var(&f.fps, "expect-fps", "frames per second that the timestamps must count")
	flags.DurationVar(&f.maxDelay, "max-delay", 0, "median delay that a participant may have (default: any)")
	flags.StringVar(&f.sheet, "sheet", "", "write a contact sheet of the stream's moments to `FILE.png`")
	flags.DurationVar(&f.every, "sheet-every", 5*time.Second, "time between the moments of the contact sheet")
	_ = cmd.MarkFlagFilename("sheet", "png")
	return cmd
}

// options turns the flags into those of the judge, or says what is wrong.
func (f checkFlags) options() (judge.Options, error) {
	o := judge.Options{Expect: judge.Expect{
		Participants: f.participants, Width: f.size.Width, Height: f.size.Height,
		FrameRate: f.fps.FrameRate, MaxDelay: f.maxDelay,
	}}
	if f.participants < 0 || f.participants > pattern.MaxNumber {
		return o, fmt.Errorf("--expect-participants %d: up to %d are allowed", f.participants, pattern.MaxNumber)
	}
	if f.duration < 0 || f.maxDelay < 0 || f.timeout <= 0 || f.every <= 0 {
		return o, errors.New("--duration, --timeout, --max-delay and --sheet-every must not be negative")
	}
	if f.sheet != "" {
		o.Sheet = judge.NewSheet(judge.SheetConfig{Every: f.every})
	}
	return o, nil
}

func check(ctx context.Context, f checkFlags, what string, stdout, stderr io.Writer) error {
	o, err := f.options()
	if err != nil {
		return usageError{err}
	}
	var report judge.Report
	if strings.Contains(what, "://") {
		u, err := rtmp.ParseURL(what)
		if err != nil {
			return usageError{err}
		}
		if f.duration == 0 {
			f.duration = defaultCheck
		}
		report, err = checkLive(ctx, u, f, o, newStatusLine(stderr))
		if err != nil {
			return nothingToJudge(stderr, err)
		}
	} else if report, err = checkFile(ctx, what, f.duration, o); err != nil {
		return nothingToJudge(stderr, err)
	}
	if o.Sheet != nil {
		if err := writeContactSheet(o.Sheet, f.sheet); err != nil {
			return err
		}
	}
	if err := writeReport(stdout, report, f.json); err != nil {
		return err
	}
	if !report.OK {
		return silentError{exitFailed}
	}
	return nil
}

// nothingToJudge prints why in one line.
func nothingToJudge(stderr io.Writer, err error) error {
	fmt.Fprintf(stderr, "lianmai: %s\n", printable(err.Error()))
	return silentError{exitUsage}
}

func writeReport(w io.Writer, r judge.Report, asJSON bool) error {
	if !asJSON {
		return r.WriteText(w)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(r)
}

func writeContactSheet(sheet *judge.Sheet, path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return sheet.WritePNG(file)
}

// checkFile judges a file, or its first part. Errors: those of decode.OpenFile.
func checkFile(ctx context.Context, path string, length time.Duration, o judge.Options) (judge.Report, error) {
	file, err := decode.OpenFile(path)
	if err != nil {
		return judge.Report{}, err
	}
	defer file.Close()
	j := judge.New(o)
	var first time.Duration
	begun := false
	for ctx.Err() == nil {
		pkt, err := file.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			j.Interrupted(err.Error())
			break
		}
		if !pkt.Config {
			if !begun {
				begun, first = true, pkt.DTS
			}
			if length > 0 && pkt.DTS-first >= length {
				break
			}
		}
		j.Packet(pkt, time.Time{})
	}
	return j.Finish(), nil
}
