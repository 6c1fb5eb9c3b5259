package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clip is one input file.
type clip struct {
	path string
	// Width and Height of the picture in pixels.
	Width, Height int
	// FPS is how many pictures a second has.
	FPS float64
	// Duration of the whole file.
	Duration time.Duration
}

// mediaExtensions are the names of files that count as clips in a folder.
var mediaExtensions = []string{".flv", ".mp4", ".mov", ".mkv", ".ts", ".webm"}

// clipFor returns the file in folder that a participant takes: the next one of the
// subfolder that has the kind's name, of which inKind are taken already, or the file
// that has the participant's place among all, counted from 0.
func clipFor(folder string, kind clipKind, inKind, place int) (string, error) {
	i := place
	if isFolder(filepath.Join(folder, kind.name)) {
		i = inKind
	}
	paths, err := clipsIn(folder, kind, i+1)
	if err != nil {
		return "", err
	}
	return paths[i], nil
}

// clipsIn returns the first n media files of a folder, sorted by name. If the folder
// has a subfolder of the kind's name, the files in that are meant; if it has no media
// of its own, the first subfolder that has enough. Paths are absolute.
func clipsIn(folder string, kind clipKind, n int) ([]string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("BENCH_INPUTS: %w", err)
	}
	if sub := filepath.Join(folder, kind.name); isFolder(sub) {
		folder = sub
	}
	paths, subfolders, err := mediaIn(folder)
	if err != nil {
		return nil, err
	}
	for _, sub := range subfolders {
		if len(paths) > 0 {
			break
		}
		if inside, _, err := mediaIn(sub); err == nil && len(inside) >= n {
			paths = inside
		}
	}
	if len(paths) < n {
		return nil, fmt.Errorf("BENCH_INPUTS: %s holds %d media files (%s); %d are needed",
			folder, len(paths), strings.Join(mediaExtensions, ", "), n)
	}
	return paths[:n], nil
}

// mediaIn lists the media files and the folders in a folder, sorted by name.
func mediaIn(folder string) (paths, subfolders []string, err error) {
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return nil, nil, fmt.Errorf("BENCH_INPUTS: %w", err)
	}
	for _, e := range entries {
		media := slices.Contains(mediaExtensions, strings.ToLower(filepath.Ext(e.Name())))
		switch path := filepath.Join(folder, e.Name()); {
		case e.IsDir():
			subfolders = append(subfolders, path)
		case media && !strings.HasPrefix(e.Name(), "."):
			paths = append(paths, path)
		}
	}
	return paths, subfolders, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// probeClip looks at a clip with ffprobe. It must have picture and sound.
func probeClip(ctx context.Context, t tools, path string) (clip, error) {
	out, err := output(ctx, t.ffprobe, "-v", "error", "-of", "json",
		"-show_entries", "stream=codec_type,width,height,r_frame_rate:format=duration", path)
	if err != nil {
		return clip{}, err
	}
	return parseProbe(path, out)
}

// parseProbe reads ffprobe's answer.
func parseProbe(path string, answer []byte) (clip, error) {
	var probe struct {
		Streams []struct {
			CodecType     string `json:"codec_type"`
			Width, Height int
			FrameRate     string `json:"r_frame_rate"`
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(answer, &probe); err != nil {
		return clip{}, fmt.Errorf("%s: ffprobe's answer: %w", path, err)
	}
	c := clip{path: path}
	sound := false
	for _, s := range probe.Streams {
		switch {
		case s.CodecType == "video" && c.Width == 0:
			c.Width, c.Height, c.FPS = s.Width, s.Height, frameRate(s.FrameRate)
		case s.CodecType == "audio":
			sound = true
		}
	}
	if c.Width <= 0 || c.Height <= 0 || !sound {
		return clip{}, fmt.Errorf("%s: a clip needs both a picture and sound", path)
	}
	seconds, err := strconv.ParseFloat(probe.Format.Duration, 64)
	if err != nil || seconds < 1 {
		return clip{}, fmt.Errorf("%s: a clip must last at least a second, ffprobe says %q", path, probe.Format.Duration)
	}
	c.Duration = time.Duration(seconds * float64(time.Second))
	return c, nil
}

// frameRate reads a rate such as "30000/1001"; 0 if it is none.
func frameRate(text string) float64 {
	above, below, _ := strings.Cut(text, "/")
	num, _ := strconv.ParseFloat(above, 64)
	den, err := strconv.ParseFloat(below, 64)
	if err != nil || den <= 0 {
		return 0
	}
	return num / den
}

// commonDuration returns how much of the clips is mixed: whole seconds, as long as
// the shortest of them, at most limit if that is above 0. So no contender gains by
// another idea of where the mix ends.
func commonDuration(clips []clip, limit time.Duration) time.Duration {
	shortest := clips[0].Duration
	for _, c := range clips {
		shortest = min(shortest, c.Duration)
	}
	shortest = shortest.Truncate(time.Second)
	if limit > 0 {
		return min(shortest, limit)
	}
	return shortest
}
