package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/layout"
)

// The job of the live benchmark: `phones6` of the benchmark of files.
const (
	livePeople   = 6
	liveFPS      = 15
	liveTemplate = "grid-by-count"
	// loopLength is that of a synthetic clip, which is sent over and over.
	loopLength = 20 * time.Second
)

var (
	liveCanvas   = layout.Size{W: 720, H: 1280}
	liveEncoding = contest.Encoding{Preset: "veryfast", VideoBitrate: 1_500_000, AudioBitrate: 128_000, GOP: 2 * liveFPS}
)

// liveContender can make mixes.
type liveContender struct {
	name string
	// start makes one mix of each list of inputs, pushed to the output beside it.
	start func(t *testing.T, inputs [][]string, outputs []string) liveMixes
}

// liveMixes are those of one contender while they run.
type liveMixes struct {
	processes []*peers.Process
	// ticks is what the mixes counted so far; nil if they do not count.
	ticks func() contest.TickCount
}

// liveContenders returns those that take part.
func liveContenders(t *testing.T) []liveContender {
	t.Helper()
	all := map[string]liveContender{
		"lianmai":     {"lianmai", startLianmai},
		"ffmpeg":      {"ffmpeg", startFFmpeg(contest.ScaleFirst, nil)},
		"ffmpeg-best": {"ffmpeg-best", startFFmpeg(contest.CropFirst, []string{"-threads", "1"})},
	}
	var list []liveContender
	for name := range strings.SplitSeq(*liveWho, ",") {
		c, ok := all[name]
		if !ok {
			t.Fatalf("-live-contenders: nobody is named %q", name)
		}
		list = append(list, c)
	}
	return list
}

// startLianmai makes all mixes in one service, with its default settings.
func startLianmai(t *testing.T, inputs [][]string, outputs []string) liveMixes {
	t.Helper()
	s := serve(t)
	for i, output := range outputs {
		args := []string{
			"start", "--id", fmt.Sprintf("mix%d", i+1), "--output", output, "--template", liveTemplate,
			"--size", liveCanvas.String(), "--fps", fmt.Sprint(liveFPS), "--video-bitrate", contest.Kilobits(liveEncoding.VideoBitrate),
		}
		for j, input := range inputs[i] {
			args = append(args, "--input", fmt.Sprintf("p%d=%s", j+1, input))
		}
		s.mix(args...)
	}
	return liveMixes{processes: []*peers.Process{s.process}, ticks: func() (sum contest.TickCount) {
		for i := range outputs {
			stats := s.mix("get", fmt.Sprintf("mix%d", i+1))["stats"].(map[string]any)
			ticks := stats["ticks"].(map[string]any)
			sum.Frames += count(ticks["frames"])
			sum.Late += count(ticks["late"])
			sum.Skipped += count(ticks["skipped"])
		}
		return sum
	}}
}

// startFFmpeg makes each mix with an ffmpeg process.
//
// ffmpeg opens inputs one after another, by which the first ones stay behind for ever.
// By default it looks at each for 5 s; half a second is enough to find picture and sound
// here. The queues are long enough for what comes meanwhile.
func startFFmpeg(order contest.FitOrder, threads []string) func(t *testing.T, inputs [][]string, outputs []string) liveMixes {
	return func(t *testing.T, inputs [][]string, outputs []string) liveMixes {
		t.Helper()
		graph, err := liveJob(t).Graph(order)
		check(t, err)
		var m liveMixes
		for i, output := range outputs {
			args := []string{"-loglevel", "error"}
			if len(threads) > 0 {
				args = append(args, "-filter_complex_threads", "1")
			}
			for _, input := range inputs[i] {
				args = append(args, threads...)
				args = append(args, "-analyzeduration", "500000", "-thread_queue_size", "1024", "-i", input)
			}
			args = append(args, "-filter_complex", graph, "-map", "[v]", "-map", "[a]")
			args = append(args, liveEncoding.Args()...)
			m.processes = append(m.processes, peers.FFmpeg(t, append(args, "-f", "flv", output)...))
		}
		return m
	}
}

// liveJob is the mix as ffmpeg's filters see it.
func liveJob(t *testing.T) contest.Job {
	t.Helper()
	template, err := layout.Builtin(liveTemplate)
	check(t, err)
	var names []string
	for i := range livePeople {
		names = append(names, fmt.Sprintf("p%d", i+1))
	}
	job := contest.Job{FPS: liveFPS}
	for _, p := range template.Arrange(liveCanvas, names, "", nil) {
		job.Rects = append(job.Rects, p.Rect)
		job.Sources = append(job.Sources, contest.Source{W: 360, H: 640})
	}
	return job
}
