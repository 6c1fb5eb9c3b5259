package main

import (
	"fmt"
	"strings"

	"github.com/lianmai/lianmai/layout"
)

// fitOrder says in which order ffmpeg's filters fit a picture into its rectangle.
type fitOrder uint8

const (
	// cropFirst cuts off what nobody will see and scales the rest: less work.
	cropFirst fitOrder = iota
	// scaleFirst scales the whole picture until it covers the rectangle and then cuts:
	// what people write, as it needs no arithmetic.
	scaleFirst
)

// filterGraph returns the text of ffmpeg's filter graph that mixes clips into the
// scenario's canvas and sound; its outputs are [v] and [a].
//
// Timestamps of FLV are whole milliseconds and each input begins at its own, so
// without fps xstack would put out a frame for each of them. Sound is summed in the
// rate that the inputs have and resampled once.
func filterGraph(s scenario, clips []clip, order fitOrder) (string, error) {
	rects, err := s.rects()
	if err != nil {
		return "", err
	}
	if len(clips) != len(rects) {
		return "", fmt.Errorf("%d clips for %d participants", len(clips), len(rects))
	}
	var chains, places []string
	var pictures, sounds strings.Builder
	for i, r := range rects {
		chains = append(chains, fmt.Sprintf("[%d:v]setpts=PTS-STARTPTS,fps=%d,%s,setsar=1[v%d]",
			i, s.fps, fitFilters(clips[i], r, order), i))
		places = append(places, fmt.Sprintf("%d_%d", r.X, r.Y))
		fmt.Fprintf(&pictures, "[v%d]", i)
		fmt.Fprintf(&sounds, "[%d:a]", i)
	}
	n := len(clips)
	chains = append(chains,
		fmt.Sprintf("%sxstack=inputs=%d:layout=%s[v]", &pictures, n, strings.Join(places, "|")),
		fmt.Sprintf("%samix=inputs=%d:normalize=0,aresample=48000,aformat=channel_layouts=stereo[a]", &sounds, n))
	return strings.Join(chains, ";"), nil
}

// fitFilters returns the filters that make c cover r, centred.
func fitFilters(c clip, r layout.Rect, order fitOrder) string {
	if order == scaleFirst {
		return fmt.Sprintf("scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d", r.W, r.H, r.W, r.H)
	}
	seen := coverCrop(c.Width, c.Height, r)
	return fmt.Sprintf("crop=%d:%d:%d:%d,scale=%d:%d", seen.W, seen.H, seen.X, seen.Y, r.W, r.H)
}

// coverCrop returns the middle of a w×h picture that has the shape of r, with even
// edges.
func coverCrop(w, h int, r layout.Rect) layout.Rect {
	seen := layout.Rect{W: w, H: h}
	if w*r.H > r.W*h {
		seen.W = nearestEven(h*r.W, r.H)
	} else {
		seen.H = nearestEven(w*r.H, r.W)
	}
	seen.X, seen.Y = (w-seen.W)/4*2, (h-seen.H)/4*2
	return seen
}

// nearestEven returns the even number nearest to num/den.
func nearestEven(num, den int) int { return (num + den) / (2 * den) * 2 }
