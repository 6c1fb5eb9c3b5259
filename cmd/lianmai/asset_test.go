package main

import (
	"image/color"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestPicturesByCommand(t *testing.T) {
	noise, glass := noiseJPEG(t), plainPNG(t, color.NRGBA{255, 0, 0, 128}, 40, 20)
	folder(t, map[string]string{"noise.jpg": noise, "glass.png": glass, "logo.yaml": logoText})
	addr, _ := startService(t)
	s := shell{t, addr}
	if out := s.must("asset", "list"); out != "no pictures\n" {
		t.Errorf("list = %q", out)
	}
	out := s.must("asset", "upload", "noise.jpg", "glass.png")
	if !strings.HasPrefix(out, "uploaded noise@1 (jpeg, 600×400, ") || !strings.Contains(out, "\nuploaded glass@1 (png, 40×20, ") {
		t.Errorf("upload = %q", out)
	}
	s.must("asset", "upload", "--name", "logo", "noise.jpg")
	standardInput(t, glass)
	var asset pb.Asset
	if err := protojson.Unmarshal([]byte(s.must("asset", "upload", "--name", "logo", "--json", "-")), &asset); err != nil || asset.Version != 2 || !asset.Alpha {
		t.Errorf("upload --json = %v, %v", &asset, err)
	}
	rows := fields(s.must("asset", "list"))
	if len(rows) != 3 || !slices.Equal(rows[0][:4], []string{"glass", "1", "png", "40×20"}) || rows[0][5] != "yes" ||
		!slices.Equal(rows[2][:4], []string{"noise", "1", "jpeg", "600×400"}) || rows[2][5] != "-" {
		t.Errorf("list = %q", rows)
	}
	if out := s.must("asset", "list", "--json"); strings.Count(out, "\n") != 3 || !strings.Contains(out, `"sha256":`) {
		t.Errorf("list --json = %q", out)
	}

	for ref, want := range map[string]string{"noise": noise, "logo@1": noise, "logo": glass} {
		if got := s.must("asset", "get", ref, "-o", "-"); got != want {
			t.Errorf("%s has %d bytes, want %d", ref, len(got), len(want))
		}
		if out := s.must("asset", "get", ref, "--output", "got"); !strings.HasPrefix(out, "wrote got: "+strings.TrimSuffix(ref, "@1")+"@") {
			t.Errorf("get = %q", out)
		}
		if got, err := os.ReadFile("got"); err != nil || string(got) != want {
			t.Errorf("the file of %s has %d bytes, want %d; %v", ref, len(got), len(want), err)
		}
	}
	if out := s.must("asset", "get", "logo@2", "-o", "got", "--json"); !strings.Contains(out, `"version":2`) {
		t.Errorf("get --json = %q", out)
	}

	s.must("template", "upload", "logo.yaml")
	s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/a/s", "--output", "rtmp://h/o/s", "--placeholder", "anna=logo@1")
	code, out, stderr := s.run("asset", "delete", "logo")
	if code != exitFailed || out != "" || stderr != "lianmai: it is in use by\n  mix room\n  template branded@1\n" {
		t.Errorf("delete = %d, %q, %q", code, out, stderr)
	}
	s.must("mix", "stop", "room")
	if out := s.must("asset", "delete", "logo@1"); out != "deleted picture logo@1\n" {
		t.Errorf("delete = %q", out)
	}
	s.must("template", "delete", "branded")
	if out := s.must("asset", "delete", "logo"); out != "deleted picture logo with all its versions\n" {
		t.Errorf("delete = %q", out)
	}
}

func TestPicturesThatAreRefused(t *testing.T) {
	folder(t, map[string]string{
		"fake.png": "no picture", "half.png": plainPNG(t, color.White, 64, 64)[:60], "big.png": plainPNG(t, color.White, 4, 4) + big(),
		"my logo.png": plainPNG(t, color.White, 4, 4), "good.png": plainPNG(t, color.White, 4, 4), "empty.png": "", "kept.png": "kept",
	})
	addr, _ := startService(t)
	s := shell{t, addr}
	code, out, stderr := s.run("asset", "upload", "fake.png", "half.png", "big.png", "my logo.png", "empty.png", "none.png", "good.png")
	if code != exitFailed || !strings.HasPrefix(out, "uploaded good@1 (png, 4×4, ") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d, stdout %q", code, out)
	}
	for _, want := range []string{
		"fake.png: the picture: ", "half.png: the picture: ", "big.png: the picture: a picture may have at most ",
		"my logo.png: --name: must be ", "empty.png: the picture: ", "none.png: no such file",
	} {
		if n := strings.Count("\n"+stderr, "\n"+want); n != 1 {
			t.Errorf("%d lines begin with %q:\n%s", n, want, stderr)
		}
	}
	refusals{
		{[]string{"asset", "upload", "good.png", "--name", "a/b"}, exitFailed, "good.png: --name: must be "},
		{[]string{"asset", "upload", "good.png", "fake.png", "--name", "logo"}, exitUsage, "--name goes with one file"},
		{[]string{"asset", "upload", "-"}, exitUsage, "needs a --name"},
		{[]string{"asset", "upload"}, exitUsage, "at least 1 arg"},
		{[]string{"asset", "get", "good"}, exitUsage, "--output FILE is required"},
		{[]string{"asset", "get", "good", "-o", "-", "--json"}, exitUsage, "standard output"},
		{[]string{"asset", "get", "good", "-o", "no/folder.png"}, exitFailed, "no/folder.png"},
		{[]string{"asset", "get", "nobody", "-o", "kept.png"}, exitFailed, `no such picture: "nobody"`},
		{[]string{"asset", "get", "good@2", "-o", "kept.png"}, exitFailed, "no version 2"},
		{[]string{"asset", "get", "a/b", "-o", "kept.png"}, exitUsage, "NAME: "},
		{[]string{"asset", "get", "good@x", "-o", "kept.png"}, exitUsage, "want NAME or NAME@VERSION"},
		{[]string{"asset", "delete", "nobody"}, exitFailed, "no such picture"},
		{[]string{"asset", "lst"}, exitUsage, "did you mean list"},
	}.try(s)
	if text, err := os.ReadFile("kept.png"); err != nil || string(text) != "kept" {
		t.Errorf("a file was touched for a picture that is not there: %q, %v", text, err)
	}
}
