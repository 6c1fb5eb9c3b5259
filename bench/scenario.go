package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lianmai/lianmai/bench/contest"
	"github.com/lianmai/lianmai/layout"
)

// scenario is one job that every contender does.
type scenario struct {
	// name selects the scenario on the command line; title is for people.
	name, title string
	// inputs is the kind of each participant's clip, in join order; the first takes the
	// main slot.
	inputs []clipKind
	// hidden is how many of the last participants are hidden: their placeholder is
	// seen and nothing is heard of them.
	hidden int
	// template is one of package layout's; its rectangles fill the canvas. Its look
	// (names, corners, borders) is left out, as ffmpeg is not asked for one.
	template string
	canvas   layout.Size
	// fps is the output's rate in frames per second.
	fps int
	// encoding is the same for everybody, but for what Lianmai chooses by default.
	encoding contest.Encoding
	bars     []bar
}

// scenarios is the table of all of them.
func scenarios() []scenario {
	encoding := func(video, gop int) contest.Encoding {
		return contest.Encoding{Preset: "veryfast", VideoBitrate: video, AudioBitrate: 128_000, GOP: gop}
	}
	return []scenario{{
		name: "grid6", title: "six 720p30 cameras into one 720p30 grid",
		inputs:   slices.Repeat([]clipKind{cameras720p30()}, 6),
		template: "grid", canvas: layout.Size{W: 1280, H: 720}, fps: 30, encoding: encoding(2_500_000, 60),
		bars: []bar{{cpuSame, 0.72}, {cpuOfFloor, 1.05}, {cpuDefaults, 0.60}, {memory, 0.70}},
	}, {
		name: "phones6", title: "six phones 360×640 at 15 fps into the mini-program layout 720×1280 at 15 fps",
		inputs:   slices.Repeat([]clipKind{phones360x640()}, 6),
		template: "grid-by-count", canvas: layout.Size{W: 720, H: 1280}, fps: 15, encoding: encoding(1_500_000, 30),
		bars: []bar{{cpuDefaults, 0.65}, {memory, 0.70}},
	}, {
		name: "host5", title: "a host 1080p30 and five phones 480×320 at 15 fps into 1080p30",
		inputs:   append([]clipKind{host1080p30()}, slices.Repeat([]clipKind{phones480x320()}, 5)...),
		template: "strip", canvas: layout.Size{W: 1920, H: 1080}, fps: 30, encoding: encoding(4_500_000, 60),
		bars: []bar{{cpuDefaults, 0.65}, {memory, 0.70}},
	}, {
		name: "hidden5", title: "as grid6, but only the first is shown and five are hidden",
		inputs: slices.Repeat([]clipKind{cameras720p30()}, 6), hidden: 5,
		template: "grid", canvas: layout.Size{W: 1280, H: 720}, fps: 30, encoding: encoding(2_500_000, 60),
		bars: []bar{{cpuOfShown, 0.35}},
	}, {
		name: "pk2", title: "two 720p30 hosts side by side in 720p30",
		inputs:   slices.Repeat([]clipKind{cameras720p30()}, 2),
		template: "pk", canvas: layout.Size{W: 1280, H: 720}, fps: 30, encoding: encoding(2_500_000, 60),
		bars: []bar{{cpuDefaults, 0.65}, {memory, 0.70}},
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

// isHidden says whether participant i, counted from 0, is hidden.
func (s scenario) isHidden(i int) bool { return i >= len(s.inputs)-s.hidden }

// withInputs returns the scenario with only the first n participants.
func (s scenario) withInputs(n int) scenario {
	s.inputs = s.inputs[:n]
	return s
}

// rects returns the rectangle of each participant, in order. Error: the template is
// unknown or has no place for one of them.
func (s scenario) rects() ([]layout.Rect, error) {
	template, err := layout.Builtin(s.template)
	if err != nil {
		return nil, err
	}
	rects := make([]layout.Rect, len(s.inputs))
	names := make([]string, len(s.inputs))
	index := make(map[string]int, len(s.inputs))
	for i := range names {
		names[i] = inputName(i)
		index[names[i]] = i
	}
	for _, p := range template.Arrange(s.canvas, names, "", nil) {
		rects[index[p.Name]] = p.Rect
	}
	for i, r := range rects {
		if r.Empty() {
			return nil, fmt.Errorf("template %q has no place for participant %d of %d", s.template, i+1, len(s.inputs))
		}
	}
	return rects, nil
}
