package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func folderOf(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestClipsInTakesTheFirstMediaFilesByName(t *testing.T) {
	dir := folderOf(t, "c.mkv", "a.flv", "b.MP4", "README.md", ".hidden.flv", "z.flv/x.txt", "d.flv")
	paths, err := clipsIn(dir, clipKind{name: "720p30"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "a.flv"), filepath.Join(dir, "b.MP4"), filepath.Join(dir, "c.mkv")}
	if !slices.Equal(paths, want) {
		t.Errorf("clips %q, want %q", paths, want)
	}
	if _, err := clipsIn(dir, clipKind{}, 5); err == nil || !strings.Contains(err.Error(), "holds 4 media files") {
		t.Errorf("error %v, want one that counts", err)
	}
	if _, err := clipsIn(filepath.Join(dir, "none"), clipKind{}, 1); err == nil {
		t.Error("a folder that is not there was accepted")
	}
}

func TestClipsInPrefersTheFolderOfTheKind(t *testing.T) {
	dir := folderOf(t, "a.flv", "720p30/in1.flv")
	paths, err := clipsIn(dir, clipKind{name: "720p30"}, 1)
	if err != nil || !slices.Equal(paths, []string{filepath.Join(dir, "720p30", "in1.flv")}) {
		t.Errorf("clips %q, error %v", paths, err)
	}
}

func TestParseProbe(t *testing.T) {
	const whole = `{"streams":[{"codec_type":"audio"},{"codec_type":"video","width":1280,"height":720,"r_frame_rate":"15/1"}],"format":{"duration":"20.023000"}}`
	c, err := parseProbe("a.flv", []byte(whole))
	if err != nil || c != (clip{"a.flv", 1280, 720, 15, 20023 * time.Millisecond}) {
		t.Errorf("clip %+v, error %v", c, err)
	}
	for name, answer := range map[string]string{
		"no sound":    `{"streams":[{"codec_type":"video","width":1280,"height":720}],"format":{"duration":"20"}}`,
		"no picture":  `{"streams":[{"codec_type":"audio"}],"format":{"duration":"20"}}`,
		"no duration": `{"streams":[{"codec_type":"audio"},{"codec_type":"video","width":2,"height":2}],"format":{}}`,
		"no JSON":     `no`,
	} {
		if _, err := parseProbe("a.flv", []byte(answer)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestFrameRate(t *testing.T) {
	for text, want := range map[string]float64{"15/1": 15, "30000/1001": 30000.0 / 1001, "30": 0, "1/0": 0, "": 0, "a/b": 0} {
		if got := frameRate(text); got != want {
			t.Errorf("frameRate(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestClipsInLooksIntoSubfolders(t *testing.T) {
	dir := folderOf(t, "README.md", "music/a.mp3", "phone/a.flv", "wide/a.flv", "wide/b.flv")
	paths, err := clipsIn(dir, clipKind{name: "720p30"}, 2)
	if err != nil || !slices.Equal(paths, []string{filepath.Join(dir, "wide", "a.flv"), filepath.Join(dir, "wide", "b.flv")}) {
		t.Errorf("clips %q, error %v", paths, err)
	}
}

func TestClipForTakesOneAfterAnother(t *testing.T) {
	dir := folderOf(t, "wide/a.flv", "wide/b.flv", "wide/c.flv", "360x640p15/p.flv")
	for _, c := range []struct {
		kind          clipKind
		inKind, place int
		want          string
	}{
		{phones360x640(), 0, 2, "360x640p15/p.flv"},
		{phones480x320(), 0, 1, "wide/b.flv"},
		{host1080p30(), 1, 2, "wide/c.flv"},
	} {
		got, err := clipFor(dir, c.kind, c.inKind, c.place)
		if err != nil || got != filepath.Join(dir, c.want) {
			t.Errorf("%s, place %d: %q, error %v, want %s", c.kind.name, c.place, got, err, c.want)
		}
	}
	if _, err := clipFor(dir, phones360x640(), 1, 3); err == nil {
		t.Error("a second phone was found in a folder with one")
	}
}

func TestKindFits(t *testing.T) {
	k := phones360x640()
	if !k.fits(clip{Width: 360, Height: 640, FPS: 15}) || !(clipKind{}).fits(clip{Width: 3}) {
		t.Error("what is of the kind does not fit")
	}
	for _, c := range []clip{{Width: 360, Height: 640, FPS: 30}, {Width: 640, Height: 360, FPS: 15}} {
		if k.fits(c) {
			t.Errorf("%+v fits %s", c, k.name)
		}
	}
}

func TestCommonDuration(t *testing.T) {
	clips := []clip{{Duration: 21 * time.Second}, {Duration: 20023 * time.Millisecond}}
	if got := commonDuration(clips, 0); got != 20*time.Second {
		t.Errorf("duration %v, want whole seconds of the shortest", got)
	}
	if got := commonDuration(clips, 3*time.Second); got != 3*time.Second {
		t.Errorf("duration %v, want the limit", got)
	}
	if got := commonDuration(clips, time.Minute); got != 20*time.Second {
		t.Errorf("duration %v, want what there is", got)
	}
}

func TestFingerprintFollowsTheRecipes(t *testing.T) {
	a := clipKind{name: "a", recipes: [][]string{{"x", "y"}}}
	b := clipKind{name: "a", recipes: [][]string{{"x y"}}}
	c := clipKind{name: "a", recipes: [][]string{{"x"}, {"y"}}}
	prints := []string{a.fingerprint(), b.fingerprint(), c.fingerprint()}
	if prints[0] == prints[1] || prints[0] == prints[2] || prints[1] == prints[2] || len(prints[0]) != 8 {
		t.Errorf("fingerprints %q of different recipes", prints)
	}
	if again := cameras720p30().fingerprint(); again != cameras720p30().fingerprint() {
		t.Errorf("fingerprint %s is another each time: clips would be made each time", again)
	}
}
