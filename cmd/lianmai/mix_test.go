package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// room starts a mix of anna and ben and returns a shell for its service.
func room(t *testing.T) shell {
	t.Helper()
	addr, _ := startService(t)
	s := shell{t, addr}
	s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/live/anna?key=hush=1",
		"--input", "ben=rtmp://h/live/ben", "--output", "rtmp://h/out/room?txSecret=hush")
	return s
}

func TestStartAndList(t *testing.T) {
	addr, _ := startService(t)
	s := shell{t, addr}
	if out := s.must("mix", "list"); out != "no mixes\n" {
		t.Errorf("list = %q", out)
	}
	out := s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/live/anna?k=v", "--input", "ben=rtmp://h/live/ben",
		"--output", "rtmp://h/out/room?a=b", "--output", "rec=rtmp://h/out/rec", "--template", "pk", "--main", "ben",
		"--size", "1280x720", "--fps", "30000/1001", "--video-bitrate", "3.5M", "--preset", "fast", "--decoding", "full", "--audio-bitrate", "96k", "--json")
	var mix pb.Mix
	if err := protojson.Unmarshal([]byte(out), &mix); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("start --json = %q, %v", out, err)
	}
	spec := mix.Spec
	if spec.Participants[0].Url != "rtmp://h/live/anna?k=v" || spec.Outputs[0].Url != "rtmp://h/out/room?a=b" ||
		spec.Outputs[0].Name != "output-1" || spec.Outputs[1].Name != "rec" || spec.Layout.Template != "pk" || spec.Layout.Main != "ben" ||
		spec.Video.Width != 1280 || spec.Video.Height != 720 || spec.Video.FrameRate.Num != 30000 || spec.Video.FrameRate.Den != 1001 ||
		spec.Video.Bitrate != 3_500_000 || spec.Video.Preset != "fast" || spec.Video.Decoding != pb.Decoding_DECODING_FULL || spec.Audio.Bitrate != 96_000 {
		t.Errorf("spec = %v", spec)
	}
	lines := strings.Split(s.must("mix", "list"), "\n")
	if len(lines) != 3 || !slices.Equal(strings.Fields(lines[1])[:6], []string{"room", "running", "1", "pk", "anna,ben", "output-1,rec"}) {
		t.Errorf("list = %q", lines)
	}
	if strings.Index(lines[0], "STATE") != strings.Index(lines[1], "running") {
		t.Errorf("columns are not under their heads:\n%s\n%s", lines[0], lines[1])
	}
	if out := s.must("mix", "list", "--json"); !json.Valid([]byte(out)) || !strings.Contains(out, `"id":"room"`) {
		t.Errorf("list --json = %q", out)
	}
}

func TestChangesByCommand(t *testing.T) {
	s := room(t)
	spec := func() *pb.MixSpec {
		t.Helper()
		var got pb.GetMixResponse
		if err := protojson.Unmarshal([]byte(s.must("mix", "get", "room", "--json")), &got); err != nil {
			t.Fatal(err)
		}
		return got.Mix.Spec
	}
	s.must("mix", "layout", "room", "--template", "strip", "--main", "ben", "--order", "ben,anna", "--expected-revision", "1")
	if l := spec().Layout; l.Template != "strip" || l.Main != "ben" || !slices.Equal(l.Order, []string{"ben", "anna"}) {
		t.Errorf("layout = %v", l)
	}
	s.must("mix", "layout", "room", "--order", "", "--main", "")
	if l := spec().Layout; l.Template != "strip" || l.Main != "" || len(l.Order) != 0 {
		t.Errorf("layout = %v", l)
	}
	s.must("mix", "state", "room", "ben", "--hidden", "--gain", "-6.5")
	if p := spec().Participants[1]; !p.Hidden || p.Muted || p.GainDb != -6.5 {
		t.Errorf("ben = %v", p)
	}
	s.must("mix", "state", "room", "ben", "--hidden=false", "--muted")
	if p := spec().Participants[1]; p.Hidden || !p.Muted || p.GainDb != -6.5 {
		t.Errorf("ben = %v", p)
	}
	if out := s.must("mix", "stop", "room"); out != "stopped room: stopped by request\n" {
		t.Errorf("stop = %q", out)
	}
	if out := s.must("mix", "list"); out != "no mixes\n" {
		t.Errorf("list = %q", out)
	}
	if out := s.must("mix", "list", "--all"); !strings.Contains(out, "stopped") {
		t.Errorf("list --all = %q", out)
	}
}

func TestGetShowsEverythingButSecrets(t *testing.T) {
	out := room(t).must("mix", "get", "room")
	for _, want := range []string{"grid-by-count", "2 inputs to 1 output", "720×1280 at 30 fps", "90 frames", "anna", "live", "360×640", "812 kb/s", "2.51 Mb/s", "source_changed", "lost",
		"main speaker: ben\n", "main_changed    ben"} {
		if !strings.Contains(out, want) {
			t.Errorf("get has no %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "hush") || strings.Contains(out, "\x1b") {
		t.Errorf("get shows a secret, or what could steer the terminal:\n%q", out)
	}
}

func TestWatch(t *testing.T) {
	s := room(t)
	for _, format := range [][]string{nil, {"--json"}} {
		w := lineWriter{make(chan string, 1000)}
		type result struct {
			code        int
			out, errors string
		}
		ended := make(chan result, 1)
		go func() {
			code, out, errs := s.runTo(w, append([]string{"mix", "watch", "room"}, format...)...)
			ended <- result{code, out, errs}
		}()
		<-w.lines // the snapshot has come: from here on nothing is missed
		s.must("mix", "stop", "room")
		got := <-ended
		if got.code != 0 || got.errors != "" || !strings.Contains(strings.ToLower(got.out), "mix_stopped") {
			t.Errorf("watch %v = %+v", format, got)
		}
		if format != nil {
			for line := range strings.Lines(got.out) {
				if !json.Valid([]byte(line)) {
					t.Errorf("line %q is no JSON", line)
				}
			}
		}
		s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/live/anna", "--output", "rtmp://h/out/room")
	}
}

func TestFaultsNameTheirFlags(t *testing.T) {
	addr, _ := startService(t)
	code, out, stderr := shell{t, addr}.run("mix", "start", "--id", "no/slash", "--input", "anna=http://x?key=hush", "--input", "anna=rtmp://h/a/s",
		"--output", "nowhere", "--output", "cdn=rtmp://h", "--template", "mosaic", "--main", "carl", "--size", "721x10", "--fps", "90",
		"--video-bitrate", "1k", "--preset", "warp", "--audio-bitrate", "1M")
	if code != exitUsage || out != "" {
		t.Errorf("exit code %d, stdout %q", code, out)
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	for _, want := range []string{
		"  --id: ", "  --input anna, the url: ", "  --input: ", "  --output #1, the url: ", "  --output cdn, the url: ", "  --template: ", "  --main: ",
		"  --size, the width: ", "  --size, the height: ", "  --fps: ", "  --video-bitrate: ", "  --preset: ", "  --audio-bitrate: ",
	} {
		n := 0
		for _, line := range lines {
			if strings.HasPrefix(line, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d lines begin with %q:\n%s", n, want, stderr)
		}
	}
	if strings.Contains(stderr, "hush") {
		t.Errorf("a URL's secret is shown:\n%s", stderr)
	}
}

func TestExitCodes(t *testing.T) {
	s := room(t)
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"mix", "start"}, exitUsage, "--id is required"},
		{[]string{"mix", "start", "--id", "a"}, exitUsage, "--output is required"},
		{[]string{"mix", "start", "--id", "a", "--output", "rtmp://h/a/s", "--input", "rtmp://h/a/s?x=y"}, exitUsage, "want NAME=URL"},
		{[]string{"mix", "start", "--size", "big"}, exitUsage, "720x1280"},
		{[]string{"mix", "start", "--fps", "fast"}, exitUsage, "--fps"},
		{[]string{"mix", "start", "--video-bitrate", "-1k"}, exitUsage, "2500k"},
		{[]string{"mix", "start", "extra"}, exitUsage, "extra"},
		{[]string{"mix", "start", "--colour", "blue"}, exitUsage, "--colour"},
		{[]string{"mix", "strat"}, exitUsage, "did you mean start"},
		{[]string{"mixx"}, exitUsage, "did you mean mix"},
		{[]string{"mix", "layout", "room"}, exitUsage, "nothing to change"},
		{[]string{"mix", "state", "room", "ben"}, exitUsage, "nothing to change"},
		{[]string{"mix", "state", "room"}, exitUsage, "accepts 2 arg"},
		{[]string{"mix", "state", "room", "ben", "--gain", "13"}, exitUsage, "--gain: "},
		{[]string{"mix", "state", "room", "carl", "--muted"}, exitFailed, "no such participant"},
		{[]string{"mix", "get", "a b"}, exitUsage, "ID: "},
		{[]string{"mix", "get", "nobody"}, exitFailed, "no such mix"},
		{[]string{"mix", "watch", "nobody"}, exitFailed, "no such mix"},
		{[]string{"mix", "layout", "room", "--main", "ben", "--expected-revision", "9"}, exitFailed, "revision 1, the change expects 9"},
		{[]string{"mix", "start", "--id", "room", "--output", "rtmp://h/a/s"}, exitFailed, "another spec"},
		{[]string{"mix", "list", "--timeout", "0s"}, exitUsage, "--timeout"},
		{[]string{"mix", "list", "--server", "127.0.0.1:1"}, exitFailed, "does `lianmai serve` run?"},
	} {
		args := test.args
		if args[0] == "mix" && !slices.Contains(args, "--server") {
			args = append(slices.Clone(args), "--server", s.addr)
		}
		var out, stderr strings.Builder
		code := run(t.Context(), args, &out, &stderr)
		if code != test.code || !strings.Contains(stderr.String(), test.says) {
			t.Errorf("%q = %d\n%s\nwant %d saying %q", test.args, code, stderr.String(), test.code, test.says)
		}
	}
}

// offers returns the words that the shell would offer, and cobra's directive.
func (s shell) offers(args ...string) (words []string, directive string) {
	s.t.Helper()
	var out, stderr strings.Builder
	if code := run(s.t.Context(), append([]string{"__complete"}, args...), &out, &stderr); code != 0 {
		s.t.Errorf("%q = %d: %s", args, code, stderr.String())
	}
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, ":"); ok {
			return words, rest
		}
		words = append(words, line)
	}
	return words, ""
}

func TestCompletion(t *testing.T) {
	s := room(t)
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"get", ""}, []string{"room"}},
		{[]string{"get", "x"}, nil},
		{[]string{"state", "room", ""}, []string{"anna", "ben"}},
		{[]string{"state", "room", "b"}, []string{"ben"}},
		{[]string{"layout", "room", "--main", ""}, []string{"anna", "ben"}},
		{[]string{"layout", "room", "--order", "ben,a"}, []string{"ben,anna"}},
		{[]string{"start", "--template", "p"}, []string{"pip", "pk"}},
		{[]string{"start", "--preset", "very"}, []string{"veryfast", "veryslow"}},
		{[]string{"start", "--max-duration", "4"}, []string{"4h"}},
		{[]string{"start", "--preset", "b"}, []string{"balanced"}},
		{[]string{"start", "--decoding", ""}, []string{"auto", "full"}},
		{[]string{"start", "--input", "anna=rtmp://h/a/s", "--main", ""}, []string{"anna"}},
	} {
		got, _ := s.offers(append([]string{"mix", "--server", s.addr}, test.args...)...)
		if !slices.Equal(got, test.want) {
			t.Errorf("%q offers %q, want %q", test.args, got, test.want)
		}
	}
}
