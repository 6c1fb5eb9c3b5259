package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// stillBitrate is enough for a picture that does not change to be as good as drawn, in
// bits per second.
const stillBitrate = 20_000_000

// stillPath is the picture that is seen of participant i while it is hidden.
func (t task) stillPath(i int) string {
	return filepath.Join(t.dir, fmt.Sprintf("still%d.y4m", i+1))
}

// drawStills takes what Lianmai shows of hidden participants out of a short mix, so
// that ffmpeg can show the same and both outputs have one reference.
func (t task) drawStills(ctx context.Context) error {
	if t.hidden == 0 {
		return nil
	}
	rects, err := t.rects()
	if err != nil {
		return err
	}
	whole := t
	whole.encoding.VideoBitrate = stillBitrate
	mixed := filepath.Join(t.dir, "stills.flv")
	if _, err := output(ctx, whole.renderArgs(mixed, render{preset: t.encoding.Preset, seconds: "1"})...); err != nil {
		return err
	}
	for i, r := range rects {
		if !t.isHidden(i) {
			continue
		}
		argv := append([]string{t.ffmpeg}, quietly...)
		argv = append(argv, "-ss", "0.5", "-i", mixed, "-an", "-frames:v", "1", "-r", fmt.Sprint(t.fps),
			"-vf", fmt.Sprintf("crop=%d:%d:%d:%d", r.W, r.H, r.X, r.Y), "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", t.stillPath(i))
		if _, err := output(ctx, argv...); err != nil {
			return err
		}
	}
	return nil
}
