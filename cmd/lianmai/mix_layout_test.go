package main

import (
	"image/color"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// stageRoom starts a mix of anna and ben with an uploaded template of two versions.
func stageRoom(t *testing.T) shell {
	t.Helper()
	folder(t, map[string]string{"stage.json": stageText, "changed.yaml": "name: stage\nlayouts:\n- slots: [{w: 0.5, h: 1}, {x: 0.5, w: 0.5, h: 1}]\n",
		"away.png": plainPNG(t, color.White, 4, 4)})
	addr, _ := startService(t)
	s := shell{t, addr}
	s.must("template", "upload", "stage.json", "changed.yaml")
	s.must("asset", "upload", "away.png")
	s.must("mix", "start", "--id", "room", "--input", "anna=rtmp://h/a/s", "--input", "ben=rtmp://h/b/s", "--output", "rtmp://h/o/s",
		"--template", "stage@1", "--auto-main", "--transition", "0s", "--placeholder", "ben=away")
	return s
}

// spec returns what is wanted of the room.
func (s shell) spec() *pb.MixSpec {
	s.t.Helper()
	var got pb.GetMixResponse
	if err := protojson.Unmarshal([]byte(s.must("mix", "get", "room", "--json")), &got); err != nil {
		s.t.Fatal(err)
	}
	return got.Mix.Spec
}

func TestLayoutFlags(t *testing.T) {
	s := stageRoom(t)
	spec := s.spec()
	l := spec.Layout
	if l.Template != "stage" || l.TemplateVersion != 1 || l.MainChoice != pb.MainChoice_MAIN_CHOICE_AUTO ||
		l.Transition == nil || l.Transition.AsDuration() != 0 || spec.Participants[1].Placeholder != "away@1" || spec.Participants[0].Placeholder != "" {
		t.Errorf("spec = %v", spec)
	}
	s.must("mix", "layout", "room", "--template", "stage")
	if l := s.spec().Layout; l.TemplateVersion != 2 || l.MainChoice != pb.MainChoice_MAIN_CHOICE_AUTO {
		t.Errorf("layout = %v", l)
	}
	s.must("mix", "layout", "room", "--auto-main=false", "--transition", "300ms", "--place", "ben=0.6,0.7,0.35,0.25,2", "--place", "anna=0,0,1,0.5")
	l = s.spec().Layout
	if l.MainChoice != pb.MainChoice_MAIN_CHOICE_FIXED || l.Transition.AsDuration() != 300*time.Millisecond || len(l.Overrides) != 2 {
		t.Fatalf("layout = %v", l)
	}
	ben, anna := l.Overrides[0], l.Overrides[1]
	if ben.Participant != "ben" || ben.GetX() != 0.6 || ben.GetY() != 0.7 || ben.GetW() != 0.35 || ben.GetH() != 0.25 || ben.GetZ() != 2 {
		t.Errorf("ben = %v", ben)
	}
	if anna.Participant != "anna" || anna.X == nil || anna.GetX() != 0 || anna.GetH() != 0.5 || anna.Z != nil {
		t.Errorf("anna = %v", anna)
	}
	s.must("mix", "layout", "room", "--place", "")
	if l := s.spec().Layout; len(l.Overrides) != 0 || l.Transition.AsDuration() != 300*time.Millisecond {
		t.Errorf("layout = %v", l)
	}
	s.must("mix", "layout", "room", "--template", "pk")
	if l := s.spec().Layout; l.Template != "pk" || l.TemplateVersion != 0 {
		t.Errorf("layout = %v", l)
	}
}

func TestMixesShowTheirTemplateAndSpeaker(t *testing.T) {
	s := stageRoom(t)
	out := s.must("mix", "get", "room")
	for _, want := range []string{"  stage@1, 2 inputs to 1 output", "main speaker: ben, chosen by voice\n", "main_changed    ben"} {
		if !strings.Contains(out, want) {
			t.Errorf("get has no %q:\n%s", want, out)
		}
	}
	if out := s.must("mix", "layout", "room", "--template", "stage"); !strings.Contains(out, "changed room: revision 2, stage@2, ") {
		t.Errorf("layout = %q", out)
	}
}

func TestLayoutFaultsNameTheirFlags(t *testing.T) {
	s := stageRoom(t)
	layout := func(flags ...string) []string { return append([]string{"mix", "layout", "room"}, flags...) }
	start := func(flags ...string) []string {
		return append([]string{"mix", "start", "--id", "other", "--input", "anna=rtmp://h/a/s", "--output", "rtmp://h/o/s"}, flags...)
	}
	refusals{
		{layout("--place", "ben=0.8,0.7,0.35,0.25"), exitUsage, "  --place ben: must lie on the canvas"},
		{layout("--place", "anna=0,0,1,1", "--place", "ben=0,0,1,1,101"), exitUsage, "  --place ben, z: "},
		{layout("--place", "carl=0,0,1,1"), exitUsage, "  --place: must be about participants"},
		{layout("--place", "ben=0,0,1,1", "--place", "ben=0,0,1,0.5"), exitUsage, "  --place: each participant"},
		{layout("--place", "ben=0,0,1"), exitUsage, "want NAME=X,Y,W,H[,Z]"},
		{layout("--place", "ben=0,0,1,NaN"), exitUsage, "want NAME=X,Y,W,H[,Z]"},
		{layout("--place", "ben=0,0,1,1,0.5"), exitUsage, "want NAME=X,Y,W,H[,Z]"},
		{layout("--place", "0,0,1,1"), exitUsage, "want NAME=X,Y,W,H[,Z]"},
		{layout("--transition", "6s"), exitUsage, "  --transition: "},
		{layout("--transition", "fast"), exitUsage, "--transition"},
		{layout("--placeholder-after", "100ms"), exitUsage, "  --placeholder-after: "},
		{start("--placeholder-after", "61s"), exitUsage, "  --placeholder-after: "},
		{layout("--template", "stage@7"), exitUsage, "  --template, the version: "},
		{layout("--template", "stage@x"), exitUsage, "--template \"stage@x\""},
		{layout("--template", "mosaic"), exitUsage, "  --template: must be an uploaded template"},
		{layout("--main", "ben", "--auto-main=maybe"), exitUsage, "--auto-main"},
		{start("--template", "stage@7"), exitUsage, "  --template, the version: "},
		{start("--template", "@1"), exitUsage, "want NAME or NAME@VERSION"},
		{start("--transition", "-1s"), exitUsage, "  --transition: "},
		{start("--placeholder", "anna=nothing"), exitUsage, "  --placeholder anna: must be an uploaded picture"},
		{start("--placeholder", "ben=away"), exitUsage, "the name that of an --input"},
		{start("--placeholder", "away"), exitUsage, "want NAME=PICTURE"},
		{start("--display", "ben=Ben"), exitUsage, "the name that of an --input"},
		{start("--display", "anna="+strings.Repeat("x", 65)), exitUsage, "  --display anna: "},
	}.try(s)
}
