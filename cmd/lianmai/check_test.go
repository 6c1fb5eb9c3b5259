package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// testPublication is participant 2 as a small phone picture.
func testPublication() publication {
	return publication{
		number: 2, size: sizeFlag{180, 320}, rate: media.FPS(15), sampleRate: 48000,
		videoBitrate: 400_000, gop: time.Second, preset: "ultrafast",
	}
}

// writeRecording writes length of participant 2 into an FLV file.
func writeRecording(t *testing.T, length time.Duration) string {
	t.Helper()
	p := testPublication()
	s, err := newSynth(p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	path := filepath.Join(t.TempDir(), "recording.flv")
	file, err := encode.CreateFile(path, encode.FileConfig{
		Width: p.size.Width, Height: p.size.Height, FrameRate: p.rate,
		VideoConfig: s.video.Config(), AudioConfig: s.audio.Config(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for s.due() < length {
		if err := s.step(false, func(pkt media.Packet) {
			if err := file.Write(pkt); err != nil {
				t.Error(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckJudgesAFile(t *testing.T) {
	path := writeRecording(t, 3*time.Second)
	sheet := filepath.Join(t.TempDir(), "sheet.png")
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"check", path, "--expect-fps", "15", "--expect-size", "180x320", "--sheet", sheet, "--sheet-every", "1s"}, &out, &errs); code != exitOK {
		t.Fatalf("exit %d: %s%s", code, out.String(), errs.String())
	}
	for _, want := range []string{"180×320, 15 fps", "sees  2: 180×320+0+0; hears 2", "\nOK\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, out.String())
		}
	}
	page, err := os.ReadFile(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(page)); err != nil {
		t.Error(err)
	}

	out.Reset()
	if code := run(context.Background(), []string{"check", path, "--json", "--expect-participants", "1", "--duration", "2s"}, &out, &errs); code != exitFailed {
		t.Errorf("exit %d with an unexpected participant", code)
	}
	var r judge.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.OK || len(r.Problems) != 2 || r.Duration > 2.1 {
		t.Errorf("%v: %+v", err, r)
	}
}

func TestCheckWithNothingToJudge(t *testing.T) {
	origin := rtmp.NewOrigin(rtmp.OriginConfig{Addr: "127.0.0.1:0"})
	if err := origin.Start(); err != nil {
		t.Fatal(err)
	}
	defer origin.Close()
	text := filepath.Join(t.TempDir(), "text.flv")
	if err := os.WriteFile(text, []byte("no media"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"check"}, "arg"},
		{[]string{"check", "/does/not/exist.flv"}, "no such file"},
		{[]string{"check", text}, "not a media file"},
		{[]string{"check", "http://127.0.0.1/live/mix"}, "scheme"},
		{[]string{"check", "rtmp://127.0.0.1"}, "rtmp"},
		{[]string{"check", text, "--expect-participants", "10"}, "--expect-participants 10"},
		{[]string{"check", text, "--duration", "-1s"}, "--duration"},
		{[]string{"check", "rtmp://" + origin.Addr().String() + "/live/none?secret=hush", "--timeout", "100ms"}, "no media from rtmp://"},
	} {
		var out, errs bytes.Buffer
		code := run(context.Background(), c.args, &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), c.want) || out.Len() > 0 || strings.Contains(errs.String(), "hush") {
			t.Errorf("%v: exit %d, %q%s", c.args, code, errs.String(), out.String())
		}
	}
}

// A live stream's verdict depends on how busy the machine is; who is seen and heard
// does not.
func TestCheckJudgesALiveStream(t *testing.T) {
	origin := rtmp.NewOrigin(rtmp.OriginConfig{Addr: "127.0.0.1:0"})
	if err := origin.Start(); err != nil {
		t.Fatal(err)
	}
	defer origin.Close()
	url := "rtmp://" + origin.Addr().String() + "/live/p2"
	p := testPublication()
	var err error
	if p.url, err = rtmp.ParseURL(url); err != nil {
		t.Fatal(err)
	}
	p.handler = noTalk{}
	ctx, stop := testContext(t)
	published := make(chan error, 1)
	go func() { published <- publish(ctx, p, 0, nil) }()

	var out, errs bytes.Buffer
	code := run(ctx, []string{"check", url, "--duration", "2s", "--json"}, &out, &errs)
	stop()
	if err := <-published; err != nil {
		t.Error(err)
	}
	var r judge.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("exit %d: %v: %s%s", code, err, out.String(), errs.String())
	}
	if len(r.Participants) != 1 || r.Participants[0].Number != 2 || r.Participants[0].Frames == 0 || r.Participants[0].Heard == 0 {
		t.Errorf("participants %+v", r.Participants)
	}
	if r.OK != (code == exitOK) {
		t.Errorf("exit %d with the verdict %v", code, r.OK)
	}
}

// noTalk is an rtmp.PushHandler that tells nobody.
type noTalk struct{}

func (noTalk) PushConnected()                        {}
func (noTalk) PushDisconnected(error, time.Duration) {}
func (noTalk) PushKeyFrameWanted()                   {}
