package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// syntheticSeconds is the length of the clips that are made here.
const syntheticSeconds = "20"

// cameras720p30 are clips as a webcam sends them: 1280×720, 30 frames per second,
// H.264 Main without B-frames at 1.8 Mb/s, a key frame every 3 s, and AAC mono.
//
// Noise and motion are added, since a still test pattern costs next to nothing to
// decode and to encode. Real cameras differ all the same: BENCH_INPUTS takes clips
// of them.
func cameras720p30() clipKind {
	// moving looks through a window that wanders over a larger picture.
	const moving = ",crop=1280:720:80+80*sin(t):45+45*cos(0.7*t)"
	pictures := []string{
		"testsrc2=size=1440x810:rate=30" + moving,
		"mandelbrot=size=640x360:rate=30,scale=1280:720",
		"life=size=180x102:rate=30:mold=20:ratio=0.3:seed=3:life_color=#e0c090:death_color=#705040:mold_color=#203050,scale=1440:816" + moving,
		"gradients=size=1280x720:rate=30:seed=4:speed=0.02:nb_colors=6",
		"cellauto=size=240x136:rate=30:seed=5:rule=110,scale=1440:816" + moving,
		"testsrc=size=1440x810:rate=30" + moving,
	}
	kind := clipKind{name: "720p30"}
	for i, picture := range pictures {
		kind.recipes = append(kind.recipes, []string{
			"-f", "lavfi", "-i", fmt.Sprintf("%s,noise=alls=10:allf=t:all_seed=%d,format=yuv420p", picture, i+1),
			"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=44100,volume=0.2", 220+110*i),
			"-t", syntheticSeconds,
			"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0", "-g", "90", "-threads", "1",
			"-b:v", "1800k", "-maxrate", "1800k", "-bufsize", "1800k",
			"-c:a", "aac", "-b:a", "64k", "-ac", "1",
		})
	}
	return kind
}

// makeClips returns the paths of the first n clips of a kind, in folder, and makes
// those that are not there yet. A kind whose recipes change gets a new subfolder.
func makeClips(ctx context.Context, t tools, folder string, kind clipKind, n int, say progress) ([]string, error) {
	if n > len(kind.recipes) {
		return nil, fmt.Errorf("there are recipes for %d clips of kind %s; %d are needed", len(kind.recipes), kind.name, n)
	}
	folder = filepath.Join(folder, kind.name+"-"+kind.fingerprint())
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	var paths []string
	for i, recipe := range kind.recipes[:n] {
		path := filepath.Join(folder, fmt.Sprintf("in%d.flv", i+1))
		paths = append(paths, path)
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			say("making clip %d of %d, once: %s", i+1, n, path)
			err = makeClip(ctx, t, path, recipe)
		}
		if err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// makeClip writes beside path and renames, so that what is at path is whole.
func makeClip(ctx context.Context, t tools, path string, recipe []string) error {
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	defer os.Remove(part) // gone already if all went well
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, recipe...)
	if _, err := output(ctx, append(argv, "-f", "flv", part)...); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// fingerprint identifies the kind's recipes.
func (k clipKind) fingerprint() string {
	h := sha256.New()
	for _, recipe := range k.recipes {
		fmt.Fprintln(h, strings.Join(recipe, "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}
