package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// syntheticSeconds is the length of the clips that are made here.
const syntheticSeconds = "20"

// moving looks through a window that wanders over a larger picture.
const moving = ",crop=1280:720:80+80*sin(t):45+45*cos(0.7*t)"

// pictures are ffmpeg's sources of 1280×720 pictures at 30 frames per second that stand
// in for cameras. Noise is added to them, since a still test pattern costs next to
// nothing to decode and to encode. Real cameras differ all the same: BENCH_INPUTS takes
// clips of them.
var pictures = []string{
	"testsrc2=size=1440x810:rate=30" + moving,
	"mandelbrot=size=640x360:rate=30,scale=1280:720",
	"life=size=180x102:rate=30:mold=20:ratio=0.3:seed=3:life_color=#e0c090:death_color=#705040:mold_color=#203050,scale=1440:816" + moving,
	"gradients=size=1280x720:rate=30:seed=4:speed=0.02:nb_colors=6",
	"cellauto=size=240x136:rate=30:seed=5:rule=110,scale=1440:816" + moving,
	"testsrc=size=1440x810:rate=30" + moving,
}

// synthetic is the recipe of clip i that is made without a camera.
func (k clipKind) synthetic(i int) []string {
	recipe := []string{
		"-f", "lavfi", "-i", fmt.Sprintf("%s,%s,noise=alls=10:allf=t:all_seed=%d,format=yuv420p", pictures[i], k.fit(), i+1),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=44100,volume=0.2", 220+110*i),
		"-t", syntheticSeconds,
	}
	return append(recipe, k.coding...)
}

// madeClip returns the path of clip i of a kind, counted from 0, in folder, and makes it
// if it is not there yet. A kind whose recipes change gets a new subfolder.
func madeClip(ctx context.Context, t tools, folder string, kind clipKind, i int, say progress) (string, error) {
	if i >= len(kind.recipes) {
		return "", fmt.Errorf("there are recipes for %d clips of kind %s; clip %d is needed", len(kind.recipes), kind.name, i+1)
	}
	folder = filepath.Join(folder, kind.name+"-"+kind.fingerprint())
	path := filepath.Join(folder, fmt.Sprintf("in%d.flv", i+1))
	_, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	say("making clip %d of kind %s, once: %s", i+1, kind.name, path)
	return path, makeClip(ctx, t, path, kind.recipes[i])
}

// makeClip writes beside path and renames, so that what is at path is whole. It makes
// the folder.
func makeClip(ctx context.Context, t tools, path string, recipe []string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	defer os.Remove(part) // gone already if all went well
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, recipe...)
	if _, err := output(ctx, append(argv, "-f", "flv", part)...); err != nil {
		return err
	}
	return os.Rename(part, path)
}
