package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

// The names of the contenders.
const (
	ours          = "lianmai"
	opponent      = "ffmpeg"
	opponentUsual = "ffmpeg-usual"
	floorDecode   = "decode"
	floorEncode   = "encode"
	floorRead     = "read"
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

func (t task) seconds() string { return strconv.FormatFloat(t.duration.Seconds(), 'f', -1, 64) }

// contenders returns the commands in the order in which a round runs them.
func (t task) contenders() ([]contender, error) {
	tuned, err := filterGraph(t.scenario, t.clips, cropFirst)
	if err != nil {
		return nil, err
	}
	usual, err := filterGraph(t.scenario, t.clips, scaleFirst)
	if err != nil {
		return nil, err
	}
	out := func(name string) string { return filepath.Join(t.dir, name+".flv") }
	return []contender{
		{ours, "lianmai render", t.renderArgs(out(ours)), out(ours)},
		{opponent, "ffmpeg, at its best", t.mixArgs(oneThread(), tuned, out(opponent)), out(opponent)},
		{opponentUsual, "ffmpeg, as usual", t.mixArgs(nil, usual, out(opponentUsual)), out(opponentUsual)},
		{floorDecode, "floor: decode only", t.decodeArgs(), ""},
		{floorEncode, "floor: encode only", t.encodeArgs(), ""},
		{floorRead, "floor: read only", t.readArgs(), ""},
	}, nil
}

// oneThread are the options of an input or of filters that work without threads of
// their own, which is what costs the least CPU.
func oneThread() []string { return []string{"-threads", "1"} }

// renderArgs is our command.
func (t task) renderArgs(out string) []string {
	argv := []string{t.lianmai, "render"}
	for i, c := range t.clips {
		argv = append(argv, "--input", inputName(i)+"="+c.path)
	}
	return append(argv,
		"--template", t.template, "--size", t.canvas.String(), "--fps", strconv.Itoa(t.fps),
		"--preset", t.preset, "--video-bitrate", kilobits(t.videoBitrate), "--audio-bitrate", kilobits(t.audioBitrate),
		"--duration", t.seconds()+"s", "--quiet", "--output", out)
}

// mixArgs is ffmpeg's command for the whole job; inputOptions go before each input.
func (t task) mixArgs(inputOptions []string, graph, out string) []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	if len(inputOptions) > 0 {
		argv = append(argv, "-filter_complex_threads", "1")
	}
	argv = append(argv, t.inputs(inputOptions)...)
	argv = append(argv, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", t.seconds())
	argv = append(argv, t.encoder()...)
	return append(argv, "-f", "flv", out)
}

// referenceArgs draws the reference.
func (t task) referenceArgs() ([]string, error) {
	graph, err := filterGraph(t.scenario, t.clips, cropFirst)
	if err != nil {
		return nil, err
	}
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, t.inputs(oneThread())...)
	return append(argv, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", t.seconds(),
		"-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_f32le", "-f", "nut", t.reference()), nil
}

// decodeArgs decodes all inputs in one process and throws the frames away.
func (t task) decodeArgs() []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, t.inputs(append(oneThread(), "-t", t.seconds()))...)
	for i := range t.clips {
		argv = append(argv, "-map", fmt.Sprintf("%d:v:0", i), "-map", fmt.Sprintf("%d:a:0", i))
	}
	return append(argv, "-f", "null", "-")
}

// encodeArgs encodes the reference as the mix is encoded and throws the packets away.
func (t task) encodeArgs() []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, oneThread()...)
	argv = append(argv, "-i", t.reference())
	argv = append(argv, t.encoder()...)
	return append(argv, "-f", "null", "-")
}

// readArgs reads the reference, which encodeArgs does too but no mixer has to: it is
// taken off the floor, with the start of one ffmpeg.
func (t task) readArgs() []string {
	argv := append([]string{t.ffmpeg}, quietly...)
	return append(argv, "-i", t.reference(), "-map", "0", "-c", "copy", "-f", "null", "-")
}

// inputs names all clips, each with the options before it.
func (t task) inputs(options []string) []string {
	var argv []string
	for _, c := range t.clips {
		argv = append(argv, options...)
		argv = append(argv, "-i", c.path)
	}
	return argv
}

// encoder is how Lianmai encodes (see package encode), in ffmpeg's words. That both
// sides' x264 were told the same is checked in what they wrote.
func (t task) encoder() []string {
	rate, gop := kilobits(t.videoBitrate), strconv.Itoa(t.gop)
	return []string{
		"-c:v", "libx264", "-preset", t.preset, "-tune", "zerolatency", "-profile:v", "high", "-pix_fmt", "yuv420p",
		"-threads", "1", "-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-g", gop, "-bf", "0", "-flags", "+cgop",
		"-x264-params", "scenecut=0:open-gop=0:keyint-min=" + gop,
		"-c:a", "aac", "-b:a", kilobits(t.audioBitrate), "-ar", "48000", "-ac", "2",
	}
}

// kilobits writes bits per second as both commands read them.
func kilobits(rate int) string { return fmt.Sprintf("%dk", rate/1000) }
