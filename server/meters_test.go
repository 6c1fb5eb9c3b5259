package server

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// recordedMeters is what a recorder says of how loud everything is, at a time.
func recordedMeters(at *durationpb.Duration) *pb.Meters {
	return &pb.Meters{
		At:      at,
		Sources: []*pb.SourceMeter{{Name: "anna", RmsDb: -20, PeakDb: -10, Lufs: -23, Speaking: true}},
		Master: &pb.MasterMeter{
			RmsDb: -18, PeakDb: -3, TruePeakDb: -2, LufsMomentary: -15, LufsShortTerm: -16, LufsIntegrated: -17, DuckingDb: -12,
		},
	}
}

func TestWatchMixSendsMetersToWhoWantsThem(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	loud, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "room", MeterInterval: durationpb.New(100 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	still, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "room"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := loud.Recv()
	if err != nil || !proto.Equal(first.GetSnapshot().GetStats().GetMeters(), recordedMeters(first.GetSnapshot().GetStats().GetMeters().GetAt())) {
		t.Errorf("the snapshot has %v, %v", first, err)
	}
	for range 3 {
		msg, err := loud.Recv()
		if err != nil || msg.GetMeters() == nil || !proto.Equal(msg.GetMeters(), recordedMeters(msg.GetMeters().At)) {
			t.Fatalf("received %v, %v", msg, err)
		}
	}
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "room"}); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []pb.MixService_WatchMixClient{loud, still} {
		for err == nil {
			var msg *pb.WatchMixResponse
			if msg, err = stream.Recv(); stream == still && msg.GetMeters() != nil {
				t.Errorf("meters that nobody asked for: %v", msg)
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
		err = nil
	}
	late, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "room", MeterInterval: durationpb.New(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := late.Recv(); err != nil || msg.GetSnapshot() == nil {
		t.Errorf("of a stopped mix: %v, %v", msg, err)
	}
	if _, err := late.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("of a stopped mix: %v", err)
	}
	for _, interval := range []time.Duration{0, 99 * time.Millisecond, 1001 * time.Millisecond, -time.Second} {
		stream, err := b.WatchMix(t.Context(), &pb.WatchMixRequest{Id: "room", MeterInterval: durationpb.New(interval)})
		if err == nil {
			_, err = stream.Recv()
		}
		wantCode(t, err, codes.InvalidArgument)
	}
}

// Meters come at their interval, are dropped when nobody reads, and end with the watcher.
func TestMetersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry(newRecorder(), nil, Limits{WatchBuffer: 4, StatsInterval: time.Hour})
		defer r.Close(t.Context())
		spec := duet("room")
		fillDefaults(spec)
		if _, err := r.Start(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		w, err := r.Watch("room")
		if err != nil {
			t.Fatal(err)
		}
		w.Measure(100 * time.Millisecond)
		time.Sleep(1050 * time.Millisecond) // of the test's own clock
		synctest.Wait()
		if w.count != 4 || w.dropped != 6 {
			t.Errorf("%d wait, %d were dropped", w.count, w.dropped)
		}
		w.Close()
		w.Close()
		metered := r.engine.(*recorder).metered
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.engine.(*recorder).metered; got != metered {
			t.Errorf("%d meters after the end", got-metered)
		}
	})
}

func TestMusicInReports(t *testing.T) {
	for state, want := range map[mixer.MusicState]struct {
		state pb.MusicState
		event string
	}{
		mixer.MusicLoading: {pb.MusicState_MUSIC_STATE_LOADING, "loading: why"},
		mixer.MusicPlaying: {pb.MusicState_MUSIC_STATE_PLAYING, "playing: why"},
		mixer.MusicPaused:  {pb.MusicState_MUSIC_STATE_PAUSED, "paused: why"},
		mixer.MusicEnded:   {pb.MusicState_MUSIC_STATE_ENDED, "ended: why"},
		mixer.MusicFailed:  {pb.MusicState_MUSIC_STATE_FAILED, "failed: why"},
	} {
		event := eventToProto(mixer.Event{Kind: mixer.MusicChanged, Name: "bed", Music: state, Reason: "why"}, 1)
		if event.Kind != pb.EventKind_EVENT_KIND_MUSIC_CHANGED || event.Name != "bed" || event.Reason != want.event {
			t.Errorf("%v: %v", state, event)
		}
		stats := statsToProto(mixer.Stats{Music: []mixer.MusicStats{
			{Name: "bed", State: state, Position: time.Second, Duration: time.Minute, Played: 3, Reason: "why"}, {Name: "bot", State: state},
		}}, mixer.Meters{}).Music
		if !proto.Equal(stats[0], &pb.MusicStats{
			Name: "bed", State: want.state, Position: durationpb.New(time.Second), Duration: durationpb.New(time.Minute), Played: 3, Reason: "why",
		}) || !proto.Equal(stats[1], &pb.MusicStats{Name: "bot", State: want.state, Position: durationpb.New(0)}) {
			t.Errorf("%v: %v", state, stats)
		}
	}
	speaker := eventToProto(mixer.Event{Kind: mixer.SpeakerChanged, Name: "ben"}, 1)
	if speaker.Kind != pb.EventKind_EVENT_KIND_ACTIVE_SPEAKER_CHANGED || speaker.Name != "ben" || speaker.Reason != "" {
		t.Errorf("%v", speaker)
	}
}
