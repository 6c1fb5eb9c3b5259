package server

import (
	"cmp"
	"context"
	"errors"

	"github.com/lianmai/lianmai/compose"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
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

func (s *templates) UploadTemplate(ctx context.Context, req *pb.UploadTemplateRequest) (*pb.UploadTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	info, warnings, err := s.library.UploadTemplate(ctx, req.GetTemplate(), req.GetText(), !req.ValidateOnly)
	if err != nil {
		return nil, toStatus(told(err))
	}
	resp := &pb.UploadTemplateResponse{Info: info}
	for _, w := range warnings[:min(len(warnings), maxFaults)] {
		resp.Warnings = append(resp.Warnings, &pb.TemplateWarning{Field: w.Path, Description: w.Text})
	}
	return resp, nil
}

// told cuts Faults to as many as an answer has room for. What is wrong with a whole text
// gets the name of the request's field.
func told(err error) error {
	faults, ok := errors.AsType[Faults](err)
	if !ok {
		return err
	}
	for i := range faults {
		faults[i].Field = cmp.Or(faults[i].Field, "text")
	}
	return outcome(faults, nil)
}

func (s *templates) GetTemplate(ctx context.Context, req *pb.GetTemplateRequest) (*pb.GetTemplateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	resp, err := s.library.GetTemplate(ctx, req.Name, int(req.Version))
	if err != nil {
		return nil, toStatus(err)
	}
	s.users(append(resp.Versions, resp.Info))
	return resp, nil
}

// maxUsers bounds the mixes that a TemplateInfo names.
const maxUsers = 100

// users fills in which mixes use each version.
func (s *templates) users(infos []*pb.TemplateInfo) {
	used := s.mixes.uses().templates
	for _, info := range infos {
		ids := used[pinned(info.Name, int(info.Version))]
		info.Mixes = ids[:min(len(ids), maxUsers)]
	}
}

func (s *templates) ListTemplates(ctx context.Context, req *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	infos, more, err := s.library.ListTemplates(ctx, cmp.Or(int(req.PageSize), defaultPage), req.PageToken)
	if err != nil {
		return nil, toStatus(err)
	}
	s.users(infos)
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
