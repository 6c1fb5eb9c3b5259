package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/media"
)

var (
	soak       = flag.Duration("soak", 0, "run TestSoak for so long")
	soakInputs = flag.String("soak-inputs", "", "folder with six clips for TestSoak (default: synthetic 720p30 ones)")
)

// maxLate is the share of ticks that may begin more than half a frame late.
const maxLate = 0.001

// TestSoak runs one mix of six 720p30 streams for long (`make soak`): ffmpeg pushes
// them in a loop to nginx, lianmai mixes them and pushes to nginx. It prints the
// figures and fails on a gap, on late ticks beyond 0.1 % and on memory that grows.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("only with -soak DURATION (make soak)")
	}
	origin, cdn := peers.NginxRTMP(t), peers.NginxRTMP(t)
	args := []string{"start", "--id", "soak", "--output", cdn + "/mix"}
	for i, path := range soakClips(t) {
		url := fmt.Sprintf("%s/p%d", origin, i+1)
		peers.FFmpeg(t, "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "flv", url)
		args = append(args, "--input", fmt.Sprintf("p%d=%s", i+1, url))
	}
	s := serve(t)
	s.mix(args...)
	memory := &memoryLog{pid: s.process.PID(), every: max(5*time.Second, *soak/60)}
	stop := memory.start()
	report := watch(t, cdn+"/mix", *soak, judge.Options{Expect: judge.Expect{Width: 720, Height: 1280, FrameRate: media.FPS(30)}})
	stop()

	stats := s.mix("get", "soak")["stats"].(map[string]any)
	ticks := stats["ticks"].(map[string]any)
	frames, late, skipped := count(ticks["frames"]), count(ticks["late"]), count(ticks["skipped"])
	first, last, peak := memory.trend()
	t.Logf("received %.0f s: %d gaps, %d repeats; %.2f Mb/s", report.Duration,
		report.Video.Stamps.Gaps+report.Audio.Stamps.Gaps, report.Video.Stamps.Repeats+report.Audio.Stamps.Repeats, report.Video.Bitrate/1e6)
	t.Logf("ticks: %d, late by more than half a frame %d (%.3f %%), skipped %d", frames, late, 100*float64(late)/float64(frames), skipped)
	t.Logf("resident memory: %.0f MB in the second tenth, %.0f MB in the last, peak %.0f MB", first, last, peak)
	for _, source := range stats["sources"].([]any) {
		src := source.(map[string]any)
		t.Logf("input %v: delay %v, jitter %v, %v frames, %v dropped, %v errors, %v reconnects",
			src["name"], src["delay"], src["jitter"], src["frames"], count(src["droppedFrames"]), count(src["decodeErrors"]), count(src["reconnects"]))
	}

	if n := report.Video.Stamps.Gaps + report.Audio.Stamps.Gaps + report.Video.Stamps.Repeats + report.Audio.Stamps.Repeats; n > 0 {
		t.Errorf("%d gaps and repeats in the output's timestamps", n)
	}
	if float64(late) > maxLate*float64(frames) || skipped > 0 {
		t.Errorf("%d of %d ticks were late, %d were skipped", late, frames, skipped)
	}
	// Caches of the allocators settle within the first tenth.
	if last > first*1.1+10 {
		t.Errorf("memory grew from %.0f to %.0f MB", first, last)
	}
}

// count reads a protojson 64-bit number; it is a string there, or left out if 0.
func count(v any) int64 {
	text, _ := v.(string)
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// soakClips returns the six clips to push.
func soakClips(t *testing.T) []string {
	t.Helper()
	if *soakInputs != "" {
		paths, err := filepath.Glob(filepath.Join(*soakInputs, "*.flv"))
		check(t, err)
		if len(paths) < 6 {
			t.Fatalf("%s holds %d FLV files; six are needed", *soakInputs, len(paths))
		}
		for i, p := range paths {
			paths[i], err = filepath.Abs(p)
			check(t, err)
		}
		return paths[:6]
	}
	dir := t.TempDir()
	var paths []string
	for n := 1; n <= 6; n++ {
		paths = append(paths, clip{n, 1280, 720, 30, 48000}.make(t, dir, 20*time.Second))
	}
	return paths
}

// memoryLog samples the resident memory of a process and its workers.
type memoryLog struct {
	pid   int
	every time.Duration
	mb    []float64
}

func (m *memoryLog) start() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(m.every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				mb := residentMB(m.pid)
				for _, worker := range children(m.pid) {
					mb += residentMB(worker)
				}
				m.mb = append(m.mb, mb)
			}
		}
	}()
	return func() { close(quit); <-done }
}

// trend returns the means of the second tenth and of the last tenth of the
// samples, and the largest, in MB.
func (m *memoryLog) trend() (first, last, peak float64) {
	n := max(1, len(m.mb)/10)
	if len(m.mb) < 2*n {
		return 0, 0, 0
	}
	for _, v := range m.mb {
		peak = max(peak, v)
	}
	return mean(m.mb[n : 2*n]), mean(m.mb[len(m.mb)-n:]), peak
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// residentMB reads VmRSS, which Linux gives in kB.
func residentMB(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
