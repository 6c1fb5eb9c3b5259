package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// wantCode fails the test unless err has this code.
func wantCode(t *testing.T, err error, code codes.Code) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("error = %v, want %v", err, code)
	}
}

func TestStartMixFillsDefaults(t *testing.T) {
	b := newBench(t, Limits{})
	mix := b.start(t, duet("room"))
	want := duet("room")
	want.Layout = &pb.Layout{Template: "grid-by-count", MainChoice: pb.MainChoice_MAIN_CHOICE_FIXED}
	want.Participants[0].DisplayName, want.Participants[1].DisplayName = "anna", "ben"
	want.Video = &pb.VideoSettings{
		Width: 720, Height: 1280, FrameRate: &pb.FrameRate{Num: 30, Den: 1}, Bitrate: 2_500_000,
		Preset: "balanced", Gop: durationpb.New(2 * time.Second), Decoding: pb.Decoding_DECODING_AUTO,
	}
	want.Audio = &pb.AudioSettings{Bitrate: 128_000}
	want.Sound = &pb.SoundSettings{TargetLufs: -16, Ducking: &pb.Ducking{
		ThresholdDb: -45, DepthDb: 12, Attack: durationpb.New(80 * time.Millisecond), Release: durationpb.New(600 * time.Millisecond),
	}}
	want.Outputs[0].Name = "output-1"
	want.IdleTimeout = durationpb.New(5 * time.Minute)
	if !proto.Equal(mix.Spec, want) {
		t.Errorf("spec = %v\nwant   %v", mix.Spec, want)
	}
	if mix.Revision != 1 || mix.State != pb.MixState_MIX_STATE_RUNNING || mix.CreateTime == nil {
		t.Errorf("mix = %v", mix)
	}
	spec := b.engine.mix("room").seen()[0]
	if spec.ID != "room" || spec.Revision != 1 || len(spec.Participants) != 2 ||
		spec.Participants[0].URL != "rtmp://127.0.0.1/live/anna?auth_key="+secret ||
		spec.Video != (mixer.VideoSpec{Width: 720, Height: 1280, FrameRate: media.FPS(30), Bitrate: 2_500_000, Preset: "balanced", GOP: 2 * time.Second}) ||
		spec.Audio.Bitrate != 128_000 || spec.Outputs[0].Name != "output-1" || spec.Layout.Template != "grid-by-count" {
		t.Errorf("the engine was given %+v", spec)
	}
}

func TestStartMixIsIdempotent(t *testing.T) {
	b := newBench(t, Limits{})
	first := b.start(t, duet("room"))
	explicit := duet("room")
	explicit.Video = rate(60, 2) // 30 frames per second, said otherwise
	if again := b.start(t, explicit); !proto.Equal(first, again) {
		t.Errorf("the second start returned %v", again)
	}
	other := duet("room")
	other.Participants = other.Participants[:1]
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: other})
	wantCode(t, err, codes.AlreadyExists)

	// A start that is sent again after a change is still the same start.
	if _, err := b.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: "room", Main: proto.String("ben")}); err != nil {
		t.Fatal(err)
	}
	if again := b.start(t, duet("room")); again.Revision != 2 || again.Spec.Layout.Main != "ben" {
		t.Errorf("a late start returned %v", again)
	}
	if b.engine.starts != 1 {
		t.Errorf("the engine started %d mixes", b.engine.starts)
	}
}

func TestAStoppedIDCanBeUsedAgain(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	stopped, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "room"})
	if err != nil {
		t.Fatal(err)
	}
	if m := stopped.Mix; m.State != pb.MixState_MIX_STATE_STOPPED || m.StopReason != "asked to" || m.StopTime == nil {
		t.Errorf("stopped mix = %v", m)
	}
	again, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "room"})
	if err != nil || !proto.Equal(again.Mix, stopped.Mix) {
		t.Errorf("stopping twice: %v, %v", again, err)
	}
	_, err = b.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: "room", Main: proto.String("ben")})
	wantCode(t, err, codes.FailedPrecondition)

	other := duet("room")
	other.Participants = nil
	if mix := b.start(t, other); mix.Revision != 1 || mix.State != pb.MixState_MIX_STATE_RUNNING {
		t.Errorf("new mix = %v", mix)
	}
	got, err := b.GetMix(t.Context(), &pb.GetMixRequest{Id: "room"})
	if err != nil || len(got.Events) != 1 {
		t.Errorf("the new mix has the old one's events: %v, %v", got, err)
	}
}

func TestUpdateMixReplacesTheSpec(t *testing.T) {
	b := newBench(t, Limits{})
	start := duet("room")
	start.Video = &pb.VideoSettings{Width: 1280, Height: 720, Gop: durationpb.New(1500 * time.Millisecond)}
	start.Layout = &pb.Layout{Template: "pk", Main: "ben"}
	mix := b.start(t, start)

	next := duet("room")
	next.Participants = append(next.Participants[1:], &pb.Participant{Name: "carl", Url: "rtmp://h/a/carl", Hidden: true})
	resp, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: next, ExpectedRevision: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := resp.Mix
	if got.Revision != 2 || !proto.Equal(got.Spec.Video, mix.Spec.Video) || got.Spec.Layout.Template != "grid-by-count" ||
		got.Spec.Layout.Main != "" || len(got.Spec.Participants) != 2 || !got.Spec.Participants[1].Hidden {
		t.Errorf("mix = %v", got)
	}

	fixed := duet("room")
	fixed.Video = &pb.VideoSettings{Width: 720, Height: 1280, Preset: "fast", Gop: durationpb.New(time.Second / 2), Decoding: pb.Decoding_DECODING_FULL}
	fixed.Audio = &pb.AudioSettings{Bitrate: 64_000}
	_, err = b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: fixed})
	wantCode(t, err, codes.FailedPrecondition)
	var subjects []string
	for _, detail := range status.Convert(err).Details() {
		if failure, ok := detail.(*errdetails.PreconditionFailure); ok {
			for _, v := range failure.Violations {
				subjects = append(subjects, v.Subject)
			}
		}
	}
	want := []string{"spec.video.width", "spec.video.height", "spec.video.preset", "spec.video.gop", "spec.video.decoding", "spec.audio.bitrate"}
	if !slices.Equal(subjects, want) {
		t.Errorf("fixed fields = %q, want %q", subjects, want)
	}
}

func TestUpdateLayoutChangesWhatItNames(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	for i, step := range []struct {
		req  *pb.UpdateLayoutRequest
		want *pb.Layout
	}{
		{&pb.UpdateLayoutRequest{Template: proto.String("pk")}, &pb.Layout{Template: "pk"}},
		{&pb.UpdateLayoutRequest{Main: proto.String("ben")}, &pb.Layout{Template: "pk", Main: "ben"}},
		{
			&pb.UpdateLayoutRequest{Order: &pb.ParticipantOrder{Names: []string{"ben", "anna"}}},
			&pb.Layout{Template: "pk", Main: "ben", Order: []string{"ben", "anna"}},
		},
		{
			&pb.UpdateLayoutRequest{Template: proto.String(""), Main: proto.String(""), Order: &pb.ParticipantOrder{}},
			&pb.Layout{Template: "grid-by-count"},
		},
		{
			&pb.UpdateLayoutRequest{
				MainChoice: pb.MainChoice_MAIN_CHOICE_AUTO.Enum(), Transition: durationpb.New(0),
				Overrides: &pb.SlotOverrides{Slots: []*pb.SlotOverride{{Participant: "ben", Z: proto.Int32(3)}}},
			},
			&pb.Layout{
				Template: "grid-by-count", MainChoice: pb.MainChoice_MAIN_CHOICE_AUTO, Transition: durationpb.New(0),
				Overrides: []*pb.SlotOverride{{Participant: "ben", Z: proto.Int32(3)}},
			},
		},
		{
			&pb.UpdateLayoutRequest{MainChoice: pb.MainChoice_MAIN_CHOICE_FIXED.Enum(), Overrides: &pb.SlotOverrides{}},
			&pb.Layout{Template: "grid-by-count", Transition: durationpb.New(0)},
		},
		{
			&pb.UpdateLayoutRequest{PlaceholderAfter: durationpb.New(500 * time.Millisecond)},
			&pb.Layout{Template: "grid-by-count", Transition: durationpb.New(0), PlaceholderAfter: durationpb.New(500 * time.Millisecond)},
		},
	} {
		step.req.Id = "room"
		if step.want.MainChoice == 0 {
			step.want.MainChoice = pb.MainChoice_MAIN_CHOICE_FIXED // the default
		}
		resp, err := b.UpdateLayout(t.Context(), step.req)
		if err != nil || !proto.Equal(resp.Mix.Spec.Layout, step.want) || resp.Mix.Revision != int64(i+2) {
			t.Errorf("step %d: %v, %v; want %v", i, resp, err, step.want)
		}
	}
}

func TestSetParticipantStateChangesWhatItNames(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	set := func(req *pb.SetParticipantStateRequest) *pb.Participant {
		t.Helper()
		req.Id, req.Participant = "room", "ben"
		resp, err := b.SetParticipantState(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if a := resp.Mix.Spec.Participants[0]; a.Hidden || a.Muted || a.GainDb != 0 {
			t.Errorf("anna changed too: %v", a)
		}
		return resp.Mix.Spec.Participants[1]
	}
	if p := set(&pb.SetParticipantStateRequest{Hidden: proto.Bool(true)}); !p.Hidden || p.Muted || p.GainDb != 0 {
		t.Errorf("hidden: %v", p)
	}
	if p := set(&pb.SetParticipantStateRequest{Muted: proto.Bool(true), GainDb: proto.Float64(-6)}); !p.Hidden || !p.Muted || p.GainDb != -6 {
		t.Errorf("muted: %v", p)
	}
	if p := set(&pb.SetParticipantStateRequest{Hidden: proto.Bool(false), GainDb: proto.Float64(0)}); p.Hidden || !p.Muted || p.GainDb != 0 {
		t.Errorf("shown: %v", p)
	}
	if p := set(&pb.SetParticipantStateRequest{KeepAudioWhenHidden: proto.Bool(true)}); !p.KeepAudioWhenHidden || p.Hidden || !p.Muted {
		t.Errorf("sound kept: %v", p)
	}
	_, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: "carl", Muted: proto.Bool(true)})
	wantCode(t, err, codes.NotFound)
}

func TestUnknownMixes(t *testing.T) {
	b := newBench(t, Limits{})
	ctx := t.Context()
	_, err := b.GetMix(ctx, &pb.GetMixRequest{Id: "room"})
	wantCode(t, err, codes.NotFound)
	_, err = b.StopMix(ctx, &pb.StopMixRequest{Id: "room"})
	wantCode(t, err, codes.NotFound)
	_, err = b.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: duet("room")})
	wantCode(t, err, codes.NotFound)
	stream, err := b.WatchMix(ctx, &pb.WatchMixRequest{Id: "room"})
	if err == nil {
		_, err = stream.Recv()
	}
	wantCode(t, err, codes.NotFound)
}

func TestEngineFailures(t *testing.T) {
	b := newBench(t, Limits{Mixes: 1})
	b.engine.startAs = errors.New("no encoder")
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: duet("room")})
	wantCode(t, err, codes.Internal)
	_, err = b.GetMix(t.Context(), &pb.GetMixRequest{Id: "room"})
	wantCode(t, err, codes.NotFound)

	b.engine.startAs = nil
	b.start(t, duet("room")) // neither the id nor the place is lost
	b.engine.applyAs = errors.New("no memory")
	_, err = b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: "ben", Muted: proto.Bool(true)})
	wantCode(t, err, codes.Internal)
	got, err := b.GetMix(t.Context(), &pb.GetMixRequest{Id: "room"})
	if err != nil || got.Mix.Revision != 1 || got.Mix.Spec.Participants[1].Muted {
		t.Errorf("a change that failed shows: %v, %v", got, err)
	}
}

func TestListMixes(t *testing.T) {
	b := newBench(t, Limits{})
	for _, id := range []string{"d", "a", "c", "b"} {
		b.start(t, duet(id))
	}
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "b"}); err != nil {
		t.Fatal(err)
	}
	list := func(req *pb.ListMixesRequest) (ids []string) {
		t.Helper()
		for {
			resp, err := b.ListMixes(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, mix := range resp.Mixes {
				ids = append(ids, mix.Id)
			}
			if req.PageToken = resp.NextPageToken; req.PageToken == "" {
				return ids
			}
		}
	}
	for _, size := range []int32{0, 1, 2, 3, 4, 500} {
		if got := list(&pb.ListMixesRequest{PageSize: size}); !slices.Equal(got, []string{"a", "c", "d"}) {
			t.Errorf("page size %d: %q", size, got)
		}
		if got := list(&pb.ListMixesRequest{PageSize: size, IncludeStopped: true}); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
			t.Errorf("page size %d, with stopped: %q", size, got)
		}
	}
	resp, err := b.ListMixes(t.Context(), &pb.ListMixesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	if m := resp.Mixes[0]; !slices.Equal(m.Participants, []string{"anna", "ben"}) || !slices.Equal(m.Outputs, []string{"output-1"}) ||
		m.Template != "grid-by-count" || m.State != pb.MixState_MIX_STATE_RUNNING {
		t.Errorf("summary = %v", m)
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	b := newBench(t, Limits{})
	ctx := t.Context()
	b.start(t, duet("room"))
	other := duet("room")
	other.Outputs = fan(2)
	_, _ = b.StartMix(ctx, &pb.StartMixRequest{Spec: other})
	bad := duet("room")
	bad.Outputs[0].Url += " " + secret
	_, err := b.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: bad})
	wantCode(t, err, codes.InvalidArgument)
	b.engine.applyAs = errors.New("no memory")
	_, _ = b.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: other})
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	log := b.log.String()
	if strings.Contains(log, secret) {
		t.Errorf("the log has a URL's secret:\n%s", log)
	}
	for _, want := range []string{`"code":"OK"`, `"code":"AlreadyExists"`, `"code":"InvalidArgument"`, `"code":"Internal"`, `"mix":"room"`, `"duration_ms":`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
	if n := strings.Count(log, `"msg":"call"`); n != 4 {
		t.Errorf("%d lines for 4 calls", n)
	}
}

func TestEveryErrorHasItsCode(t *testing.T) {
	for _, row := range errorCodes {
		if got := status.Code(toStatus(fmt.Errorf("wrapped: %w", row.err))); got != row.code {
			t.Errorf("%v: %v, want %v", row.err, got, row.code)
		}
	}
	if err := toStatus(errors.New("a file's path")); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "path") {
		t.Errorf("an unknown error became %v", err)
	}
	if toStatus(nil) != nil {
		t.Error("nil became an error")
	}
}
