package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/compose"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// download returns a picture as GetAsset sends it.
func (b *bench) download(ctx context.Context, name string, version int32) (asset *pb.Asset, data []byte, err error) {
	stream, err := b.GetAsset(ctx, &pb.GetAssetRequest{Name: name, Version: version})
	if err != nil {
		return nil, nil, err
	}
	for first := true; ; first = false {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return asset, data, nil
		case err != nil:
			return nil, nil, err
		case first != (resp.GetAsset() != nil):
			return nil, nil, fmt.Errorf("part %v comes in the wrong place", resp)
		case first:
			asset = resp.GetAsset()
		default:
			data = append(data, resp.GetChunk()...)
		}
	}
}

func TestPicturesComeBackAsTheyWent(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	seeThrough := red
	seeThrough.A = 0x80
	for _, test := range []struct {
		name  string
		data  []byte
		chunk int
		want  *pb.Asset
	}{
		{"a.png", pngOf(t, 300, 200, red), 7, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_PNG, Width: 300, Height: 200}},
		{"clear", pngOf(t, 3, 5, seeThrough), 1 << 16, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_PNG, Width: 3, Height: 5, Alpha: true}},
		{"a.jpg", jpegOf(t, 640, 360, blue), 100, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_JPEG, Width: 640, Height: 360}},
		{"large", noise(t, 900, 700), 1 << 16, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_PNG, Width: 900, Height: 700}},
	} {
		sum := sha256.Sum256(test.data)
		want := test.want
		want.Kind = pb.AssetKind_ASSET_KIND_PICTURE
		want.Name, want.Version, want.Size, want.Sha256 = test.name, 1, int64(len(test.data)), hex.EncodeToString(sum[:])
		asset, err := b.picture(t.Context(), test.name, test.data, test.chunk)
		if err != nil || asset.CreateTime == nil {
			t.Fatalf("%s: %v, %v", test.name, asset, err)
		}
		want.CreateTime = asset.CreateTime
		if !proto.Equal(asset, want) {
			t.Errorf("uploaded %v, want %v", asset, want)
		}
		for _, version := range []int32{0, 1} {
			got, data, err := b.download(t.Context(), test.name, version)
			if err != nil || !proto.Equal(got, want) || !bytes.Equal(data, test.data) {
				t.Errorf("downloaded %v with %d bytes, %v", got, len(data), err)
			}
		}
		again, err := b.picture(t.Context(), test.name, test.data, 1<<16)
		if err != nil || !proto.Equal(again, want) {
			t.Errorf("the same bytes again: %v, %v", again, err)
		}
		_, _, err = b.download(t.Context(), test.name, 2)
		wantCode(t, err, codes.NotFound)
	}
	if again := b.mustPicture(t, "a.png", red); again.Version != 2 {
		t.Errorf("other bytes: %v", again)
	}
	_, old, err := b.download(t.Context(), "a.png", 1)
	if err != nil || !bytes.Equal(old, pngOf(t, 300, 200, red)) {
		t.Errorf("the old bytes: %d of them, %v", len(old), err)
	}
	_, _, err = b.download(t.Context(), "b.png", 0)
	wantCode(t, err, codes.NotFound)
	_, _, err = b.download(t.Context(), "../a.png", 0)
	wantCode(t, err, codes.InvalidArgument)
}

// noise returns a PNG that hardly compresses.
func noise(t testing.TB, w, h int) []byte {
	img := flat(w, h, red)
	state := uint32(1)
	for i := range img.Pix {
		if i%4 != 3 {
			state = state*1664525 + 1013904223
			img.Pix[i] = byte(state >> 24)
		}
	}
	return encoded(t, img)
}

// claims returns a PNG of one pixel whose header claims other sides.
func claims(t testing.TB, w, h uint32) []byte {
	data := pngOf(t, 1, 1, red)
	const header = 8 + 4 // signature and length; then comes "IHDR"
	binary.BigEndian.PutUint32(data[header+4:], w)
	binary.BigEndian.PutUint32(data[header+8:], h)
	binary.BigEndian.PutUint32(data[header+17:], crc32.ChecksumIEEE(data[header:header+17]))
	return data
}

func TestBadPicturesAreRefused(t *testing.T) {
	l := NewLibrary(openStore(t, store.Config{}), LibraryConfig{Pictures: compose.PictureLimits{Bytes: 50_000, Side: 100}})
	b := newBench(t, Limits{}, over(l))
	whole := pngOf(t, 90, 90, red)
	for name, test := range map[string]struct {
		data []byte
		part string
	}{
		"nothing":     {nil, "bad picture"},
		"no picture":  {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "PNG"},
		"truncated":   {whole[:len(whole)-20], "broken png"},
		"half a JPEG": {jpegOf(t, 90, 90, red)[:300], "broken jpeg"},
		"a bomb":      {claims(t, 60_000, 60_000), "60000×60000 pixels; at most 100×100"},
		"too wide":    {pngOf(t, 101, 1, red), "101×1 pixels; at most 100×100"},
		"too large":   {append(whole, make([]byte, 50_000)...), "at most 50000 bytes"},
		"huge":        {claims(t, 1<<31-1, 1<<31-1), ""},
	} {
		_, err := b.picture(t.Context(), "logo", test.data, 1<<14)
		wantCode(t, err, codes.InvalidArgument)
		if found := violations(err); len(found) != 1 || !strings.Contains(found["chunk"], test.part) {
			t.Errorf("%s: %q, want %q", name, found, test.part)
		}
	}
	if kept, err := l.store.List(t.Context(), store.Picture, ""); err != nil || len(kept) != 0 {
		t.Errorf("kept all the same: %v, %v", kept, err)
	}
	if _, err := b.picture(t.Context(), "logo", pngOf(t, 100, 100, red), 1<<14); err != nil {
		t.Errorf("the largest that is allowed: %v", err)
	}
}

func TestUploadsThatBreakTheProtocol(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	data := pngOf(t, 4, 4, red)
	for name, test := range map[string]struct {
		parts []*pb.UploadAssetRequest
		field string
	}{
		"nothing":         {nil, "open"},
		"no open":         {[]*pb.UploadAssetRequest{part(data)}, "open"},
		"chunk first":     {[]*pb.UploadAssetRequest{part(data), opening("logo")}, "open"},
		"two opens":       {[]*pb.UploadAssetRequest{opening("logo"), part(data), opening("logo")}, "open"},
		"an empty part":   {[]*pb.UploadAssetRequest{opening("logo"), {}}, "part"},
		"no name":         {[]*pb.UploadAssetRequest{opening(""), part(data)}, "open.name"},
		"name with slash": {[]*pb.UploadAssetRequest{opening("a/b"), part(data)}, "open.name"},
		"a way up":        {[]*pb.UploadAssetRequest{opening("../b"), part(data)}, "open.name"},
		"a version":       {[]*pb.UploadAssetRequest{opening("logo@1"), part(data)}, "open.name"},
		"a long name":     {[]*pb.UploadAssetRequest{opening(strings.Repeat("a", 65)), part(data)}, "open.name"},
	} {
		stream, err := b.UploadAsset(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range test.parts {
			if stream.Send(p) != nil {
				break
			}
		}
		_, err = stream.CloseAndRecv()
		wantCode(t, err, codes.InvalidArgument)
		if found := violations(err); len(found) != 1 || found[test.field] == "" {
			t.Errorf("%s: %q", name, found)
		}
	}
	// Who goes away in the middle leaves nothing, and no error of ours.
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := b.UploadAsset(ctx)
	if err != nil || stream.Send(opening("logo")) != nil || stream.Send(part(data)) != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = stream.CloseAndRecv()
	wantCode(t, err, codes.Canceled)
	list, err := b.ListAssets(t.Context(), &pb.ListAssetsRequest{})
	if err != nil || len(list.Assets) != 0 {
		t.Errorf("kept all the same: %v, %v", list, err)
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if log := b.log.String(); strings.Contains(log, `"code":"Internal"`) || !strings.Contains(log, `"code":"Canceled"`) {
		t.Errorf("log:\n%s", log)
	}
}

// A stream without an end is cut when it has more than a picture may have.
func TestTheServerStopsReading(t *testing.T) {
	l := NewLibrary(openStore(t, store.Config{}), LibraryConfig{Pictures: compose.PictureLimits{Bytes: 1 << 20}})
	b := newBench(t, Limits{}, over(l))
	stream, err := b.UploadAsset(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sent, piece := 0, make([]byte, 64<<10)
	err = stream.Send(opening("logo"))
	for ; err == nil && sent < 1<<30; sent += len(piece) {
		err = stream.Send(part(piece))
	}
	if !errors.Is(err, io.EOF) || sent > 32<<20 { // what the transport buffers
		t.Errorf("%d bytes could be sent: %v", sent, err)
	}
	_, err = stream.CloseAndRecv()
	wantCode(t, err, codes.InvalidArgument)
}

// drip is an upload that comes a byte at a time and never ends.
type drip struct {
	grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]
	begun bool
}

func (d *drip) Recv() (*pb.UploadAssetRequest, error) {
	if !d.begun {
		d.begun = true
		return opening("logo"), nil
	}
	time.Sleep(time.Second)
	return part([]byte{0}), nil
}

func TestUploadsAreBoundedInTimeAndNumber(t *testing.T) {
	l := NewLibrary(nil, LibraryConfig{})
	check, err := newChecker(l)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := &assets{library: l, check: check, receiving: make(chan struct{}, 1)}
		s.receiving <- struct{}{}
		wantCode(t, s.UploadAsset(&drip{}), codes.ResourceExhausted)
		<-s.receiving
		begin := time.Now()
		wantCode(t, s.UploadAsset(&drip{}), codes.DeadlineExceeded)
		if took := time.Since(begin); took < uploadTimeout || took > uploadTimeout+2*time.Second {
			t.Errorf("a slow upload was cut after %v", took)
		}
		if len(s.receiving) != 0 {
			t.Error("its place was not given back")
		}
	})
}

func TestListAssets(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	want := []string{"A", "b.png", "c_d", "z"}
	for _, name := range []string{"z", "b.png", "A", "c_d"} {
		b.mustPicture(t, name, red)
		b.mustPicture(t, name, green)
	}
	for _, size := range []int32{0, 1, 3, 4, 500} {
		var names []string
		for req := (&pb.ListAssetsRequest{PageSize: size}); ; {
			resp, err := b.ListAssets(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, asset := range resp.Assets {
				names = append(names, asset.Name)
				if asset.Version != 2 || asset.Width != 8 || asset.Format != pb.AssetFormat_ASSET_FORMAT_PNG {
					t.Errorf("asset = %v", asset)
				}
			}
			if req.PageToken = resp.NextPageToken; req.PageToken == "" {
				break
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("page size %d: %q", size, names)
		}
	}
	_, err := b.ListAssets(t.Context(), &pb.ListAssetsRequest{PageSize: 501})
	wantCode(t, err, codes.InvalidArgument)
}

func TestDeleteAsset(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	remove := func(name string, version int32) error {
		_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: name, Version: version})
		return err
	}
	refused := func(err error, text string, want ...string) {
		t.Helper()
		wantCode(t, err, codes.FailedPrecondition)
		if got := usersIn(err); !slices.Equal(got, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("%v with %q; want %q with %q", err, got, text, want)
		}
	}
	for _, c := range []struct{ r, g, b uint8 }{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 1}} {
		shade := red
		shade.R, shade.G, shade.B = c.r, c.g, c.b
		b.mustPicture(t, "logo", shade)
	}
	branded := plain("talk", "", 2)
	branded.Overlays = []*pb.Overlay{logo("logo@1")}
	b.upload(t, branded)
	b.upload(t, plain("talk", "without", 2)) // the old version still has it
	spec := duet("room")
	spec.Participants[1].Placeholder = "logo@2"
	b.start(t, spec)
	other := duet("other")
	other.Layout = &pb.Layout{Template: "talk", TemplateVersion: 1}
	b.start(t, other)

	refused(remove("logo", 1), `picture "logo" is in use by mixes other and templates talk@1`, "IN_USE mix/other", "IN_USE template/talk@1")
	refused(remove("logo", 2), `by mixes room`, "IN_USE mix/room")
	refused(remove("logo", 0), `by mixes other, room and templates talk@1`, "IN_USE mix/other", "IN_USE mix/room", "IN_USE template/talk@1")
	if err := remove("logo", 3); err != nil {
		t.Errorf("a free version: %v", err)
	}
	wantCode(t, remove("logo", 3), codes.NotFound)
	wantCode(t, remove("loge", 0), codes.NotFound)
	wantCode(t, remove("a/b", 0), codes.InvalidArgument)
	for _, id := range []string{"room", "other"} {
		if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
	}
	refused(remove("logo", 0), `by templates talk@1`, "IN_USE template/talk@1")
	if err := remove("logo", 2); err != nil {
		t.Errorf("after its mix: %v", err)
	}
	if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk", Version: 1}); err != nil {
		t.Fatal(err)
	}
	if err := remove("logo", 0); err != nil {
		t.Errorf("after its template: %v", err)
	}
	_, _, err := b.download(t.Context(), "logo", 0)
	wantCode(t, err, codes.NotFound)
	if again := b.mustPicture(t, "logo", red); again.Version != 5 {
		t.Errorf("a number was used again: %v", again)
	}
}
