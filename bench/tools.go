package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// errMissing is returned when a program that the benchmark runs is not there.
var errMissing = errors.New("program is missing")

// tools are the programs that are run.
type tools struct{ lianmai, ffmpeg, ffprobe string }

// findTools looks for the programs, by path or by name. Error: errMissing.
func findTools(lianmai, ffmpeg, ffprobe string) (tools, error) {
	var t tools
	for _, p := range []struct {
		path *string
		name string
		hint string
	}{
		{&t.lianmai, lianmai, "`make build` makes it"},
		{&t.ffmpeg, ffmpeg, "`make deps` installs it"},
		{&t.ffprobe, ffprobe, "`make deps` installs it with ffmpeg"},
	} {
		path, err := exec.LookPath(p.name)
		if err != nil {
			return tools{}, fmt.Errorf("%w: %s: %s", errMissing, p.name, p.hint)
		}
		*p.path = path
	}
	return t, nil
}

// versions are those of the programs, as they give them.
type versions struct {
	Go      string `json:"go"`
	Lianmai string `json:"lianmai"`
	FFmpeg  string `json:"ffmpeg"`
}

func (t tools) versions(ctx context.Context, goVersion string) (versions, error) {
	ours, err := output(ctx, t.lianmai, "--version")
	if err != nil {
		return versions{}, err
	}
	theirs, err := output(ctx, t.ffmpeg, "-version")
	if err != nil {
		return versions{}, err
	}
	theirVersion, _, _ := strings.Cut(strings.TrimPrefix(firstLine(theirs), "ffmpeg version "), " Copyright")
	return versions{
		Go:      goVersion,
		Lianmai: strings.TrimPrefix(firstLine(ours), "lianmai version "),
		FFmpeg:  theirVersion,
	}, nil
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(line)
}
