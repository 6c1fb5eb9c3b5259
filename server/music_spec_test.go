package server

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// bed returns a track that plays a sound; more may be added to it.
func bed(name, asset string) *pb.MusicTrack {
	return &pb.MusicTrack{Name: name, Source: &pb.MusicTrack_Asset{Asset: asset}}
}

// bot returns a track that plays a stream.
func bot(name, url string) *pb.MusicTrack {
	return &pb.MusicTrack{Name: name, Source: &pb.MusicTrack_Url{Url: url}}
}

// TestPositionsAreKept changes tracks in any order while time goes by. Each track is
// where a model says, and its cue rises if and only if it begins or is sought.
func TestPositionsAreKept(t *testing.T) {
	type model struct {
		position time.Duration
		paused   bool
	}
	rapid.Check(t, func(t *rapid.T) {
		spec, want := &pb.MixSpec{Id: "room"}, map[string]*model{}
		now := time.Unix(1_700_000_000, 0)
		highest := int64(0)
		check := func(op string) {
			seen := map[int64]bool{}
			for _, track := range spec.Music {
				w := want[track.Name]
				if got := positionOf(track, now); w == nil || got != w.position || track.Paused != w.paused {
					t.Fatalf("%s: %s is at %v (%v), want %+v", op, track.Name, got, track.Paused, w)
				}
				if seen[track.Cue] || track.Cue < 1 {
					t.Fatalf("%s: cue %d of %s", op, track.Cue, track.Name)
				}
				seen[track.Cue] = true
			}
			if len(spec.Music) != len(want) {
				t.Fatalf("%s: %d tracks, want %d", op, len(spec.Music), len(want))
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			passed := time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond
			now = now.Add(passed)
			for _, w := range want {
				if !w.paused {
					w.position += passed
				}
			}
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
			op := rapid.SampledFrom([]string{"play", "pause", "resume", "seek", "stop", "carry"}).Draw(t, "op")
			at := time.Duration(rapid.IntRange(0, 9).Draw(t, "at")) * time.Second
			track, err := findTrack(spec, name)
			if (err == nil) != (want[name] != nil) {
				t.Fatalf("%s: %v", name, err)
			}
			before := nextCue(spec) - 1
			switch {
			case op == "play":
				sent := bed(name, "bed@1")
				sent.Start, sent.Paused = durationpb.New(at), rapid.Bool().Draw(t, "paused")
				if err := play(spec, sent, now); err != nil {
					t.Fatal(err)
				}
				want[name] = &model{at, sent.Paused}
				if track, _ = findTrack(spec, name); track.Cue != before+1 {
					t.Fatalf("cue %d after %d", track.Cue, before)
				}
			case op == "carry": // as UpdateMix does, with one track paused or not
				next := proto.CloneOf(spec)
				if track != nil {
					track := next.Music[trackIn(next, name)]
					track.Paused = at%2 == 0
					want[name].paused = track.Paused
				}
				dropService(next.Music...)
				spec = carryMusic(next, spec, now)
			case track == nil:
			case op == "pause":
				pause(track, nil, now)
				want[name].paused = true
			case op == "resume":
				resume(track, nil, now)
				want[name].paused = false
			case op == "seek":
				if err := seek(spec, name, at, now); err != nil || track.Cue != before+1 {
					t.Fatalf("cue %d after %d, %v", track.Cue, before, err)
				}
				want[name].position = at
			case op == "stop":
				if err := stopTrack(spec, name); err != nil {
					t.Fatal(err)
				}
				delete(want, name)
			}
			if cue := nextCue(spec) - 1; op != "play" && op != "seek" && cue > before {
				t.Fatalf("%s: the highest cue went from %d to %d", op, before, cue)
			}
			highest = max(highest, nextCue(spec)-1)
			check(op)
		}
	})
}

func TestCarryMusicLetsOthersBegin(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	current := &pb.MixSpec{Music: []*pb.MusicTrack{bed("a", "bed@1"), bed("b", "bed@1"), bot("c", "rtmp://h/a/c")}}
	carryMusic(current, nil, now)
	for i, track := range current.Music {
		if track.Cue != int64(i+1) || positionOf(track, now) != 0 {
			t.Errorf("began as %v", track)
		}
	}
	later := now.Add(time.Minute)
	next := &pb.MixSpec{Music: []*pb.MusicTrack{bot("c", "rtmp://h/a/c"), bed("b", "bed@2"), bed("a", "bed@1"), bot("d", "rtmp://h/a/c")}}
	next.Music[1].Start = durationpb.New(5 * time.Second)
	next.Music[2].GainDb = -6
	carryMusic(next, current, later)
	for i, want := range []string{"3 1m0s", "4 5s", "1 1m0s", "5 0s"} {
		if got := fmt.Sprint(next.Music[i].Cue, " ", positionOf(next.Music[i], later)); got != want {
			t.Errorf("%s: %s, want %s", next.Music[i].Name, got, want)
		}
	}
	// A clock that was set back does not take a track back.
	if got := positionOf(current.Music[0], now.Add(-time.Hour)); got != 0 {
		t.Errorf("before its anchor: %v", got)
	}
}

func TestFadesOfARequestStay(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	second, zero := durationpb.New(time.Second), durationpb.New(0)
	track := bed("a", "bed@1")
	track.FadeIn, track.FadeOut = second, second
	place(track, 0, now)
	pause(track, nil, now)
	resume(track, nil, now)
	if track.FadeIn != second || track.FadeOut != second {
		t.Errorf("without a fade: %v", track)
	}
	pause(track, durationpb.New(3*time.Second), now)
	pause(track, zero, now) // changes nothing
	if track.FadeOut.AsDuration() != 3*time.Second {
		t.Errorf("paused: %v", track)
	}
	resume(track, zero, now)
	if track.FadeIn != nil {
		t.Errorf("resumed: %v", track)
	}
}
