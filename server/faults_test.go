package server

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

func TestUploadTemplateTellsEveryFault(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	bad := plain("a/b", "", 2)
	bad.Canvas = &pb.Canvas{Color: "red", Image: "nowhere"}
	bad.Layouts[1].Slots[1].X = 0.5
	bad.Layouts[1].Slots[0].Placeholder = "nobody@3"
	bad.Overlays = []*pb.Overlay{{}, logo("../etc/passwd")}
	many := plain("talk", "", 16)
	for i := range 17 {
		many.Layouts[15].Slots[i%16].Placeholder = fmt.Sprintf("p%d", i)
		many.Layouts[14].Slots[i%15].Placeholder = fmt.Sprintf("q%d", i)
		many.Layouts[13].Slots[i%14].Placeholder = fmt.Sprintf("r%d", i)
	}
	for name, test := range map[string]struct {
		req  *pb.UploadTemplateRequest
		want map[string]string // a part of what is said by field
		more bool              // other fields may be named too
	}{
		"a message": {message(bad), map[string]string{
			"name": "1–64 letters", "canvas.color": "want a colour", "canvas.image": "nowhere", "layouts[1].slots[1].x": "0–1 of the canvas",
			"layouts[1].slots[0].placeholder": "nobody@3", "overlays[0]": "image, text or clock", "overlays[1].image.name": "",
		}, false},
		"a text whose parts cannot be read, and rules": {
			text(`{"name": "..", "layouts": [{"slots": [{"w": "wide", "h": 2}]}], "colour": 1}`),
			map[string]string{"name": "1–64 letters", "layouts[0].slots[0].w": "number", "layouts[0].slots[0].y": "", "colour": "unknown field"}, true,
		},
		"a built-in one's name": {message(plain("pk", "", 1)), map[string]string{"name": "built-in"}, false},
		"a built-in one's name beside another fault": {
			text(`{"name": "pk", "layouts": []}`), map[string]string{"name": "built-in", "layouts": "at least one"}, false,
		},
		"no name":           {message(plain("", "", 1)), map[string]string{"name": "1–64 letters"}, false},
		"a long name":       {message(plain(strings.Repeat("a", 65), "", 1)), map[string]string{"name": "1–64 letters"}, false},
		"too many pictures": {message(many), map[string]string{"overlays": "at most 32"}, true},
		"broken JSON":       {text("{\n  \"name\": \"talk\",\n  oops}"), map[string]string{"text": "line 3, column 3"}, false},
		"broken YAML":       {text("name: talk\nlayouts: [\n"), map[string]string{"text": "line"}, false},
		"a long text":       {text("# " + strings.Repeat("x", 256<<10)), map[string]string{"text": "262144"}, false},
		"no text":           {text(""), map[string]string{"text": "empty"}, false},
		"nothing":           {&pb.UploadTemplateRequest{}, map[string]string{"source": ""}, false},
	} {
		_, err := b.UploadTemplate(t.Context(), test.req)
		wantCode(t, err, codes.InvalidArgument)
		found := violations(err)
		for field, part := range test.want {
			if said, ok := found[field]; !ok || !strings.Contains(said, part) {
				t.Errorf("%s: %s is said to be %q, want %q (of %q)", name, field, said, part, found)
			}
		}
		if len(found) != len(test.want) && !test.more {
			t.Errorf("%s: violations = %q", name, found)
		}
	}
	if kept, err := b.library.store.List(t.Context(), store.Template, ""); err != nil || len(kept) != 0 {
		t.Errorf("kept all the same: %v, %v", kept, err)
	}
}

// Some clients refuse an answer whose trailers have more than 8 KiB.
func TestFaultsFitIntoTrailers(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	bad := plain(strings.Repeat("\U000e0001", 99), "", 16)
	for _, l := range bad.Layouts {
		for _, s := range l.Slots {
			s.Placeholder, s.Border = strings.Repeat("\U000e0001", 99), &pb.Border{Color: strings.Repeat("\U000e0001", 99)}
		}
	}
	_, err := b.UploadTemplate(t.Context(), message(bad))
	st := status.Convert(err)
	size := proto.Size(st.Proto())*4/3 + len(st.Message()) // the text is there twice
	if found := violations(err); len(found) < 4 || size > 8<<10 {
		t.Errorf("%d violations in %d bytes", len(found), size)
	}
}

func TestFaultsRepeatNoURL(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	const url = "rtmp://h/a/s?k=" + secret
	bad := plain("talk", "", 1)
	bad.Canvas = &pb.Canvas{Color: url, Image: url}
	spec := duet("room")
	spec.Layout = &pb.Layout{Template: url, Overrides: []*pb.SlotOverride{{Participant: "ben", Border: &pb.Border{Color: url}}}}
	spec.Participants[0].Placeholder = url
	_, inMessage := b.UploadTemplate(t.Context(), message(bad))
	_, inText := b.UploadTemplate(t.Context(), text("name: talk\n"+url+": 1\nlayouts: "+url+"\n"))
	_, inBroken := b.UploadTemplate(t.Context(), text("name: [ "+url+"\n"))
	_, inSpec := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	_, inName := b.PreviewTemplate(t.Context(), &pb.PreviewTemplateRequest{Source: &pb.PreviewTemplateRequest_Name{Name: url}})
	for name, err := range map[string]error{"message": inMessage, "text": inText, "broken": inBroken, "spec": inSpec, "name": inName} {
		if all := fmt.Sprint(err, violations(err)); err == nil || strings.Contains(all, secret) || strings.Contains(all, "://h") {
			t.Errorf("%s: %s", name, all)
		}
	}
	if found := violations(inSpec); len(found) != 3 {
		t.Errorf("violations = %q", found)
	}
}

// A template with thousands of users is refused in an answer that every client takes.
func TestManyUsersFitIntoTrailers(t *testing.T) {
	in := inUse{what: fmt.Sprintf("picture %q", strings.Repeat("p", 64))}
	for i := range 1000 {
		in.mixes = append(in.mixes, fmt.Sprintf("%064d", i))
		in.templates = append(in.templates, fmt.Sprintf("%064d@100", i))
	}
	st := status.Convert(toStatus(in))
	if size := proto.Size(st.Proto())*4/3 + len(st.Message()); size > 8<<10 || len(usersIn(st.Err())) != 2*toldUsers {
		t.Errorf("%d users in %d bytes", len(usersIn(st.Err())), size)
	}
	if !strings.Contains(st.Message(), "and 995 more") {
		t.Error(st.Message())
	}
}
