package e2e

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// TestSixSendersThroughNginxAndBack is the main job on real peers: ffmpeg pushes six
// streams to nginx, lianmai pulls them from there, mixes them and pushes the mix to
// nginx again, from where it is judged as its audience gets it.
func TestSixSendersThroughNginxAndBack(t *testing.T) {
	const watched = 30 * time.Second
	origin := peers.NginxRTMP(t)
	cdn := peers.NginxRTMP(t)
	dir := t.TempDir()
	args := []string{"start", "--id", "room", "--output", cdn + "/mix?secret=abc&time=1"}
	for _, c := range phones {
		path := c.make(t, dir, watched+30*time.Second)
		url := fmt.Sprintf("%s/p%d", origin, c.number)
		peers.FFmpeg(t, "-re", "-i", path, "-c", "copy", "-f", "flv", url)
		args = append(args, "--input", fmt.Sprintf("p%d=%s", c.number, url))
	}
	s := serve(t)
	s.mix(args...)

	report := watch(t, cdn+"/mix?secret=abc&time=1", watched, judge.Options{Expect: judge.Expect{
		Participants: 6, Width: 720, Height: 1280, FrameRate: media.FPS(30), MaxSkew: 40 * time.Millisecond,
	}})
	for _, problem := range report.Problems {
		t.Error(problem)
	}
	checkPlaces(t, report, layout.Default, 6)
	checkSound(t, report)
	if v := report.Video; v == nil || v.BFrames || v.GOPMax > 2.01 || v.Bitrate > 2.6e6 {
		t.Errorf("video is %+v", v)
	}
	if a := report.Audio; a == nil || a.SampleRate != 48000 || a.Channels != 2 {
		t.Errorf("audio is %+v", a)
	}
	probe(t, cdn+"/mix")

	if strings.Contains(s.process.Stderr(), "secret=abc") {
		t.Error("the log holds the query string of an output")
	}
	began := time.Now()
	s.process.Interrupt()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the service took %v to end", took)
	}
}

// checkPlaces compares who is seen where, once all are there, with the template.
func checkPlaces(t *testing.T, report judge.Report, template string, count int) {
	t.Helper()
	tpl, err := layout.Builtin(template)
	check(t, err)
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("p%d", i+1)
	}
	var complete *judge.Segment
	for i, seg := range report.Segments {
		if len(seg.Seen) == count {
			complete = &report.Segments[i]
		}
	}
	if complete == nil || complete.To-complete.From < 10 {
		t.Fatalf("no segment of 10 s shows all %d: %+v", count, report.Segments)
	}
	for _, want := range tpl.Arrange(layout.Size{W: 720, H: 1280}, names, "", nil) {
		var got *judge.Place
		for i := range complete.Seen {
			if fmt.Sprintf("p%d", complete.Seen[i].Number) == want.Name {
				got = &complete.Seen[i]
			}
		}
		if got == nil {
			t.Errorf("%s is not seen", want.Name)
			continue
		}
		for _, d := range []int{got.X - want.Rect.X, got.Y - want.Rect.Y, got.W - want.Rect.W, got.H - want.Rect.H} {
			if d < -4 || d > 4 {
				t.Errorf("%s is seen at %+v, want %v", want.Name, *got, want.Rect)
				break
			}
		}
	}
}

// checkSound wants each tone as loud as it was sent: nobody is made quieter by the
// others.
func checkSound(t *testing.T, report judge.Report) {
	t.Helper()
	for _, p := range report.Participants {
		if math.Abs(p.Level-(-30)) > 1 {
			t.Errorf("participant %d is heard at %.1f dBFS, want -30", p.Number, p.Level)
		}
		if p.Heard < 0.9 {
			t.Errorf("participant %d is heard for %.0f %% of the time", p.Number, 100*p.Heard)
		}
		if p.Skew.Count < 15 {
			t.Errorf("participant %d: only %d flashes with a beep in 30 s", p.Number, p.Skew.Count)
		}
	}
}

// probe has ffprobe look at the stream as any player would.
func probe(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out := string(peers.FFprobe(ctx, t, "-rw_timeout", "10000000", "-show_entries",
		"stream=codec_name,profile,width,height,pix_fmt,sample_rate,channels", "-of", "compact=p=0:nk=1", url))
	for _, want := range []string{"h264|High|720|1280|yuv420p", "aac|LC|48000|2"} {
		if !strings.Contains(out, want) {
			t.Errorf("ffprobe says %q, which lacks %q", out, want)
		}
	}
}
