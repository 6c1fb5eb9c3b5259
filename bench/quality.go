package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// qualityReport is the table of encoder settings; it is written as JSON.
type qualityReport struct {
	Time     time.Time     `json:"time"`
	Machine  machine       `json:"machine"`
	Versions versions      `json:"versions"`
	Quick    bool          `json:"quick,omitempty"`
	Rounds   int           `json:"rounds"`
	Real     bool          `json:"real_clips"`
	Cases    []qualityCase `json:"cases"`
}

// qualityCase is the table of one scenario.
type qualityCase struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Seconds float64 `json:"seconds"`
	// Engine are presets of Lianmai, whole mixes. Encoder are settings of x264 alone,
	// given the same composite.
	Engine  []qualityRow `json:"engine"`
	Encoder []qualityRow `json:"encoder"`
}

// qualityRow is one choice of settings.
type qualityRow struct {
	Settings string   `json:"settings"`
	CPU      spread   `json:"cpu_seconds"`
	Outcome  *outcome `json:"outcome"`
	// DelayFrames is how many pictures x264 waits for before it gives the first.
	DelayFrames int `json:"delay_frames"`

	argv []string
	path string
	runs []float64
}

// qualityScenarios are the cases that encoder settings are tried on: a landscape grid
// at 30 and a portrait room at 15 frames per second.
const qualityScenarios = "grid6,phones6"

// slowest are x264's presets that no live mix has the time for.
var slowest = []string{"slow", "slower", "veryslow", "placebo"}

// parsePresets reads what `lianmai __complete render --preset ""` says: a name each
// line, perhaps with an explanation after a tab, up to the line that begins with a colon.
func parsePresets(answer string) []string {
	var names []string
	for line := range strings.Lines(answer) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(name, ":") {
			break
		}
		if name != "" && !slices.Contains(slowest, name) {
			names = append(names, name)
		}
	}
	return names
}

// presets asks Lianmai which presets it has, so that new ones are rows at once.
func (t tools) presets(ctx context.Context) ([]string, error) {
	answer, err := output(ctx, t.lianmai, "__complete", "render", "--preset", "")
	if err != nil {
		return nil, err
	}
	names := parsePresets(string(answer))
	if len(names) == 0 {
		return nil, fmt.Errorf("lianmai names no presets: %.100q", answer)
	}
	return names, nil
}

// encoderGrid returns the settings of x264 that are tried: each preset with its own
// subme and with others, adaptive quantisation and rate control.
func encoderGrid(quick bool) []string {
	list := []string{"superfast", "veryfast", "veryfast:subme=1", "faster"}
	if quick {
		return list[:2]
	}
	list = append(list, "ultrafast", "veryfast:subme=3", "veryfast:subme=4", "faster:subme=2", "fast")
	for _, aq := range []int{0, 2, 3} { // 1 is the default
		list = append(list, fmt.Sprintf("veryfast:aq-mode=%d", aq))
	}
	return append(list,
		"veryfast:aq-strength=0.7", "veryfast:subme=1:ref=1:trellis=0", "veryfast:no-mbtree=0:rc-lookahead=5", "veryfast:no-mbtree=0:rc-lookahead=10",
		"veryfast:vbv-bufsize=2x", "veryfast:vbv-bufsize=0.5x")
}

// encoderArgs are the arguments of ffmpeg that encode the reference with settings such as
// "veryfast:subme=1"; what is not said is as in every mix. The buffer may be said as a
// multiple of the bitrate.
func (t task) encoderArgs(settings, out string) []string {
	preset, more, _ := strings.Cut(settings, ":")
	one := t.encoding
	one.Preset = preset
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, oneThread()...)
	argv = append(argv, "-i", t.reference())
	argv = append(argv, one.Args()...)
	if more != "" {
		i := slices.Index(argv, "-x264-params")
		argv[i+1] += ":" + t.absoluteBuffer(more)
	}
	return append(argv, "-f", "flv", out)
}

// absoluteBuffer turns "vbv-bufsize=2x" into kilobits, as x264 wants it.
func (t task) absoluteBuffer(params string) string {
	list := strings.Split(params, ":")
	for i, p := range list {
		value, buffer := strings.CutPrefix(p, "vbv-bufsize=")
		times, err := strconv.ParseFloat(strings.TrimSuffix(value, "x"), 64)
		if buffer && err == nil && strings.HasSuffix(value, "x") {
			list[i] = fmt.Sprintf("vbv-bufsize=%.0f", times*float64(t.encoding.VideoBitrate)/1000)
		}
	}
	return strings.Join(list, ":")
}

// measureQuality fills in the table of one scenario, round after round.
func (in inputs) measureQuality(ctx context.Context, s scenario, o options) (qualityCase, error) {
	t, err := in.prepare(ctx, s, o.limit)
	if err != nil {
		return qualityCase{}, err
	}
	presets, err := in.presets(ctx)
	if err != nil {
		return qualityCase{}, err
	}
	if o.quick {
		presets = presets[:min(2, len(presets))]
	}
	reference, err := t.referenceArgs()
	if err != nil {
		return qualityCase{}, err
	}
	in.say("%s: drawing the reference", s.name)
	if _, err := output(ctx, reference...); err != nil {
		return qualityCase{}, err
	}
	c := qualityCase{Name: s.name, Title: s.title, Seconds: t.duration.Seconds()}
	for i, preset := range presets {
		out := filepath.Join(t.dir, fmt.Sprintf("engine%d.flv", i))
		c.Engine = append(c.Engine, qualityRow{Settings: preset, argv: t.renderArgs(out, render{preset: preset}), path: out})
	}
	for i, settings := range encoderGrid(o.quick) {
		out := filepath.Join(t.dir, fmt.Sprintf("encoder%d.flv", i))
		c.Encoder = append(c.Encoder, qualityRow{Settings: settings, argv: t.encoderArgs(settings, out), path: out})
	}
	return c, in.fillIn(ctx, t, slices.Concat(pointers(c.Engine), pointers(c.Encoder)), o.rounds)
}

func pointers(rows []qualityRow) []*qualityRow {
	list := make([]*qualityRow, len(rows))
	for i := range rows {
		list[i] = &rows[i]
	}
	return list
}

// fillIn measures the rows by turns and looks at what they wrote.
func (in inputs) fillIn(ctx context.Context, t task, rows []*qualityRow, rounds int) error {
	for round := range rounds {
		for _, r := range rows {
			u, _, err := run(ctx, r.argv)
			if err != nil {
				return fmt.Errorf("%s: %w", r.Settings, err)
			}
			in.say("%s: round %d of %d: %-32s %6.2f s CPU", t.name, round+1, rounds, r.Settings, u.cpu())
			r.runs = append(r.runs, u.cpu())
		}
	}
	for _, r := range rows {
		o, err := t.inspect(ctx, r.path)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Settings, err)
		}
		r.CPU, r.Outcome, r.DelayFrames = spreadOf(r.runs), &o, delayFrames(o.X264)
	}
	return nil
}

// delayFrames works out from x264's own settings how many pictures it holds back: for
// B-frames, for looking ahead, and for frames that are coded beside each other.
func delayFrames(settings map[string]string) int {
	number := func(key string) int {
		n, _ := strconv.Atoi(settings[key])
		return n
	}
	frames := max(number("bframes"), number("rc_lookahead"))
	if number("sliced_threads") == 0 {
		frames += max(0, number("threads")-1)
	}
	return frames
}
