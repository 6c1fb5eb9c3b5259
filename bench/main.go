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

	"github.com/lianmai/lianmai/bench/contest"
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

// bench measures what o asks for, prints it, and writes results and page. Error:
// errUnfair, errMissing or whatever kept a command from running.
func bench(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.draw {
		return drawPage(o.out)
	}
	programs, err := findTools(o.lianmai, o.ffmpeg, o.ffprobe)
	if err != nil {
		return err
	}
	v, err := programs.versions(ctx, runtime.Version())
	if err != nil {
		return err
	}
	// Better now than after all the work.
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lianmai-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	started := time.Now()
	in := inputs{tools: programs, folder: o.inputs, dir: dir, say: func(format string, args ...any) {
		fmt.Fprintf(stderr, "%4.0f s  %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
	}}
	m := contest.ThisMachine()
	printHead(stdout, m, v)
	now := started.UTC().Truncate(time.Second)
	if o.quality {
		return benchQuality(ctx, o, in, qualityReport{Time: now, Machine: m, Versions: v, Quick: o.quick, Rounds: o.rounds, Real: o.inputs != ""})
	}
	return benchCases(ctx, o, in, report{Time: now, Machine: m, Versions: v, Quick: o.quick, Rounds: o.rounds, Real: o.inputs != ""}, stdout)
}

// benchCases fills in the report of the cases and series.
func benchCases(ctx context.Context, o options, in inputs, r report, stdout io.Writer) error {
	chosen, err := selectScenarios(o.cases)
	if err != nil {
		return err
	}
	if o.series { // first, as it needs a compiler: better now than after all the work
		if r.Ticks, err = measureTicks(ctx, o.quick); err != nil {
			return err
		}
		for _, t := range r.Ticks {
			fmt.Fprintf(stdout, "%s: %g allocations, %g bytes, %.0f µs for each tick\n", t.Benchmark, t.Allocations, t.BytesPerTick, t.Nanoseconds/1000)
		}
	}
	fair := true
	for _, s := range chosen {
		one, err := in.benchScenario(ctx, s, o)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		one.print(stdout, o.rounds)
		r.Cases = append(r.Cases, one)
		fair = fair && len(one.Faults) == 0
	}
	if o.series {
		if err := in.benchSeries(ctx, o, &r, stdout); err != nil {
			return err
		}
	}
	if err := writeJSON(filepath.Join(o.out, casesFile), r); err != nil {
		return err
	}
	if err := drawPage(o.out); err != nil {
		return err
	}
	if !fair && !o.quick {
		return errUnfair
	}
	return nil
}

func (in inputs) benchScenario(ctx context.Context, s scenario, o options) (scenarioReport, error) {
	ready, err := in.prepare(ctx, s, o.limit)
	if err != nil {
		return scenarioReport{}, err
	}
	defer os.RemoveAll(ready.dir) // the reference is large
	contenders, err := ready.contenders()
	if err != nil {
		return scenarioReport{}, err
	}
	m, err := measureTask(ctx, ready, contenders, o.rounds, !o.quick, in.say)
	if err != nil {
		return scenarioReport{}, err
	}
	return reportOf(m), nil
}

// mostInputs and mostMixes are how far the series go.
const mostInputs, mostMixes = 6, 4

// benchSeries measures how the cost grows.
func (in inputs) benchSeries(ctx context.Context, o options, r *report, stdout io.Writer) error {
	inputs, err := in.measureInputs(ctx, o, o.most(mostInputs))
	if err != nil {
		return fmt.Errorf("inputs: %w", err)
	}
	mixes, err := in.measureMixes(ctx, o, o.most(mostMixes))
	if err != nil {
		return fmt.Errorf("mixes: %w", err)
	}
	r.Series = []seriesReport{inputs, mixes}
	for _, s := range r.Series {
		s.print(stdout)
	}
	return nil
}

// benchQuality fills in the report of encoder settings.
func benchQuality(ctx context.Context, o options, in inputs, r qualityReport) error {
	chosen, err := selectScenarios(o.cases)
	if err != nil {
		return err
	}
	for _, s := range chosen {
		one, err := in.measureQuality(ctx, s, o)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.Cases = append(r.Cases, one)
	}
	if err := writeJSON(filepath.Join(o.out, qualityFile), r); err != nil {
		return err
	}
	return drawPage(o.out)
}
