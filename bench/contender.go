package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
)

// The names of the contenders.
const (
	ours         = "lianmai"
	oursDefaults = "lianmai-defaults"
	oursShown    = "lianmai-shown"
	opponent     = "ffmpeg"
	opponentBest = "ffmpeg-best"
	floorDecode  = "decode"
	floorEncode  = "encode"
	floorRead    = "read"
)

// contender is one command that is measured.
type contender struct {
	name, title string
	argv        []string
	// output is the file that holds the mix; empty for parts of the floor.
	output string
}

// task is a scenario with everything that it needs to run.
type task struct {
	scenario
	tools
	clips []clip
	// duration is how much of the clips is mixed.
	duration time.Duration
	// dir takes the outputs and the reference.
	dir string
}

// quietly are the arguments with which ffmpeg says nothing but errors.
var quietly = []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-y"}

// reference is the composite, not compressed, that the floor encodes and that
// outputs are compared with.
func (t task) reference() string { return filepath.Join(t.dir, "reference.nut") }

// templatePath is the file with the bare template.
func (t task) templatePath() string { return filepath.Join(t.dir, "template.json") }

func (t task) seconds() string { return strconv.FormatFloat(t.duration.Seconds(), 'f', -1, 64) }

// contenders returns the commands in the order in which a round runs them.
func (t task) contenders() ([]contender, error) {
	best, err := t.graph(contest.CropFirst)
	if err != nil {
		return nil, err
	}
	usual, err := t.graph(contest.ScaleFirst)
	if err != nil {
		return nil, err
	}
	out := func(name string) string { return filepath.Join(t.dir, name+".flv") }
	list := []contender{
		{ours, "lianmai, same settings", t.renderArgs(out(ours), render{preset: t.encoding.Preset}), out(ours)},
		{opponent, "ffmpeg, as usual", t.mixArgs(nil, usual, out(opponent)), out(opponent)},
		{oursDefaults, "lianmai, its defaults", t.renderArgs(out(oursDefaults), render{}), out(oursDefaults)},
		{opponentBest, "ffmpeg, at its best", t.mixArgs(oneThread(), best, out(opponentBest)), out(opponentBest)},
	}
	if t.hidden > 0 {
		list = append(list, contender{oursShown, "lianmai, all shown", t.renderArgs(out(oursShown), render{preset: t.encoding.Preset, showAll: true}), ""})
	}
	return append(list,
		contender{floorDecode, "floor: decode only", t.decodeArgs(), ""},
		contender{floorEncode, "floor: encode only", t.encodeArgs(), ""},
		contender{floorRead, "floor: read only", t.readArgs(), ""},
	), nil
}

// graph returns ffmpeg's filter graph for the task.
func (t task) graph(order contest.FitOrder) (string, error) {
	rects, err := t.rects()
	if err != nil {
		return "", err
	}
	job := contest.Job{Rects: rects, FPS: t.fps}
	for i, c := range t.clips {
		job.Sources = append(job.Sources, contest.Source{W: c.Width, H: c.Height, Still: t.isHidden(i)})
	}
	return job.Graph(order)
}

// oneThread are the options of an input or of filters that work without threads of
// their own, which is what costs the least CPU.
func oneThread() []string { return []string{"-threads", "1"} }

// render is what differs between our commands.
type render struct {
	preset  string // empty for Lianmai's default
	showAll bool   // nobody is hidden
	seconds string // empty for all
}

// renderArgs is our command.
func (t task) renderArgs(out string, r render) []string {
	argv := []string{t.lianmai, "render"}
	for i, c := range t.clips {
		argv = append(argv, "--input", inputName(i)+"="+c.path)
		if t.isHidden(i) && !r.showAll {
			argv = append(argv, "--hidden", inputName(i))
		}
	}
	argv = append(argv,
		"--template", t.templatePath(), "--size", t.canvas.String(), "--fps", strconv.Itoa(t.fps),
		"--video-bitrate", contest.Kilobits(t.encoding.VideoBitrate), "--audio-bitrate", contest.Kilobits(t.encoding.AudioBitrate))
	if r.preset != "" {
		argv = append(argv, "--preset", r.preset)
	}
	seconds := t.seconds()
	if r.seconds != "" {
		seconds = r.seconds
	}
	return append(argv, "--duration", seconds+"s", "--quiet", "--output", out)
}

// mixArgs is ffmpeg's command for the whole job; inputOptions go before each input.
func (t task) mixArgs(inputOptions []string, graph, out string) []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	if len(inputOptions) > 0 {
		argv = append(argv, "-filter_complex_threads", "1")
	}
	argv = append(argv, t.sources(inputOptions)...)
	argv = append(argv, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", t.seconds())
	argv = append(argv, t.encoding.Args()...)
	return append(argv, "-f", "flv", out)
}

// referenceArgs draws the reference.
func (t task) referenceArgs() ([]string, error) {
	graph, err := t.graph(contest.CropFirst)
	if err != nil {
		return nil, err
	}
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, t.sources(oneThread())...)
	return append(argv, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", t.seconds(),
		"-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_f32le", "-f", "nut", t.reference()), nil
}

// decodeArgs decodes the inputs that are seen in one process and throws the frames
// away. Of hidden ones nothing has to be decoded.
func (t task) decodeArgs() []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	var maps []string
	for i, c := range t.clips[:len(t.clips)-t.hidden] {
		argv = append(argv, oneThread()...)
		argv = append(argv, "-t", t.seconds(), "-i", c.path)
		maps = append(maps, "-map", fmt.Sprintf("%d:v:0", i), "-map", fmt.Sprintf("%d:a:0", i))
	}
	return append(append(argv, maps...), "-f", "null", "-")
}

// encodeArgs encodes the reference as the mix is encoded and throws the packets away.
func (t task) encodeArgs() []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, oneThread()...)
	argv = append(argv, "-i", t.reference())
	argv = append(argv, t.encoding.Args()...)
	return append(argv, "-f", "null", "-")
}

// readArgs reads the reference, which encodeArgs does too but no mixer has to: it is
// taken off the floor, with the start of one ffmpeg.
func (t task) readArgs() []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	return append(argv, "-i", t.reference(), "-map", "0", "-c", "copy", "-f", "null", "-")
}

// sources names what ffmpeg mixes, each with the options before it: all clips, and the
// stills of those who are hidden. It does not open the streams of these, so it could not
// bring them back; that costs it less than a live mix would.
func (t task) sources(options []string) []string {
	var argv []string
	for i, c := range t.clips {
		path := c.path
		if t.isHidden(i) {
			path = t.stillPath(i)
		}
		argv = append(argv, options...)
		argv = append(argv, "-i", path)
	}
	return argv
}
