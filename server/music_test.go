package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// newMusicBench starts a service with two versions of the sound "bed" and one of "hit".
func newMusicBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.mustSound(t, "bed", 1)
	b.mustSound(t, "bed", 2)
	b.mustSound(t, "hit", 3)
	return b
}

// played plays a track in the mix "room" or ends the test.
func (b *bench) played(t testing.TB, track *pb.MusicTrack) *pb.Mix {
	t.Helper()
	resp, err := b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "room", Track: track})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Mix
}

// last returns the newest spec that the engine has of the mix "room".
func (b *bench) last() mixer.Spec {
	seen := b.engine.mix("room").seen()
	return seen[len(seen)-1]
}

// within says whether a stamp lies between two times.
func within(stamp *timestamppb.Timestamp, from, to time.Time) bool {
	return !stamp.AsTime().Before(from.Truncate(0)) && !stamp.AsTime().After(to)
}

func TestMusicVerbs(t *testing.T) {
	b := newMusicBench(t)
	ctx := t.Context()
	b.start(t, duet("room"))
	begin := time.Now()
	sent := bed("a", "bed")
	sent.Start, sent.Plays, sent.GainDb = durationpb.New(time.Minute), -1, -6
	sent.FadeIn, sent.FadeOut = durationpb.New(time.Second), durationpb.New(0)
	sent.Position, sent.AnchorTime, sent.Cue = durationpb.New(time.Hour), timestamppb.New(time.Unix(1, 0)), 99 // do not count
	mix := b.played(t, sent)
	track := mix.Spec.Music[0]
	if mix.Revision != 2 || track.GetAsset() != "bed@2" || track.Cue != 1 || track.Position.AsDuration() != time.Minute ||
		!within(track.AnchorTime, begin, time.Now()) || track.Plays != -1 || track.FadeOut != nil {
		t.Errorf("played %v", mix)
	}
	want := mixer.Music{Name: "a", Asset: "bed@2", GainDB: -6, Plays: -1, FadeIn: time.Second, Position: time.Minute, Anchor: track.AnchorTime.AsTime(), Cue: 1}
	if got := b.last().Music; len(got) != 1 || got[0] != want {
		t.Errorf("the engine was given %+v, want %+v", got, want)
	}

	b.played(t, bot("bot", "rtmp://127.0.0.1/live/bot?key="+secret))
	if got := b.last().Music; len(got) != 2 || got[1].URL != "rtmp://127.0.0.1/live/bot?key="+secret || got[1].Cue != 2 || got[1].Plays != 0 {
		t.Errorf("the engine was given %+v", got)
	}
	// A new version does not change what plays; playing anew takes it.
	b.mustSound(t, "bed", 4)
	paused, err := b.PauseMusic(ctx, &pb.PauseMusicRequest{Id: "room", Track: "a", Fade: durationpb.New(2 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	was, track := track, paused.Mix.Spec.Music[0]
	if d := track.AnchorTime.AsTime().Sub(was.AnchorTime.AsTime()); !track.Paused || track.Position.AsDuration() != time.Minute+d || d <= 0 ||
		track.Cue != 1 || track.GetAsset() != "bed@2" || track.FadeOut.AsDuration() != 2*time.Second {
		t.Errorf("paused %v, was %v", track, was)
	}
	resumed, err := b.ResumeMusic(ctx, &pb.ResumeMusicRequest{Id: "room", Track: "a"})
	if err != nil {
		t.Fatal(err)
	}
	was, track = track, resumed.Mix.Spec.Music[0]
	if track.Paused || !proto.Equal(track.Position, was.Position) || !track.AnchorTime.AsTime().After(was.AnchorTime.AsTime()) || track.Cue != 1 {
		t.Errorf("resumed %v, was %v", track, was)
	}
	sought, err := b.SeekMusic(ctx, &pb.SeekMusicRequest{Id: "room", Track: "a", Position: durationpb.New(90 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if track = sought.Mix.Spec.Music[0]; track.Position.AsDuration() != 90*time.Second || track.Cue != 3 {
		t.Errorf("sought %v", track)
	}
	louder, err := b.SetMusicGain(ctx, &pb.SetMusicGainRequest{Id: "room", Track: "a", GainDb: 3, Fade: durationpb.New(4 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if track = louder.Mix.Spec.Music[0]; track.GainDb != 3 || track.GainFade.AsDuration() != 4*time.Second || track.Cue != 3 {
		t.Errorf("louder %v", track)
	}
	if got := b.last().Music[0]; got.GainDB != 3 || got.GainFade != 4*time.Second || got.Position != 90*time.Second || got.FadeOut != 2*time.Second {
		t.Errorf("the engine was given %+v", got)
	}
	if again := b.played(t, bed("a", "bed")).Spec.Music; len(again) != 2 || again[0].Cue != 4 || again[0].GetAsset() != "bed@3" || again[0].Plays != 1 {
		t.Errorf("played anew %v", again)
	}
	stopped, err := b.StopMusic(ctx, &pb.StopMusicRequest{Id: "room", Track: "a"})
	if err != nil || len(stopped.Mix.Spec.Music) != 1 || stopped.Mix.Spec.Music[0].Name != "bot" || stopped.Mix.Revision != 9 {
		t.Errorf("stopped %v, %v", stopped, err)
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if log := b.log.String(); strings.Contains(log, secret) || !strings.Contains(log, "PlayMusic") {
		t.Errorf("log:\n%s", log)
	}
}

// A fade of StopMusic reaches the engine before the track is gone.
func TestStopMusicWithAFade(t *testing.T) {
	b := newMusicBench(t)
	b.start(t, duet("room"))
	b.played(t, bed("a", "hit"))
	resp, err := b.StopMusic(t.Context(), &pb.StopMusicRequest{Id: "room", Track: "a", Fade: durationpb.New(3 * time.Second), ExpectedRevision: 2})
	if err != nil || resp.Mix.Revision != 4 || len(resp.Mix.Spec.Music) != 0 {
		t.Errorf("%v, %v", resp, err)
	}
	seen := b.engine.mix("room").seen()
	if n := len(seen); n != 4 || seen[2].Music[0].FadeOut != 3*time.Second || len(seen[3].Music) != 0 {
		t.Errorf("the engine was given %+v", seen)
	}
}

// verbs calls each verb for track "a" of a mix.
func (b *bench) verbs(ctx context.Context, id string, revision int64) map[string]func() (*pb.Mix, error) {
	return map[string]func() (*pb.Mix, error){
		"PauseMusic": func() (*pb.Mix, error) {
			r, err := b.PauseMusic(ctx, &pb.PauseMusicRequest{Id: id, Track: "a", ExpectedRevision: revision})
			return r.GetMix(), err
		},
		"ResumeMusic": func() (*pb.Mix, error) {
			r, err := b.ResumeMusic(ctx, &pb.ResumeMusicRequest{Id: id, Track: "a", ExpectedRevision: revision})
			return r.GetMix(), err
		},
		"SeekMusic": func() (*pb.Mix, error) {
			r, err := b.SeekMusic(ctx, &pb.SeekMusicRequest{Id: id, Track: "a", Position: durationpb.New(1), ExpectedRevision: revision})
			return r.GetMix(), err
		},
		"StopMusic": func() (*pb.Mix, error) {
			r, err := b.StopMusic(ctx, &pb.StopMusicRequest{Id: id, Track: "a", ExpectedRevision: revision})
			return r.GetMix(), err
		},
		"SetMusicGain": func() (*pb.Mix, error) {
			r, err := b.SetMusicGain(ctx, &pb.SetMusicGainRequest{Id: id, Track: "a", GainDb: -7, ExpectedRevision: revision})
			return r.GetMix(), err
		},
	}
}

func TestVerbsOfUnknownTracksMixesAndRevisions(t *testing.T) {
	b := newMusicBench(t)
	b.start(t, duet("room"))
	for _, id := range []string{"room", "hall"} {
		for name, call := range b.verbs(t.Context(), id, 0) {
			if _, err := call(); err == nil {
				t.Errorf("%s in %s: no error", name, id)
			} else {
				wantCode(t, err, codes.NotFound)
			}
		}
	}
	b.played(t, bed("a", "bed"))
	calls := b.verbs(t.Context(), "room", 7)
	calls["PlayMusic"] = func() (*pb.Mix, error) {
		_, err := b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "room", Track: bed("a", "bed"), ExpectedRevision: 7})
		return nil, err
	}
	calls["UpdateSound"] = func() (*pb.Mix, error) {
		_, err := b.UpdateSound(t.Context(), &pb.UpdateSoundRequest{Id: "room", Sound: &pb.SoundSettings{}, ExpectedRevision: 7})
		return nil, err
	}
	for name, call := range calls {
		if _, err := call(); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantCode(t, err, codes.Aborted)
		}
	}
	// What changes nothing makes no revision.
	for _, name := range []string{"ResumeMusic", "SetMusicGain", "SetMusicGain", "PauseMusic", "PauseMusic"} {
		if _, err := b.verbs(t.Context(), "room", 0)[name](); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.last().Revision; got != 4 {
		t.Errorf("revision %d after two changes", got)
	}
	b.engine.mix("room").end("over")
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "room"}); err != nil {
		t.Fatal(err)
	}
	for _, call := range b.verbs(t.Context(), "room", 0) {
		_, err := call()
		wantCode(t, err, codes.FailedPrecondition)
	}
}

func TestStartMixWithMusicIsIdempotent(t *testing.T) {
	b := newMusicBench(t)
	spec := func() *pb.MixSpec {
		s := duet("room")
		s.Music = []*pb.MusicTrack{bed("a", "bed"), bot("bot", "rtmp://h/a/bot")}
		s.Music[0].Start = durationpb.New(time.Second)
		return s
	}
	begin := time.Now()
	first := b.start(t, spec())
	track := first.Spec.Music[0]
	if track.GetAsset() != "bed@2" || track.Cue != 1 || track.Position.AsDuration() != time.Second || !within(track.AnchorTime, begin, time.Now()) ||
		first.Spec.Music[1].Cue != 2 {
		t.Errorf("started with %v", first.Spec.Music)
	}
	explicit := spec()
	explicit.Music[0].Plays, explicit.Music[0].FadeIn, explicit.Music[0].Cue = 1, durationpb.New(0), 5 // means the same
	explicit.Sound = &pb.SoundSettings{TargetLufs: -16, Ducking: &pb.Ducking{DepthDb: 12}}
	if again := b.start(t, explicit); !proto.Equal(first, again) {
		t.Errorf("the second start returned %v", again)
	}
	if again := b.start(t, first.Spec); !proto.Equal(first, again) {
		t.Errorf("a start with the answer returned %v", again)
	}
	other := spec()
	other.Music[0].Plays = 2
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: other})
	wantCode(t, err, codes.AlreadyExists)

	b.mustSound(t, "bed", 5)
	if _, err := b.PauseMusic(t.Context(), &pb.PauseMusicRequest{Id: "room", Track: "a"}); err != nil {
		t.Fatal(err)
	}
	late := b.start(t, spec())
	if late.Revision != 2 || !late.Spec.Music[0].Paused || late.Spec.Music[0].GetAsset() != "bed@2" {
		t.Errorf("a late start returned %v", late)
	}
	if again := b.start(t, late.Spec); !proto.Equal(again, late) {
		t.Errorf("a start with what runs returned %v", again)
	}
	if b.engine.starts != 1 {
		t.Errorf("the engine started %d mixes", b.engine.starts)
	}
}

func TestUpdateMixKeepsWhatPlays(t *testing.T) {
	b := newMusicBench(t)
	spec := duet("room")
	spec.Music = []*pb.MusicTrack{bed("a", "bed"), bed("b", "hit")}
	before := b.start(t, spec).Spec.Music
	b.mustSound(t, "bed", 6)
	update := func(music ...*pb.MusicTrack) *pb.Mix {
		t.Helper()
		next := duet("room")
		next.Music = music
		resp, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: next})
		if err != nil {
			t.Fatal(err)
		}
		return resp.Mix
	}
	if same := update(bed("a", "bed"), bed("b", "hit")); same.Revision != 1 || !proto.Equal(same.Spec.Music[0], before[0]) {
		t.Errorf("the same: %v", same)
	}
	quiet := bed("a", "bed")
	quiet.GainDb = -20
	mix := update(quiet, bed("c", "bed"))
	want := proto.CloneOf(before[0])
	want.GainDb = -20
	if mix.Revision != 2 || !proto.Equal(mix.Spec.Music[0], want) || mix.Spec.Music[1].GetAsset() != "bed@3" || mix.Spec.Music[1].Cue != 3 {
		t.Errorf("changed: %v", mix.Spec.Music)
	}
	if mix = update(bed("a", "bed@3")); mix.Spec.Music[0].GetAsset() != "bed@3" || mix.Spec.Music[0].Cue != 4 {
		t.Errorf("another version: %v", mix.Spec.Music)
	}
	// Other changes leave music alone.
	resp, err := b.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: "room", Main: proto.String("ben")})
	if err != nil || !proto.Equal(resp.Mix.Spec.Music[0], mix.Spec.Music[0]) {
		t.Errorf("%v, %v", resp, err)
	}
}

func TestBadMusic(t *testing.T) {
	b := newMusicBench(t)
	b.start(t, duet("room"))
	hour := durationpb.New(7 * time.Hour)
	with := func(track *pb.MusicTrack, change func(*pb.MusicTrack)) *pb.MusicTrack {
		change(track)
		return track
	}
	for name, test := range map[string]struct {
		track  *pb.MusicTrack
		fields []string // of the track
	}{
		"no name":           {bed("", "bed"), []string{"name"}},
		"no source":         {&pb.MusicTrack{Name: "a"}, []string{"source"}},
		"no such sound":     {bed("a", "bad"), []string{"asset"}},
		"no such version":   {bed("a", "bed@9"), []string{"asset"}},
		"no name of one":    {bed("a", ""), []string{"asset"}},
		"no such path":      {bed("a", "../bed"), []string{"asset"}},
		"a long one":        {bed("a", strings.Repeat("x", 97)), []string{"asset"}},
		"no URL":            {bot("a", ""), []string{"url"}},
		"a file":            {bot("a", "file:///etc/passwd"), []string{"url"}},
		"HTTP":              {bot("a", "http://h/a/b"), []string{"url"}},
		"a loop of streams": {with(bot("a", "rtmp://h/a/b"), func(m *pb.MusicTrack) { m.Plays = -1; m.Start = durationpb.New(1) }), []string{"plays", "start"}},
		"everything": {
			with(bed("a b", "bad"), func(m *pb.MusicTrack) {
				m.GainDb, m.Plays, m.Start, m.FadeIn, m.FadeOut, m.GainFade = 13, -2, hour, hour, hour, hour
			}),
			[]string{"name", "asset", "gain_db", "plays", "start", "fade_in", "fade_out", "gain_fade"},
		},
	} {
		spec := duet("other")
		spec.Music = []*pb.MusicTrack{bed("good", "bed"), test.track}
		_, startErr := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
		update := proto.CloneOf(spec)
		update.Id = "room"
		_, updateErr := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: update})
		_, playErr := b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "room", Track: test.track})
		for prefix, err := range map[string]error{"spec.music[1].": startErr, " spec.music[1].": updateErr, "track.": playErr} {
			if prefix == "track." && strings.HasPrefix(name, "no such") {
				wantCode(t, err, codes.NotFound)
				continue
			}
			wantCode(t, err, codes.InvalidArgument)
			var want []string
			for _, f := range test.fields {
				want = append(want, strings.TrimSpace(prefix)+f)
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(violations(err))); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	// A secret in the wrong place is not repeated.
	_, err := b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "room", Track: bed("a", "rtmp://h/a/b?key="+secret)})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("error %v", err)
	}
	_, err = b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "room"})
	wantCode(t, err, codes.InvalidArgument)
	_, err = b.SeekMusic(t.Context(), &pb.SeekMusicRequest{Id: "room", Track: "a"})
	wantCode(t, err, codes.InvalidArgument)
	b.played(t, bot("bot", "rtmp://h/a/b"))
	_, err = b.SeekMusic(t.Context(), &pb.SeekMusicRequest{Id: "room", Track: "bot", Position: durationpb.New(1)})
	wantCode(t, err, codes.InvalidArgument)
	if found := violations(err); len(found) != 1 || found["track"] == "" {
		t.Errorf("%q", found)
	}
	if got := b.last(); got.Revision != 2 {
		t.Errorf("bad music reached the engine: %+v", got)
	}
}

func TestMusicIsBounded(t *testing.T) {
	b := newMusicBench(t)
	spec := duet("room")
	for i := range 9 {
		spec.Music = append(spec.Music, bed(fmt.Sprint("m", i), "bed"))
	}
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	wantCode(t, err, codes.InvalidArgument)
	if found := violations(err); len(found) != 1 || found["spec.music"] == "" {
		t.Errorf("%q", found)
	}
	twins := duet("room")
	twins.Music = []*pb.MusicTrack{bed("a", "bed"), bed("a", "hit")}
	_, err = b.StartMix(t.Context(), &pb.StartMixRequest{Spec: twins})
	if found := violations(err); len(found) != 1 || found["spec.music"] == "" {
		t.Errorf("%q", found)
	}
	spec.Music = spec.Music[:8]
	b.start(t, spec)
	_, err = b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "room", Track: bed("m8", "bed")})
	wantCode(t, err, codes.InvalidArgument)
	if found := violations(err); len(found) != 1 || found["track.name"] == "" {
		t.Errorf("%q", found)
	}
	if mix := b.played(t, bed("m3", "hit")); mix.Spec.Music[3].GetAsset() != "hit@1" || mix.Spec.Music[3].Cue != 9 {
		t.Errorf("one of the eight anew: %v", mix.Spec.Music)
	}
}

func TestSoundsInUseStay(t *testing.T) {
	b := newMusicBench(t)
	remove := func(name string, version int32) error {
		_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: name, Version: version, Kind: kindSound})
		return err
	}
	spec := duet("room")
	spec.Music = []*pb.MusicTrack{bed("a", "bed@1")}
	b.start(t, spec)
	b.start(t, duet("hall"))
	if _, err := b.PlayMusic(t.Context(), &pb.PlayMusicRequest{Id: "hall", Track: bed("b", "bed")}); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[int32][]string{1: {"IN_USE mix/room"}, 2: {"IN_USE mix/hall"}, 0: {"IN_USE mix/hall", "IN_USE mix/room"}} {
		err := remove("bed", version)
		wantCode(t, err, codes.FailedPrecondition)
		if got := usersIn(err); !slices.Equal(got, want) || !strings.Contains(err.Error(), `sound "bed" is in use by mixes`) {
			t.Errorf("version %d: %v with %q", version, err, got)
		}
	}
	_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "bed"}) // the picture
	wantCode(t, err, codes.NotFound)
	wantCode(t, remove("bed", 3), codes.NotFound)
	if err := remove("hit", 0); err != nil {
		t.Errorf("a sound that nobody plays: %v", err)
	}
	if _, err := b.StopMusic(t.Context(), &pb.StopMusicRequest{Id: "room", Track: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := remove("bed", 1); err != nil {
		t.Errorf("after it was stopped: %v", err)
	}
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "hall"}); err != nil {
		t.Fatal(err)
	}
	if err := remove("bed", 0); err != nil {
		t.Errorf("after its mix: %v", err)
	}
	if again := b.mustSound(t, "bed", 1); again.Version != 3 {
		t.Errorf("a number was used again: %v", again)
	}
}

func TestSoundSettings(t *testing.T) {
	b := newBench(t, Limits{})
	spec := duet("room")
	spec.Sound = &pb.SoundSettings{MasterGainDb: -3, Ducking: &pb.Ducking{Off: true}}
	spec.Participants[0].Pan, spec.Participants[1].Solo = -0.5, true
	b.start(t, spec)
	duck := mixer.Ducking{Off: true, ThresholdDB: -45, DepthDB: 12, Attack: 80 * time.Millisecond, Release: 600 * time.Millisecond}
	if got := b.last(); got.Sound != (mixer.Sound{Ducking: duck, MasterGainDB: -3, TargetLUFS: -16}) ||
		got.Participants[0].Pan != -0.5 || got.Participants[0].Solo || !got.Participants[1].Solo {
		t.Errorf("the engine was given %+v", got)
	}
	set, err := b.UpdateSound(t.Context(), &pb.UpdateSoundRequest{Id: "room", Sound: &pb.SoundSettings{
		Normalise: true, TargetLufs: -23, Ducking: &pb.Ducking{DepthDb: 20, Attack: durationpb.New(5 * time.Millisecond)},
	}})
	if err != nil || set.Mix.Revision != 2 || set.Mix.Spec.Sound.Ducking.ThresholdDb != -45 {
		t.Fatalf("%v, %v", set, err)
	}
	duck = mixer.Ducking{ThresholdDB: -45, DepthDB: 20, Attack: 5 * time.Millisecond, Release: 600 * time.Millisecond}
	if got := b.last().Sound; got != (mixer.Sound{Ducking: duck, Normalise: true, TargetLUFS: -23}) {
		t.Errorf("the engine was given %+v", got)
	}
	state, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: "ben", Pan: proto.Float64(1), Solo: proto.Bool(false)})
	if p := state.GetMix().GetSpec().GetParticipants(); err != nil || p[1].Pan != 1 || p[1].Solo || p[0].Pan != -0.5 {
		t.Errorf("%v, %v", state, err)
	}
	for field, req := range map[string]*pb.UpdateSoundRequest{
		"sound":                      {},
		"sound.master_gain_db":       {Sound: &pb.SoundSettings{MasterGainDb: 13}},
		"sound.target_lufs":          {Sound: &pb.SoundSettings{TargetLufs: -7}},
		"sound.ducking.threshold_db": {Sound: &pb.SoundSettings{Ducking: &pb.Ducking{ThresholdDb: 1}}},
		"sound.ducking.depth_db":     {Sound: &pb.SoundSettings{Ducking: &pb.Ducking{DepthDb: -1}}},
		"sound.ducking.attack":       {Sound: &pb.SoundSettings{Ducking: &pb.Ducking{Attack: durationpb.New(0)}}},
		"sound.ducking.release":      {Sound: &pb.SoundSettings{Ducking: &pb.Ducking{Release: durationpb.New(time.Hour)}}},
	} {
		req.Id = "room"
		_, err := b.UpdateSound(t.Context(), req)
		wantCode(t, err, codes.InvalidArgument)
		if found := violations(err); len(found) != 1 || found[field] == "" {
			t.Errorf("%s: %q", field, found)
		}
	}
}
