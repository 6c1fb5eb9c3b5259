package main

import (
	"bytes"
	"encoding/json"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// builtins is how many templates there are without any upload.
var builtins = len(layout.BuiltinNames())

func TestTemplatesByCommand(t *testing.T) {
	folder(t, map[string]string{"stage.json": stageText, "pale.yaml": paleText})
	addr, _ := startService(t)
	s := shell{t, addr}
	if out := s.must("template", "upload", "stage.json"); out != "uploaded stage@1 (3 participants)\n" {
		t.Errorf("upload = %q", out)
	}
	if out := s.must("template", "upload", "pale.yaml"); !strings.HasPrefix(out, "uploaded pale@1 (1 participant)\n") ||
		!strings.Contains(out, "pale.yaml: warning: defaults.label.color: ") {
		t.Errorf("upload = %q", out)
	}
	var sent pb.UploadTemplateResponse
	out := s.must("template", "upload", "pale.yaml", "--json")
	if err := protojson.Unmarshal([]byte(out), &sent); err != nil || sent.Info.Version != 1 || len(sent.Warnings) != 1 || strings.Count(out, "\n") != 1 {
		t.Errorf("upload --json = %q, %v", out, err)
	}

	// What `get` writes is the template, ready to be changed and uploaded.
	text := s.must("template", "get", "stage")
	standardInput(t, strings.Replace(text, "above", "over", 1))
	if out := s.must("template", "upload", "-"); out != "uploaded stage@2 (3 participants)\n" {
		t.Errorf("upload - = %q", out)
	}
	if again := s.must("template", "get", "stage@1"); again != text {
		t.Errorf("version 1 is now\n%s", again)
	}
	s.must("mix", "start", "--id", "room", "--output", "rtmp://h/o/s", "--template", "stage@1")
	rows := fields(s.must("template", "get", "stage", "--versions"))
	if len(rows) != 2 || !slices.Equal(rows[0][:5], []string{"stage", "2", "3", "-", "-"}) || !slices.Equal(rows[1][:5], []string{"stage", "1", "3", "-", "room"}) {
		t.Errorf("versions = %q", rows)
	}
	rows = fields(s.must("template", "list"))
	named := func(name string) []string {
		i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == name })
		if i < 0 {
			return make([]string, 6)
		}
		return rows[i][:6]
	}
	if pale := named("pale"); len(rows) != builtins+2 || !slices.Equal(pale[:5], []string{"pale", "1", "1", "-", "-"}) ||
		!slices.Equal(named("pk"), []string{"pk", "-", "6", "yes", "-", "-"}) {
		t.Errorf("list = %q", rows)
	}
	for _, args := range [][]string{{"list"}, {"get", "stage"}, {"get", "pk"}, {"get", "stage", "--versions"}} {
		for line := range strings.Lines(s.must(append([]string{"template", "--json"}, args...)...)) {
			if !json.Valid([]byte(line)) || !strings.Contains(line, `"name":`) {
				t.Errorf("%q --json: %q", args, line)
			}
		}
	}

	if code, out, stderr := s.run("template", "delete", "stage"); code != exitFailed || out != "" || stderr != "lianmai: it is in use by\n  mix room\n" {
		t.Errorf("delete = %d, %q, %q", code, out, stderr)
	}
	if out := s.must("template", "delete", "stage@2"); out != "deleted template stage@2\n" {
		t.Errorf("delete = %q", out)
	}
	s.must("mix", "stop", "room")
	if out := s.must("template", "delete", "stage", "--json"); out != "{}\n" {
		t.Errorf("delete --json = %q", out)
	}
	if out := s.must("template", "delete", "pale"); out != "deleted template pale with all its versions\n" {
		t.Errorf("delete = %q", out)
	}
}

// Everything that is wrong is told with file and path; the other files are uploaded.
func TestUploadTellsAllFaults(t *testing.T) {
	folder(t, map[string]string{
		"stage.json": stageText, "wrong.json": wrongText, "broken.json": brokenText, "big.json": big(), "logo.yaml": logoText,
		"pk.json": strings.Replace(stageText, `"stage"`, `"pk"`, 1), "slash.json": strings.Replace(stageText, `"stage"`, `"a/b"`, 1), "empty.yaml": "",
	})
	addr, _ := startService(t)
	s := shell{t, addr}
	code, out, stderr := s.run("template", "upload", "wrong.json", "broken.json", "big.json", "logo.yaml", "pk.json", "slash.json", "empty.yaml", "none.json", ".", "stage.json")
	if code != exitFailed || out != "uploaded stage@1 (3 participants)\n" {
		t.Errorf("exit code %d, stdout %q", code, out)
	}
	for _, want := range []string{
		"wrong.json: layouts[0].slots[0].rol: unknown field; did you mean role?",
		"broken.json: line 2, column 1: ",
		"big.json: 10485760 bytes; at most 262144 are allowed",
		`logo.yaml: canvas.image: there is no picture "logo"`,
		"pk.json: name: ",
		"slash.json: name: ",
		"empty.yaml: ",
		"none.json: no such file or directory",
		".: is a directory",
	} {
		n := 0
		for line := range strings.Lines(stderr) {
			if strings.HasPrefix(line, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d lines begin with %q:\n%s", n, want, stderr)
		}
	}
	if rows := fields(s.must("template", "list")); len(rows) != builtins+1 {
		t.Errorf("list = %q", rows)
	}
	standardInput(t, big()) // how much it is, nobody knows before it is read
	refusals{
		{[]string{"template", "upload", "-"}, exitFailed, "-: more than 262144 bytes"},
		{[]string{"template", "upload", "-", "-"}, exitUsage, "only once"},
		{[]string{"template", "upload"}, exitUsage, "at least 1 arg"},
		{[]string{"template", "get", "nobody"}, exitFailed, `no such template: "nobody"`},
		{[]string{"template", "get", "stage@7"}, exitFailed, `"stage" has no version 7`},
		{[]string{"template", "get", "a/b"}, exitUsage, "NAME: "},
		{[]string{"template", "get", "stage@new"}, exitUsage, "want NAME or NAME@VERSION"},
		{[]string{"template", "delete", "nobody"}, exitFailed, "no such template"},
		{[]string{"template", "delete", "pk"}, exitFailed, "built in"},
		{[]string{"template", "delete", "stage@0"}, exitUsage, "want NAME or NAME@VERSION"},
		{[]string{"template", "lst"}, exitUsage, "did you mean list"},
	}.try(s)
}

func TestValidate(t *testing.T) {
	folder(t, map[string]string{
		"stage.json": stageText, "wrong.json": wrongText, "pale.yaml": paleText, "logo.yaml": logoText,
		"pk.json": strings.Replace(stageText, `"stage"`, `"pk"`, 1),
	})
	local := shell{t, "127.0.0.1:1"} // nobody is there
	if out := local.must("template", "validate", "stage.json", "logo.yaml"); out != "stage.json: ok\nlogo.yaml: ok\n" {
		t.Errorf("validate = %q", out)
	}
	code, out, stderr := local.run("template", "validate", "--json", "wrong.json", "pale.yaml", "pk.json", "none.json")
	if code != exitFailed || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	want := []struct {
		file             string
		faults, warnings []string
	}{
		{"wrong.json", []string{"layouts[0].slots[0].rol", "layouts[0].slots[0].x"}, []string{}},
		{"pale.yaml", []string{}, []string{"defaults.label.color"}},
		{"pk.json", []string{"name"}, []string{}},
		{"none.json", []string{""}, []string{}},
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	for i, line := range lines {
		if !strings.Contains(line, `"faults":[`) || !strings.Contains(line, `"warnings":[`) {
			t.Errorf("%q: a list is null", line)
		}
		var v verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		var faults, warnings []string
		for _, f := range v.Faults {
			faults = append(faults, f.Path)
		}
		for _, w := range v.Warnings {
			warnings = append(warnings, w.Path)
		}
		slices.Sort(faults)
		if v.File != want[i].file || v.OK != (len(faults) == 0) || !slices.Equal(faults, want[i].faults) || !slices.Equal(warnings, want[i].warnings) {
			t.Errorf("%s, want %+v", line, want[i])
		}
	}

	addr, _ := startService(t)
	s := shell{t, addr}
	code, out, _ = s.run("template", "validate", "--server-side", "stage.json", "logo.yaml", "pale.yaml")
	if code != exitFailed || !strings.HasPrefix(out, "stage.json: ok\nlogo.yaml: canvas.image: ") || !strings.Contains(out, "\npale.yaml: ok\npale.yaml: warning: ") {
		t.Errorf("validate --server-side = %d, %q", code, out)
	}
	if rows := fields(s.must("template", "list")); len(rows) != builtins {
		t.Errorf("something was kept: %q", rows)
	}
}

// pngOf reads a PNG and checks its size.
func pngOf(t *testing.T, r io.Reader, w, h int) (at func(x, y int) color.NRGBA) {
	t.Helper()
	img, err := png.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != w || size.Y != h {
		t.Errorf("the picture has %v, want %d×%d", size, w, h)
	}
	return func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) }
}

// pngFile is pngOf of a file.
func pngFile(t *testing.T, path string, w, h int) func(x, y int) color.NRGBA {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return pngOf(t, bytes.NewReader(data), w, h)
}

func TestPreviewWithoutAService(t *testing.T) {
	folder(t, map[string]string{"stage.json": stageText, "logo.yaml": logoText, "wrong.json": wrongText,
		"red.png": plainPNG(t, color.NRGBA{255, 0, 0, 255}, 30, 30), "fake.png": "no picture"})
	s := shell{t, "127.0.0.1:1"}
	if out := s.must("template", "preview", "logo.yaml", "--picture", "logo=red.png"); out != "wrote logo.png: branded, 1 participant, 360×640\n" {
		t.Errorf("preview = %q", out)
	}
	if c := pngFile(t, "logo.png", 360, 640)(180, 600); c.R < 200 || c.G > 60 || c.B > 60 {
		t.Errorf("the backdrop is %v, want the red picture", c)
	}
	standardInput(t, stageText)
	pngOf(t, strings.NewReader(s.must("template", "preview", "-", "-o", "-", "--size", "128x64", "--participants", "2", "--main", "2")), 128, 64)
	out := s.must("template", "preview", "pk", "--offline", "--json", "--participants", "3", "-o", "duel.png")
	if out != `{"file":"duel.png","template":"pk","participants":3,"width":360,"height":640}`+"\n" {
		t.Errorf("preview --json = %q", out)
	}
	pngFile(t, "duel.png", 360, 640)

	out = s.must("template", "preview", "./stage.json", "--all", "--main", "2", "--size", "96x160")
	if strings.Count(out, "\n") != 6 {
		t.Errorf("preview --all = %q", out)
	}
	for _, n := range []string{"01", "02", "03"} {
		pngFile(t, filepath.Join("stage", n+"-portrait.png"), 96, 160)
		pngFile(t, filepath.Join("stage", n+"-landscape.png"), 160, 96)
	}
	if out := s.must("template", "preview", "stage.json", "--all", "--participants", "1", "--size", "64x64", "-o", "a/b"); out != "wrote a/b/01-square.png: stage, 1 participant, 64×64\n" {
		t.Errorf("preview --all = %q", out)
	}

	refusals{
		{[]string{"template", "preview", "wrong.json"}, exitFailed, "wrong.json: layouts[0].slots[0].rol: "},
		{[]string{"template", "preview", "none.json"}, exitFailed, "none.json: no such file"},
		{[]string{"template", "preview", "logo.yaml"}, exitFailed, "--picture logo=FILE"},
		{[]string{"template", "preview", "logo.yaml", "--picture", "logo=fake.png"}, exitUsage, "--picture logo: fake.png: "},
		{[]string{"template", "preview", "logo.yaml", "--picture", "logo=none.png"}, exitUsage, "no such file"},
		{[]string{"template", "preview", "logo.yaml", "--picture", "logo"}, exitUsage, "want NAME=FILE"},
		{[]string{"template", "preview", "stage.json", "--participants", "4"}, exitUsage, "at most 3"},
		{[]string{"template", "preview", "stage.json", "--participants", "17"}, exitUsage, "--participants 17"},
		{[]string{"template", "preview", "stage.json", "--main", "3", "--participants", "2"}, exitUsage, "main speaker 3 of 2"},
		{[]string{"template", "preview", "stage.json", "--size", "99x100"}, exitUsage, "even"},
		{[]string{"template", "preview", "stage.json", "-o", "no/folder.png"}, exitFailed, "no/folder.png"},
		{[]string{"template", "preview", "stage.json", "-o", "-", "--json"}, exitUsage, "standard output"},
		{[]string{"template", "preview", "stage.json", "-o", "-", "--all"}, exitUsage, "folder"},
		{[]string{"template", "preview", "mosaic", "--offline"}, exitUsage, "the built-in ones are"},
		{[]string{"template", "preview", "pk", "--server-side"}, exitUsage, "goes with a FILE"},
		{[]string{"template", "preview", "pk", "--offline", "--picture", "logo=red.png"}, exitUsage, "goes with a FILE"},
		{[]string{"template", "preview"}, exitUsage, "accepts 1 arg"},
	}.try(s)
}

func TestPreviewByTheService(t *testing.T) {
	folder(t, map[string]string{"stage.json": stageText, "logo.yaml": logoText, "wrong.json": wrongText,
		"logo.png": plainPNG(t, color.NRGBA{255, 0, 0, 255}, 30, 30)})
	addr, _ := startService(t)
	s := shell{t, addr}
	s.must("template", "upload", "stage.json")
	s.must("asset", "upload", "logo.png")
	if out := s.must("template", "preview", "stage", "--participants", "2", "--size", "64x128"); out != "wrote stage.png: stage@1, 2 participants, 64×128\n" {
		t.Errorf("preview = %q", out)
	}
	pngFile(t, "stage.png", 64, 128)
	if out := s.must("template", "preview", "stage@1", "--all", "--size", "64x128"); strings.Count(out, "\n") != 6 {
		t.Errorf("preview --all = %q", out)
	}
	pngFile(t, filepath.Join("stage@1", "03-landscape.png"), 128, 64)
	if out := s.must("template", "preview", "logo.yaml", "--server-side", "-o", "drawn.png"); out != "wrote drawn.png: branded, 1 participant, 360×640\n" {
		t.Errorf("preview = %q", out)
	}
	if c := pngFile(t, "drawn.png", 360, 640)(180, 600); c.R < 200 || c.G > 60 || c.B > 60 {
		t.Errorf("the backdrop is %v, want the red picture", c)
	}
	refusals{
		{[]string{"template", "preview", "nobody"}, exitFailed, "no such template"},
		{[]string{"template", "preview", "stage@3"}, exitFailed, "no version 3"},
		{[]string{"template", "preview", "stage", "--participants", "4"}, exitUsage, "--participants: the template has places for 3"},
		{[]string{"template", "preview", "stage", "--size", "2000x100"}, exitUsage, "--size, the width: "},
		{[]string{"template", "preview", "wrong.json", "--server-side"}, exitFailed, "wrong.json: layouts[0].slots[0].rol: "},
	}.try(s)
}
