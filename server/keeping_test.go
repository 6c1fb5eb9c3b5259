package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/compose"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

func TestARestartFindsEverything(t *testing.T) {
	cfg := store.Config{Dir: t.TempDir()}
	first := openStore(t, cfg)
	b := newBench(t, Limits{}, over(NewLibrary(first, LibraryConfig{})))
	data := jpegOf(t, 20, 30, green)
	asset, err := b.picture(t.Context(), "face", data, 100)
	if err != nil {
		t.Fatal(err)
	}
	branded := plain("talk", "number 1", 2)
	branded.Overlays = []*pb.Overlay{logo("face")}
	old := b.upload(t, branded)
	b.upload(t, plain("talk", "number 2", 2))
	if err := errors.Join(b.stop(), first.Close()); err != nil {
		t.Fatal(err)
	}

	// Pictures that were allowed stay, whatever is allowed now.
	second := openStore(t, cfg)
	b = newBench(t, Limits{}, over(NewLibrary(second, LibraryConfig{Pictures: compose.PictureLimits{Bytes: 10, Side: 10}})))
	got, bytes, err := b.download(t.Context(), "face", 0)
	if err != nil || !proto.Equal(got, asset) || !slices.Equal(bytes, data) {
		t.Errorf("%v with %d bytes, %v; want %v", got, len(bytes), err, asset)
	}
	if img, err := b.library.Picture("face@1"); err != nil || img.Rect.Dx() != 20 || img.Rect.Dy() != 30 {
		t.Errorf("pixels: %v", err)
	}
	kept, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: "talk", Version: 1})
	if err != nil || !proto.Equal(kept.Info, old) || len(kept.Versions) != 2 {
		t.Errorf("%v, %v; want %v", kept, err, old)
	}
	spec := dressed("room", &pb.Layout{Template: "talk", TemplateVersion: 1})
	spec.Participants[0].Placeholder = "face"
	mix := b.start(t, spec)
	custom := b.engine.mix("room").seen()[0].Layout.Custom
	if mix.Spec.Participants[0].Placeholder != "face@1" || custom.Description != "number 1" || custom.Overlays[0].Image != "face@1" || custom.Version != 1 {
		t.Errorf("%v with %+v", mix, custom)
	}
	if b.upload(t, plain("talk", "number 2", 2)).Version != 2 || b.upload(t, plain("talk", "number 3", 2)).Version != 3 {
		t.Error("versions begin anew")
	}
	_, err = b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "face"})
	wantCode(t, err, codes.FailedPrecondition)
}

// everyCall makes each call that needs the store.
func (b *bench) everyCall(ctx context.Context, t testing.TB) map[string]error {
	errs := map[string]error{}
	_, errs["UploadTemplate"] = b.UploadTemplate(ctx, message(plain("fresh", "", 1)))
	_, errs["GetTemplate"] = b.GetTemplate(ctx, &pb.GetTemplateRequest{Name: "talk"})
	_, errs["ListTemplates"] = b.ListTemplates(ctx, &pb.ListTemplatesRequest{})
	_, errs["DeleteTemplate"] = b.DeleteTemplate(ctx, &pb.DeleteTemplateRequest{Name: "talk"})
	_, errs["PreviewTemplate"] = b.PreviewTemplate(ctx, named("talk"))
	_, errs["UploadAsset"] = b.picture(ctx, "fresh", pngOf(t, 2, 2, red), 99)
	_, _, errs["GetAsset"] = b.download(ctx, "logo", 0)
	_, errs["ListAssets"] = b.ListAssets(ctx, &pb.ListAssetsRequest{})
	_, errs["DeleteAsset"] = b.DeleteAsset(ctx, &pb.DeleteAssetRequest{Name: "logo"})
	_, errs["StartMix"] = b.StartMix(ctx, &pb.StartMixRequest{Spec: dressed("fresh", &pb.Layout{Template: "talk"})})
	faced := duet("faced")
	faced.Participants[0].Placeholder = "logo"
	_, errs["StartMix with a face"] = b.StartMix(ctx, &pb.StartMixRequest{Spec: faced})
	return errs
}

func TestAStoreThatFails(t *testing.T) {
	l := newLibrary(t)
	broken := &watched{shelf: l.store}
	b := newBench(t, Limits{}, over(l))
	b.upload(t, plain("talk", "", 2))
	b.mustPicture(t, "logo", red)
	b.start(t, dressed("room", &pb.Layout{Template: "talk"}))
	l.store = broken
	const path = "/var/lib/secret-place/4.blk"
	for name, test := range map[string]struct {
		fails error
		code  codes.Code
	}{
		"unavailable": {fmt.Errorf("%w: open %s: permission denied", store.ErrUnavailable, path), codes.Unavailable},
		"corrupt":     {fmt.Errorf("%w: record %s", store.ErrCorrupt, path), codes.Unavailable},
		"full":        {fmt.Errorf("%w: write %s: no space left on device", store.ErrFull, path), codes.ResourceExhausted},
		"unknown":     {errors.New(path), codes.Unavailable},
	} {
		broken.before = func(string, store.Kind, string) error { return test.fails }
		for call, err := range b.everyCall(t.Context(), t) {
			wantCode(t, err, test.code)
			if text := status.Convert(err).Message(); strings.Contains(text, "secret-place") || !strings.Contains(text, "the log") {
				t.Errorf("%s, %s: %q", name, call, text)
			}
		}
		// What runs goes on.
		set, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: "ben", Muted: proto.Bool(true)})
		if err != nil || set.Mix.Spec.Layout.TemplateVersion != 1 {
			t.Errorf("%s: %v, %v", name, set, err)
		}
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.log.String(), `"cause":"store: unavailable: open /var/lib/secret-place`) {
		t.Errorf("the log does not say why:\n%s", b.log)
	}
}

func TestAStoreThatIsClosed(t *testing.T) {
	s := openStore(t, store.Config{})
	b := newBench(t, Limits{}, over(NewLibrary(s, LibraryConfig{})))
	b.upload(t, plain("talk", "", 2))
	b.mustPicture(t, "logo", red)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for call, err := range b.everyCall(t.Context(), t) {
		wantCode(t, err, codes.Unavailable)
		if text := status.Convert(err).Message(); strings.ContainsAny(text, "/") || !strings.Contains(text, ErrStore.Error()) {
			t.Errorf("%s: %q", call, text)
		}
	}
	if mix := b.start(t, duet("room")); mix.Revision != 1 {
		t.Errorf("a mix that needs no store: %v", mix)
	}
}

func TestAStoreThatIsFull(t *testing.T) {
	s := openStore(t, store.Config{MaxVersions: 2, MaxNames: 3})
	b := newBench(t, Limits{}, over(NewLibrary(s, LibraryConfig{})))
	for i := range 4 {
		_, err := b.UploadTemplate(t.Context(), message(plain("talk", fmt.Sprint(i), 1)))
		if i < 2 && err != nil {
			t.Fatal(err)
		}
		if i >= 2 {
			wantCode(t, err, codes.ResourceExhausted)
			if !strings.Contains(err.Error(), "at most 2") {
				t.Error(err)
			}
		}
		_, err = b.picture(t.Context(), fmt.Sprint("p", i), pngOf(t, 2, 2, red), 99)
		if i < 3 && err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			wantCode(t, err, codes.ResourceExhausted)
		}
	}
	if info := b.upload(t, plain("talk", "1", 1)); info.Version != 2 { // what is there needs no room
		t.Errorf("info = %v", info)
	}
}

// However many templates and mixes there are: who uses what is found out once a call.
func TestUsersAreCountedOnce(t *testing.T) {
	l := newLibrary(t)
	var kept []store.Version
	for i := range 500 {
		kept = append(kept, store.Version{
			Name: fmt.Sprintf("t%03d", i), Version: 1, Note: note(templateNote{Participants: 6}),
		})
	}
	l.store = listed{shelf: l.store, kept: kept}
	b := newBench(t, Limits{Mixes: 200}, over(l))
	for i := range 200 {
		b.start(t, duet(fmt.Sprintf("m%03d", i)))
	}
	s := &templates{library: l, mixes: b.mixes}
	infos, more, err := l.ListTemplates(t.Context(), 500, "")
	if err != nil || !more || len(infos) != 500 {
		t.Fatalf("%d templates, %v", len(infos), err)
	}
	s.users(infos)
	once := testing.AllocsPerRun(3, func() { b.mixes.uses() })
	list := testing.AllocsPerRun(3, func() { s.users(infos) })
	// A name that is looked up has an allocation or two of its own.
	if most := once + 3*float64(len(infos)); list > most {
		t.Errorf("%d templates take %.0f allocations, one look at the mixes %.0f", len(infos), list, once)
	}
	grid := slices.IndexFunc(infos, func(i *pb.TemplateInfo) bool { return i.Name == DefaultTemplate })
	if n := len(infos[grid].Mixes); n != maxUsers {
		t.Errorf("%d mixes are named, want %d of 200", n, maxUsers)
	}
}

// listed is a shelf whose list is given.
type listed struct {
	shelf
	kept []store.Version
}

func (l listed) List(context.Context, store.Kind, string) ([]store.Version, error) {
	return l.kept, nil
}
