package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// chunkBytes is the size of the parts in which an asset is sent.
const chunkBytes = 64 << 10

// UploadAsset keeps a picture or a sound under name and returns the version that was
// made. It reads from to its end, in parts. When reading fails nothing is kept, and the
// error is from's.
func (c *Client) UploadAsset(ctx context.Context, name string, kind pb.AssetKind, from io.Reader) (*pb.Asset, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // an upload that was not finished is forgotten
	stream, err := c.assets.UploadAsset(ctx)
	if err != nil {
		return nil, err
	}
	open := &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: &pb.UploadAssetOpen{Name: name, Kind: kind}}}
	for part := open; part != nil; {
		if err := stream.Send(part); errors.Is(err, io.EOF) {
			break // the service has seen enough; its answer says why
		} else if err != nil {
			return nil, err
		}
		if part, err = nextChunk(from); err != nil {
			return nil, fmt.Errorf("client: reading asset %q: %w", name, err)
		}
	}
	resp, err := stream.CloseAndRecv()
	if err != nil {
		return nil, err
	}
	return resp.Asset, nil
}

// nextChunk reads the next part; nil at the end. gRPC may still hold the part before, so
// each has bytes of its own.
func nextChunk(from io.Reader) (*pb.UploadAssetRequest, error) {
	chunk := make([]byte, chunkBytes)
	n, err := io.ReadFull(from, chunk)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if n == 0 {
		return nil, nil
	}
	return &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Chunk{Chunk: chunk[:n]}}, nil
}
