package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"

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
	sounding  chan struct{} // holds a token for each upload of a sound
}

// chunkBytes is the size of the parts in which an asset is sent.
const chunkBytes = 64 << 10

func (s *assets) UploadAsset(stream grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]) error {
	asset, err := s.upload(stream)
	if err != nil {
		return toStatus(err)
	}
	return stream.SendAndClose(&pb.UploadAssetResponse{Asset: asset})
}

// upload receives an asset and keeps it.
func (s *assets) upload(stream grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]) (*pb.Asset, error) {
	free, err := take(s.receiving)
	if err != nil {
		return nil, err
	}
	defer free()
	parts := receive(stream, s.check, uploadTimeout)
	defer parts.end()
	open, err := parts.open()
	if err != nil {
		return nil, err
	}
	if open.Kind != pb.AssetKind_ASSET_KIND_SOUND {
		data, err := parts.picture(s.library.limits.Pictures.Bytes)
		if err != nil {
			return nil, err
		}
		return s.library.UploadPicture(stream.Context(), open.Name, data)
	}
	freeSound, err := take(s.sounding)
	if err != nil {
		return nil, err
	}
	defer freeSound()
	ctx, cancel := parts.extend(stream.Context(), soundTimeout)
	defer cancel()
	file, err := s.library.sounds.temporary()
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	size, digest, err := parts.sound(file, s.library.limits.Sounds.Bytes)
	if err != nil {
		return nil, err
	}
	return s.library.UploadSound(ctx, open.Name, file, size, digest)
}

func (s *assets) GetAsset(req *pb.GetAssetRequest, stream grpc.ServerStreamingServer[pb.GetAssetResponse]) error {
	if err := s.check.request(req); err != nil {
		return toStatus(err)
	}
	if req.Kind == pb.AssetKind_ASSET_KIND_SOUND {
		return s.sendSound(req, stream)
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

// sendSound answers GetAsset for a sound. Data that turns out not to be what was uploaded
// ends the stream with an error.
func (s *assets) sendSound(req *pb.GetAssetRequest, stream grpc.ServerStreamingServer[pb.GetAssetResponse]) error {
	data, asset, err := s.library.OpenSound(stream.Context(), req.Name, int(req.Version))
	if err != nil {
		return toStatus(err)
	}
	defer data.Close()
	if err := stream.Send(&pb.GetAssetResponse{Part: &pb.GetAssetResponse_Asset{Asset: asset}}); err != nil {
		return err // the transport's, a status already
	}
	for piece := make([]byte, chunkBytes); ; {
		n, err := data.Read(piece)
		if n > 0 {
			if err := stream.Send(&pb.GetAssetResponse{Part: &pb.GetAssetResponse_Chunk{Chunk: piece[:n]}}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return toStatus(storeError(err, ErrNoSound, req.Name, int(req.Version)))
		}
	}
}

func (s *assets) ListAssets(ctx context.Context, req *pb.ListAssetsRequest) (*pb.ListAssetsResponse, error) {
	if err := s.check.request(req); err != nil {
		return nil, toStatus(err)
	}
	listed := s.library.ListPictures
	if req.Kind == pb.AssetKind_ASSET_KIND_SOUND {
		listed = s.library.ListSounds
	}
	list, more, err := listed(ctx, cmp.Or(int(req.PageSize), defaultPage), req.PageToken)
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
	remove := s.library.DeletePicture
	if req.Kind == pb.AssetKind_ASSET_KIND_SOUND {
		remove = s.library.DeleteSound
	}
	if err := remove(ctx, req.Name, int(req.Version), s.mixes); err != nil {
		return nil, toStatus(err)
	}
	return &pb.DeleteAssetResponse{}, nil
}
