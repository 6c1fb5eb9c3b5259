package server

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// named asks for a preview of a template by its name.
func named(name string) *pb.PreviewTemplateRequest {
	return &pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Name{Name: name}}
}

// preview draws or ends the test.
func (b *bench) preview(t testing.TB, req *pb.PreviewTemplateRequest) image.Image {
	t.Helper()
	resp, err := b.PreviewTemplate(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(resp.Png))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// near says whether two colours differ by no more than the video's colours do.
func near(a, b color.Color) bool {
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > 8<<8 }
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	return !far(ar, br) && !far(ag, bg) && !far(ab, bb)
}

// poster returns a template with a colour, a picture in the upper left quarter, and
// nothing else where nobody is.
func poster(canvas, picture string) *pb.LayoutTemplate {
	t := plain("poster", "", 1)
	t.Canvas = &pb.Canvas{Color: canvas}
	t.Layouts[0].Slots[0] = &pb.Slot{X: 0.5, Y: 0.5, W: 0.5, H: 0.5}
	if picture != "" {
		o := logo(picture)
		o.W, o.H = 0.5, 0.5
		o.GetImage().Fit = pb.Fit_STRETCH
		t.Overlays = []*pb.Overlay{o}
	}
	return t
}

func TestPreviewTemplate(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.mustPicture(t, "logo", red)
	b.upload(t, poster("#0000ff", "logo"))
	b.mustPicture(t, "logo", green) // the template keeps the red one
	b.upload(t, poster("#00ffff", ""))

	for name, test := range map[string]struct {
		req  *pb.PreviewTemplateRequest
		size image.Point
	}{
		"defaults":      {named("pk"), image.Pt(360, 640)},
		"a size":        {&pb.PreviewTemplateRequest{Source: named("grid").Source, Width: 640, Height: 360, Participants: 16, Main: 16}, image.Pt(640, 360)},
		"a width alone": {&pb.PreviewTemplateRequest{Source: named("pk").Source, Width: 16}, image.Pt(16, 640)},
		"the largest":   {&pb.PreviewTemplateRequest{Source: named("strip").Source, Width: 1280, Height: 1280}, image.Pt(1280, 1280)},
	} {
		if test.req.GetName() == "grid" {
			builtin, err := layout.Builtin("grid")
			if err != nil {
				t.Fatal(err)
			}
			test.req.Participants, test.req.Main = int32(builtin.Participants), int32(builtin.Participants)
		}
		if got := b.preview(t, test.req).Bounds().Size(); got != test.size {
			t.Errorf("%s: %v, want %v", name, got, test.size)
		}
	}
	for name, test := range map[string]struct {
		req          *pb.PreviewTemplateRequest
		corner, side color.Color // of the upper left and the upper right quarter
	}{
		"the newest":  {named("poster"), color.NRGBA{0, 0xff, 0xff, 0xff}, color.NRGBA{0, 0xff, 0xff, 0xff}},
		"by version":  {&pb.PreviewTemplateRequest{Source: named("poster").Source, Version: 1}, red, blue},
		"a message":   {&pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Template{Template: poster("#ff0000", "logo")}}, green, red},
		"with a pin":  {&pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Template{Template: poster("#0000ff", "logo@1")}}, red, blue},
		"another one": {&pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Text{Text: []byte("name: x\ncanvas: {color: '#00ff00'}\nlayouts: [{slots: [{y: 0.5, w: 1, h: 0.5}]}]")}}, green, green},
	} {
		img := b.preview(t, test.req)
		if corner, side := img.At(90, 160), img.At(270, 160); !near(corner, test.corner) || !near(side, test.side) {
			t.Errorf("%s: %v and %v, want %v and %v", name, corner, side, test.corner, test.side)
		}
	}
	if kept, err := b.library.store.List(t.Context(), store.Template, ""); err != nil || len(kept) != 1 {
		t.Errorf("a preview was kept: %v, %v", kept, err)
	}
}

func TestPreviewsThatCannotBe(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.upload(t, plain("talk", "", 2))
	for name, test := range map[string]struct {
		req    *pb.PreviewTemplateRequest
		fields []string
	}{
		"everything": {
			&pb.PreviewTemplateRequest{Source: named("talk").Source, Participants: 3, Main: 4, Width: 15, Height: 641},
			[]string{"height", "main", "participants", "width"},
		},
		"main beyond":   {&pb.PreviewTemplateRequest{Source: named("talk").Source, Participants: 1, Main: 2}, []string{"main"}},
		"small":         {&pb.PreviewTemplateRequest{Source: named("talk").Source, Width: 14, Height: 2}, []string{"height", "width"}},
		"large":         {&pb.PreviewTemplateRequest{Source: named("talk").Source, Width: 1282, Height: -2}, []string{"height", "width"}},
		"many":          {&pb.PreviewTemplateRequest{Source: named("talk").Source, Participants: 17, Main: 17}, []string{"main", "participants"}},
		"nothing":       {&pb.PreviewTemplateRequest{}, []string{"source"}},
		"no name":       {named(""), []string{"name"}},
		"broken text":   {&pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Text{Text: []byte("{")}}, []string{"text"}},
		"a bad message": {&pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Template{Template: poster("red", "nobody")}}, []string{"canvas.color", "overlays[0].image.name"}},
	} {
		_, err := b.PreviewTemplate(t.Context(), test.req)
		wantCode(t, err, codes.InvalidArgument)
		if got := slices.Sorted(maps.Keys(violations(err))); !slices.Equal(got, test.fields) {
			t.Errorf("%s: %q, want %q: %v", name, got, test.fields, err)
		}
	}
	for _, missing := range []*pb.PreviewTemplateRequest{
		named("walk"), {Source: named("talk").Source, Version: 2}, {Source: named("pk").Source, Version: 1},
	} {
		_, err := b.PreviewTemplate(t.Context(), missing)
		wantCode(t, err, codes.NotFound)
		if len(err.Error()) > 500 {
			t.Errorf("an answer of %d bytes", len(err.Error()))
		}
	}
	for _, bad := range []string{"../talk", "", strings.Repeat("x", 100_000)} {
		_, err := b.PreviewTemplate(t.Context(), named(bad))
		wantCode(t, err, codes.InvalidArgument)
		if fields := violations(err); len(fields) != 1 || fields["name"] == "" || len(err.Error()) > 500 {
			t.Errorf("%.20q: %v in an answer of %d bytes", bad, fields, len(err.Error()))
		}
	}
	// What cannot be sent is refused in words.
	if _, err := b.picture(t.Context(), "noise", noise(t, 1280, 1280), 1<<19); err != nil {
		t.Fatal(err)
	}
	wall := plain("wall", "", 1)
	wall.Canvas = &pb.Canvas{Image: "noise"}
	wall.Layouts[0].Slots[0].W = 0.1
	_, err := b.PreviewTemplate(t.Context(), &pb.PreviewTemplateRequest{
		Source: &pb.PreviewTemplateRequest_Template{Template: wall}, Width: 1280, Height: 1280,
	})
	wantCode(t, err, codes.InvalidArgument)
	if found := violations(err); !strings.Contains(found["width"], "fewer pixels") {
		t.Errorf("%v with %q", err, found)
	}
}

// Previews that wait stand in nobody's way: others delete and start meanwhile.
func TestPreviewsAreDrawnOneByOne(t *testing.T) {
	l := newLibrary(t)
	slow := &watched{shelf: l.store}
	l.store = slow
	b := newBench(t, Limits{}, over(l))
	b.mustPicture(t, "logo", red)
	b.upload(t, poster("#0000ff", "logo"))
	b.upload(t, plain("talk", "", 2))
	drawing, goOn := make(chan struct{}), make(chan struct{})
	slow.before = func(op string, kind store.Kind, _ string) error {
		if op == "get" && kind == store.Picture {
			drawing <- struct{}{}
			<-goOn
		}
		return nil
	}
	first := make(chan error, 1)
	go func() {
		_, err := b.PreviewTemplate(t.Context(), named("poster"))
		first <- err
	}()
	<-drawing
	waiting, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		_, err := b.PreviewTemplate(waiting, named("pk"))
		second <- err
	}()
	if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"}); err != nil {
		t.Error(err)
	}
	b.start(t, duet("room"))
	cancel()
	wantCode(t, <-second, codes.Canceled)
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestAPreviewEndsWithItsCaller(t *testing.T) {
	l := newLibrary(t)
	slow := &watched{shelf: l.store}
	l.store = slow
	b := newBench(t, Limits{}, over(l))
	b.mustPicture(t, "logo", red)
	b.mustPicture(t, "mark", green)
	two := poster("#0000ff", "logo")
	two.Overlays = append(two.Overlays, logo("mark"))
	b.upload(t, two)
	check, err := newChecker(l)
	if err != nil {
		t.Fatal(err)
	}
	s := &templates{library: l, mixes: b.mixes, fonts: fonts(), check: check, drawing: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	pictures := 0
	slow.before = func(op string, kind store.Kind, _ string) error {
		if op == "get" && kind == store.Picture {
			pictures++
			cancel()
		}
		return nil
	}
	_, err = s.PreviewTemplate(ctx, named("poster"))
	wantCode(t, err, codes.Canceled)
	if pictures != 1 || len(s.drawing) != 0 {
		t.Errorf("%d pictures were read for nobody, %d previews are drawn", pictures, len(s.drawing))
	}
}
