package contest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lianmai/lianmai/layout"
)

// ErrJob is returned for a job that cannot be done: sources and rectangles do not go
// together, or nobody is heard.
var ErrJob = errors.New("contest: the job cannot be done")

// FitOrder says in which order ffmpeg's filters fit a picture into its rectangle.
type FitOrder uint8

const (
	// CropFirst cuts off what nobody will see and scales the rest: less work.
	CropFirst FitOrder = iota
	// ScaleFirst scales the whole picture until it covers the rectangle and then cuts:
	// what people write, as it needs no arithmetic.
	ScaleFirst
)

// Source is one input of a job.
type Source struct {
	// W and H are the picture's size in pixels.
	W, H int
	// Still is a single picture that has the rectangle's size already, without sound.
	Still bool
}

// Job is one mix as ffmpeg's filters see it.
type Job struct {
	// Rects says where each source goes. They fill the canvas and do not overlap.
	Rects []layout.Rect
	// Sources are the inputs, in the order of Rects.
	Sources []Source
	// FPS is the output's rate in frames per second.
	FPS int
}

// Graph returns the text of the filter graph; its outputs are [v] and [a].
//
// Timestamps of FLV are whole milliseconds and each input begins at its own, so
// without fps xstack would put out a frame for each of them. Sound is summed in the
// rate that the inputs have and resampled once. Error: ErrJob.
func (j Job) Graph(order FitOrder) (string, error) {
	if len(j.Sources) != len(j.Rects) {
		return "", fmt.Errorf("%w: %d sources for %d rectangles", ErrJob, len(j.Sources), len(j.Rects))
	}
	var chains, places []string
	var pictures, sounds strings.Builder
	heard := 0
	for i, r := range j.Rects {
		fit := fmt.Sprintf("setpts=PTS-STARTPTS,fps=%d,%s", j.FPS, fitFilters(j.Sources[i], r, order))
		if j.Sources[i].Still {
			fit = fmt.Sprintf("loop=loop=-1:size=1,setpts=N/(%d*TB)", j.FPS)
		}
		chains = append(chains, fmt.Sprintf("[%d:v]%s,setsar=1[v%d]", i, fit, i))
		places = append(places, fmt.Sprintf("%d_%d", r.X, r.Y))
		fmt.Fprintf(&pictures, "[v%d]", i)
		if !j.Sources[i].Still {
			heard++
			fmt.Fprintf(&sounds, "[%d:a]", i)
		}
	}
	if heard == 0 {
		return "", fmt.Errorf("%w: nobody is heard", ErrJob)
	}
	stack, sum := "null", ""
	if len(places) > 1 {
		stack = fmt.Sprintf("xstack=inputs=%d:layout=%s", len(places), strings.Join(places, "|"))
	}
	if heard > 1 {
		sum = fmt.Sprintf("amix=inputs=%d:normalize=0,", heard)
	}
	chains = append(chains,
		fmt.Sprintf("%s%s[v]", &pictures, stack),
		fmt.Sprintf("%s%saresample=48000,aformat=channel_layouts=stereo[a]", &sounds, sum))
	return strings.Join(chains, ";"), nil
}

// fitFilters returns the filters that make s cover r, centred.
func fitFilters(s Source, r layout.Rect, order FitOrder) string {
	if order == ScaleFirst {
		return fmt.Sprintf("scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d", r.W, r.H, r.W, r.H)
	}
	seen := coverCrop(s.W, s.H, r)
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
