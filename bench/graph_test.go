package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/layout"
)

func hdClips(n int) []clip {
	clips := make([]clip, n)
	for i := range clips {
		clips[i] = clip{path: "/clips/" + inputName(i) + ".flv", Width: 1280, Height: 720}
	}
	return clips
}

func grid6(t *testing.T) scenario {
	t.Helper()
	chosen, err := selectScenarios("grid6")
	if err != nil {
		t.Fatal(err)
	}
	return chosen[0]
}

func TestFilterGraph(t *testing.T) {
	got, err := filterGraph(grid6(t), hdClips(6), cropFirst)
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

func TestFilterGraphAsUsual(t *testing.T) {
	got, err := filterGraph(grid6(t), hdClips(6), scaleFirst)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[0:v]setpts=PTS-STARTPTS,fps=30,scale=426:360:force_original_aspect_ratio=increase,crop=426:360,setsar=1[v0];"; !strings.HasPrefix(got, want) {
		t.Errorf("graph %s\nwant it to start with %s", got, want)
	}
}

func TestFilterGraphNeedsAClipForEachParticipant(t *testing.T) {
	if _, err := filterGraph(grid6(t), hdClips(5), cropFirst); err == nil {
		t.Error("five clips for six participants were accepted")
	}
}

// xstack draws no background and no picture above another, so the rectangles must
// fill the canvas without overlapping.
func TestScenariosFillTheirCanvas(t *testing.T) {
	for _, s := range scenarios() {
		rects, err := s.rects()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		area := 0
		for i, r := range rects {
			area += r.W * r.H
			if !(layout.Rect{W: s.canvas.W, H: s.canvas.H}).Contains(r) {
				t.Errorf("%s: %v is not on the canvas", s.name, r)
			}
			for _, o := range rects[:i] {
				if r.Overlaps(o) {
					t.Errorf("%s: %v overlaps %v", s.name, r, o)
				}
			}
		}
		if area != s.canvas.W*s.canvas.H {
			t.Errorf("%s: rectangles cover %d of %d pixels", s.name, area, s.canvas.W*s.canvas.H)
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
