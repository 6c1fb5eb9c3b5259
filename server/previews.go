package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"time"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/preview"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/template"
)

// previewsAtOnce bounds the previews that are drawn at once: each takes some tens of
// milliseconds of a core that mixes need too.
const previewsAtOnce = 1

// The default size of a preview, and the smallest side, in pixels.
const (
	previewWidth  = 360
	previewHeight = 640
	previewSide   = 16
)

// PreviewTemplate draws without Library.using: a template or a picture that is deleted
// meanwhile is NOT_FOUND.
func (s *templates) PreviewTemplate(ctx context.Context, req *pb.PreviewTemplateRequest) (*pb.PreviewTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	t, err := s.source(ctx, req)
	if err != nil {
		return nil, toStatus(told(err))
	}
	wanted, err := previewOf(req, t)
	if err != nil {
		return nil, toStatus(err)
	}
	select {
	case s.drawing <- struct{}{}:
		defer func() { <-s.drawing }()
	case <-ctx.Done():
		return nil, toStatus(ctx.Err())
	}
	img, err := preview.Draw(wanted, s.fonts, patience{ctx, s.library})
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
	if out.Len() > maxPreview {
		return nil, toStatus(Faults{{Field: "width", Allowed: fmt.Sprintf(
			"the picture has %d bytes, at most %d can be sent; ask for fewer pixels", out.Len(), maxPreview)}})
	}
	return &pb.PreviewTemplateResponse{Png: out.Bytes()}, nil
}

// maxPreview bounds the bytes of a preview; the rest of an answer takes less than a KiB.
const maxPreview = maxAnswer - 1<<10

// patience is a Library for a caller that may go away.
type patience struct {
	ctx context.Context
	*Library
}

// Picture returns a picture, or ctx's error. It implements stage.Pictures.
func (p patience) Picture(ref string) (*image.NRGBA, error) {
	if err := p.ctx.Err(); err != nil {
		return nil, err
	}
	return p.Library.Picture(ref)
}

// previewOf returns what is to be drawn of t. The error is a Faults.
func previewOf(req *pb.PreviewTemplateRequest, t layout.Template) (preview.Request, error) {
	r := preview.Request{
		Template: t,
		Canvas:   layout.Size{W: cmp.Or(int(req.Width), previewWidth), H: cmp.Or(int(req.Height), previewHeight)},
		People:   cmp.Or(int(req.Participants), min(t.Participants, maxParticipants)),
		Main:     int(req.Main),
		At:       time.Now(),
	}
	var faults Faults
	if r.People > t.Participants {
		faults = append(faults, Fault{Field: "participants", Allowed: fmt.Sprintf("the template has places for %d", t.Participants)})
	}
	if r.Main > r.People {
		faults = append(faults, Fault{Field: "main", Allowed: fmt.Sprintf("must be one of the %d people", r.People)})
	}
	for _, side := range []struct {
		field  string
		pixels int
	}{{"width", r.Canvas.W}, {"height", r.Canvas.H}} {
		if side.pixels < previewSide || side.pixels%2 != 0 {
			faults = append(faults, Fault{Field: side.field, Allowed: fmt.Sprintf("must be an even number of pixels from %d to 1280", previewSide)})
		}
	}
	return r, outcome(faults, nil)
}

// source returns the template that is to be drawn.
func (s *templates) source(ctx context.Context, req *pb.PreviewTemplateRequest) (layout.Template, error) {
	if named, ok := req.Source.(*pb.PreviewTemplateRequest_Name); ok {
		if named.Name == "" {
			return layout.Template{}, Faults{{Field: "name", Allowed: "must be the name of a template"}}
		}
		return s.library.Template(ctx, named.Name, int(req.Version))
	}
	message, _, _, err := s.library.checkTemplate(ctx, req.GetTemplate(), req.GetText())
	if err != nil {
		return layout.Template{}, err
	}
	t, _, err := template.Build(message, nil)
	return t, err
}
