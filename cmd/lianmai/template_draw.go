package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/preview"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/template"
)

// localFile reads a template and its pictures, to be drawn without a service. What is
// wrong with the file is told on standard error.
func localFile(cmd *cobra.Command, file string, pictures []string, log *slog.Logger) (drawing, error) {
	known, err := readPictures(cmd, pictures)
	if err != nil {
		return drawing{}, err
	}
	var t layout.Template
	read := func(file string) ([]warning, error) {
		text, err := readFile(cmd, file, template.MaxBytes)
		if err != nil {
			return nil, err
		}
		message, _, warnings, err := template.Load(text, nil)
		if err == nil {
			err = known.missing(message)
		}
		if err != nil {
			return nil, err
		}
		t, _, err = template.Build(message, known)
		return ownWarnings(warnings), err
	}
	if err := eachFile([]string{file}, read, onStderr(cmd)); err != nil {
		return drawing{}, err
	}
	return localDrawing(t, known, newFonts(log)), nil
}

// onStderr tells faults and warnings on standard error.
func onStderr(cmd *cobra.Command) func(verdict) error {
	return func(v verdict) error {
		p := newPrinter(cmd.ErrOrStderr())
		if err := p.faults(v); err != nil {
			return err
		}
		return p.warnings(v)
	}
}

// localDrawing draws in this process.
func localDrawing(t layout.Template, pictures localPictures, fonts *compose.Fonts) drawing {
	at := time.Now()
	return drawing{name: t.Name, most: t.Participants, draw: func(_ context.Context, people, main int, size sizeFlag) ([]byte, error) {
		img, err := preview.Draw(preview.Request{
			Template: t, Canvas: layout.Size{W: size.Width, H: size.Height}, People: people, Main: main, At: at,
		}, fonts, pictures)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		if err := png.Encode(&out, img); err != nil {
			return nil, fmt.Errorf("writing a PNG: %w", err)
		}
		return out.Bytes(), nil
	}}
}

// localPictures are pictures by the names that a template has for them, whatever the
// version. It is the template.Pictures and the stage.Pictures of a drawing without a
// service.
type localPictures map[string]*image.NRGBA

// readPictures reads NAME=FILE.
func readPictures(cmd *cobra.Command, pairs []string) (localPictures, error) {
	pictures := localPictures{}
	for _, pair := range pairs {
		name, file := cutName(pair)
		if name == "" || file == "" {
			return nil, usagef("--picture %q: want NAME=FILE, such as logo=logo.png", pair)
		}
		data, err := readFile(cmd, file, compose.DefaultPictureBytes)
		if err != nil {
			return nil, usagef("--picture %s: %s: %w", name, file, err)
		}
		if pictures[name], _, err = compose.DecodePicture(data, compose.PictureLimits{}); err != nil {
			return nil, usagef("--picture %s: %s: %w", name, file, err)
		}
	}
	return pictures, nil
}

// Resolve finds "logo" and "logo@2" under "logo".
func (p localPictures) Resolve(ref string) (string, bool) {
	name, _, _ := strings.Cut(ref, "@")
	return name, p[name] != nil
}

// Picture returns a picture by its name.
func (p localPictures) Picture(name string) (*image.NRGBA, error) {
	if p[name] == nil {
		return nil, fmt.Errorf("there is no picture %q", name)
	}
	return p[name], nil
}

// missing says which pictures of a template are not there; nil if all are.
func (p localPictures) missing(t *pb.LayoutTemplate) error {
	var faults template.Faults
	for _, ref := range template.PicturesOf(t) {
		if name, ok := p.Resolve(ref); !ok {
			faults = append(faults, template.Fault{Allowed: fmt.Sprintf(
				"names the picture %q; give it with --picture %s=FILE, or let the service draw with --server-side", ref, name)})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// remoteTemplate is a kept or built-in template that the service draws.
func (c *client) remoteTemplate(cmd *cobra.Command, source string) (drawing, error) {
	name, version, err := cutVersion("NAME", source)
	if err != nil {
		return drawing{}, err
	}
	resp, err := call(c, cmd.Context(), services.GetTemplate, &pb.GetTemplateRequest{Name: name, Version: version}, versioned)
	if err != nil {
		return drawing{}, err
	}
	info := resp.GetInfo()
	return c.remoteDrawing(info, func() *pb.PreviewTemplateRequest {
		return &pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Name{Name: info.GetName()}, Version: info.GetVersion()}
	}), nil
}

// remoteFile is a file that the service draws without keeping it. What is wrong with
// the file is told on standard error.
func (c *client) remoteFile(cmd *cobra.Command, file string) (drawing, error) {
	var text []byte
	var info *pb.TemplateInfo
	read := func(file string) (_ []warning, err error) {
		if text, err = readFile(cmd, file, template.MaxBytes); err != nil {
			return nil, err
		}
		resp, err := c.sendText(cmd, text, true)
		info = resp.GetInfo()
		return warningsOf(resp), err
	}
	if err := eachFile([]string{file}, read, onStderr(cmd)); err != nil {
		return drawing{}, err
	}
	return c.remoteDrawing(info, func() *pb.PreviewTemplateRequest {
		return &pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Text{Text: text}}
	}), nil
}

// previewFields names what the fields of a PreviewTemplateRequest came from.
var previewFields = namesOf(map[string]string{
	"name": "NAME", "version": "VERSION", "participants": "--participants", "main": "--main",
	"width": "--size, the width", "height": "--size, the height",
})

// remoteDrawing lets the service draw what request names.
func (c *client) remoteDrawing(info *pb.TemplateInfo, request func() *pb.PreviewTemplateRequest) drawing {
	return drawing{
		name: pinned(info.GetName(), info.GetVersion()), most: int(info.GetMaxParticipants()),
		draw: func(ctx context.Context, people, main int, size sizeFlag) ([]byte, error) {
			req := request()
			req.Participants, req.Main = int32(people), int32(main)
			req.Width, req.Height = int32(size.Width), int32(size.Height)
			resp, err := call(c, ctx, services.PreviewTemplate, req, previewFields)
			return resp.GetPng(), err
		},
	}
}
