package contest

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
)

// sixOf720p are six 720p30 cameras in a 720p grid.
func sixOf720p(t *testing.T) Job {
	t.Helper()
	grid, err := layout.Builtin("grid")
	if err != nil {
		t.Fatal(err)
	}
	j := Job{FPS: 30}
	for _, p := range grid.Arrange(layout.Size{W: 1280, H: 720}, []string{"1", "2", "3", "4", "5", "6"}, "", nil) {
		j.Rects = append(j.Rects, p.Rect)
		j.Sources = append(j.Sources, Source{W: 1280, H: 720})
	}
	return j
}

func TestGraph(t *testing.T) {
	got, err := sixOf720p(t).Graph(CropFirst)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"[0:v]setpts=PTS-STARTPTS,fps=30,crop=852:720:214:0,scale=426:360,setsar=1[v0]",
		"[1:v]setpts=PTS-STARTPTS,fps=30,crop=856:720:212:0,scale=428:360,setsar=1[v1]",
		"[2:v]setpts=PTS-STARTPTS,fps=30,crop=852:720:214:0,scale=426:360,setsar=1[v2]",
		"[3:v]setpts=PTS-STARTPTS,fps=30,crop=852:720:214:0,scale=426:360,setsar=1[v3]",
		"[4:v]setpts=PTS-STARTPTS,fps=30,crop=856:720:212:0,scale=428:360,setsar=1[v4]",
		"[5:v]setpts=PTS-STARTPTS,fps=30,crop=852:720:214:0,scale=426:360,setsar=1[v5]",
		"[v0][v1][v2][v3][v4][v5]xstack=inputs=6:layout=0_0|426_0|854_0|0_360|426_360|854_360[v]",
		"[0:a][1:a][2:a][3:a][4:a][5:a]amix=inputs=6:normalize=0,aresample=48000,aformat=channel_layouts=stereo[a]",
	}, ";")
	if got != want {
		t.Errorf("graph\n%s\nwant\n%s", got, want)
	}
}

func TestGraphAsUsual(t *testing.T) {
	got, err := sixOf720p(t).Graph(ScaleFirst)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[0:v]setpts=PTS-STARTPTS,fps=30,scale=426:360:force_original_aspect_ratio=increase,crop=426:360,setsar=1[v0];"; !strings.HasPrefix(got, want) {
		t.Errorf("graph %s\nwant it to start with %s", got, want)
	}
}

func TestGraphOfOnePersonBesideAStill(t *testing.T) {
	j := Job{
		FPS:     15,
		Rects:   []layout.Rect{{W: 640, H: 720}, {X: 640, W: 640, H: 720}},
		Sources: []Source{{W: 640, H: 720}, {W: 640, H: 720, Still: true}},
	}
	got, err := j.Graph(ScaleFirst)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"[1:v]loop=loop=-1:size=1,setpts=N/(15*TB),setsar=1[v1];", "[v0][v1]xstack=inputs=2:layout=0_0|640_0[v];",
		";[0:a]aresample=48000,aformat=channel_layouts=stereo[a]",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("graph %s\nlacks %s", got, want)
		}
	}
	alone := Job{FPS: 15, Rects: j.Rects[:1], Sources: j.Sources[:1]}
	if got, err := alone.Graph(CropFirst); err != nil || !strings.Contains(got, ";[v0]null[v];") {
		t.Errorf("graph of one %s, error %v", got, err)
	}
}

func TestGraphRefusesWhatCannotBeDone(t *testing.T) {
	short := sixOf720p(t)
	short.Sources = short.Sources[:5]
	silent := sixOf720p(t)
	for i := range silent.Sources {
		silent.Sources[i].Still = true
	}
	for name, j := range map[string]Job{"five sources for six rectangles": short, "only stills": silent, "nobody": {FPS: 15}} {
		if _, err := j.Graph(CropFirst); !errors.Is(err, ErrJob) {
			t.Errorf("%s: error %v, want ErrJob", name, err)
		}
	}
}

func TestCoverCropHasTheShapeOfItsRectangle(t *testing.T) {
	even := rapid.Custom(func(t *rapid.T) int { return 2 * rapid.IntRange(8, 960).Draw(t, "half") })
	rapid.Check(t, func(t *rapid.T) {
		w, h := even.Draw(t, "w"), even.Draw(t, "h")
		r := layout.Rect{W: even.Draw(t, "rect w"), H: even.Draw(t, "rect h")}
		seen := coverCrop(w, h, r)
		if !(layout.Rect{W: w, H: h}).Contains(seen) || seen.X%2 != 0 || seen.Y%2 != 0 {
			t.Fatalf("%v of a %d×%d picture", seen, w, h)
		}
		if seen.W != w && seen.H != h {
			t.Fatalf("%v cuts both sides of a %d×%d picture", seen, w, h)
		}
		// The cut side is within a pixel of exact.
		if d := seen.W*r.H - seen.H*r.W; max(d, -d) > max(r.W, r.H) {
			t.Fatalf("%v has not the shape of %v", seen, r)
		}
		if left, right := seen.X, w-seen.X-seen.W; max(left-right, right-left) > 3 {
			t.Fatalf("%v is not centred in %d", seen, w)
		}
	})
}
