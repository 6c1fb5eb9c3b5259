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
	// Duration of the whole file.
	Duration time.Duration
}

// clipKind describes clips of one sort: a name, which is also that of a folder, and
// how to make them.
type clipKind struct {
	name string
	// recipes holds ffmpeg's arguments for each clip, but for the output's name.
	recipes [][]string
}

// mediaExtensions are the names of files that count as clips in a folder.
var mediaExtensions = []string{".flv", ".mp4", ".mov", ".mkv", ".ts", ".webm"}

// clipsIn returns the first n media files of a folder, sorted by name. If the folder
// has a subfolder of the kind's name, the files in that are meant. Paths are absolute.
func clipsIn(folder string, kind clipKind, n int) ([]string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("BENCH_INPUTS: %w", err)
	}
	if sub := filepath.Join(folder, kind.name); isFolder(sub) {
		folder = sub
	}
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return nil, fmt.Errorf("BENCH_INPUTS: %w", err)
	}
	var paths []string
	for _, e := range entries {
		media := slices.Contains(mediaExtensions, strings.ToLower(filepath.Ext(e.Name())))
		if media && !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	if len(paths) < n {
		return nil, fmt.Errorf("BENCH_INPUTS: %s holds %d media files (%s); %d are needed",
			folder, len(paths), strings.Join(mediaExtensions, ", "), n)
	}
	return paths[:n], nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// probeClip looks at a clip with ffprobe. It must have picture and sound.
func probeClip(ctx context.Context, t tools, path string) (clip, error) {
	out, err := output(ctx, t.ffprobe, "-v", "error", "-of", "json",
		"-show_entries", "stream=codec_type,width,height:format=duration", path)
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
			c.Width, c.Height = s.Width, s.Height
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
