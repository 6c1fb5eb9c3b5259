package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/lianmai/lianmai/bench/contest"
)

// seriesReport is how the CPU of Lianmai grows with the number of something.
type seriesReport struct {
	Name   string      `json:"name"`
	Title  string      `json:"title"`
	Of     string      `json:"of"` // what is counted
	Points []point     `json:"points"`
	Fit    contest.Fit `json:"fit"`
}

// point is the cost of so many.
type point struct {
	N   int    `json:"n"`
	CPU spread `json:"cpu_seconds"`
}

// seriesOf works out the line through the medians; runs[i] are the CPU seconds of i+1.
func seriesOf(name, title, of string, runs [][]float64) seriesReport {
	r := seriesReport{Name: name, Title: title, Of: of}
	var x, y []float64
	for i, values := range runs {
		p := point{N: i + 1, CPU: spreadOf(values)}
		r.Points = append(r.Points, p)
		x, y = append(x, float64(p.N)), append(y, p.CPU.Median)
	}
	r.Fit = contest.FitOf(x, y)
	return r
}

// measureInputs mixes one input, two, and so on up to most, by turns, n times.
func (in inputs) measureInputs(ctx context.Context, o options, most int) (seriesReport, error) {
	s := scenarios()[0]
	var tasks []task
	for i := range most {
		one := s.withInputs(i + 1)
		one.name = fmt.Sprintf("inputs%d", i+1)
		t, err := in.prepare(ctx, one, o.limit)
		if err != nil {
			return seriesReport{}, err
		}
		tasks = append(tasks, t)
	}
	runs := make([][]float64, most)
	for round := range o.seriesRounds() {
		for i, t := range tasks {
			u, _, err := run(ctx, t.renderArgs(filepath.Join(t.dir, "mix.flv"), render{}))
			if err != nil {
				return seriesReport{}, err
			}
			in.say("inputs: round %d: %d inputs %6.2f s CPU", round+1, i+1, u.cpu())
			runs[i] = append(runs[i], u.cpu())
		}
	}
	return seriesOf("inputs", "720p30 cameras in one 720p30 grid", "inputs", runs), nil
}

// measureMixes makes one mix, two at once, and so on up to most, by turns, n times.
func (in inputs) measureMixes(ctx context.Context, o options, most int) (seriesReport, error) {
	chosen, err := selectScenarios("phones6")
	if err != nil {
		return seriesReport{}, err
	}
	t, err := in.prepare(ctx, chosen[0], o.limit)
	if err != nil {
		return seriesReport{}, err
	}
	runs := make([][]float64, most)
	for round := range o.seriesRounds() {
		for n := 1; n <= most; n++ {
			cpu, err := t.atOnce(ctx, n)
			if err != nil {
				return seriesReport{}, err
			}
			in.say("mixes: round %d: %d at once %6.2f s CPU", round+1, n, cpu)
			runs[n-1] = append(runs[n-1], cpu)
		}
	}
	return seriesOf("mixes", "mixes of six phones at once", "mixes", runs), nil
}

// atOnce runs n mixes beside each other and returns their CPU seconds together.
func (t task) atOnce(ctx context.Context, n int) (float64, error) {
	used, errs := make([]usage, n), make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			out := filepath.Join(t.dir, fmt.Sprintf("mix%d.flv", i+1))
			used[i], _, errs[i] = run(ctx, t.renderArgs(out, render{}))
		})
	}
	running.Wait()
	var sum float64
	for _, u := range used {
		sum += u.cpu()
	}
	return sum, errors.Join(errs...)
}
