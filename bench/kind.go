package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/lianmai/lianmai/layout"
)

// clipKind describes clips of one sort, as a camera, a phone or OBS sends them.
type clipKind struct {
	// name is also that of a folder with such clips.
	name string
	// size in pixels and fps in frames per second; nothing is asked of a clip if they
	// are zero.
	size layout.Size
	fps  int
	// coding holds ffmpeg's arguments for encoder and sound.
	coding []string
	// recipes holds ffmpeg's arguments for each clip that is made without a camera, but
	// for the output's name.
	recipes [][]string
}

// coding returns the arguments of x264 and AAC for clips: no B-frames, video bits per
// second, gop frames between key frames.
func coding(profile, video string, gop int, rate string) []string {
	return []string{
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", profile, "-bf", "0", "-g", fmt.Sprint(gop), "-threads", "1",
		"-b:v", video, "-maxrate", video, "-bufsize", video,
		"-c:a", "aac", "-b:a", "64k", "-ac", "1", "-ar", rate,
	}
}

// cameras720p30 are clips as a webcam sends them: H.264 Main at 1.8 Mb/s, a key frame
// every 3 s.
func cameras720p30() clipKind {
	return newKind("720p30", layout.Size{W: 1280, H: 720}, 30, coding("main", "1800k", 90, "44100"))
}

// host1080p30 is a host with OBS: H.264 High at 4.5 Mb/s, a key frame every 2 s.
func host1080p30() clipKind {
	return newKind("1080p30", layout.Size{W: 1920, H: 1080}, 30, coding("high", "4500k", 60, "48000"))
}

// phones360x640 are clips as a mini program's pusher sends them: H.264 Baseline at
// 500 kb/s, a key frame every 3 s.
func phones360x640() clipKind {
	return newKind("360x640p15", layout.Size{W: 360, H: 640}, 15, coding("baseline", "500k", 45, "48000"))
}

// phones480x320 are guests of a host, with 350 kb/s.
func phones480x320() clipKind {
	return newKind("480x320p15", layout.Size{W: 480, H: 320}, 15, coding("baseline", "350k", 45, "48000"))
}

// newKind adds the recipes.
func newKind(name string, size layout.Size, fps int, coding []string) clipKind {
	k := clipKind{name: name, size: size, fps: fps, coding: coding}
	for i := range pictures {
		k.recipes = append(k.recipes, k.synthetic(i))
	}
	return k
}

// fits says whether c is of this kind as it is.
func (k clipKind) fits(c clip) bool {
	return k.size == layout.Size{} || k.size == layout.Size{W: c.Width, H: c.Height} && float64(k.fps) == c.FPS
}

// fit returns the filters that make any picture one of this kind: it covers the size
// and is cut in the middle.
func (k clipKind) fit() string {
	return fmt.Sprintf("fps=%d,scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d,setsar=1",
		k.fps, k.size.W, k.size.H, k.size.W, k.size.H)
}

// convertedSeconds is the most of a long clip that is converted.
const convertedSeconds = "60"

// conversion is the recipe that makes a clip of this kind of any other.
func (k clipKind) conversion(path string) []string {
	recipe := []string{"-i", path, "-map", "0:v:0", "-map", "0:a:0", "-t", convertedSeconds, "-vf", k.fit() + ",format=yuv420p"}
	return append(recipe, k.coding...)
}

// fingerprint identifies the kind's recipes.
func (k clipKind) fingerprint() string {
	h := sha256.New()
	for _, recipe := range k.recipes {
		fmt.Fprintln(h, strings.Join(recipe, "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}
