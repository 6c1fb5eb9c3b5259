package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
	"github.com/lianmai/lianmai/internal/peers"
)

var (
	live       = flag.Duration("live", 0, "run TestLiveMixesAtOnce, and look at each number of mixes for so long")
	liveFrom   = flag.Int("live-from", 1, "the number of mixes that TestLiveMixesAtOnce begins with")
	liveMost   = flag.Int("live-most", 40, "the most mixes that it tries")
	liveTries  = flag.Int("live-tries", 2, "a contender holds a number of mixes if one of so many tries is in time")
	liveWho    = flag.String("live-contenders", "lianmai,ffmpeg,ffmpeg-best", "who takes part, separated by commas")
	liveInputs = flag.String("live-inputs", "", "folder with six clips to publish, or with a subfolder 720p30 of them (default: synthetic ones)")
	liveShared = flag.Bool("live-shared", false, "let all mixes pull the same URLs; else each has its own for the same streams")
	liveOut    = flag.String("live-out", "", "folder for benchmarks-live.json")
)

// liveFile is where `bench -draw` looks for the results.
const liveFile = "benchmarks-live.json"

// TestLiveMixesAtOnce finds out how many mixes of six phones run at once on this
// machine (`make bench-live`): those of one `lianmai serve`, and as many ffmpeg
// processes. They pull from one nginx and push to another, and one receiver takes
// every mix. The number rises, the contenders by turns, until each has failed. Then the
// delay of one mix alone is measured.
//
// It judges nobody: who holds how many goes into the report.
func TestLiveMixesAtOnce(t *testing.T) {
	if *live == 0 {
		t.Skip("only with -live DURATION (make bench-live)")
	}
	contenders := liveContenders(t)
	report := contest.LiveReport{
		Time: time.Now().UTC().Truncate(time.Second), Machine: contest.ThisMachine(), Versions: liveVersions(t),
		Job:     "Six phones 360×640 at 15 fps into the mini-program layout 720×1280 at 15 fps, 1.5 Mb/s",
		Seconds: live.Seconds(), MaxLate: maxLate, Shared: *liveShared, Real: *liveInputs != "",
		Holds: map[string]int{}, Delays: map[string]contest.Delay{},
	}
	venue := openVenue(t, livePhones(t))
	out := slices.Clone(contenders)
	for n := *liveFrom; n <= *liveMost && len(out) > 0; n++ {
		out = slices.DeleteFunc(out, func(c liveContender) bool {
			for range *liveTries {
				run := venue.look(t, c, n)
				report.Runs = append(report.Runs, run)
				t.Logf("%s", runText(run))
				if run.InTime {
					report.Holds[c.name] = n
					return false
				}
			}
			if _, holds := report.Holds[c.name]; !holds {
				report.Holds[c.name] = 0
			}
			return true
		})
		writeLive(t, report)
	}
	for _, c := range contenders {
		report.Delays[c.name] = liveDelay(t, c)
		t.Logf("%s: %+v", c.name, report.Delays[c.name])
	}
	writeLive(t, report)
	for _, name := range slices.Sorted(maps.Keys(report.Holds)) {
		t.Logf("%s holds %d mixes at once", name, report.Holds[name])
	}
}

// writeLive writes the report, also before all is done: it takes long.
func writeLive(t *testing.T, report contest.LiveReport) {
	t.Helper()
	if *liveOut == "" {
		return
	}
	text, err := json.MarshalIndent(report, "", "  ")
	check(t, err)
	check(t, os.WriteFile(filepath.Join(*liveOut, liveFile), append(text, '\n'), 0o644))
}

// runText is one run for people.
func runText(r contest.LiveRun) string {
	text := fmt.Sprintf("%s, %d mixes: %d late and %d missing of %d frames, the worst %.0f ms late; %.2f cores, %.0f MB",
		r.Contender, r.Mixes, r.Received.Late, r.Received.Missing, r.Received.Frames, r.Received.WorstMS, r.CPU, r.MemoryMB)
	if r.Ticks != nil {
		text += fmt.Sprintf("; %d late and %d skipped of %d ticks", r.Ticks.Late, r.Ticks.Skipped, r.Ticks.Frames)
	}
	if !r.InTime {
		text += "; " + r.Why
	}
	return text
}

// liveVersions asks both programs for theirs.
func liveVersions(t *testing.T) map[string]string {
	t.Helper()
	first := func(program, flag string) string {
		out, err := exec.CommandContext(t.Context(), program, flag).Output()
		check(t, err)
		line, _, _ := strings.Cut(string(out), "\n")
		line, _, _ = strings.Cut(line, " Copyright")
		return line[strings.LastIndex(line, " ")+1:]
	}
	return map[string]string{"lianmai": first(binary, "--version"), "ffmpeg": first("ffmpeg", "-version")}
}

// livePhones returns the files that six phones send.
func livePhones(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	if *liveInputs == "" {
		return patternPhones(t, dir, loopLength)
	}
	folder := *liveInputs
	if sub := filepath.Join(folder, "720p30"); isFolder(sub) {
		folder = sub
	}
	clips, err := filepath.Glob(filepath.Join(folder, "*.flv"))
	check(t, err)
	if len(clips) < livePeople {
		t.Fatalf("%s holds %d FLV files; six are needed", folder, len(clips))
	}
	var paths []string
	for i, path := range clips[:livePeople] {
		out := filepath.Join(dir, fmt.Sprintf("p%d.flv", i+1))
		// As a phone's pusher codes it: Baseline, 500 kb/s, a key frame every 3 s.
		convert := peers.FFmpeg(t, "-loglevel", "error", "-i", path, "-vf", "fps=15,scale=360:640:force_original_aspect_ratio=increase,crop=360:640,format=yuv420p",
			"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "baseline", "-g", "45", "-threads", "1",
			"-b:v", "500k", "-maxrate", "500k", "-bufsize", "500k", "-c:a", "aac", "-b:a", "64k", "-ac", "1", "-ar", "48000", out)
		check(t, convert.Wait(t.Context()))
		paths = append(paths, out)
	}
	return paths
}

// patternPhones makes clips of people who say who and when they are.
func patternPhones(t *testing.T, dir string, length time.Duration) []string {
	t.Helper()
	var paths []string
	for n := 1; n <= livePeople; n++ {
		paths = append(paths, clip{n, 360, 640, liveFPS, 48000}.make(t, dir, length))
	}
	return paths
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
