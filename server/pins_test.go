package server

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// dressed returns duet with a layout.
func dressed(id string, l *pb.Layout) *pb.MixSpec {
	spec := duet(id)
	spec.Layout = l
	return spec
}

// drawn returns the description of the template that the engine has.
func (b *bench) drawn(id string) string {
	seen := b.engine.mix(id).seen()
	if custom := seen[len(seen)-1].Layout.Custom; custom != nil {
		return custom.Description
	}
	return ""
}

func (b *bench) update(t testing.TB, spec *pb.MixSpec) *pb.Mix {
	t.Helper()
	resp, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Mix
}

func (b *bench) layout(t testing.TB, req *pb.UpdateLayoutRequest) *pb.Mix {
	t.Helper()
	req.Id = "room"
	resp, err := b.UpdateLayout(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Mix
}

func TestAMixKeepsItsVersion(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	number := 0
	another := func() {
		number++
		b.upload(t, plain("talk", fmt.Sprint("number ", number), 3))
	}
	want := func(step string, mix *pb.Mix, version int32) {
		t.Helper()
		drawn := fmt.Sprint("number ", version)
		if version == 0 {
			builtin, _ := layout.Builtin("pk")
			drawn = builtin.Description
		}
		if mix.Spec.Layout.TemplateVersion != version || b.drawn("room") != drawn {
			t.Errorf("%s: version %d, drawn %q; want %d", step, mix.Spec.Layout.TemplateVersion, b.drawn("room"), version)
		}
	}
	another()
	another()
	unpinned := dressed("room", &pb.Layout{Template: "talk"})
	want("start", b.start(t, unpinned), 2)
	another()
	got, err := b.GetMix(t.Context(), &pb.GetMixRequest{Id: "room"})
	if err != nil {
		t.Fatal(err)
	}
	want("a later upload", got.Mix, 2)
	if again := b.start(t, unpinned); !proto.Equal(again, got.Mix) {
		t.Errorf("a start that is sent again: %v", again)
	}
	if same := b.update(t, unpinned); same.Revision != 1 {
		t.Errorf("an update to the same: %v", same)
	}
	changed := dressed("room", &pb.Layout{Template: "talk", Main: "ben"})
	want("an update that names the template", b.update(t, changed), 2)
	want("a change of the speaker", b.layout(t, &pb.UpdateLayoutRequest{Main: proto.String("anna")}), 2)
	want("a layout that names the template", b.layout(t, &pb.UpdateLayoutRequest{Template: proto.String("talk")}), 3)
	if again := b.start(t, unpinned); again.Spec.Layout.TemplateVersion != 3 {
		t.Errorf("a late start: %v", again)
	}
	want("a version alone", b.layout(t, &pb.UpdateLayoutRequest{TemplateVersion: proto.Int32(1)}), 1)
	want("version 0 alone", b.layout(t, &pb.UpdateLayoutRequest{TemplateVersion: proto.Int32(0)}), 3)
	want("both", b.layout(t, &pb.UpdateLayoutRequest{Template: proto.String("talk"), TemplateVersion: proto.Int32(2)}), 2)
	pinnedSpec := dressed("room", &pb.Layout{Template: "talk", TemplateVersion: 1})
	want("an update with a version", b.update(t, pinnedSpec), 1)
	want("a built-in one", b.layout(t, &pb.UpdateLayoutRequest{Template: proto.String("pk")}), 0)
	want("back", b.layout(t, &pb.UpdateLayoutRequest{Template: proto.String("talk")}), 3)
	if b.engine.starts != 1 {
		t.Errorf("the engine started %d mixes", b.engine.starts)
	}
}

func TestAStartedVersionIsPinned(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	for i := range 3 {
		b.upload(t, plain("talk", fmt.Sprint("number ", i+1), 3))
	}
	spec := dressed("room", &pb.Layout{Template: "talk", TemplateVersion: 2})
	if mix := b.start(t, spec); mix.Spec.Layout.TemplateVersion != 2 || b.drawn("room") != "number 2" {
		t.Errorf("%v, drawn %q", mix, b.drawn("room"))
	}
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: dressed("room", &pb.Layout{Template: "talk", TemplateVersion: 3})})
	wantCode(t, err, codes.AlreadyExists)
	// The version that it has is what an open one means.
	if mix := b.start(t, dressed("room", &pb.Layout{Template: "talk"})); mix.Revision != 1 {
		t.Errorf("%v", mix)
	}
}

// A start that is sent again is the same start, whatever became of its template.
func TestALateStartNeedsNoTemplate(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.upload(t, plain("talk", "for two", 2))
	spec := dressed("room", &pb.Layout{Template: "talk"})
	b.start(t, spec)
	b.upload(t, plain("talk", "for one", 1))
	if mix := b.start(t, spec); mix.Revision != 1 || mix.Spec.Layout.TemplateVersion != 1 {
		t.Errorf("with a newer version for fewer: %v", mix)
	}
	if mix := b.update(t, dressed("room", &pb.Layout{Template: "talk", Main: "ben"})); mix.Spec.Layout.TemplateVersion != 1 {
		t.Errorf("an update with a newer version for fewer: %v", mix)
	}
	// Whoever asks for the newest is told.
	_, err := b.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: "room", Template: proto.String("talk")})
	if found := violations(err); len(found) != 1 || !strings.Contains(found["template"], "1 participants; the mix has 2") {
		t.Errorf("%v with %q", err, found)
	}
	b.layout(t, &pb.UpdateLayoutRequest{Template: proto.String("pk")})
	if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"}); err != nil {
		t.Fatal(err)
	}
	if mix := b.start(t, spec); mix.Spec.Layout.Template != "pk" {
		t.Errorf("with no version any more: %v", mix)
	}
	_, err = b.StartMix(t.Context(), &pb.StartMixRequest{Spec: dressed("other", &pb.Layout{Template: "talk"})})
	wantCode(t, err, codes.InvalidArgument)
}

func TestTemplateFaultsStandBesideTheOthers(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.upload(t, plain("talk", "", 1))
	b.mustPicture(t, "face", red)
	running := dressed("room", &pb.Layout{Template: "pk"})
	b.start(t, running)
	for _, test := range []struct {
		name   string
		layout *pb.Layout
		field  string // below spec.layout
		part   string
	}{
		{"unknown", &pb.Layout{Template: "walk"}, "template", "an uploaded template or one of"},
		{"no name", &pb.Layout{Template: "../talk"}, "template", "an uploaded template or one of"},
		{"unknown version", &pb.Layout{Template: "talk", TemplateVersion: 2}, "template_version", "must be a version"},
		{"a built-in one's version", &pb.Layout{Template: "pk", TemplateVersion: 1}, "template_version", "a built-in one has none"},
		{"negative version", &pb.Layout{Template: "talk", TemplateVersion: -1}, "template_version", ""},
		{"too many people", &pb.Layout{Template: "talk"}, "template", "1 participants; the mix has 2"},
	} {
		bad := func(id string) *pb.MixSpec {
			spec := dressed(id, proto.CloneOf(test.layout))
			spec.Video = &pb.VideoSettings{Preset: "warp"}
			spec.Outputs[0].Url = "rtmp://h"
			spec.Participants[0].Placeholder = "face@7"
			spec.Participants[1].Placeholder = "face@01"
			spec.Layout.Overrides = []*pb.SlotOverride{
				{Participant: "ben", CornerRadius: proto.Float64(0.6), Border: &pb.Border{Width: 0.2, Color: "red"}, Label: &pb.Label{Size: 9}},
			}
			return spec
		}
		want := []string{
			"spec.layout." + test.field, "spec.layout.overrides[0].border.color", "spec.layout.overrides[0].border.width",
			"spec.layout.overrides[0].corner_radius", "spec.layout.overrides[0].label.size", "spec.outputs[0].url",
			"spec.participants[0].placeholder", "spec.participants[1].placeholder", "spec.video.preset",
		}
		slices.Sort(want)
		_, onStart := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: bad("fresh")})
		_, onUpdate := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: bad("room")})
		for call, err := range map[string]error{"StartMix": onStart, "UpdateMix": onUpdate} {
			wantCode(t, err, codes.InvalidArgument)
			found := violations(err)
			if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) || !strings.Contains(found["spec.layout."+test.field], test.part) {
				t.Errorf("%s, %s: %q\nwant %q", test.name, call, found, want)
			}
		}
		req := &pb.UpdateLayoutRequest{
			Id: "room", Template: &test.layout.Template, TemplateVersion: &test.layout.TemplateVersion,
		}
		_, err := b.UpdateLayout(t.Context(), req)
		if found := violations(err); len(found) != 1 || !strings.Contains(found[test.field], test.part) {
			t.Errorf("%s, UpdateLayout: %v with %q", test.name, err, found)
		}
	}
	if seen := b.engine.mix("room").seen(); len(seen) != 1 || b.engine.starts != 1 {
		t.Errorf("the engine was given %d specs of %d mixes", len(seen), b.engine.starts)
	}
}

func TestUpdateLayoutNamesFieldsOfOverrides(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	_, err := b.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: "room", Overrides: &pb.SlotOverrides{Slots: []*pb.SlotOverride{
		{Participant: "ben", Label: &pb.Label{Text: strings.Repeat("x", 129)}},
		{Participant: "anna", Border: &pb.Border{Color: "red"}},
	}}})
	wantCode(t, err, codes.InvalidArgument)
	want := []string{"overrides.slots[0].label.text", "overrides.slots[1].border.color"}
	if got := slices.Sorted(maps.Keys(violations(err))); !slices.Equal(got, want) {
		t.Errorf("fields = %q, want %q", got, want)
	}
}

func TestTheEngineGetsTheLayoutAsItIsMeant(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.start(t, dressed("room", &pb.Layout{
		Template: "pk", MainChoice: pb.MainChoice_MAIN_CHOICE_AUTO, Transition: durationpb.New(0),
		Overrides: []*pb.SlotOverride{
			{
				Participant: "ben", X: proto.Float64(0), Y: proto.Float64(0.25), W: proto.Float64(0.5), H: proto.Float64(0.75),
				Z: proto.Int32(-7), Fit: pb.Fit_CONTAIN, CornerRadius: proto.Float64(0.1), Opacity: proto.Float64(0),
				Border: &pb.Border{Width: 0.01, Color: "#102030"}, Label: &pb.Label{Text: "{id}", Position: pb.Anchor_TOP},
			},
			{Participant: "anna", Label: &pb.Label{Off: true}},
		},
	}))
	got := b.engine.mix("room").seen()[0].Layout
	if got.Template != "pk" || !got.Auto || got.Transition == nil || *got.Transition != 0 || len(got.Overrides) != 2 {
		t.Fatalf("layout = %+v", got)
	}
	o := got.Overrides[0]
	if o.Participant != "ben" || *o.X != (layout.Length{}) || *o.Y != (layout.Length{H: 0.25}) || *o.W != (layout.Length{W: 0.5}) ||
		*o.H != (layout.Length{H: 0.75}) || *o.Z != -7 || *o.Fit != layout.Contain || *o.Radius != 0.1 || *o.Fade != 255 {
		t.Errorf("override = %+v", o)
	}
	if o.Border.Width != 0.01 || o.Border.Color.R != 0x10 || o.Border.Color.A != 0xff || o.Label.Text != "{id}" || o.Label.At != layout.Top || o.Label.Size == 0 {
		t.Errorf("border %+v, label %+v", o.Border, o.Label)
	}
	if o = got.Overrides[1]; o.Participant != "anna" || o.Label == nil || o.Label.Size != 0 ||
		o.X != nil || o.Y != nil || o.W != nil || o.H != nil || o.Z != nil || o.Fit != nil || o.Radius != nil || o.Fade != nil || o.Border != nil {
		t.Errorf("override = %+v", o)
	}
	b.update(t, duet("room"))
	if seen := b.engine.mix("room").seen(); seen[1].Layout.Auto || seen[1].Layout.Transition != nil || seen[1].Layout.Overrides != nil {
		t.Errorf("layout = %+v", seen[1].Layout)
	}
	b.layout(t, &pb.UpdateLayoutRequest{Transition: durationpb.New(5 * time.Second)})
	if seen := b.engine.mix("room").seen(); *seen[2].Layout.Transition != 5*time.Second {
		t.Errorf("layout = %+v", seen[2].Layout)
	}
}

func TestPlaceholdersArePinned(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.upload(t, plain("talk", "", 3))
	b.mustPicture(t, "face", red)
	b.mustPicture(t, "face", green)
	faces := func(anna, ben string) *pb.MixSpec {
		spec := dressed("room", &pb.Layout{Template: "talk"})
		spec.Participants[0].Placeholder, spec.Participants[1].Placeholder = anna, ben
		return spec
	}
	want := func(step string, mix *pb.Mix, anna, ben string) {
		t.Helper()
		seen := b.engine.mix("room").seen()
		p, e := mix.Spec.Participants, seen[len(seen)-1].Participants
		if p[0].Placeholder != anna || p[1].Placeholder != ben || e[0].Placeholder != anna || e[1].Placeholder != ben {
			t.Errorf("%s: %q and %q, the engine has %q and %q; want %q and %q", step,
				p[0].Placeholder, p[1].Placeholder, e[0].Placeholder, e[1].Placeholder, anna, ben)
		}
	}
	want("start", b.start(t, faces("face", "face@1")), "face@2", "face@1")
	b.mustPicture(t, "face", blue)
	b.upload(t, plain("talk", "newer", 3))
	if again := b.start(t, faces("face", "face@1")); again.Revision != 1 {
		t.Errorf("a start that is sent again: %v", again)
	}
	set, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: "ben", Muted: proto.Bool(true)})
	if err != nil || set.Mix.Spec.Layout.TemplateVersion != 1 {
		t.Fatalf("%v, %v", set, err)
	}
	want("a state", set.Mix, "face@2", "face@1")
	want("a speaker", b.layout(t, &pb.UpdateLayoutRequest{Main: proto.String("ben")}), "face@2", "face@1")
	want("an update that names both", b.update(t, faces("face", "face")), "face@2", "face@1")
	want("an update that names a version", b.update(t, faces("face@3", "face")), "face@3", "face@1")
	want("an update without", b.update(t, faces("", "face")), "", "face@1")
	want("an update that names it anew", b.update(t, faces("face", "face")), "face@3", "face@1")
	for _, bad := range []string{"nobody", "face@9", "face@0", "face@-1", "face@+1", "face@01", "face@", "@1", "face@1@2", "../face", "face 1"} {
		_, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: faces(bad, "face")})
		if found := violations(err); len(found) != 1 || found["spec.participants[0].placeholder"] == "" {
			t.Errorf("%q: %v with %q", bad, err, found)
		}
	}
}

// A mix that could not be changed or started holds nothing.
func TestRefusedSpecsHoldNothing(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.upload(t, plain("talk", "", 3))
	b.mustPicture(t, "face", red)
	spec := dressed("room", &pb.Layout{Template: "talk"})
	spec.Participants[0].Placeholder = "face"
	b.engine.startAs = errors.New("no encoder")
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	wantCode(t, err, codes.Internal)
	b.engine.startAs = nil
	b.start(t, duet("room"))
	b.engine.applyAs = errors.New("no memory")
	_, err = b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: spec})
	wantCode(t, err, codes.Internal)
	if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"}); err != nil {
		t.Error(err)
	}
	if _, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "face"}); err != nil {
		t.Error(err)
	}
}
