package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image/png"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/preview"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/template"
)

// templates answers TemplateService.
type templates struct {
	pb.UnimplementedTemplateServiceServer
	library *Library
	mixes   *Registry
	fonts   *compose.Fonts
	check   *checker
	drawing chan struct{} // holds a token for each preview that is being drawn
}

// previewsAtOnce bounds the previews that are drawn at once: each takes some tens of
// milliseconds of a core that mixes need too.
const previewsAtOnce = 1

func (s *templates) UploadTemplate(ctx context.Context, req *pb.UploadTemplateRequest) (*pb.UploadTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	message, err := parsed(req.GetTemplate(), req.GetText())
	if err != nil {
		return nil, toStatus(err)
	}
	info, warnings, err := s.library.UploadTemplate(ctx, message, !req.ValidateOnly)
	if err != nil {
		return nil, toStatus(limited(err))
	}
	resp := &pb.UploadTemplateResponse{Info: info}
	for _, w := range warnings[:min(len(warnings), maxFaults)] {
		resp.Warnings = append(resp.Warnings, &pb.TemplateWarning{Field: w.Path, Description: w.Text})
	}
	return resp, nil
}

// parsed returns the template that came as a message or else as text.
func parsed(message *pb.LayoutTemplate, text []byte) (*pb.LayoutTemplate, error) {
	if message != nil {
		return message, nil
	}
	message, err := template.Parse(text)
	if err != nil {
		faults, err := templateFaults(err)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		return nil, limited(faults)
	}
	return message, nil
}

// limited cuts Faults to as many as an answer has room for.
func limited(err error) error {
	if faults, ok := errors.AsType[Faults](err); ok {
		return outcome(faults, nil)
	}
	return err
}

func (s *templates) GetTemplate(ctx context.Context, req *pb.GetTemplateRequest) (*pb.GetTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	resp, err := s.library.GetTemplate(ctx, req.Name, int(req.Version))
	if err != nil {
		return nil, toStatus(err)
	}
	s.users(resp.Info)
	for _, info := range resp.Versions {
		s.users(info)
	}
	return resp, nil
}

// maxUsers bounds the mixes that a TemplateInfo names.
const maxUsers = 100

// users fills in which mixes use a version.
func (s *templates) users(info *pb.TemplateInfo) {
	used, _ := s.mixes.uses()
	ids := used[pinned(info.Name, int(info.Version))]
	info.Mixes = ids[:min(len(ids), maxUsers)]
}

func (s *templates) ListTemplates(ctx context.Context, req *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	infos, more, err := s.library.ListTemplates(ctx, cmp.Or(int(req.PageSize), defaultPage), req.PageToken)
	if err != nil {
		return nil, toStatus(err)
	}
	for _, info := range infos {
		s.users(info)
	}
	resp := &pb.ListTemplatesResponse{Templates: infos}
	if more {
		resp.NextPageToken = infos[len(infos)-1].Name
	}
	return resp, nil
}

func (s *templates) DeleteTemplate(ctx context.Context, req *pb.DeleteTemplateRequest) (*pb.DeleteTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	if err := s.library.DeleteTemplate(ctx, req.Name, int(req.Version), s.mixes); err != nil {
		return nil, toStatus(err)
	}
	return &pb.DeleteTemplateResponse{}, nil
}

// The default size of a preview, in pixels.
const (
	previewWidth  = 360
	previewHeight = 640
)

func (s *templates) PreviewTemplate(ctx context.Context, req *pb.PreviewTemplateRequest) (*pb.PreviewTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	s.library.using.RLock()
	defer s.library.using.RUnlock()
	t, err := s.source(ctx, req)
	if err != nil {
		return nil, toStatus(err)
	}
	select {
	case s.drawing <- struct{}{}:
		defer func() { <-s.drawing }()
	case <-ctx.Done():
		return nil, toStatus(ctx.Err())
	}
	people := cmp.Or(int(req.Participants), min(t.Participants, maxParticipants))
	size := layout.Size{W: int(req.Width), H: int(req.Height)}
	if size == (layout.Size{}) {
		size = layout.Size{W: previewWidth, H: previewHeight}
	}
	img, err := preview.Draw(preview.Request{
		Template: t, Canvas: size, People: people, Main: int(req.Main), At: time.Now(),
	}, s.fonts, s.library)
	if errors.Is(err, preview.ErrRequest) {
		err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err != nil {
		return nil, toStatus(err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, toStatus(fmt.Errorf("server: writing a PNG: %w", err))
	}
	return &pb.PreviewTemplateResponse{Png: out.Bytes()}, nil
}

// source returns the template that is to be drawn.
func (s *templates) source(ctx context.Context, req *pb.PreviewTemplateRequest) (layout.Template, error) {
	if req.GetName() != "" {
		return s.library.Template(ctx, req.GetName(), int(req.Version))
	}
	message, err := parsed(req.GetTemplate(), req.GetText())
	if err != nil {
		return layout.Template{}, err
	}
	pinnedTemplate, _, _, err := s.library.checkTemplate(ctx, message)
	if err != nil {
		return layout.Template{}, limited(err)
	}
	t, _, err := template.Build(pinnedTemplate, nil)
	return t, err
}
