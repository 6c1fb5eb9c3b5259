package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Templates and pictures as files that tests upload.
const (
	stageText = `{"name": "stage", "description": "the speaker above the guests", "layouts": [
		{"slots": [{"w": 1, "h": 0.7, "role": "MAIN"}, {"y": 0.7, "w": 0.5, "h": 0.3}, {"x": 0.5, "y": 0.7, "w": 0.5, "h": 0.3}], "minParticipants": 1}]}`
	logoText = `
name: branded
canvas: {color: "#00ff00", image: logo}
layouts:
- slots: [{x: 0.1, y: 0.1, w: 0.8, h: 0.4}]
`
	paleText = `
name: pale
defaults: {label: {color: "#ffffff", background: "#fffffe"}}
layouts:
- slots: [{w: 1, h: 1}]
`
	wrongText  = `{"name": "wrong", "layouts": [{"slots": [{"w": 1.5, "h": 1, "rol": "MAIN"}]}]}`
	brokenText = "{\"name\": \"broken\",\n"
)

// folder makes a folder with files, which is the working folder until the test ends.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// standardInput lets the test's commands read text.
func standardInput(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = before; f.Close() })
}

// plainPNG returns a PNG of one colour.
func plainPNG(t *testing.T, c color.Color, w, h int) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// noiseJPEG returns a JPEG that takes several parts to send.
func noiseJPEG(t *testing.T) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 600, 400))
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(noise.Uint32())
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if out.Len() < 3*chunkBytes {
		t.Fatalf("the noise has only %d bytes", out.Len())
	}
	return out.String()
}

// fields returns the fields of each line of a table, without its head.
func fields(table string) [][]string {
	var rows [][]string
	for line := range strings.Lines(table) {
		rows = append(rows, strings.Fields(line))
	}
	return rows[1:]
}

// refusals are commands that fail.
type refusals []struct {
	args []string
	code int
	says string // on standard error
}

// try runs them.
func (r refusals) try(s shell) {
	s.t.Helper()
	for _, test := range r {
		if code, _, stderr := s.run(test.args...); code != test.code || !strings.Contains(stderr, test.says) {
			s.t.Errorf("%q = %d\n%s\nwant %d saying %q", test.args, code, stderr, test.code, test.says)
		}
	}
}

// What was uploaded is there when a service is started anew on the same folder.
func TestTheLibraryOutlivesTheService(t *testing.T) {
	logo := plainPNG(t, color.White, 40, 20)
	folder(t, map[string]string{"stage.json": stageText, "logo.png": logo})
	data := t.TempDir()
	addr, stop := startServiceIn(t, data)
	s := shell{t, addr}
	s.must("template", "upload", "stage.json")
	s.must("asset", "upload", "logo.png")
	before := s.must("template", "list") + s.must("template", "get", "stage") + s.must("asset", "list")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	addr, _ = startServiceIn(t, data)
	s = shell{t, addr}
	if after := s.must("template", "list") + s.must("template", "get", "stage") + s.must("asset", "list"); after != before {
		t.Errorf("after the restart:\n%swant:\n%s", after, before)
	}
	if got := s.must("asset", "get", "logo", "-o", "-"); got != logo {
		t.Errorf("the picture has %d bytes, want %d", len(got), len(logo))
	}
	if out := s.must("template", "upload", "stage.json"); out != "uploaded stage@1 (3 participants)\n" {
		t.Errorf("the same template again: %q", out)
	}
}

// One line says that nobody is there, however many files there are.
func TestNoServiceForTheLibrary(t *testing.T) {
	folder(t, map[string]string{"a.json": stageText, "b.json": stageText, "logo.png": plainPNG(t, color.White, 4, 4)})
	s := shell{t, "127.0.0.1:1"}
	for _, args := range [][]string{
		{"template", "upload", "a.json", "b.json"},
		{"template", "validate", "--server-side", "a.json", "b.json"},
		{"template", "list"},
		{"template", "get", "stage"},
		{"template", "delete", "stage"},
		{"template", "preview", "stage"},
		{"template", "preview", "pk"},
		{"asset", "upload", "logo.png", "logo.png"},
		{"asset", "list"},
		{"asset", "get", "logo", "-o", "got.png"},
		{"asset", "delete", "logo"},
	} {
		code, out, stderr := s.run(args...)
		if code != exitFailed || out != "" || !strings.Contains(stderr, "does `lianmai serve` run?") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q = %d\n%s%s", args, code, out, stderr)
		}
	}
	if _, err := os.Stat("got.png"); err == nil {
		t.Error("a file was made for a picture that could not be fetched")
	}
}

func TestLibraryCompletion(t *testing.T) {
	folder(t, map[string]string{"stage.json": stageText, "logo.png": plainPNG(t, color.White, 4, 4)})
	addr, _ := startService(t)
	s := shell{t, addr}
	s.must("template", "upload", "stage.json")
	s.must("asset", "upload", "logo.png", "--name", "logo")
	s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/a/s", "--input", "ben=rtmp://h/b/s", "--output", "rtmp://h/o/s")
	const files = "8" // cobra.ShellCompDirectiveFilterFileExt
	for _, test := range []struct {
		args      []string
		want      []string
		directive string // not looked at when empty
	}{
		{[]string{"template", "get", "s"}, []string{"screen-share", "stage", "strip"}, "4"},
		{[]string{"template", "get", "stage", ""}, nil, "4"},
		{[]string{"template", "delete", "st"}, []string{"stage", "strip"}, "4"},
		{[]string{"template", "upload", ""}, []string{"json", "yaml", "yml"}, files},
		{[]string{"template", "validate", "a.json", ""}, []string{"json", "yaml", "yml"}, files},
		{[]string{"template", "preview", "sta"}, []string{"stage"}, "4"},
		{[]string{"template", "preview", "./"}, []string{"json", "yaml", "yml"}, files},
		{[]string{"asset", "upload", ""}, []string{"png", "jpg", "jpeg", "mp3", "m4a", "aac", "flac", "wav", "ogg", "opus"}, files},
		{[]string{"asset", "get", ""}, []string{"logo"}, "4"},
		{[]string{"asset", "delete", "x"}, nil, "4"},
		{[]string{"mix", "start", "--template", "s"}, []string{"screen-share", "stage", "strip"}, "4"},
		{[]string{"mix", "layout", "room", "--template", "st"}, []string{"stage", "strip"}, "4"},
		{[]string{"mix", "layout", "room", "--place", "b"}, []string{"ben="}, "6"},
		{[]string{"mix", "layout", "room", "--place", "ben=0.1,"}, nil, "4"},
		{[]string{"mix", "start", "--input", "anna=rtmp://h/a/s", "--placeholder", ""}, []string{"anna="}, "6"},
		{[]string{"mix", "start", "--input", "anna=rtmp://h/a/s", "--placeholder", "anna="}, []string{"anna=logo"}, "4"},
	} {
		got, directive := s.offers(slices.Insert(test.args, 1, "--server", addr)...)
		if !slices.Equal(got, test.want) || directive != test.directive {
			t.Errorf("%q offers %q (%s), want %q (%s)", test.args, got, directive, test.want, test.directive)
		}
	}
	// Without a service the built-in ones are known.
	if got, _ := s.offers("mix", "--server", "127.0.0.1:1", "start", "--template", "p"); !slices.Equal(got, []string{"pip", "pk"}) {
		t.Errorf("without a service: %q", got)
	}
}

func TestHelpHasExamples(t *testing.T) {
	for _, group := range []string{"template", "asset", "music"} {
		cmd, _, err := newRootCommand().Find([]string{group})
		if err != nil {
			t.Fatal(err)
		}
		for _, sub := range cmd.Commands() {
			if !strings.Contains(sub.Example, "lianmai "+group+" "+sub.Name()) {
				t.Errorf("%s has no example of itself:\n%s", sub.CommandPath(), sub.Example)
			}
		}
	}
}

// big returns spaces, more than any template or picture may have.
func big() string { return strings.Repeat(" ", 10<<20) }

func TestVersionsByName(t *testing.T) {
	for text, want := range map[string]struct {
		name    string
		version int32
	}{
		"": {"", 0}, "stage": {"stage", 0}, "stage@1": {"stage", 1}, "a.b-c@2147483647": {"a.b-c", 2147483647},
	} {
		name, version, err := cutVersion("NAME", text)
		if err != nil || name != want.name || version != want.version {
			t.Errorf("%q = %q, %d, %v", text, name, version, err)
		}
		if back := pinned(name, version); back != text {
			t.Errorf("%q comes back as %q", text, back)
		}
	}
	for _, text := range []string{"@", "@1", "stage@", "stage@0", "stage@-1", "stage@x", "stage@1@2", "stage@" + strconv.Itoa(1<<31)} {
		if _, _, err := cutVersion("NAME", text); err == nil {
			t.Errorf("%q is a version", text)
		}
	}
}
