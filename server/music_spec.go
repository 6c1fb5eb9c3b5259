package server

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// A track has three fields that are the service's: `position` is where it was at
// `anchor_time`, so that it goes on there after a restart, and `cue` rises when it begins
// or is sought, so that the engine knows a seek from a track that is left alone.
// Positions count through all plays of the piece.

// dropService takes the service's fields, in place, out of tracks that somebody sent.
func dropService(tracks ...*pb.MusicTrack) {
	for _, track := range tracks {
		track.Position, track.AnchorTime, track.Cue = nil, nil, 0
	}
}

// fillMusic completes tracks in place.
func fillMusic(tracks []*pb.MusicTrack) {
	for _, track := range tracks {
		if track.GetAsset() != "" && track.Plays == 0 {
			track.Plays = 1
		}
		track.Start = sparse(track.Start)
		track.FadeIn, track.FadeOut, track.GainFade = sparse(track.FadeIn), sparse(track.FadeOut), sparse(track.GainFade)
	}
}

// sparse returns d, or nil for one of 0, which means the same.
func sparse(d *durationpb.Duration) *durationpb.Duration {
	if d.AsDuration() == 0 {
		return nil
	}
	return d
}

// findTrack returns the track of this name, or ErrNoTrack.
func findTrack(spec *pb.MixSpec, name string) (*pb.MusicTrack, error) {
	i := trackIn(spec, name)
	if i < 0 {
		return nil, fmt.Errorf("%w: %q in mix %q", ErrNoTrack, name, spec.Id)
	}
	return spec.Music[i], nil
}

// trackIn returns where in spec the track of this name is, or -1.
func trackIn(spec *pb.MixSpec, name string) int {
	return slices.IndexFunc(spec.Music, func(track *pb.MusicTrack) bool { return track.Name == name })
}

// nextCue returns a cue above all in spec.
func nextCue(spec *pb.MixSpec) (cue int64) {
	for _, track := range spec.Music {
		cue = max(cue, track.Cue)
	}
	return cue + 1
}

// place says where track is at now.
func place(track *pb.MusicTrack, position time.Duration, now time.Time) {
	track.Position, track.AnchorTime = durationpb.New(position), timestamppb.New(now)
}

// positionOf returns where track is at now.
func positionOf(track *pb.MusicTrack, now time.Time) time.Duration {
	position := track.Position.AsDuration()
	if !track.Paused {
		position += max(0, now.Sub(track.AnchorTime.AsTime()))
	}
	return position
}

// play lets a track begin in spec, in place. Errors: Faults when there is no room for it.
func play(spec *pb.MixSpec, sent *pb.MusicTrack, now time.Time) error {
	track := proto.CloneOf(sent)
	fillMusic([]*pb.MusicTrack{track})
	track.Cue = nextCue(spec)
	place(track, track.Start.AsDuration(), now)
	if i := trackIn(spec, track.Name); i >= 0 {
		spec.Music[i] = track
		return nil
	}
	if len(spec.Music) >= maxMusic {
		return Faults{{Field: "track.name", Allowed: fmt.Sprintf(
			"must be that of a track that the mix has: it has %d, the most at once", maxMusic)}}
	}
	spec.Music = append(spec.Music, track)
	return nil
}

// pause lets a track hold its place.
func pause(track *pb.MusicTrack, fade *durationpb.Duration, now time.Time) {
	if track.Paused {
		return
	}
	if fade != nil {
		track.FadeOut = sparse(fade)
	}
	place(track, positionOf(track, now), now)
	track.Paused = true
}

// resume lets a paused track go on.
func resume(track *pb.MusicTrack, fade *durationpb.Duration, now time.Time) {
	if !track.Paused {
		return
	}
	if fade != nil {
		track.FadeIn = sparse(fade)
	}
	place(track, positionOf(track, now), now)
	track.Paused = false
}

// seek lets a track go on elsewhere, in place. Errors: ErrNoTrack, Faults for a stream.
func seek(spec *pb.MixSpec, name string, position time.Duration, now time.Time) error {
	track, err := findTrack(spec, name)
	if err != nil {
		return err
	}
	if track.GetUrl() != "" {
		return Faults{{Field: "track", Allowed: "must be a track that plays a sound; this one is a stream"}}
	}
	track.Cue = nextCue(spec)
	place(track, position, now)
	return nil
}

// stopTrack takes a track out of spec, in place. Errors: ErrNoTrack.
func stopTrack(spec *pb.MixSpec, name string) error {
	if _, err := findTrack(spec, name); err != nil {
		return err
	}
	spec.Music = slices.DeleteFunc(spec.Music, func(track *pb.MusicTrack) bool { return track.Name == name })
	return nil
}

// carryMusic sets the service's fields of next in place: tracks of current that are in
// next by name and source play on, the others begin. current is nil for a mix that
// begins. Both are pinned.
func carryMusic(next, current *pb.MixSpec, now time.Time) *pb.MixSpec {
	if current == nil {
		current = &pb.MixSpec{}
	}
	cue := nextCue(current)
	for _, track := range next.Music {
		i := trackIn(current, track.Name)
		if i < 0 || !sameSource(current.Music[i], track) {
			track.Cue = cue
			cue++
			place(track, track.Start.AsDuration(), now)
			continue
		}
		was := current.Music[i]
		track.Position, track.AnchorTime, track.Cue = was.Position, was.AnchorTime, was.Cue
		if track.Paused != was.Paused {
			place(track, positionOf(was, now), now)
		}
	}
	return next
}

// sameSource says that two tracks, both pinned, play the same.
func sameSource(a, b *pb.MusicTrack) bool {
	return a.GetAsset() == b.GetAsset() && a.GetUrl() == b.GetUrl()
}

// toMusic returns pinned tracks in the engine's terms.
func toMusic(tracks []*pb.MusicTrack) (out []mixer.Music) {
	for _, t := range tracks {
		out = append(out, mixer.Music{
			Name: t.Name, Asset: t.GetAsset(), URL: t.GetUrl(),
			GainDB: t.GainDb, GainFade: t.GainFade.AsDuration(), Plays: int(t.Plays),
			FadeIn: t.FadeIn.AsDuration(), FadeOut: t.FadeOut.AsDuration(),
			Paused: t.Paused, Undamped: t.Undamped,
			Position: t.Position.AsDuration(), Anchor: t.AnchorTime.AsTime(), Cue: t.Cue,
		})
	}
	return out
}
