package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/media"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// testContext returns a context that the test can end.
func testContext(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx, cancel
}

func TestBitrates(t *testing.T) {
	for text, want := range map[string]bitrateFlag{
		"2500k": 2_500_000, "2500K": 2_500_000, "2.5M": 2_500_000, "128000": 128_000, "0.5m": 500_000, "96.5k": 96_500,
	} {
		var b bitrateFlag
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%s = %d, %v; want %d", text, b, err, want)
		}
	}
	for _, text := range []string{"", "k", "0", "-1", "1g", "NaN", "inf", "1e99", "3000M", "2 500k", "0.4"} {
		var b bitrateFlag
		if err := b.Set(text); err == nil {
			t.Errorf("%q was taken for %d", text, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := bitrateFlag(rapid.IntRange(1, 1<<31-1).Draw(t, "bitrate"))
		var got bitrateFlag
		if err := got.Set(want.String()); err != nil || got != want {
			t.Fatalf("%q = %d, %v", want.String(), got, err)
		}
	})
}

func TestSizesAndFrameRates(t *testing.T) {
	var size sizeFlag
	if err := size.Set("720X1280"); err != nil || size != (sizeFlag{720, 1280}) || size.String() != "720x1280" {
		t.Errorf("size = %v, %v", size, err)
	}
	for _, text := range []string{"", "720", "720x", "x720", "720x0", "-2x2", "720x1280x3", "99999x2", "7 x 7"} {
		if err := new(sizeFlag).Set(text); err == nil {
			t.Errorf("size %q was taken", text)
		}
	}
	for text, want := range map[string]media.FrameRate{"30": media.FPS(30), "30000/1001": {Num: 30000, Den: 1001}} {
		var fps fpsFlag
		if err := fps.Set(text); err != nil || fps.FrameRate != want || fps.String() != text {
			t.Errorf("fps %s = %v, %v", text, fps, err)
		}
	}
	for _, text := range []string{"", "0", "30/0", "30/", "/1", "29.97", "-30", "1/2/3"} {
		if err := new(fpsFlag).Set(text); err == nil {
			t.Errorf("fps %q was taken", text)
		}
	}
}

func TestNamesAreCutFromURLs(t *testing.T) {
	for text, want := range map[string][2]string{
		"anna=rtmp://h/a/s?k=v": {"anna", "rtmp://h/a/s?k=v"},
		"rtmp://h/a/s?k=v":      {"", "rtmp://h/a/s?k=v"},
		"rtmp://h/a/s":          {"", "rtmp://h/a/s"},
		"=rtmp://h/a/s":         {"", "=rtmp://h/a/s"},
		"a b=x":                 {"", "a b=x"},
		"a=":                    {"a", ""},
	} {
		if name, value := cutName(text); name != want[0] || value != want[1] {
			t.Errorf("%q = %q, %q", text, name, value)
		}
	}
}

func TestEnumNames(t *testing.T) {
	for want, got := range map[string]string{
		"audio_only":   enumName(pb.SourceState_SOURCE_STATE_AUDIO_ONLY),
		"unspecified":  enumName(pb.MixState_MIX_STATE_UNSPECIFIED),
		"mix_stopped":  enumName(pb.EventKind_EVENT_KIND_MIX_STOPPED),
		"unknown (99)": enumName(pb.OutputState(99)),
	} {
		if got != want {
			t.Errorf("name = %q, want %q", got, want)
		}
	}
}

func TestSessionTime(t *testing.T) {
	if got := sessionTime(26*time.Hour + 3*time.Minute + 4*time.Second + 5*time.Millisecond); got != "26:03:04.005" {
		t.Errorf("time = %q", got)
	}
}

func TestTablesLineUp(t *testing.T) {
	for _, colours := range []bool{false, true} {
		var out bytes.Buffer
		p := printer{w: &out, colours: colours}
		if err := p.table([]string{"A", "B"}, [][]cell{{{text: "live", colour: green}, {text: "x"}}, {{text: "720×1280"}, {text: "y"}}}); err != nil {
			t.Fatal(err)
		}
		plain := strings.NewReplacer("\x1b[1m", "", "\x1b[32m", "", "\x1b[0m", "").Replace(out.String())
		if want := "A         B\nlive      x\n720×1280  y\n"; plain != want {
			t.Errorf("table =\n%swant\n%s", plain, want)
		}
		if strings.Contains(out.String(), "\x1b") != colours {
			t.Errorf("colours %v: %q", colours, out.String())
		}
	}
}

func TestTheLogIsJSONForMachines(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(&out, config.Log{Level: "warn", Format: "auto"})
	log.Info("quiet")
	log.Warn("loud", "id", "room")
	if text := out.String(); strings.Contains(text, "quiet") || !strings.Contains(text, `"msg":"loud","id":"room"`) {
		t.Errorf("log = %q", text)
	}
	out.Reset()
	newLogger(&out, config.Log{Level: "info", Format: "text"}).Info("words", "id", "room")
	if text := out.String(); !strings.Contains(text, "msg=words id=room") {
		t.Errorf("log = %q", text)
	}
}

func TestTheTerminalsLog(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newTerminalHandler(printer{w: &out, colours: true}, slog.LevelInfo))
	log = log.With("mix", "room").WithGroup("peer")
	log.Debug("quiet")
	log.Error("failed", "error", errors.New("a\nb"))
	text := out.String()
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "\x1b[31mERROR\x1b[0m") || !strings.Contains(text, `mix=room peer.error="a\nb"`) || strings.Contains(text, "quiet") {
		t.Errorf("log = %q", text)
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	visit := func(args []string) {
		var out, stderr bytes.Buffer
		if code := run(t.Context(), append(args, "--help"), &out, &stderr); code != 0 || stderr.Len() > 0 || out.Len() == 0 {
			t.Errorf("%q --help = %d, %s", args, code, stderr.String())
		}
	}
	for _, args := range [][]string{nil, {"serve"}, {"mix"}, {"music"}} {
		visit(args)
	}
	for _, command := range []string{"start", "layout", "state", "stop", "get", "list", "watch"} {
		visit([]string{"mix", command})
	}
}
