package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
	"github.com/lianmai/lianmai/store"
)

// soundRule says what the name of a sound may be.
const soundRule = `must be an uploaded sound, "name" or "name@version"`

// playRequest checks a request for a track. ErrNoSound says that its sound is missing, if
// nothing else is wrong.
func (c *checker) playRequest(ctx context.Context, req *pb.PlayMusicRequest) error {
	if req.Track != nil {
		dropService(req.Track)
	}
	faults, err := c.faults(req)
	if err != nil || req.Track == nil {
		return outcome(faults, err)
	}
	more := trackFaults(req.Track).under("track.")
	faults = append(faults, slices.DeleteFunc(more, func(f Fault) bool { return faults.about(f.Field) })...)
	if rule := c.addressRule(guard.Input, req.Track.GetUrl()); rule != "" && !faults.about("track.url") {
		faults = append(faults, Fault{Field: "track.url", Allowed: rule})
	}
	asset, named := req.Track.Source.(*pb.MusicTrack_Asset)
	if !named || faults.about("track.asset") {
		return outcome(faults, nil)
	}
	sounds := c.library.resolver(ctx, store.Sound)
	switch _, found := sounds.Resolve(asset.Asset); {
	case sounds.err != nil:
		return sounds.err
	case !found && len(faults) == 0 && asset.Asset != "":
		return fmt.Errorf("%w: %q", ErrNoSound, withoutURLs(asset.Asset))
	case !found:
		faults = append(faults, Fault{Field: "track.asset", Allowed: soundRule})
	}
	return outcome(faults, nil)
}

// trackFaults returns the faults of a track that the protos' rules cannot find, besides
// that its sound is missing. Paths begin at the track.
func trackFaults(track *pb.MusicTrack) (faults Faults) {
	if _, ok := track.GetSource().(*pb.MusicTrack_Url); !ok {
		return nil
	}
	if _, err := rtmp.ParseURL(track.GetUrl()); err != nil {
		faults = append(faults, Fault{Field: "url", Allowed: urlRule(err)})
	}
	if track.Plays != 0 {
		faults = append(faults, Fault{Field: "plays", Allowed: "must be left out for a stream"})
	}
	if track.Start.AsDuration() != 0 {
		faults = append(faults, Fault{Field: "start", Allowed: "must be left out for a stream"})
	}
	return faults
}
