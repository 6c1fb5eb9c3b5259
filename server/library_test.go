package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// openStore opens a real store that the end of the test closes.
func openStore(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
	})
	return s
}

// newLibrary returns a library over a real store in a temporary directory.
func newLibrary(t testing.TB) *Library {
	t.Helper()
	kept := openStore(t, store.Config{MaxSizes: map[store.Kind]int64{store.Sound: 64 << 20}})
	return NewLibrary(kept, LibraryConfig{Dir: filepath.Join(t.TempDir(), "sounds")})
}

// watched is a shelf before a real one that counts, and does what the test wants first.
type watched struct {
	shelf
	calls  atomic.Int64
	before func(op string, kind store.Kind, name string) error // nil for nothing
}

func (w *watched) enter(op string, kind store.Kind, name string) error {
	w.calls.Add(1)
	if w.before == nil {
		return nil
	}
	return w.before(op, kind, name)
}

func (w *watched) Put(ctx context.Context, kind store.Kind, name string, data, note []byte) (store.Version, error) {
	if err := w.enter("put", kind, name); err != nil {
		return store.Version{}, err
	}
	return w.shelf.Put(ctx, kind, name, data, note)
}

func (w *watched) Get(ctx context.Context, kind store.Kind, name string, version int) ([]byte, store.Version, error) {
	if err := w.enter("get", kind, name); err != nil {
		return nil, store.Version{}, err
	}
	return w.shelf.Get(ctx, kind, name, version)
}

func (w *watched) Stat(ctx context.Context, kind store.Kind, name string, version int) (store.Version, error) {
	if err := w.enter("stat", kind, name); err != nil {
		return store.Version{}, err
	}
	return w.shelf.Stat(ctx, kind, name, version)
}

func (w *watched) List(ctx context.Context, kind store.Kind, name string) ([]store.Version, error) {
	if err := w.enter("list", kind, name); err != nil {
		return nil, err
	}
	return w.shelf.List(ctx, kind, name)
}

func (w *watched) Delete(ctx context.Context, kind store.Kind, name string, version int) error {
	if err := w.enter("delete", kind, name); err != nil {
		return err
	}
	return w.shelf.Delete(ctx, kind, name, version)
}

// plain returns a template for up to n people whose description tells its versions
// apart.
func plain(name, description string, n int) *pb.LayoutTemplate {
	t := &pb.LayoutTemplate{Name: name, Description: description}
	for count := 1; count <= n; count++ {
		l := &pb.CountLayout{}
		for i := range count {
			l.Slots = append(l.Slots, &pb.Slot{Y: float64(i) / float64(count), W: 1, H: 1 / float64(count)})
		}
		t.Layouts = append(t.Layouts, l)
	}
	return t
}

// logo returns an overlay with a picture.
func logo(name string) *pb.Overlay {
	return &pb.Overlay{Content: &pb.Overlay_Image{Image: &pb.ImageOverlay{Name: name}}}
}

// upload uploads a template or ends the test.
func (b *bench) upload(t testing.TB, template *pb.LayoutTemplate) *pb.TemplateInfo {
	t.Helper()
	resp, err := b.UploadTemplate(t.Context(), message(template))
	if err != nil {
		t.Fatal(err)
	}
	return resp.Info
}

func message(template *pb.LayoutTemplate) *pb.UploadTemplateRequest {
	return &pb.UploadTemplateRequest{Source: &pb.UploadTemplateRequest_Template{Template: template}}
}

func text(template string) *pb.UploadTemplateRequest {
	return &pb.UploadTemplateRequest{Source: &pb.UploadTemplateRequest_Text{Text: []byte(template)}}
}

// picture uploads a picture in chunks of a size.
func (b *bench) picture(ctx context.Context, name string, data []byte, chunk int) (*pb.Asset, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.UploadAsset(ctx)
	if err != nil {
		return nil, err
	}
	parts := []*pb.UploadAssetRequest{opening(name)}
	for len(data) > 0 {
		n := min(chunk, len(data))
		parts = append(parts, part(data[:n]))
		data = data[n:]
	}
	for _, p := range parts {
		if stream.Send(p) != nil {
			break // CloseAndRecv knows why
		}
	}
	resp, err := stream.CloseAndRecv()
	return resp.GetAsset(), err
}

// mustPicture uploads a picture of one colour or ends the test.
func (b *bench) mustPicture(t testing.TB, name string, c color.Color) *pb.Asset {
	t.Helper()
	asset, err := b.picture(t.Context(), name, pngOf(t, 8, 8, c), 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	return asset
}

func opening(name string) *pb.UploadAssetRequest {
	return &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: &pb.UploadAssetOpen{Name: name}}}
}

func part(data []byte) *pb.UploadAssetRequest {
	return &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Chunk{Chunk: data}}
}

var red, green, blue = color.NRGBA{0xff, 0, 0, 0xff}, color.NRGBA{0, 0xff, 0, 0xff}, color.NRGBA{0, 0, 0xff, 0xff}

func flat(w, h int, c color.Color) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return img
}

func pngOf(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	return encoded(t, flat(w, h, c))
}

func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, flat(w, h, c), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// usersIn returns what an error's PreconditionFailure names.
func usersIn(err error) (subjects []string) {
	for _, detail := range status.Convert(err).Details() {
		if failure, ok := detail.(*errdetails.PreconditionFailure); ok {
			for _, v := range failure.Violations {
				subjects = append(subjects, v.Type+" "+v.Subject)
			}
		}
	}
	return subjects
}

// versionsOf returns which versions of a template there are, newest first.
func (b *bench) versionsOf(t testing.TB, name string) (list []int32) {
	t.Helper()
	resp, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range resp.Versions {
		list = append(list, v.Version)
	}
	return list
}

// notes must have room for the longest that a template may have to tell.
func TestTheLongestNoteIsKept(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	long := plain(fmt.Sprintf("%064d", 1), "", 16)
	for range 256 {
		long.Description += "<" // six bytes in JSON
	}
	for i := range maxPictures {
		name := fmt.Sprintf("%064d", i)
		b.mustPicture(t, name, red)
		long.Layouts[15-i/16].Slots[i%15].Placeholder = name
	}
	if n := len(readNote[templateNote](store.Version{Note: note(templateNote{Description: long.Description})}).Description); n != 256 {
		t.Fatalf("a description of %d characters came back", n)
	}
	info := b.upload(t, long)
	if info.Version != 1 || info.Description != long.Description || info.MaxParticipants != 16 {
		t.Errorf("info = %v", info)
	}
	_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: fmt.Sprintf("%064d", maxPictures-1)})
	if want := "IN_USE template/" + long.Name + "@1"; len(usersIn(err)) != 1 || usersIn(err)[0] != want {
		t.Errorf("the last picture is used by %q, want %q: %v", usersIn(err), want, err)
	}
}
