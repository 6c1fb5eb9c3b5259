package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBenchSaysWhichProgramIsMissing(t *testing.T) {
	there, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	for hint, o := range map[string]options{
		"make build":   {lianmai: missing, ffmpeg: there, ffprobe: there},
		"make deps":    {lianmai: there, ffmpeg: missing, ffprobe: there},
		"with ffmpeg":  {lianmai: there, ffmpeg: there, ffprobe: missing},
		"none: `make ": {lianmai: missing, ffmpeg: missing, ffprobe: missing},
	} {
		err := bench(t.Context(), o, io.Discard, io.Discard)
		if !errors.Is(err, errMissing) || !strings.Contains(err.Error(), hint) {
			t.Errorf("error %v, want errMissing with %q", err, hint)
		}
	}
}

func TestParseOptionsRefusesNonsense(t *testing.T) {
	for _, args := range [][]string{{"-n", "0"}, {"-case", "grid7"}, {"-duration", "3ms"}, {"-duration", "-1s"}, {"grid6"}, {"-x"}} {
		var stderr bytes.Buffer
		if _, err := parseOptions(args, &stderr); err == nil || stderr.Len() == 0 {
			t.Errorf("%q: error %v, said %q", args, err, stderr.String())
		}
	}
}

func TestContendersDoTheSameJob(t *testing.T) {
	job := task{
		scenario: grid6(t), tools: tools{"/bin/lianmai", "/bin/ffmpeg", "/bin/ffprobe"},
		clips: hdClips(6), duration: 20 * time.Second, dir: "/tmp/x",
	}
	contenders, err := job.contenders()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		ours: "lianmai render --input input1=input1.flv --input input2=input2.flv --input input3=input3.flv --input input4=input4.flv " +
			"--input input5=input5.flv --input input6=input6.flv --template grid --size 1280x720 --fps 30 --preset veryfast " +
			"--video-bitrate 2500k --audio-bitrate 128k --duration 20s --quiet --output lianmai.flv",
		floorEncode: "ffmpeg -nostdin -hide_banner -loglevel error -nostats -y -threads 1 -i reference.nut " +
			"-c:v libx264 -preset veryfast -tune zerolatency -profile:v high -pix_fmt yuv420p -threads 1 " +
			"-b:v 2500k -maxrate 2500k -bufsize 2500k -g 60 -bf 0 -flags +cgop " +
			"-x264-params scenecut=0:open-gop=0:keyint-min=60 -c:a aac -b:a 128k -ar 48000 -ac 2 -f null -",
	}
	for _, c := range contenders {
		argv := strings.Join(withoutFolders(c.argv), " ")
		if w, ok := want[c.name]; ok && argv != w {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, argv, w)
		}
		if strings.Contains(argv, "/tmp/") || strings.Contains(argv, "/clips/") {
			t.Errorf("%s names a folder of this machine: %s", c.name, argv)
		}
		if threads := strings.Count(argv, "-threads 1 "); c.name == opponent && threads != 7 {
			t.Errorf("%s: %d of 6 decoders and 1 encoder have one thread", c.name, threads)
		}
		if c.name == opponentUsual && strings.Count(argv, "-threads 1 ") != 1 {
			t.Errorf("%s: more than the encoder is told its threads: %s", c.name, argv)
		}
		if i := slices.Index(c.argv, "-x264-params"); c.output != "" && c.name != ours && i < 0 {
			t.Errorf("%s does not encode as the others do", c.name)
		}
	}
}

func TestReportTakesRatiosRoundByRound(t *testing.T) {
	job := task{scenario: grid6(t), clips: hdClips(6), duration: 20 * time.Second, dir: "/tmp/x"}
	contenders, err := job.contenders()
	if err != nil {
		t.Fatal(err)
	}
	same := outcome{Frames: 600, X264: map[string]string{"ref": "1"}}
	r := reportOf(measurement{
		task: job, contenders: contenders,
		runs: map[string][]usage{
			ours:          {{User: 14, Sys: 1, PeakMB: 60}, {User: 28, Sys: 2, PeakMB: 60}, {User: 15, PeakMB: 60}},
			opponent:      {{User: 20, PeakMB: 120}, {User: 40, PeakMB: 120}, {User: 20, PeakMB: 100}},
			opponentUsual: {{User: 30, PeakMB: 240}, {User: 60, PeakMB: 240}, {User: 30, PeakMB: 240}},
			floorDecode:   {{User: 8}, {User: 16}, {User: 8}},
			floorEncode:   {{User: 5}, {User: 10}, {User: 5}},
			floorRead:     {{User: 0.5}, {User: 1}, {User: 0.5}},
		},
		outcomes: map[string]outcome{ours: same, opponent: same, opponentUsual: same},
	})
	best := r.row(opponent)
	if *best.CPURatio != (spread{0.75, 0.75, 0.75}) || *best.PeakRatio != (spread{0.5, 0.5, 0.6}) {
		t.Errorf("ratios %v, %v", *best.CPURatio, *best.PeakRatio)
	}
	if r.FloorCPU != (spread{12.5, 12.5, 25}) || r.CPUOfFloor != (spread{1.2, 1.2, 1.2}) {
		t.Errorf("floor %v, ratio %v", r.FloorCPU, r.CPUOfFloor)
	}
	if r.row(ours).CPURatio != nil || r.row(floorDecode).CPURatio != nil {
		t.Error("a ratio where there is nothing to compare")
	}
	var text bytes.Buffer
	r.print(&text, 3)
	for _, want := range []string{
		"0.75 (0.75–0.75)", "same work: yes",
		"result: 0.75 of the CPU of ffmpeg at its best (aim: at most 0.80, met), 0.50 of the usual; memory 0.50 and 0.25; 1.20 of the floor",
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
