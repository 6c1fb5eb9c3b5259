package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/template"
)

// renderFlags is what `lianmai render` is told.
type renderFlags struct {
	inputs       []string
	template     string
	mainSpeaker  string
	hidden       []string
	size         sizeFlag
	fps          fpsFlag
	videoBitrate bitrateFlag
	audioBitrate bitrateFlag
	preset       string
	decoding     string
	music        string
	duration     time.Duration
	output       string
	quiet        bool
}

func newRenderCommand() *cobra.Command {
	f := renderFlags{size: sizeFlag{720, 1280}, fps: fpsFlag{media.FPS(30)}, videoBitrate: 2_500_000, audioBitrate: 128_000}
	cmd := &cobra.Command{
		Use:   "render --input [NAME=]FILE ... --output FILE.flv|FILE.mp4",
		Short: "Mix files into a file, faster than real time",
		Long: `Mix up to six media files into one, with the engine that mixes live streams, on a
clock that runs as fast as the machine can. The same files give the same bytes on
every run.`,
		Example: `  lianmai render --input host.flv --input guest=guest.mp4 --output mix.mp4
  lianmai render --input a.flv --input b.flv --template pk --size 1280x720 --output pk.flv
  lianmai render --input host.flv --music song.mp3 --duration 30s --output clip.mp4`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return render(cmd.Context(), f, cmd.ErrOrStderr()) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.inputs, "input", "i", nil, "`[NAME=]FILE` to mix; up to 6, in join order")
	flags.StringVar(&f.template, "template", layout.Default, "layout, a built-in one or a JSON or YAML file: `NAME|FILE`")
	flags.StringVar(&f.mainSpeaker, "main", "", "`NAME` of the main speaker (default: the first input)")
	flags.StringArrayVar(&f.hidden, "hidden", nil, "`NAME` of an input whose placeholder is shown and which is not heard; may be repeated")
	flags.Var(&f.size, "size", "size of the picture in pixels, both even")
	flags.Var(&f.fps, "fps", "frames per second, such as 30 or 30000/1001")
	flags.Var(&f.videoBitrate, "video-bitrate", "bits per second of the picture")
	flags.Var(&f.audioBitrate, "audio-bitrate", "bits per second of the sound")
	flags.StringVar(&f.preset, "preset", encode.PresetBalanced, presetUsage)
	flags.StringVar(&f.decoding, "decoding", decodings[0], decodingUsage)
	flags.StringVar(&f.music, "music", "", "`FILE` with music to play under the inputs")
	flags.DurationVar(&f.duration, "duration", 0, "how much to render (default: until the longest input ends)")
	flags.StringVarP(&f.output, "output", "o", "", "`FILE` to write, .flv or .mp4")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress bar")
	_ = cmd.MarkFlagRequired("input")
	_ = cmd.MarkFlagRequired("output")
	_ = cmd.MarkFlagFilename("output", "flv", "mp4")
	completeFrom(cmd, "template", layout.BuiltinNames())
	completeFrom(cmd, "preset", encode.Presets())
	completeFrom(cmd, "decoding", decodings)
	return cmd
}

// spec turns the flags into what is wanted of the mix, or says what is wrong.
func (f renderFlags) spec() (mixer.Spec, error) {
	spec := mixer.Spec{
		ID: "render", Revision: 1,
		Layout: mixer.LayoutSpec{Template: f.template, Main: f.mainSpeaker},
		Video: mixer.VideoSpec{
			Width: f.size.Width, Height: f.size.Height, FrameRate: f.fps.FrameRate,
			Bitrate: int(f.videoBitrate), Preset: f.preset, FullDecoding: f.decoding == decodingFull,
		},
		Audio:   mixer.AudioSpec{Bitrate: int(f.audioBitrate)},
		Outputs: []mixer.Output{{Name: "file", URL: f.output}},
	}
	if n := len(f.inputs); n > mixer.MaxParticipants {
		return spec, fmt.Errorf("--input: %d inputs; at most %d", n, mixer.MaxParticipants)
	}
	for i, text := range f.inputs {
		name, path := cutName(text)
		if name == "" {
			name = fmt.Sprintf("input%d", i+1)
		}
		if slices.ContainsFunc(spec.Participants, func(p mixer.Participant) bool { return p.Name == name }) {
			return spec, fmt.Errorf("--input: two inputs are named %q", name)
		}
		spec.Participants = append(spec.Participants, mixer.Participant{Name: name, URL: path})
	}
	for _, name := range f.hidden {
		i := slices.IndexFunc(spec.Participants, func(p mixer.Participant) bool { return p.Name == name })
		if i < 0 {
			return spec, fmt.Errorf("--hidden: no input is named %q", name)
		}
		spec.Participants[i].Hidden = true
	}
	if f.mainSpeaker != "" && !slices.ContainsFunc(spec.Participants, func(p mixer.Participant) bool { return p.Name == f.mainSpeaker }) {
		return spec, fmt.Errorf("--main: no input is named %q", f.mainSpeaker)
	}
	if err := f.chooseLayout(&spec.Layout); err != nil {
		return spec, fmt.Errorf("--template: %w", err)
	}
	if f.music != "" {
		spec.Music = []mixer.Music{{Name: "music", Path: f.music}}
	}
	return spec, f.check()
}

// chooseLayout reads the template if a file is named, and checks the name otherwise.
func (f renderFlags) chooseLayout(l *mixer.LayoutSpec) error {
	if !slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(f.template)) && !strings.ContainsRune(f.template, filepath.Separator) {
		_, err := layout.Builtin(f.template)
		return err
	}
	file, err := os.Open(f.template)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, template.MaxBytes+1))
	if err != nil {
		return err
	}
	_, custom, _, err := template.Load(text, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", f.template, err)
	}
	l.Custom = &custom
	return nil
}

// check finds what is out of bounds.
func (f renderFlags) check() error {
	if f.size.Width%2 != 0 || f.size.Height%2 != 0 || min(f.size.Width, f.size.Height) < 16 || max(f.size.Width, f.size.Height) > media.MaxSide {
		return fmt.Errorf("--size %s: both sides must be even and 16 to %d pixels", f.size.String(), media.MaxSide)
	}
	if fps := f.fps.Float(); fps < 1 || fps > 60 {
		return fmt.Errorf("--fps %s: 1 to 60 frames per second are allowed", f.fps.String())
	}
	if f.videoBitrate < 100_000 || f.videoBitrate > 20_000_000 {
		return fmt.Errorf("--video-bitrate %s: 100k to 20M are allowed", f.videoBitrate.String())
	}
	if f.audioBitrate < 32_000 || f.audioBitrate > 320_000 {
		return fmt.Errorf("--audio-bitrate %s: 32k to 320k are allowed", f.audioBitrate.String())
	}
	if !slices.Contains(encode.Presets(), f.preset) {
		return fmt.Errorf("--preset %q: want one of %s", f.preset, strings.Join(encode.Presets(), ", "))
	}
	if _, err := decodingOf(f.decoding); err != nil {
		return err
	}
	if f.duration < 0 {
		return fmt.Errorf("--duration %v: must not be negative", f.duration)
	}
	if !slices.Contains(encode.FileFormats(), strings.ToLower(filepath.Ext(f.output))) {
		return fmt.Errorf("--output %s: the name must end in %s", f.output, strings.Join(encode.FileFormats(), " or "))
	}
	return nil
}

func render(ctx context.Context, f renderFlags, stderr io.Writer) error {
	spec, err := f.spec()
	if err != nil {
		return usageError{err}
	}
	total, err := f.total(spec)
	if err != nil {
		return badFile(stderr, err)
	}
	settle()
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	progress, finish := renderProgress(stderr, total, f.quiet)
	err = mixer.Render(ctx, spec, mixer.Options{Fonts: systemFonts(log), Log: log, Until: f.duration, Progress: progress})
	finish()
	if err != nil {
		if !isFileFault(err) { // with one the output has not been begun
			_ = os.Remove(f.output) // half a file is of no use
		}
		return badFile(stderr, err)
	}
	return nil
}

// total returns how long the mix is going to be, for the progress bar; 0 where there is none:
// to look into files takes as long as to decode seven pictures of each.
func (f renderFlags) total(spec mixer.Spec) (time.Duration, error) {
	if f.duration > 0 || f.quiet {
		return f.duration, nil
	}
	var paths []string
	for _, p := range spec.Participants {
		paths = append(paths, p.URL)
	}
	return mixer.RenderDuration(paths)
}

// isFileFault says that a file is no media file, is not there or may not be opened.
func isFileFault(err error) bool {
	return errors.Is(err, decode.ErrNotMedia) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// badFile says in one line that an input is no media file or is not there, which
// is the caller's mistake; other errors are returned as they are.
func badFile(stderr io.Writer, err error) error {
	if !isFileFault(err) {
		return err
	}
	fmt.Fprintf(stderr, "lianmai: %v\n", err)
	return silentError{exitUsage}
}

// renderProgress shows a bar on a terminal and nothing elsewhere.
func renderProgress(w io.Writer, total time.Duration, quiet bool) (progress func(time.Duration), finish func()) {
	if quiet || !isTerminal(w) || total <= 0 {
		return nil, func() {}
	}
	bar := progressbar.NewOptions64(total.Milliseconds(),
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("rendering"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(40))
	started := time.Now()
	return func(at time.Duration) { _ = bar.Set64(min(at, total).Milliseconds()) }, func() {
		_ = bar.Finish()
		took := time.Since(started)
		fmt.Fprintf(w, "rendered %v in %v, %.1f times as fast as real time\n",
			total.Round(100*time.Millisecond), took.Round(100*time.Millisecond), total.Seconds()/took.Seconds())
	}
}
