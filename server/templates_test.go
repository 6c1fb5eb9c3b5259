package server

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

func TestUploadTemplateCountsVersions(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	for i, text := range []string{"first", "second", "third"} {
		info := b.upload(t, plain("talk", text, 3))
		if info.Name != "talk" || info.Version != int32(i+1) || info.Description != text || info.Builtin ||
			info.MaxParticipants != 3 || info.CreateTime == nil || len(info.Mixes) != 0 {
			t.Errorf("upload %d: %v", i+1, info)
		}
		if again := b.upload(t, plain("talk", text, 3)); !proto.Equal(again, info) {
			t.Errorf("the same upload again: %v, want %v", again, info)
		}
	}
	// Only the newest counts: what was once is a new version.
	if info := b.upload(t, plain("talk", "first", 3)); info.Version != 4 {
		t.Errorf("back to the first: %v", info)
	}
	if list := b.versionsOf(t, "talk"); !slices.Equal(list, []int32{4, 3, 2, 1}) {
		t.Errorf("versions = %v", list)
	}
}

func TestTheSameUploadAtOnceIsOneVersion(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	data := pngOf(t, 4, 4, red)
	var uploads sync.WaitGroup
	for range 8 {
		uploads.Go(func() {
			resp, err := b.UploadTemplate(t.Context(), message(plain("talk", "", 2)))
			if err != nil || resp.Info.Version != 1 {
				t.Errorf("template: %v, %v", resp, err)
			}
			asset, err := b.picture(t.Context(), "logo", data, 16)
			if err != nil || asset.Version != 1 {
				t.Errorf("picture: %v, %v", asset, err)
			}
		})
	}
	uploads.Wait()
}

func TestUploadTemplateTakesMessagesJSONAndYAML(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.upload(t, plain("talk", "one", 1))
	for name, source := range map[string]string{
		"JSON": `{"name": "talk", "description": "one", "layouts": [{"slots": [{"w": 1, "h": 1}]}]}`,
		"YAML": "name: talk\ndescription: one\nlayouts:\n  - slots:\n      - {w: 1, h: 1}\n",
	} {
		resp, err := b.UploadTemplate(t.Context(), text(source))
		if err != nil || resp.Info.Version != 1 {
			t.Errorf("%s of the same: %v, %v", name, resp, err)
		}
	}
}

func TestValidateOnlyKeepsNothing(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	req := message(plain("talk", "a word", 4))
	req.ValidateOnly = true
	resp, err := b.UploadTemplate(t.Context(), req)
	if want := (&pb.TemplateInfo{Name: "talk", Description: "a word", MaxParticipants: 4}); err != nil || !proto.Equal(resp.Info, want) {
		t.Errorf("info = %v, %v; want %v", resp, err, want)
	}
	_, err = b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: "talk"})
	wantCode(t, err, codes.NotFound)
	req.GetTemplate().Name = "pk"
	_, err = b.UploadTemplate(t.Context(), req)
	wantCode(t, err, codes.InvalidArgument)
}

func TestUploadTemplateWarns(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	pale := plain("talk", "", 1)
	pale.Defaults = &pb.SlotStyle{Label: &pb.Label{Color: "#777777", Background: "#888888"}}
	resp, err := b.UploadTemplate(t.Context(), message(pale))
	if err != nil || resp.Info.Version != 1 || len(resp.Warnings) != 1 ||
		resp.Warnings[0].Field != "defaults.label.color" || !strings.Contains(resp.Warnings[0].Description, "contrast") {
		t.Errorf("%v, %v", resp, err)
	}
}

func TestAMessageMayHaveAMegabyte(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	_, err := b.UploadTemplate(t.Context(), text(strings.Repeat("x", maxMessage)))
	wantCode(t, err, codes.ResourceExhausted)
	_, err = b.picture(t.Context(), "logo", make([]byte, 2*maxMessage), maxMessage)
	wantCode(t, err, codes.ResourceExhausted)
}

func TestPicturesArePinnedWhenATemplateIsKept(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.mustPicture(t, "logo", red)
	b.mustPicture(t, "logo", green)
	b.mustPicture(t, "wall", blue)
	branded := plain("talk", "", 2)
	branded.Canvas = &pb.Canvas{Image: "wall"}
	branded.Layouts[1].Slots[1].Placeholder = "logo@1"
	branded.Overlays = []*pb.Overlay{logo("logo")}
	want := proto.CloneOf(branded)
	want.Canvas.Image, want.Overlays[0] = "wall@1", logo("logo@2")

	b.upload(t, branded)
	got, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: "talk"})
	if err != nil || !proto.Equal(got.Template, want) {
		t.Fatalf("kept %v, %v\nwant %v", got, err, want)
	}
	// What comes back is what one uploads: the pins are its own.
	b.mustPicture(t, "logo", blue)
	if info := b.upload(t, got.Template); info.Version != 1 {
		t.Errorf("the template as it came back is version %d", info.Version)
	}
	if info := b.upload(t, branded); info.Version != 2 { // with logo@3
		t.Errorf("with another picture of the name: %v", info)
	}
}

// A picture that is uploaded while a template is checked is in all of it or in none.
func TestATemplateHasOneVersionOfAName(t *testing.T) {
	l := newLibrary(t)
	slow := &watched{shelf: l.store}
	l.store = slow
	b := newBench(t, Limits{}, over(l))
	b.mustPicture(t, "logo", red)
	extra := pngOf(t, 2, 2, green)
	slow.before = func(op string, kind store.Kind, _ string) error {
		if op == "stat" && kind == store.Picture {
			slow.before = nil
			defer func() { _, _ = slow.shelf.Put(t.Context(), kind, "logo", extra, nil) }()
		}
		return nil
	}
	branded := plain("talk", "", 2)
	branded.Layouts[1].Slots[0].Placeholder, branded.Layouts[1].Slots[1].Placeholder = "logo", "logo"
	b.upload(t, branded)
	got, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: "talk"})
	if s := got.GetTemplate().GetLayouts()[1].Slots; err != nil || s[0].Placeholder != s[1].Placeholder {
		t.Errorf("%v, %v", got, err)
	}
}

func TestGetTemplate(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	for i := range 3 {
		b.upload(t, plain("talk", fmt.Sprint("number ", i+1), 2))
	}
	spec := duet("room")
	spec.Layout = &pb.Layout{Template: "talk", TemplateVersion: 2}
	b.start(t, spec)
	for version, want := range map[int32]string{0: "number 3", 1: "number 1", 2: "number 2", 3: "number 3"} {
		got, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: "talk", Version: version})
		if err != nil || got.Template.Description != want || got.Info.Description != want || len(got.Versions) != 3 {
			t.Fatalf("version %d: %v, %v", version, got, err)
		}
		if used := slices.Equal(got.Info.Mixes, []string{"room"}); used != (version == 2) {
			t.Errorf("version %d is used by %q", version, got.Info.Mixes)
		}
		for i, v := range got.Versions {
			if v.Version != int32(3-i) || (len(v.Mixes) == 1) != (v.Version == 2) {
				t.Errorf("versions = %v", got.Versions)
			}
		}
	}
	for _, missing := range []*pb.GetTemplateRequest{{Name: "talk", Version: 4}, {Name: "walk"}, {Name: "pk", Version: 1}} {
		_, err := b.GetTemplate(t.Context(), missing)
		wantCode(t, err, codes.NotFound)
	}
	for _, name := range []string{"", "a/b", "..", "../talk", "talk@1", strings.Repeat("a", 65)} {
		_, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: name})
		wantCode(t, err, codes.InvalidArgument)
	}
	for _, name := range layout.BuiltinNames() {
		got, err := b.GetTemplate(t.Context(), &pb.GetTemplateRequest{Name: name})
		if err != nil || !got.Info.Builtin || got.Info.Version != 0 || len(got.Versions) != 1 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		got.Template.Name = "my-" + name // to start from
		if info := b.upload(t, got.Template); info.Version != 1 || info.MaxParticipants != got.Info.MaxParticipants {
			t.Errorf("%s under another name: %v", name, info)
		}
	}
}

func TestListTemplates(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	for _, name := range []string{"zoo", "Alpha", "grid-b", "x.y_z"} {
		b.upload(t, plain(name, "old", 2))
		b.upload(t, plain(name, "new", 2))
	}
	spec := duet("room")
	spec.Layout = &pb.Layout{Template: "zoo"}
	b.start(t, spec)
	want := slices.Sorted(slices.Values(append(layout.BuiltinNames(), "zoo", "Alpha", "grid-b", "x.y_z")))
	for _, size := range []int32{0, 1, 2, int32(len(want)), 500} {
		var names []string
		for req := (&pb.ListTemplatesRequest{PageSize: size}); ; {
			resp, err := b.ListTemplates(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, info := range resp.Templates {
				names = append(names, info.Name)
				if !info.Builtin && (info.Version != 2 || info.Description != "new") || (len(info.Mixes) == 1) != (info.Name == "zoo") {
					t.Errorf("info = %v", info)
				}
			}
			if req.PageToken = resp.NextPageToken; req.PageToken == "" {
				break
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("page size %d: %q, want %q", size, names, want)
		}
	}
	for _, req := range []*pb.ListTemplatesRequest{{PageSize: -1}, {PageSize: 501}, {PageToken: strings.Repeat("a", 65)}} {
		_, err := b.ListTemplates(t.Context(), req)
		wantCode(t, err, codes.InvalidArgument)
	}
}

func TestDeleteTemplate(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	remove := func(name string, version int32) error {
		_, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: name, Version: version})
		return err
	}
	for i := range 3 {
		b.upload(t, plain("talk", fmt.Sprint(i), 2))
	}
	for _, id := range []string{"room-b", "room-a"} {
		spec := duet(id)
		spec.Layout = &pb.Layout{Template: "talk", TemplateVersion: 2}
		b.start(t, spec)
	}
	for _, version := range []int32{0, 2} {
		err := remove("talk", version)
		wantCode(t, err, codes.FailedPrecondition)
		if want := []string{"IN_USE mix/room-a", "IN_USE mix/room-b"}; !slices.Equal(usersIn(err), want) ||
			!strings.Contains(err.Error(), `template "talk" is in use by mixes room-a, room-b`) {
			t.Errorf("version %d: %v with %q", version, err, usersIn(err))
		}
	}
	if err := remove("talk", 3); err != nil {
		t.Error(err)
	}
	if list := b.versionsOf(t, "talk"); !slices.Equal(list, []int32{2, 1}) {
		t.Errorf("versions = %v", list)
	}
	for _, id := range []string{"room-a", "room-b"} {
		if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := remove("talk", 0); err != nil {
		t.Errorf("in use by stopped mixes: %v", err)
	}
	wantCode(t, remove("talk", 0), codes.NotFound)
	wantCode(t, remove("talk", 2), codes.NotFound)
	wantCode(t, remove("walk", 1), codes.NotFound)
	wantCode(t, remove("pk", 0), codes.FailedPrecondition)
	wantCode(t, remove("../talk", 0), codes.InvalidArgument)
	if info := b.upload(t, plain("talk", "0", 2)); info.Version != 4 {
		t.Errorf("a number was used again: %v", info)
	}
}

func TestAServiceWithoutAStore(t *testing.T) {
	b := newBench(t, Limits{}, over(NewLibrary(nil, LibraryConfig{})))
	_, err := b.UploadTemplate(t.Context(), message(plain("talk", "", 1)))
	wantCode(t, err, codes.Unavailable)
	if !strings.Contains(err.Error(), "keeps nothing") {
		t.Error(err)
	}
	_, err = b.picture(t.Context(), "logo", pngOf(t, 2, 2, red), 999)
	wantCode(t, err, codes.Unavailable)
	list, err := b.ListTemplates(t.Context(), &pb.ListTemplatesRequest{})
	if err != nil || len(list.Templates) != len(layout.BuiltinNames()) {
		t.Errorf("%v, %v", list, err)
	}
	_, err = b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"})
	wantCode(t, err, codes.NotFound)
	_, err = b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "logo"})
	wantCode(t, err, codes.NotFound)
}
