package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// measured is what a run of grid6 came to, in three rounds.
func measured(t *testing.T) measurement {
	t.Helper()
	job := task{scenario: grid6(t), clips: hdClips(6), duration: 20 * time.Second, dir: "/tmp/x"}
	contenders, err := job.contenders()
	if err != nil {
		t.Fatal(err)
	}
	same := outcome{Frames: 600, VideoKbps: 2500, SSIM: 0.98, X264: map[string]string{"ref": "1"}}
	return measurement{
		task: job, contenders: contenders,
		runs: map[string][]usage{
			ours:         {{User: 14, Sys: 1, PeakMB: 60}, {User: 28, Sys: 2, PeakMB: 60}, {User: 15, PeakMB: 60}},
			oursDefaults: {{User: 12, PeakMB: 60}, {User: 24, PeakMB: 60}, {User: 12, PeakMB: 60}},
			opponent:     {{User: 20, PeakMB: 120}, {User: 40, PeakMB: 120}, {User: 20, PeakMB: 100}},
			opponentBest: {{User: 16, PeakMB: 80}, {User: 32, PeakMB: 80}, {User: 16, PeakMB: 80}},
			floorDecode:  {{User: 8}, {User: 16}, {User: 8}},
			floorEncode:  {{User: 5}, {User: 10}, {User: 5}},
			floorRead:    {{User: 0.5}, {User: 1}, {User: 0.5}},
		},
		outcomes: map[string]outcome{ours: same, oursDefaults: same, opponent: same, opponentBest: same},
	}
}

func TestReportTakesRatiosRoundByRound(t *testing.T) {
	r := reportOf(measured(t))
	if our := r.row(ours); *our.CPURatio != (spread{Median: 0.75, Min: 0.75, Max: 0.75}) || *our.PeakRatio != (spread{Median: 0.5, Min: 0.5, Max: 0.6}) {
		t.Errorf("ratios %v, %v", *our.CPURatio, *our.PeakRatio)
	}
	if r.FloorCPU != (spread{Median: 12.5, Min: 12.5, Max: 25}) || r.CPUOfFloor != (spread{Median: 1.2, Min: 1.2, Max: 1.2}) {
		t.Errorf("floor %v, ratio %v", r.FloorCPU, r.CPUOfFloor)
	}
	if r.row(floorDecode).CPURatio != nil {
		t.Error("a ratio where there is nothing to compare")
	}
	var text bytes.Buffer
	r.print(&text, 3)
	for _, want := range []string{
		"0.75 (0.75–0.75)", "same work: yes",
		"bar: CPU, same settings ÷ ffmpeg at most 0.72: 0.75 (0.75–0.75), not met\n",
		"bar: CPU, our defaults ÷ ffmpeg at most 0.60: 0.60 (0.60–0.60), met\n",
		"bar: peak memory, our defaults ÷ ffmpeg at most 0.70: 0.50 (0.50–0.60), met\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &text)
		}
	}
	r.Faults = []string{"fewer frames"}
	text.Reset()
	r.print(&text, 3)
	if !strings.Contains(text.String(), "same work: NO; fewer frames") {
		t.Errorf("the fault is not told:\n%s", &text)
	}
}

// Cheap pictures that are worse, or that take other bits, do not count.
func TestDefaultsCountOnlyAtTheSameQuality(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*outcome)
		note   string
	}{
		{"a little worse", func(o *outcome) { o.SSIM -= 0.0029 }, ""},
		{"worse", func(o *outcome) { o.SSIM -= 0.0031 }, "SSIM 0.9769 against 0.9800"},
		{"better", func(o *outcome) { o.SSIM += 0.01 }, ""},
		{"fewer bits", func(o *outcome) { o.VideoKbps = 2400 }, "2400 kb/s of video against 2500"},
	} {
		m := measured(t)
		o := m.outcomes[oursDefaults]
		c.change(&o)
		m.outcomes[oursDefaults] = o
		r := reportOf(m)
		for _, b := range r.Bars {
			if b.Kind == cpuDefaults && (b.Note != c.note || b.Met != (c.note == "")) {
				t.Errorf("%s: %+v", c.name, b)
			}
		}
	}
	// The better of ffmpeg's two is the measure.
	m := measured(t)
	best := m.outcomes[opponentBest]
	best.SSIM = 0.99
	m.outcomes[opponentBest] = best
	if note := reportOf(m).qualityFault(); note != "SSIM 0.9800 against 0.9900" {
		t.Errorf("note %q", note)
	}
}

func TestWhatWasNotMeasuredIsNotMet(t *testing.T) {
	var r scenarioReport
	r.judge([]bar{{cpuSame, 1}, {cpuDefaults, 1}, {cpuOfFloor, 1}, {cpuOfShown, 1}, {memory, 1}})
	for _, b := range r.Bars {
		if b.Met || b.Title == "" {
			t.Errorf("%+v", b)
		}
	}
}

func TestReportsAreReadAsTheyWereWritten(t *testing.T) {
	r := report{Rounds: 3, Cases: []scenarioReport{reportOf(measured(t))}}
	path := filepath.Join(t.TempDir(), "new", casesFile)
	var again report
	if there, err := readJSON(path, &again); there || err != nil {
		t.Errorf("there %v, error %v before it was written", there, err)
	}
	if err := writeJSON(path, r); err != nil {
		t.Fatal(err)
	}
	if there, err := readJSON(path, &again); !there || err != nil {
		t.Fatalf("there %v, error %v", there, err)
	}
	a, _ := json.Marshal(r)
	b, _ := json.Marshal(again)
	if !bytes.Equal(a, b) {
		t.Errorf("read\n%s\nwritten\n%s", b, a)
	}
}

func TestFloorCPUIsWithoutReading(t *testing.T) {
	floor := floorCPU([]usage{{User: 5, Sys: 1}}, []usage{{User: 3, Sys: 0.5}}, []usage{{User: 0.25, Sys: 0.25}})
	if len(floor) != 1 || floor[0] != 9 {
		t.Errorf("floor %v, want 9", floor)
	}
}
