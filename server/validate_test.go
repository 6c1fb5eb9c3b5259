package server

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// specRules lists ways to break a valid spec: which field is then named, and a part
// of what is said.
var specRules = []struct {
	name   string
	spoil  func(*pb.MixSpec)
	field  string
	allows string
}{
	{"no id", func(s *pb.MixSpec) { s.Id = "" }, "spec.id", "1–64 letters"},
	{"id with a slash", func(s *pb.MixSpec) { s.Id = "a/b" }, "spec.id", "1–64 letters"},
	{"id with a line after it", func(s *pb.MixSpec) { s.Id = "a\n" }, "spec.id", "1–64 letters"},
	{"id begins with a dot", func(s *pb.MixSpec) { s.Id = ".a" }, "spec.id", "beginning with a letter"},
	{"long id", func(s *pb.MixSpec) { s.Id = strings.Repeat("a", 65) }, "spec.id", "1–64 letters"},
	{"seven inputs", func(s *pb.MixSpec) { s.Participants = crowd(7) }, "spec.participants", "6"},
	{"no name", func(s *pb.MixSpec) { s.Participants[1].Name = "" }, "spec.participants[1].name", "1–64 letters"},
	{"name with a space", func(s *pb.MixSpec) { s.Participants[0].Name = "an na" }, "spec.participants[0].name", "1–64 letters"},
	{"same name", func(s *pb.MixSpec) { s.Participants[1].Name = "anna" }, "spec.participants", "a name of its own"},
	{"long display name", func(s *pb.MixSpec) { s.Participants[0].DisplayName = strings.Repeat("麦", 65) }, "spec.participants[0].display_name", "64"},
	{"no URL", func(s *pb.MixSpec) { s.Participants[0].Url = "" }, "spec.participants[0].url", "rtmp://"},
	{"HTTP", func(s *pb.MixSpec) { s.Participants[0].Url = "http://h/a/s" }, "spec.participants[0].url", "rtmp://"},
	{"no stream name", func(s *pb.MixSpec) { s.Participants[0].Url = "rtmp://h/a/" }, "spec.participants[0].url", "no stream name"},
	{"bad port", func(s *pb.MixSpec) { s.Participants[0].Url = "rtmp://h:99999/a/s" }, "spec.participants[0].url", "port"},
	{"long URL", func(s *pb.MixSpec) { s.Participants[0].Url = "rtmp://h/a/" + strings.Repeat("s", 4096) }, "spec.participants[0].url", "4096"},
	{"too quiet", func(s *pb.MixSpec) { s.Participants[0].GainDb = -60.5 }, "spec.participants[0].gain_db", "-60"},
	{"too loud", func(s *pb.MixSpec) { s.Participants[0].GainDb = 12.5 }, "spec.participants[0].gain_db", "12"},
	{"gain is no number", func(s *pb.MixSpec) { s.Participants[0].GainDb = math.NaN() }, "spec.participants[0].gain_db", "-60"},
	{"unknown template", func(s *pb.MixSpec) { s.Layout = &pb.Layout{Template: "mosaic"} }, "spec.layout.template", "grid-by-count"},
	{"long template", func(s *pb.MixSpec) { s.Layout = &pb.Layout{Template: strings.Repeat("a", 65)} }, "spec.layout.template", "64"},
	{"main is nobody", func(s *pb.MixSpec) { s.Layout = &pb.Layout{Main: "carl"} }, "spec.layout.main", "name of a participant"},
	{"order has nobody", func(s *pb.MixSpec) { s.Layout = &pb.Layout{Order: []string{"ben", "carl"}} }, "spec.layout.order", "names of participants"},
	{"order has one twice", func(s *pb.MixSpec) { s.Layout = &pb.Layout{Order: []string{"ben", "ben"}} }, "spec.layout.order", "unique"},
	{"odd width", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 721, Height: 1280} }, "spec.video.width", "even number of pixels from 16 to 1920"},
	{"small", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 16, Height: 14} }, "spec.video.height", "16 to 1920"},
	{"large", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 1922, Height: 1080} }, "spec.video.width", "16 to 1920"},
	{"negative", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 720, Height: -2} }, "spec.video.height", "16 to 1920"},
	{"width alone", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 720} }, "spec.video", "together"},
	{"no frames", func(s *pb.MixSpec) { s.Video = rate(0, 1) }, "spec.video.frame_rate", "1 to 60"},
	{"slow", func(s *pb.MixSpec) { s.Video = rate(999, 1000) }, "spec.video.frame_rate", "1 to 60"},
	{"fast", func(s *pb.MixSpec) { s.Video = rate(60001, 1000) }, "spec.video.frame_rate", "1 to 60"},
	{"fast without den", func(s *pb.MixSpec) { s.Video = rate(61, 0) }, "spec.video.frame_rate", "1 to 60"},
	{"large den", func(s *pb.MixSpec) { s.Video = rate(30030, 1002) }, "spec.video.frame_rate", "1001"},
	{"negative fraction", func(s *pb.MixSpec) { s.Video = rate(-30, -1) }, "spec.video.frame_rate", "1 to 60"},
	{"low bitrate", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Bitrate: 99_999} }, "spec.video.bitrate", "100000 to 20000000"},
	{"high bitrate", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Bitrate: 20_000_001} }, "spec.video.bitrate", "100000 to 20000000"},
	{"preset", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Preset: "warp"} }, "spec.video.preset", "ultrafast"},
	{"short GOP", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Gop: durationpb.New(499 * time.Millisecond)} }, "spec.video.gop", "0.5 s to 10 s"},
	{"long GOP", func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Gop: durationpb.New(10*time.Second + 1)} }, "spec.video.gop", "0.5 s to 10 s"},
	{"low audio bitrate", func(s *pb.MixSpec) { s.Audio = &pb.AudioSettings{Bitrate: 31_999} }, "spec.audio.bitrate", "32000 to 320000"},
	{"high audio bitrate", func(s *pb.MixSpec) { s.Audio = &pb.AudioSettings{Bitrate: 320_001} }, "spec.audio.bitrate", "32000 to 320000"},
	{"no outputs", func(s *pb.MixSpec) { s.Outputs = nil }, "spec.outputs", "1"},
	{"eleven outputs", func(s *pb.MixSpec) { s.Outputs = fan(11) }, "spec.outputs", "10"},
	{"output name", func(s *pb.MixSpec) { s.Outputs[0].Name = "c d n" }, "spec.outputs[0].name", "1–64 letters"},
	{"same output name", func(s *pb.MixSpec) {
		s.Outputs = append(s.Outputs, proto.CloneOf(s.Outputs[0]))
		s.Outputs[0].Name, s.Outputs[1].Name = "cdn", "cdn"
	}, "spec.outputs", "a name of its own"},
	{"output URL", func(s *pb.MixSpec) { s.Outputs[0].Url = "/tmp/out.flv" }, "spec.outputs[0].url", "rtmp://"},
	{"output without stream", func(s *pb.MixSpec) { s.Outputs[0].Url = "rtmp://h?txSecret=" + secret }, "spec.outputs[0].url", "no app"},
}

func crowd(n int) (list []*pb.Participant) {
	for i := range n {
		list = append(list, &pb.Participant{Name: fmt.Sprintf("p%d", i), Url: "rtmp://h/a/s"})
	}
	return list
}

func fan(n int) (list []*pb.Output) {
	for range n {
		list = append(list, &pb.Output{Url: "rtmp://h/a/s"})
	}
	return list
}

func rate(num, den int32) *pb.VideoSettings {
	return &pb.VideoSettings{FrameRate: &pb.FrameRate{Num: num, Den: den}}
}

func TestEachRuleNamesItsFieldAndNoOther(t *testing.T) {
	b := newBench(t, Limits{})
	for _, rule := range specRules {
		t.Run(rule.name, func(t *testing.T) {
			spec := duet("room")
			rule.spoil(spec)
			_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
			if status.Code(err) != codes.InvalidArgument {
				t.Fatalf("StartMix: %v", err)
			}
			found := violations(err)
			if len(found) != 1 || !strings.Contains(found[rule.field], rule.allows) {
				t.Errorf("violations = %q; want only %s, saying %q", found, rule.field, rule.allows)
			}
			if !strings.Contains(err.Error(), rule.field) {
				t.Errorf("message %q does not name %s", err, rule.field)
			}
			if strings.Contains(fmt.Sprint(err, found), secret) {
				t.Errorf("a URL's secret is in %v %v", err, found)
			}
		})
	}
	if b.engine.starts != 0 {
		t.Errorf("the engine started %d mixes", b.engine.starts)
	}
}

func TestUpdateMixHasTheSameRules(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	for _, rule := range specRules {
		spec := duet("room")
		rule.spoil(spec)
		_, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: spec})
		if found := violations(err); len(found) != 1 || found[rule.field] == "" {
			t.Errorf("%s: %v with %q; want only %s", rule.name, err, found, rule.field)
		}
	}
	if seen := b.engine.mix("room").seen(); len(seen) != 1 {
		t.Errorf("the engine was given %d specs", len(seen))
	}
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	b := newBench(t, Limits{})
	spec := duet("")
	spec.Participants[0].Url = "ftp://x"
	spec.Participants[1].Name = "?"
	spec.Layout = &pb.Layout{Template: "mosaic", Main: "nobody"}
	spec.Video = &pb.VideoSettings{Width: 3, Height: 5, Bitrate: 1, Preset: "x"}
	spec.Outputs[0].Url = "rtmp://h"
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	got := slices.Sorted(maps.Keys(violations(err)))
	want := []string{
		"spec.id", "spec.layout.main", "spec.layout.template", "spec.outputs[0].url", "spec.participants[0].url",
		"spec.participants[1].name", "spec.video.bitrate", "spec.video.height", "spec.video.preset", "spec.video.width",
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields = %q\nwant     %q", got, want)
	}
	if !strings.HasSuffix(status.Convert(err).Message(), "and 7 more") {
		t.Errorf("message = %q", status.Convert(err).Message())
	}
}

func TestLimitsAreAllowed(t *testing.T) {
	check, err := newChecker(NewLibrary(nil, LibraryConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*pb.MixSpec){
		"nobody":     func(s *pb.MixSpec) { s.Participants = nil },
		"six":        func(s *pb.MixSpec) { s.Participants = crowd(6) },
		"ten":        func(s *pb.MixSpec) { s.Outputs = fan(10) },
		"smallest":   func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 16, Height: 16, Bitrate: 100_000} },
		"largest":    func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Width: 1920, Height: 1920, Bitrate: 20_000_000} },
		"slowest":    func(s *pb.MixSpec) { s.Video = rate(1, 0) },
		"fastest":    func(s *pb.MixSpec) { s.Video = rate(60, 1) },
		"NTSC":       func(s *pb.MixSpec) { s.Video = rate(30000, 1001) },
		"short GOP":  func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Gop: durationpb.New(time.Second / 2)} },
		"long GOP":   func(s *pb.MixSpec) { s.Video = &pb.VideoSettings{Gop: durationpb.New(10 * time.Second)} },
		"gains":      func(s *pb.MixSpec) { s.Participants[0].GainDb, s.Participants[1].GainDb = -60, 12 },
		"upper case": func(s *pb.MixSpec) { s.Participants[0].Url = "RTMP://h/a/s" },
		"long names": func(s *pb.MixSpec) { s.Id, s.Participants[0].Name = strings.Repeat("a", 64), strings.Repeat("b", 64) },
		"64 signs":   func(s *pb.MixSpec) { s.Participants[0].DisplayName = strings.Repeat("麦", 64) },
	} {
		spec := duet("room")
		change(spec)
		if err := check.specRequest(t.Context(), &pb.StartMixRequest{Spec: spec}, spec, check.library.pin); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherRequestsHaveRulesToo(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	ctx := t.Context()
	for _, test := range []struct {
		name, field string
		call        func() error
	}{
		{"no spec", "spec", func() error { _, err := b.StartMix(ctx, &pb.StartMixRequest{}); return err }},
		{"no new spec", "spec", func() error { _, err := b.UpdateMix(ctx, &pb.UpdateMixRequest{}); return err }},
		{"negative revision", "expected_revision", func() error {
			_, err := b.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: duet("room"), ExpectedRevision: -1})
			return err
		}},
		{"stop nothing", "id", func() error { _, err := b.StopMix(ctx, &pb.StopMixRequest{}); return err }},
		{"get nothing", "id", func() error { _, err := b.GetMix(ctx, &pb.GetMixRequest{Id: "?"}); return err }},
		{"watch nothing", "id", func() error {
			stream, err := b.WatchMix(ctx, &pb.WatchMixRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}},
		{"page size", "page_size", func() error { _, err := b.ListMixes(ctx, &pb.ListMixesRequest{PageSize: 501}); return err }},
		{"page token", "page_token", func() error {
			_, err := b.ListMixes(ctx, &pb.ListMixesRequest{PageToken: strings.Repeat("a", 65)})
			return err
		}},
		{"template", "template", func() error {
			_, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", Template: proto.String("mosaic")})
			return err
		}},
		{"main", "main", func() error {
			_, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", Main: proto.String("carl")})
			return err
		}},
		{"order", "order.names", func() error {
			_, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", Order: &pb.ParticipantOrder{Names: []string{"carl"}}})
			return err
		}},
		{"order twice", "order.names", func() error {
			_, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", Order: &pb.ParticipantOrder{Names: []string{"ben", "ben"}}})
			return err
		}},
		{"gain", "gain_db", func() error {
			_, err := b.SetParticipantState(ctx, &pb.SetParticipantStateRequest{Id: "room", Participant: "ben", GainDb: proto.Float64(13)})
			return err
		}},
		{"participant", "participant", func() error {
			_, err := b.SetParticipantState(ctx, &pb.SetParticipantStateRequest{Id: "room"})
			return err
		}},
	} {
		err := test.call()
		if found := violations(err); status.Code(err) != codes.InvalidArgument || len(found) != 1 || found[test.field] == "" {
			t.Errorf("%s: %v with %q; want only %s", test.name, err, found, test.field)
		}
	}
}

// A request of a megabyte can hold hundreds of thousands of empty participants.
func TestHugeListsCostNothing(t *testing.T) {
	check, err := newChecker(NewLibrary(nil, LibraryConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	spec := duet("room")
	for range 200_000 {
		spec.Participants = append(spec.Participants, &pb.Participant{})
		spec.Outputs = append(spec.Outputs, &pb.Output{})
	}
	spec.Layout = &pb.Layout{Order: make([]string, 200_000)}
	err = check.specRequest(t.Context(), &pb.StartMixRequest{Spec: spec}, spec, check.library.pin)
	faults, ok := err.(Faults)
	if !ok || len(faults) > maxFaults || len(spec.Participants) > maxParticipants+1 {
		t.Fatalf("%d faults, %d participants left: %v", len(faults), len(spec.Participants), err)
	}
	for _, field := range []string{"spec.participants", "spec.outputs", "spec.layout.order"} {
		if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Field == field }) {
			t.Errorf("%s is not among the faults: %v", field, faults)
		}
	}
}

func TestDefaultsAreFilledOnce(t *testing.T) {
	check, err := newChecker(NewLibrary(nil, LibraryConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		spec := drawSpec(t)
		if err := check.specRequest(t.Context(), &pb.StartMixRequest{Spec: spec}, spec, check.library.pin); err != nil {
			t.Fatalf("a valid spec was refused: %v", err)
		}
		fillDefaults(spec)
		once := proto.CloneOf(spec)
		fillDefaults(spec)
		if !proto.Equal(once, spec) {
			t.Fatalf("filling twice changed\n%v\nto\n%v", once, spec)
		}
		if err := check.specRequest(t.Context(), &pb.StartMixRequest{Spec: spec}, spec, check.library.pin); err != nil {
			t.Fatalf("filled spec: %v", err)
		}
		// What the filled spec says, it keeps as an update of itself.
		next := proto.CloneOf(spec)
		next.Video, next.Audio = nil, nil
		keepSettings(next, spec)
		if !proto.Equal(next, spec) {
			t.Fatalf("settings were not kept: %v", next)
		}
		if err := checkFixed(next, spec); err != nil {
			t.Fatal(err)
		}
	})
}

// drawSpec draws a valid spec with fields left out.
func drawSpec(t *rapid.T) *pb.MixSpec {
	spec := &pb.MixSpec{Id: "room"}
	spec.Participants = crowd(rapid.IntRange(0, 6).Draw(t, "participants"))
	spec.Outputs = fan(rapid.IntRange(1, 10).Draw(t, "outputs"))
	if rapid.Bool().Draw(t, "named") {
		i := rapid.IntRange(0, len(spec.Outputs)-1).Draw(t, "which")
		spec.Outputs[i].Name = rapid.SampledFrom([]string{"cdn", "output-1", "output-2", "output-10"}).Draw(t, "name")
	}
	if rapid.Bool().Draw(t, "layout") {
		spec.Layout = &pb.Layout{Template: rapid.SampledFrom([]string{"", "pk", "strip"}).Draw(t, "template")}
	}
	if rapid.Bool().Draw(t, "video") {
		den := rapid.Int32Range(1, 1001).Draw(t, "den")
		spec.Video = rate(rapid.Int32Range(den, 60*den).Draw(t, "num"), den)
		if rapid.Bool().Draw(t, "size") {
			spec.Video.Width = 2 * rapid.Int32Range(8, 960).Draw(t, "width")
			spec.Video.Height = 2 * rapid.Int32Range(8, 960).Draw(t, "height")
		}
		if rapid.Bool().Draw(t, "gop") {
			spec.Video.Gop = durationpb.New(time.Duration(rapid.Int64Range(5e8, 1e10).Draw(t, "gop")))
		}
	}
	return spec
}
