package client_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"
	"testing/iotest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/client"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestWhatTheServiceRefuses(t *testing.T) {
	s := newService(t)
	bad := duet("room")
	bad.Participants[1].Name, bad.Outputs[0].Url = "b e n", "ftp://127.0.0.1"
	_, err := s.Mixes().StartMix(t.Context(), &pb.StartMixRequest{Spec: bad})
	fields := map[string]bool{}
	for _, f := range client.Faults(err) {
		fields[f.Field] = f.Description != ""
	}
	if !fields["spec.participants[1].name"] || !fields["spec.outputs[0].url"] || client.IsRevision(err) {
		t.Errorf("faults of %v: %v", err, fields)
	}

	mix, _ := s.start(t, "room")
	muted := true
	_, err = s.Mixes().SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{
		Id: "room", Participant: "ben", Muted: &muted, ExpectedRevision: mix.Revision + 1,
	})
	if !client.IsRevision(err) || client.Faults(err) != nil {
		t.Errorf("another revision: %v, %v", err, client.Faults(err))
	}
	for _, err := range []error{nil, errors.New("of something else"), status.Error(codes.NotFound, "")} {
		if client.IsRevision(err) || client.Faults(err) != nil {
			t.Errorf("%v is taken for another error", err)
		}
	}
}

func TestUploads(t *testing.T) {
	s := newService(t)
	var picture bytes.Buffer
	noisy := image.NewRGBA(image.Rect(0, 0, 320, 200)) // more than one part
	for i := range noisy.Pix {
		noisy.Pix[i] = byte(i * i >> 3)
	}
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&picture, noisy); err != nil {
		t.Fatal(err)
	}
	if picture.Len() < 3*(64<<10) {
		t.Fatalf("the picture has only %d bytes", picture.Len())
	}
	asset, err := s.UploadAsset(t.Context(), "logo", pb.AssetKind_ASSET_KIND_PICTURE, iotest.HalfReader(bytes.NewReader(picture.Bytes())))
	if err != nil || asset.Version != 1 || asset.Width != 320 || asset.Size != int64(picture.Len()) {
		t.Errorf("UploadAsset = %v, %v", asset, err)
	}

	broken := errors.New("the disk is gone")
	for _, c := range []struct {
		name  string
		asset string
		from  io.Reader
		check func(error) bool
	}{
		{"reading fails", "other", io.MultiReader(bytes.NewReader(picture.Bytes()[:100_000]), iotest.ErrReader(broken)),
			func(err error) bool { return errors.Is(err, broken) }},
		{"it is no picture", "other", bytes.NewReader(make([]byte, 200_000)), func(err error) bool { return client.Faults(err) != nil }},
		{"it is too large", "other", io.LimitReader(zeros{}, 1<<30), func(err error) bool { return client.Faults(err) != nil }},
		{"it has nothing", "other", bytes.NewReader(nil), func(err error) bool { return client.Faults(err) != nil }},
		{"the name is bad", "o t h e r", bytes.NewReader(picture.Bytes()), func(err error) bool { return client.Faults(err)[0].Field == "open.name" }},
	} {
		if _, err := s.UploadAsset(t.Context(), c.asset, pb.AssetKind_ASSET_KIND_PICTURE, c.from); err == nil || !c.check(err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	list, err := s.Assets().ListAssets(t.Context(), &pb.ListAssetsRequest{})
	if err != nil || len(list.Assets) != 1 {
		t.Errorf("kept: %v, %v", list, err)
	}
}

// zeros is an io.Reader without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
