package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Where results go: those of a whole run into the documentation, others where nobody
// takes them for that.
const docs = "docs"

var aside = filepath.Join("out", "bench")

// options is what the command line says.
type options struct {
	rounds                   int
	cases                    string
	inputs                   string
	limit                    time.Duration
	out                      string
	quick, quality, draw     bool
	series                   bool
	lianmai, ffmpeg, ffprobe string
}

// parseOptions reads the command line; it has said what is wrong with it when it
// returns an error.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "n", 5, "`rounds` that count; one more warms up")
	flags.StringVar(&o.cases, "case", "", "`names` of the cases to run, separated by commas (default: all of "+scenarioNames()+")")
	flags.StringVar(&o.inputs, "inputs", os.Getenv("BENCH_INPUTS"), "`folder` with clips to mix, the first ones by name; they are converted to what a case needs (default: $BENCH_INPUTS, else clips are made)")
	flags.DurationVar(&o.limit, "duration", 0, "how much of the clips to mix at most (default: whole seconds of the shortest)")
	flags.StringVar(&o.out, "out", "", "`folder` for benchmarks*.json, .svg and .md (default: "+docs+" for a whole run, else "+aside+")")
	flags.BoolVar(&o.series, "series", true, "also measure the cost against the numbers of inputs and of mixes, and the allocations of a tick")
	flags.BoolVar(&o.quality, "quality", false, "make the table of encoder settings instead")
	flags.BoolVar(&o.draw, "draw", false, "measure nothing: write the page and the plots anew from the results in -out")
	flags.BoolVar(&o.quick, "quick", false, "one round of 2 s: tries the benchmark out; its figures mean nothing")
	flags.StringVar(&o.lianmai, "lianmai", filepath.Join("bin", "lianmai"), "lianmai `program`")
	flags.StringVar(&o.ffmpeg, "ffmpeg", "ffmpeg", "ffmpeg `program` to compare with")
	flags.StringVar(&o.ffprobe, "ffprobe", "ffprobe", "ffprobe `program`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	err := o.check(flags.Args())
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return o, err
	}
	o.fillIn()
	return o, nil
}

// check finds what is out of bounds.
func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q: only flags are understood", rest[0])
	case o.rounds < 1:
		return fmt.Errorf("-n %d: at least one round is needed", o.rounds)
	case o.limit != 0 && o.limit < time.Second:
		return fmt.Errorf("-duration %v: at least 1s is needed", o.limit)
	case o.quality && o.draw:
		return fmt.Errorf("-quality and -draw do not go together")
	}
	_, err := selectScenarios(o.cases)
	return err
}

// fillIn works out what was not said.
func (o *options) fillIn() {
	if o.quick {
		o.rounds, o.limit = 1, 2*time.Second
	}
	if o.out == "" {
		o.out = docs
		if o.quick || o.cases != "" || !o.series || o.limit != 0 {
			o.out = aside
		}
	}
	if o.quality && o.cases == "" {
		o.cases = qualityScenarios
	}
}

// seriesRounds is how often each point of a series is measured.
func (o options) seriesRounds() int { return min(o.rounds, 3) }

// most returns how far a series goes.
func (o options) most(n int) int {
	if o.quick {
		return min(n, 2)
	}
	return n
}
