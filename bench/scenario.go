package main

import (
	"fmt"
	"strings"

	"github.com/lianmai/lianmai/layout"
)

// scenario is one job that every contender does.
type scenario struct {
	// name selects the scenario on the command line; title is for people.
	name, title string
	// clips is the kind of the inputs and participants how many of them there are.
	clips        clipKind
	participants int
	// template is one of package layout's; its rectangles fill the canvas.
	template string
	canvas   layout.Size
	// fps is the output's rate in frames per second.
	fps int
	// preset is x264's. videoBitrate is target and cap and audioBitrate is AAC's, in
	// bits per second. gop is the distance between key frames, in frames; Lianmai's
	// default of 2 s must come to the same.
	preset       string
	videoBitrate int
	audioBitrate int
	gop          int
	// aim is the most CPU that Lianmai wants to use, as a share of ffmpeg's.
	aim float64
}

// scenarios is the table of all of them.
func scenarios() []scenario {
	return []scenario{{
		name: "grid6", title: "six 720p30 cameras into one 720p30 grid",
		clips: cameras720p30(), participants: 6,
		template: "grid", canvas: layout.Size{W: 1280, H: 720}, fps: 30,
		preset: "veryfast", videoBitrate: 2_500_000, audioBitrate: 128_000, gop: 60,
		aim: 0.80,
	}}
}

// selectScenarios returns those that are named in list, separated by commas, or all
// of them if it is empty.
func selectScenarios(list string) ([]scenario, error) {
	all := scenarios()
	if list == "" {
		return all, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(list, ",") {
		found := false
		for _, s := range all {
			if s.name == name {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no case is named %q; there are: %s", name, scenarioNames())
		}
	}
	return chosen, nil
}

func scenarioNames() string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// inputName is the name of participant i, counted from 0.
func inputName(i int) string { return fmt.Sprintf("input%d", i+1) }

// rects returns the rectangle of each participant, in order. Error: the template is
// unknown or has no place for one of them.
func (s scenario) rects() ([]layout.Rect, error) {
	template, err := layout.Builtin(s.template)
	if err != nil {
		return nil, err
	}
	rects := make([]layout.Rect, s.participants)
	names := make([]string, s.participants)
	index := make(map[string]int, s.participants)
	for i := range names {
		names[i] = inputName(i)
		index[names[i]] = i
	}
	for _, p := range template.Arrange(s.canvas, names, "", nil) {
		rects[index[p.Name]] = p.Rect
	}
	for i, r := range rects {
		if r.Empty() {
			return nil, fmt.Errorf("template %q has no place for participant %d of %d", s.template, i+1, s.participants)
		}
	}
	return rects, nil
}
