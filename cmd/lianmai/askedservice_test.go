package main

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// askedService stands for the service where a test is about what a command asks and how it
// writes the answer. It refuses what breaks the rules in the protos, keeps the last
// request, and has one mix.
type askedService struct {
	pb.UnimplementedMixServiceServer
	pb.UnimplementedAssetServiceServer

	mu      sync.Mutex // guards what follows
	last    proto.Message
	mix     *pb.Mix
	stats   *pb.MixStats
	watched []*pb.WatchMixResponse
	sound   []byte // the bytes that were uploaded last
	hush    bool   // transfers never come to their end
}

// newAskedService starts one with the mix room of anna and ben, and a shell for it.
func newAskedService(t *testing.T) (*askedService, shell) {
	t.Helper()
	r := &askedService{
		mix: &pb.Mix{Revision: 7, State: pb.MixState_MIX_STATE_RUNNING, Spec: &pb.MixSpec{
			Id:           "room",
			Participants: []*pb.Participant{{Name: "anna", Url: "rtmp://h/live/anna"}, {Name: "ben", Url: "rtmp://h/live/ben"}},
		}},
		stats: &pb.MixStats{},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.UnaryInterceptor(r.record))
	pb.RegisterMixServiceServer(s, r)
	pb.RegisterAssetServiceServer(s, r)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("the asked service: %v", err)
		}
	})
	return r, shell{t, listener.Addr().String()}
}

// record keeps a request and checks it.
func (r *askedService) record(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	message := req.(proto.Message)
	if err := checked(message); err != nil {
		return nil, err
	}
	if _, reading := req.(*pb.GetMixRequest); !reading {
		r.last = message
	}
	return handle(ctx, req)
}

// checked returns what the service says of a request that breaks the rules in the protos.
func checked(req proto.Message) error {
	broken, ok := errors.AsType[*protovalidate.ValidationError](protovalidate.Validate(req))
	if !ok {
		return nil
	}
	bad := &errdetails.BadRequest{}
	for _, v := range broken.Violations {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: protovalidate.FieldPathString(v.Proto.GetField()), Description: v.Proto.GetMessage(),
		})
	}
	st, err := status.New(codes.InvalidArgument, "invalid request").WithDetails(bad)
	if err != nil {
		return err
	}
	return st.Err()
}

// asked returns the request that the last command led to.
func asked[Req proto.Message](t *testing.T, r *askedService) Req {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	req, ok := r.last.(Req)
	if !ok {
		t.Fatalf("the last request is %T", r.last)
	}
	return req
}

// change makes a change to the mix; r.mu is held.
func (r *askedService) change(id string, change func(spec *pb.MixSpec)) (*pb.Mix, error) {
	if id != r.mix.Spec.Id {
		return nil, status.Error(codes.NotFound, "no such mix")
	}
	change(r.mix.Spec)
	r.mix.Revision++
	return proto.CloneOf(r.mix), nil
}

func (r *askedService) StartMix(_ context.Context, req *pb.StartMixRequest) (*pb.StartMixResponse, error) {
	return &pb.StartMixResponse{Mix: &pb.Mix{Spec: req.Spec, Revision: 1}}, nil
}

func (r *askedService) GetMix(_ context.Context, req *pb.GetMixRequest) (*pb.GetMixResponse, error) {
	if req.Id != r.mix.Spec.Id {
		return nil, status.Error(codes.NotFound, "no such mix")
	}
	return &pb.GetMixResponse{Mix: proto.CloneOf(r.mix), Stats: proto.CloneOf(r.stats)}, nil
}

func (r *askedService) ListMixes(context.Context, *pb.ListMixesRequest) (*pb.ListMixesResponse, error) {
	return &pb.ListMixesResponse{Mixes: []*pb.MixSummary{{Id: r.mix.Spec.Id}}}, nil
}

func (r *askedService) SetParticipantState(_ context.Context, req *pb.SetParticipantStateRequest) (*pb.SetParticipantStateResponse, error) {
	mix, err := r.change(req.Id, func(*pb.MixSpec) {})
	return &pb.SetParticipantStateResponse{Mix: mix}, err
}

func (r *askedService) PlayMusic(_ context.Context, req *pb.PlayMusicRequest) (*pb.PlayMusicResponse, error) {
	mix, err := r.change(req.Id, func(spec *pb.MixSpec) {
		spec.Music = slices.DeleteFunc(spec.Music, func(t *pb.MusicTrack) bool { return t.Name == req.Track.Name })
		spec.Music = append(spec.Music, req.Track)
	})
	return &pb.PlayMusicResponse{Mix: mix}, err
}

func (r *askedService) PauseMusic(_ context.Context, req *pb.PauseMusicRequest) (*pb.PauseMusicResponse, error) {
	mix, err := r.change(req.Id, func(*pb.MixSpec) {})
	return &pb.PauseMusicResponse{Mix: mix}, err
}

func (r *askedService) ResumeMusic(_ context.Context, req *pb.ResumeMusicRequest) (*pb.ResumeMusicResponse, error) {
	mix, err := r.change(req.Id, func(*pb.MixSpec) {})
	return &pb.ResumeMusicResponse{Mix: mix}, err
}

func (r *askedService) SeekMusic(_ context.Context, req *pb.SeekMusicRequest) (*pb.SeekMusicResponse, error) {
	mix, err := r.change(req.Id, func(*pb.MixSpec) {})
	return &pb.SeekMusicResponse{Mix: mix}, err
}

func (r *askedService) StopMusic(_ context.Context, req *pb.StopMusicRequest) (*pb.StopMusicResponse, error) {
	mix, err := r.change(req.Id, func(spec *pb.MixSpec) { spec.Music = nil })
	return &pb.StopMusicResponse{Mix: mix}, err
}

func (r *askedService) SetMusicGain(_ context.Context, req *pb.SetMusicGainRequest) (*pb.SetMusicGainResponse, error) {
	mix, err := r.change(req.Id, func(spec *pb.MixSpec) {
		for _, t := range spec.Music {
			t.GainDb = req.GainDb
		}
	})
	return &pb.SetMusicGainResponse{Mix: mix}, err
}

func (r *askedService) UpdateSound(_ context.Context, req *pb.UpdateSoundRequest) (*pb.UpdateSoundResponse, error) {
	mix, err := r.change(req.Id, func(spec *pb.MixSpec) { spec.Sound = req.Sound })
	return &pb.UpdateSoundResponse{Mix: mix}, err
}

func (r *askedService) WatchMix(req *pb.WatchMixRequest, stream grpc.ServerStreamingServer[pb.WatchMixResponse]) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := checked(req); err != nil {
		return err
	}
	r.last = req
	for _, message := range r.watched {
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	return nil
}

func (r *askedService) ListAssets(_ context.Context, req *pb.ListAssetsRequest) (*pb.ListAssetsResponse, error) {
	if req.Kind != pb.AssetKind_ASSET_KIND_SOUND {
		return &pb.ListAssetsResponse{}, nil
	}
	return &pb.ListAssetsResponse{Assets: []*pb.Asset{theme()}}, nil
}

func (r *askedService) DeleteAsset(context.Context, *pb.DeleteAssetRequest) (*pb.DeleteAssetResponse, error) {
	return &pb.DeleteAssetResponse{}, nil
}

func (r *askedService) UploadAsset(stream grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sound = nil
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := checked(req); err != nil {
			return err
		}
		if open := req.GetOpen(); open != nil {
			r.last = open
		}
		r.sound = append(r.sound, req.GetChunk()...)
	}
	if r.hush {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	asset := theme()
	asset.Name, asset.Size = r.last.(*pb.UploadAssetOpen).Name, int64(len(r.sound))
	return stream.SendAndClose(&pb.UploadAssetResponse{Asset: asset})
}

func (r *askedService) GetAsset(req *pb.GetAssetRequest, stream grpc.ServerStreamingServer[pb.GetAssetResponse]) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = req
	if err := stream.Send(&pb.GetAssetResponse{Part: &pb.GetAssetResponse_Asset{Asset: theme()}}); err != nil {
		return err
	}
	if r.hush {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	return stream.Send(&pb.GetAssetResponse{Part: &pb.GetAssetResponse_Chunk{Chunk: r.sound}})
}

// sameRequest says of two requests how they differ.
func sameRequest(t *testing.T, what string, got, want proto.Message) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Errorf("%s asks %v, want %v", what, got, want)
	}
}

// hasAll says which of some texts another has not.
func hasAll(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s has no %q:\n%s", what, part, text)
		}
	}
}
