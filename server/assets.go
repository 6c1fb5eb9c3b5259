package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// assets answers AssetService.
type assets struct {
	pb.UnimplementedAssetServiceServer
	library   *Library
	mixes     *Registry
	check     *checker
	receiving chan struct{} // holds a token for each upload that is being received
}

// Bounds of uploads, so that those who upload slowly or many at once take no memory
// from mixes.
const (
	uploadsAtOnce = 16
	uploadTimeout = time.Minute
)

// chunkBytes is the size of the parts in which a picture is sent.
const chunkBytes = 64 << 10

func (s *assets) UploadAsset(stream grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]) error {
	select {
	case s.receiving <- struct{}{}:
		defer func() { <-s.receiving }()
	default:
		return toStatus(fmt.Errorf("%w: %d uploads are under way, the most at once", ErrNoRoom, cap(s.receiving)))
	}
	name, data, err := s.receive(stream)
	if err != nil {
		return toStatus(err)
	}
	asset, err := s.library.UploadPicture(stream.Context(), name, data)
	if err != nil {
		return toStatus(err)
	}
	return stream.SendAndClose(&pb.UploadAssetResponse{Asset: asset})
}

// receive reads an upload whole, up to as many bytes as a picture may have and for no
// longer than uploadTimeout.
func (s *assets) receive(stream grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]) (name string, data []byte, err error) {
	late := time.Now().Add(uploadTimeout)
	for first := true; ; first = false {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if first {
				return "", nil, Faults{{Field: "open", Allowed: "must be the first message of an upload"}}
			}
			return name, data, nil
		}
		if err != nil {
			return "", nil, err // the transport's, a status already
		}
		if time.Now().After(late) {
			return "", nil, fmt.Errorf("%w: an upload may take %v", context.DeadlineExceeded, uploadTimeout)
		}
		if err := s.check.request(req); err != nil {
			return "", nil, err
		}
		switch open := req.GetOpen(); {
		case first && open == nil:
			return "", nil, Faults{{Field: "open", Allowed: "must be the first message of an upload"}}
		case !first && open != nil:
			return "", nil, Faults{{Field: "open", Allowed: "must be sent once"}}
		case first:
			name = open.Name
		case len(data)+len(req.GetChunk()) > s.library.limits.Bytes:
			return "", nil, Faults{{Field: "chunk", Allowed: fmt.Sprintf("a picture may have at most %d bytes", s.library.limits.Bytes)}}
		default:
			data = append(data, req.GetChunk()...)
		}
	}
}

func (s *assets) GetAsset(req *pb.GetAssetRequest, stream grpc.ServerStreamingServer[pb.GetAssetResponse]) error {
	if err := s.check.request(req); err != nil {
		return toStatus(err)
	}
	asset, data, err := s.library.PictureBytes(stream.Context(), req.Name, int(req.Version))
	if err != nil {
		return toStatus(err)
	}
	if err := stream.Send(&pb.GetAssetResponse{Part: &pb.GetAssetResponse_Asset{Asset: asset}}); err != nil {
		return err // the transport's, a status already
	}
	for len(data) > 0 {
		n := min(len(data), chunkBytes)
		if err := stream.Send(&pb.GetAssetResponse{Part: &pb.GetAssetResponse_Chunk{Chunk: data[:n]}}); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

func (s *assets) ListAssets(ctx context.Context, req *pb.ListAssetsRequest) (*pb.ListAssetsResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	list, more, err := s.library.ListPictures(ctx, cmp.Or(int(req.PageSize), defaultPage), req.PageToken)
	if err != nil {
		return nil, toStatus(err)
	}
	resp := &pb.ListAssetsResponse{Assets: list}
	if more {
		resp.NextPageToken = list[len(list)-1].Name
	}
	return resp, nil
}

func (s *assets) DeleteAsset(ctx context.Context, req *pb.DeleteAssetRequest) (*pb.DeleteAssetResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	if err := s.library.DeletePicture(ctx, req.Name, int(req.Version), s.mixes); err != nil {
		return nil, toStatus(err)
	}
	return &pb.DeleteAssetResponse{}, nil
}
