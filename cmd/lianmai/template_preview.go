package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/preview"
)

// previewFlags are the flags of `template preview`.
type previewFlags struct {
	participants, main int
	size               sizeFlag
	output             string
	all                bool
	offline            bool
	serverSide         bool
	pictures           []string // NAME=FILE
}

// mostDrawn is the head count that is drawn when none is asked for, if the template is
// made for as many.
const mostDrawn = 6

func newTemplatePreviewCommand(c *client) *cobra.Command {
	f := &previewFlags{size: sizeFlag{360, 640}}
	cmd := &cobra.Command{
		Use:   "preview NAME[@VERSION]|FILE",
		Short: "Draw a template with stand-ins for people, as a PNG",
		Long: `Draw a template with stand-ins for people, as a PNG, by what draws mixes.

A FILE (.json, .yaml, .yml, anything with a slash, or - for standard input) is drawn
without a service, its pictures from --picture; --server-side lets the service draw
it, which knows the pictures that were uploaded. A NAME is drawn by the service; with
--offline a built-in one is drawn without.

--all draws every head count upright and lying down, into a folder.`,
		Example: `  lianmai template preview stage.json --participants 4 --main 2
  lianmai template preview stage.json --picture logo=logo.png --all -o pictures
  lianmai template preview stage@2 --size 1280x720
  lianmai template preview pk --offline --participants 3 -o - | display`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeTemplateOrFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.output = f.target(args[0])
			if err := f.check(c, cmd, args[0]); err != nil {
				return err
			}
			d, err := f.drawing(c, cmd, args[0])
			if err != nil {
				return err
			}
			return f.draw(c, cmd, d)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *previewFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.participants, "participants", 0, "how many people, 1–16 (default: as many as the template is made for, at most 6)")
	flags.IntVar(&f.main, "main", 0, "`NUMBER` of the main speaker (default 1)")
	flags.Var(&f.size, "size", "size of the picture in pixels, both even")
	flags.StringVarP(&f.output, "output", "o", "", "`FILE` to write, - for standard output; with --all a folder (default NAME.png, NAME)")
	flags.BoolVar(&f.all, "all", false, "every head count up to --participants, upright and lying down")
	flags.BoolVar(&f.offline, "offline", false, "draw a built-in template without a service")
	flags.BoolVar(&f.serverSide, "server-side", false, "let the service draw a FILE")
	flags.StringArrayVar(&f.pictures, "picture", nil, "a picture that a FILE names, `NAME=FILE`; may be repeated")
	_ = cmd.MarkFlagFilename("output", "png")
}

// target returns where to write.
func (f *previewFlags) target(source string) string {
	base := source
	switch {
	case f.output != "":
		return f.output
	case source == standard:
		base = "preview"
	case isTemplateFile(source):
		base = baseOf(source)
	}
	if f.all {
		return base
	}
	return base + ".png"
}

// check finds flags that do not go together.
func (f *previewFlags) check(c *client, cmd *cobra.Command, source string) error {
	file := isTemplateFile(source)
	_, err := layout.Builtin(source)
	switch {
	case f.participants < 0 || f.participants > preview.MaxPeople:
		return usagef("--participants %d: want 1 to %d", f.participants, preview.MaxPeople)
	case f.main < 0 || f.main > preview.MaxPeople:
		return usagef("--main %d: want 1 to --participants", f.main)
	case f.serverSide && (f.offline || !file):
		return usagef("--server-side goes with a FILE and without --offline")
	case f.offline && !file && err != nil:
		return usagef("--offline: %w", err)
	case len(f.pictures) > 0 && (!file || f.serverSide):
		return usagef("--picture goes with a FILE that is drawn without a service")
	case f.all && f.output == standard:
		return usagef("--all writes into a folder, not to standard output")
	}
	return c.checkOutput(cmd, f.output)
}

// drawing is a template that can be drawn.
type drawing struct {
	name string // for people, with its version
	most int    // people that it is made for
	// draw returns a PNG. main 0 is the first.
	draw func(ctx context.Context, people, main int, size sizeFlag) ([]byte, error)
}

// drawing reads or asks for what is to be drawn.
func (f *previewFlags) drawing(c *client, cmd *cobra.Command, source string) (drawing, error) {
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	switch file := isTemplateFile(source); {
	case file && f.serverSide:
		return c.remoteFile(cmd, source)
	case file:
		return localFile(cmd, source, f.pictures, log)
	case f.offline:
		t, err := layout.Builtin(source)
		return localDrawing(t, nil, newFonts(log)), err
	default:
		return c.remoteTemplate(cmd, source)
	}
}

// drawn is what --json says of a picture that was written.
type drawn struct {
	File         string `json:"file"`
	Template     string `json:"template"`
	Participants int    `json:"participants"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
}

// draw writes one picture or all of them.
func (f *previewFlags) draw(c *client, cmd *cobra.Command, d drawing) error {
	if !f.all {
		return f.drawOne(c, cmd, d, cmp.Or(f.participants, min(d.most, mostDrawn)), f.size, f.output)
	}
	if err := os.MkdirAll(f.output, 0o777); err != nil {
		return err
	}
	short, long := min(f.size.Width, f.size.Height), max(f.size.Width, f.size.Height)
	type way struct {
		name string
		size sizeFlag
	}
	ways := []way{{"portrait", sizeFlag{short, long}}, {"landscape", sizeFlag{long, short}}}
	if short == long {
		ways = []way{{"square", f.size}}
	}
	for people := 1; people <= cmp.Or(f.participants, min(d.most, preview.MaxPeople)); people++ {
		for _, way := range ways {
			file := filepath.Join(f.output, fmt.Sprintf("%02d-%s.png", people, way.name))
			if err := f.drawOne(c, cmd, d, people, way.size, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawOne draws a picture, writes it and says so. Where there are fewer people than the
// main speaker's number, the last one is the main speaker.
func (f *previewFlags) drawOne(c *client, cmd *cobra.Command, d drawing, people int, size sizeFlag, file string) error {
	speaker := f.main
	if f.all {
		speaker = min(speaker, people)
	}
	png, err := d.draw(cmd.Context(), people, speaker, size)
	if errors.Is(err, preview.ErrRequest) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	err = writeOutput(cmd, file, func(w io.Writer) error {
		_, err := w.Write(png)
		return err
	})
	if err != nil || file == standard {
		return err
	}
	p := newPrinter(cmd.OutOrStdout())
	if c.json {
		return p.object(drawn{file, d.name, people, size.Width, size.Height})
	}
	return p.printf("wrote %s: %s, %s, %d×%d", p.paint(bold, file), d.name, plural(people, "participant"), size.Width, size.Height)
}
