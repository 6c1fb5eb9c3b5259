package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// defaultPage is the size of a page of ListMixes that names none.
const defaultPage = 100

// service answers MixService: it checks the request, calls the Registry and maps the
// error, nothing else.
type service struct {
	pb.UnimplementedMixServiceServer
	mixes *Registry
	check *checker
}

func (s *service) StartMix(ctx context.Context, req *pb.StartMixRequest) (*pb.StartMixResponse, error) {
	dropService(req.Spec.GetMusic()...)
	if err := s.check.specRequest(ctx, req, req.Spec, s.pinStart); err != nil {
		return nil, toStatus(err)
	}
	fillDefaults(req.Spec)
	mix, err := s.mixes.Start(ctx, req.Spec)
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.StartMixResponse{Mix: mix}, nil
}

// pinStart pins a spec that is to be started. A start that has been made already needs
// nothing, whatever became of the template meanwhile.
func (s *service) pinStart(ctx context.Context, spec *pb.MixSpec) (Faults, error) {
	if s.mixes.runs(spec) {
		return nil, nil
	}
	return s.mixes.library.pin(ctx, spec)
}

func (s *service) UpdateMix(ctx context.Context, req *pb.UpdateMixRequest) (*pb.UpdateMixResponse, error) {
	dropService(req.Spec.GetMusic()...)
	if err := s.check.specRequest(ctx, req, req.Spec, s.pinUpdate); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Spec.Id, req.ExpectedRevision,
		func(current *pb.MixSpec) (*pb.MixSpec, error) {
			keepSettings(req.Spec, current)
			fillDefaults(req.Spec)
			keepPins(req.Spec, current)
			faults, err := s.mixes.library.pin(ctx, req.Spec)
			return carryMusic(req.Spec, current, time.Now()), outcome(faults.under("spec."), err)
		})
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.UpdateMixResponse{Mix: mix}, nil
}

// pinUpdate pins a spec that is to replace that of its mix.
func (s *service) pinUpdate(ctx context.Context, spec *pb.MixSpec) (Faults, error) {
	if m, err := s.mixes.find(spec.Id); err == nil {
		keepPins(spec, m.get().Spec)
	}
	return s.mixes.library.pin(ctx, spec)
}

func (s *service) UpdateLayout(ctx context.Context, req *pb.UpdateLayoutRequest) (*pb.UpdateLayoutResponse, error) {
	if err := s.check.layoutRequest(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Id, req.ExpectedRevision,
		func(spec *pb.MixSpec) (*pb.MixSpec, error) {
			setLayout(spec.Layout, req)
			fillDefaults(spec)
			return spec, s.checkLayout(ctx, spec)
		})
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.UpdateLayoutResponse{Mix: mix}, nil
}

// setLayout changes l in place to what req names. A template that is named is taken in
// its newest version.
func setLayout(l *pb.Layout, req *pb.UpdateLayoutRequest) {
	if req.Template != nil {
		l.Template, l.TemplateVersion = *req.Template, 0
	}
	if req.TemplateVersion != nil {
		l.TemplateVersion = *req.TemplateVersion
	}
	if req.Main != nil {
		l.Main = *req.Main
	}
	if req.MainChoice != nil {
		l.MainChoice = *req.MainChoice
	}
	if req.Order != nil {
		l.Order = req.Order.Names
	}
	if req.Overrides != nil {
		l.Overrides = req.Overrides.Slots
	}
	if req.Transition != nil {
		l.Transition = req.Transition
	}
	if req.PlaceholderAfter != nil {
		l.PlaceholderAfter = req.PlaceholderAfter
	}
}

// requestFields has the fields of a Layout that are called otherwise in an
// UpdateLayoutRequest.
var requestFields = map[string]string{"order": "order.names", "overrides": "overrides.slots"}

// checkLayout checks and pins the spec that an UpdateLayoutRequest led to; paths are
// the request's.
func (s *service) checkLayout(ctx context.Context, spec *pb.MixSpec) error {
	faults, err := s.check.result(ctx, spec)
	if len(faults) == 0 && err == nil {
		faults, err = s.mixes.library.pin(ctx, spec)
	}
	for i := range faults {
		field := strings.TrimPrefix(faults[i].Field, "layout.")
		for name, called := range requestFields {
			if rest, ok := strings.CutPrefix(field, name); ok && (rest == "" || rest[0] == '[') {
				field = called + rest
			}
		}
		faults[i].Field = field
	}
	return outcome(faults, err)
}

func (s *service) SetParticipantState(ctx context.Context, req *pb.SetParticipantStateRequest) (*pb.SetParticipantStateResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Update(ctx, req.Id, req.ExpectedRevision,
		func(spec *pb.MixSpec) (*pb.MixSpec, error) { return spec, setState(spec, req) })
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.SetParticipantStateResponse{Mix: mix}, nil
}

// setState changes one participant of spec in place to what req names.
func setState(spec *pb.MixSpec, req *pb.SetParticipantStateRequest) error {
	for _, p := range spec.Participants {
		if p.Name != req.Participant {
			continue
		}
		if req.Hidden != nil {
			p.Hidden = *req.Hidden
		}
		if req.Muted != nil {
			p.Muted = *req.Muted
		}
		if req.GainDb != nil {
			p.GainDb = *req.GainDb
		}
		if req.KeepAudioWhenHidden != nil {
			p.KeepAudioWhenHidden = *req.KeepAudioWhenHidden
		}
		if req.Pan != nil {
			p.Pan = *req.Pan
		}
		if req.Solo != nil {
			p.Solo = *req.Solo
		}
		return nil
	}
	return fmt.Errorf("%w: %q in mix %q", ErrNoParticipant, req.Participant, spec.Id)
}

func (s *service) StopMix(ctx context.Context, req *pb.StopMixRequest) (*pb.StopMixResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Stop(ctx, req.Id, req.ExpectedRevision)
	if err != nil {
		return nil, toStatus(err)
	}
	return &pb.StopMixResponse{Mix: mix}, nil
}

func (s *service) GetMix(_ context.Context, req *pb.GetMixRequest) (*pb.GetMixResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	mix, err := s.mixes.Get(req.Id)
	if err != nil {
		return nil, toStatus(err)
	}
	return mix, nil
}

func (s *service) ListMixes(_ context.Context, req *pb.ListMixesRequest) (*pb.ListMixesResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	size := int(req.PageSize)
	if size == 0 {
		size = defaultPage
	}
	mixes, more := s.mixes.List(size, req.PageToken, req.IncludeStopped)
	resp := &pb.ListMixesResponse{}
	for _, mix := range mixes {
		resp.Mixes = append(resp.Mixes, summarise(mix))
	}
	if more {
		resp.NextPageToken = mixes[len(mixes)-1].Spec.Id // ids are the order of the list
	}
	return resp, nil
}

// summarise returns what a list tells of a mix.
func summarise(mix *pb.Mix) *pb.MixSummary {
	s := &pb.MixSummary{
		Id:              mix.Spec.Id,
		Revision:        mix.Revision,
		State:           mix.State,
		Template:        mix.Spec.Layout.Template,
		TemplateVersion: mix.Spec.Layout.TemplateVersion,
		CreateTime:      mix.CreateTime,
		StopTime:        mix.StopTime,
	}
	for _, p := range mix.Spec.Participants {
		s.Participants = append(s.Participants, p.Name)
	}
	for _, o := range mix.Spec.Outputs {
		s.Outputs = append(s.Outputs, o.Name)
	}
	return s
}

func (s *service) WatchMix(req *pb.WatchMixRequest, stream grpc.ServerStreamingServer[pb.WatchMixResponse]) error {
	if err := s.check.request(req); err != nil {
		return toStatus(err)
	}
	w, err := s.mixes.Watch(req.Id)
	if err != nil {
		return toStatus(err)
	}
	defer w.Close()
	if req.MeterInterval != nil {
		w.Measure(req.MeterInterval.AsDuration())
	}
	for {
		msg, err := w.Next(stream.Context())
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return toStatus(err)
		}
		if err := stream.Send(msg); err != nil {
			return err // the transport's, a status already
		}
	}
}
