package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// inputs is where clips come from.
type inputs struct {
	tools
	// folder holds clips of the user; if it is empty, clips are made without a camera.
	folder string
	// dir takes what is made of them. It is gone when the benchmark ends.
	dir string
	say progress
}

// prepare gathers what a scenario needs. Its folder is made below that of the inputs.
func (in inputs) prepare(ctx context.Context, s scenario, limit time.Duration) (task, error) {
	ready := task{scenario: s, tools: in.tools, dir: filepath.Join(in.dir, s.name)}
	if err := os.MkdirAll(ready.dir, 0o755); err != nil {
		return task{}, err
	}
	taken := map[string]int{} // of each kind
	for i, kind := range s.inputs {
		c, err := in.clip(ctx, kind, taken[kind.name], i)
		if err != nil {
			return task{}, err
		}
		taken[kind.name]++
		ready.clips = append(ready.clips, c)
	}
	ready.duration = commonDuration(ready.clips, limit)
	if err := s.writeTemplate(ready.templatePath()); err != nil {
		return task{}, err
	}
	return ready, ready.drawStills(ctx)
}

// clip returns the clip of the participant that has this place, counted from 0, as its
// kind asks for.
func (in inputs) clip(ctx context.Context, kind clipKind, inKind, place int) (clip, error) {
	if in.folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return clip{}, err
		}
		path, err := madeClip(ctx, in.tools, filepath.Join(cache, "lianmai", "bench"), kind, place, in.say)
		if err != nil {
			return clip{}, err
		}
		return probeClip(ctx, in.tools, path)
	}
	path, err := clipFor(in.folder, kind, inKind, place)
	if err != nil {
		return clip{}, err
	}
	c, err := probeClip(ctx, in.tools, path)
	if err != nil || kind.fits(c) {
		return c, err
	}
	return in.converted(ctx, kind, path, place)
}

// converted returns a clip of this kind made of the file at path, once.
func (in inputs) converted(ctx context.Context, kind clipKind, path string, place int) (clip, error) {
	out := filepath.Join(in.dir, "clips", kind.name, fmt.Sprintf("in%d.flv", place+1))
	if _, err := os.Stat(out); errors.Is(err, fs.ErrNotExist) {
		in.say("converting %s to %s", filepath.Base(path), kind.name)
		if err := makeClip(ctx, in.tools, out, kind.conversion(path)); err != nil {
			return clip{}, err
		}
	}
	return probeClip(ctx, in.tools, out)
}
