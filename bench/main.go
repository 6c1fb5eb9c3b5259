package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Exit codes: everything measured and fair, a failure or an unfair comparison, and
// asked wrongly.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUnfair is returned when the contenders did not do the same work.
var errUnfair = errors.New("the contenders did not do the same work")

// options is what the command line says.
type options struct {
	rounds                   int
	cases                    string
	inputs                   string
	limit                    time.Duration
	json                     string
	lianmai, ffmpeg, ffprobe string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(exitOK)
		}
		os.Exit(exitUsage)
	}
	err = bench(ctx, o, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(exitFailed)
	}
}

// parseOptions reads the command line; it has said what is wrong with it when it
// returns an error.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "n", 5, "`rounds` that count; one more warms up")
	flags.StringVar(&o.cases, "case", "", "`names` of the cases to run, separated by commas (default: all of "+scenarioNames()+")")
	flags.StringVar(&o.inputs, "inputs", os.Getenv("BENCH_INPUTS"), "`folder` with clips to mix, the first ones by name (default: $BENCH_INPUTS, else clips are made)")
	flags.DurationVar(&o.limit, "duration", 0, "how much of the clips to mix at most (default: whole seconds of the shortest)")
	flags.StringVar(&o.json, "json", "", "`file` to write everything measured to")
	flags.StringVar(&o.lianmai, "lianmai", filepath.Join("bin", "lianmai"), "lianmai `program`")
	flags.StringVar(&o.ffmpeg, "ffmpeg", "ffmpeg", "ffmpeg `program` to compare with")
	flags.StringVar(&o.ffprobe, "ffprobe", "ffprobe", "ffprobe `program`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("%q: only flags are understood", flags.Arg(0))
	case o.rounds < 1:
		err = fmt.Errorf("-n %d: at least one round is needed", o.rounds)
	case o.limit != 0 && o.limit < time.Second:
		err = fmt.Errorf("-duration %v: at least 1s is needed", o.limit)
	default:
		_, err = selectScenarios(o.cases)
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
	}
	return o, err
}

// bench measures what o asks for and prints it. Error: errUnfair, errMissing or
// whatever kept a command from running.
func bench(ctx context.Context, o options, stdout, stderr io.Writer) error {
	chosen, err := selectScenarios(o.cases)
	if err != nil {
		return err
	}
	programs, err := findTools(o.lianmai, o.ffmpeg, o.ffprobe)
	if err != nil {
		return err
	}
	r := report{Time: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Rounds: o.rounds}
	if r.Versions, err = programs.versions(ctx, runtime.Version()); err != nil {
		return err
	}
	if o.json != "" {
		// Better now than after all the work.
		if err := r.write(o.json); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "lianmai-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	started := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(stderr, "%4.0f s  %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
	}
	printHead(stdout, r)
	fair := true
	for _, s := range chosen {
		one, err := benchScenario(ctx, s, programs, o, dir, say)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		one.print(stdout, o.rounds)
		r.Cases = append(r.Cases, one)
		fair = fair && len(one.Faults) == 0
	}
	if o.json != "" {
		if err := r.write(o.json); err != nil {
			return err
		}
	}
	if !fair {
		return errUnfair
	}
	return nil
}

func benchScenario(ctx context.Context, s scenario, t tools, o options, dir string, say progress) (scenarioReport, error) {
	ready, err := prepare(ctx, s, t, o.inputs, dir, o.limit, say)
	if err != nil {
		return scenarioReport{}, err
	}
	defer os.RemoveAll(ready.dir) // the reference is large
	contenders, err := ready.contenders()
	if err != nil {
		return scenarioReport{}, err
	}
	m, err := measureTask(ctx, ready, contenders, o.rounds, say)
	if err != nil {
		return scenarioReport{}, err
	}
	return reportOf(m), nil
}
