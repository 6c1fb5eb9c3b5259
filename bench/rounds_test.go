package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
	"github.com/lianmai/lianmai/layout"
)

// tiny is a job that takes ffmpeg a moment: two small clips with a wide and a tall
// picture, side by side.
func tiny() scenario {
	recipe := func(source string) []string {
		return []string{
			"-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "1.5",
			"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "1",
		}
	}
	return scenario{
		name: "tiny", title: "two small clips side by side",
		inputs: slices.Repeat([]clipKind{{name: "tiny", recipes: [][]string{
			recipe("testsrc2=size=320x180:rate=25"), recipe("testsrc=size=90x160:rate=25"),
		}}}, 2),
		template: "pk", canvas: layout.Size{W: 256, H: 144}, fps: 25,
		encoding: contest.Encoding{Preset: "veryfast", VideoBitrate: 500_000, AudioBitrate: 64_000, GOP: 50},
	}
}

// The commands of ffmpeg are run as they are; Lianmai's own is the benchmark's to run.
func TestFFmpegDoesTheJob(t *testing.T) {
	this, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs, err := findTools(this, "ffmpeg", "ffprobe")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	var path string
	for i, kind := range tiny().inputs {
		if path, err = madeClip(t.Context(), programs, folder, kind, i, say); err != nil {
			t.Fatal(err)
		}
	}
	in := inputs{tools: programs, folder: filepath.Dir(path), dir: t.TempDir(), say: say}
	ready, err := in.prepare(t.Context(), tiny(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if ready.duration != time.Second || ready.clips[1].Width != 90 || ready.clips[1].Height != 160 {
		t.Fatalf("prepared %v, %+v", ready.duration, ready.clips)
	}
	contenders, err := ready.contenders()
	if err != nil {
		t.Fatal(err)
	}
	contenders = slices.DeleteFunc(contenders, func(c contender) bool { return strings.HasPrefix(c.name, ours) })
	m, err := measureTask(t.Context(), ready, contenders, 1, true, say)
	if err != nil {
		t.Fatalf("%v; said:\n%s", err, strings.Join(said, "\n"))
	}
	for _, c := range contenders {
		if runs := m.runs[c.name]; len(runs) != 1 || runs[0].cpu() <= 0 {
			t.Errorf("%s: runs %+v, want the one that counts", c.name, runs)
		}
	}
	checkTiny(t, m.outcomes[opponent])
	checkTiny(t, m.outcomes[opponentBest])
	if d := differences(m.outcomes[opponent].X264, m.outcomes[opponentBest].X264); len(d) > 0 {
		t.Errorf("both encode alike but for %q", d)
	}
}

func checkTiny(t *testing.T, o outcome) {
	t.Helper()
	if o.Frames != 25 || o.Width != 256 || o.Height != 144 || o.VideoKbps < 100 || o.AudioKbps < 10 {
		t.Errorf("outcome %+v", o)
	}
	if o.PSNR < 20 || o.PSNR >= perfectPSNR {
		t.Errorf("PSNR %v dB", o.PSNR)
	}
	if o.SSIM < 0.8 || o.WorstSSIM > o.SSIM {
		t.Errorf("SSIM %v, worst %v", o.SSIM, o.WorstSSIM)
	}
	for key, want := range map[string]string{
		"threads": "1", "lookahead_threads": "1", "keyint": "50", "keyint_min": "26", // x264 allows half of keyint at the most
		"scenecut": "0", "bframes": "0",
		"rc_lookahead": "0", "sliced_threads": "0", "vbv_maxrate": "500", "vbv_bufsize": "500", "bitrate": "500",
	} {
		if got := o.X264[key]; got != want {
			t.Errorf("x264 %s=%s, want %s", key, got, want)
		}
	}
}

func TestMadeClipLeavesNoHalfClip(t *testing.T) {
	programs, err := findTools(os.Args[0], "ffmpeg", "ffprobe")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	broken := clipKind{name: "broken", recipes: [][]string{{"-f", "lavfi", "-i", "no_such_source", "-t", "1"}}}
	if _, err := madeClip(t.Context(), programs, folder, broken, 0, t.Logf); err == nil || !strings.Contains(err.Error(), "no_such_source") {
		t.Errorf("error %v, want ffmpeg's own words", err)
	}
	left, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if _, err := madeClip(t.Context(), programs, folder, broken, 1, t.Logf); err == nil {
		t.Error("more clips than there are recipes for")
	}
}

func TestMadeClipMakesEachOnce(t *testing.T) {
	// With no ffmpeg to make them, clips must be taken as they are.
	folder, kind := t.TempDir(), tiny().inputs[0]
	dir := filepath.Join(folder, kind.name+"-"+kind.fingerprint())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"in1.flv", "in2.flv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := madeClip(t.Context(), tools{ffmpeg: "/none"}, folder, kind, 1, t.Logf)
	if err != nil || path != filepath.Join(dir, "in2.flv") {
		t.Errorf("path %q, error %v", path, err)
	}
}
