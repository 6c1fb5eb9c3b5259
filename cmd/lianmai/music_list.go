package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func newMusicListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list ID",
		Short: "List the tracks of a mix and where they are",
		Long: `List the tracks of a mix and where they are.

With --json it writes one object for each track, of the API's MusicTrack and MusicStats:
  {"track":{"name":"bed",…},"stats":{"state":"MUSIC_STATE_PLAYING",…}}`,
		Example: `  lianmai music list room1
  lianmai music list room1 --json | jq -r 'select(.stats.state=="MUSIC_STATE_PLAYING").track.name'`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			resp, err := call(c, cmd.Context(), services.GetMix, &pb.GetMixRequest{Id: args[0]}, namesOf(map[string]string{"id": "ID"}))
			if err != nil {
				return err
			}
			p, tracks := newPrinter(cmd.OutOrStdout()), tracksOf(resp.GetMix().GetSpec(), resp.GetStats())
			switch {
			case c.json:
				return p.tracksAsJSON(tracks)
			case len(tracks) == 0:
				return p.printf("no music")
			default:
				return p.tracks(tracks)
			}
		},
	}
}

// playedTrack is what is wanted of a track and how it is doing.
type playedTrack struct {
	track *pb.MusicTrack // nil for one that is no longer wanted and still fades
	stats *pb.MusicStats // nil for one that the mix has not taken up yet
}

// name returns the track's name.
func (t playedTrack) name() string {
	if t.track == nil {
		return t.stats.GetName()
	}
	return t.track.GetName()
}

// tracksOf returns the tracks of a mix, those that are wanted first.
func tracksOf(spec *pb.MixSpec, stats *pb.MixStats) []playedTrack {
	byName := map[string]*pb.MusicStats{}
	for _, s := range stats.GetMusic() {
		byName[s.GetName()] = s
	}
	var tracks []playedTrack
	for _, track := range spec.GetMusic() {
		tracks = append(tracks, playedTrack{track, byName[track.GetName()]})
		delete(byName, track.GetName())
	}
	for _, s := range stats.GetMusic() {
		if byName[s.GetName()] == s {
			tracks = append(tracks, playedTrack{stats: s})
		}
	}
	return tracks
}

// tracks writes a table of tracks, and below it why one failed.
func (p printer) tracks(tracks []playedTrack) error {
	var rows [][]cell
	var reasons []string
	for _, t := range tracks {
		state, at := enumName(t.stats.GetState()), t.stats.GetPosition()
		if t.stats == nil {
			state, at = "-", t.track.GetPosition()
		}
		length, gain, source := "-", "-", "-"
		if d := t.stats.GetDuration(); d != nil {
			length = position(d.AsDuration())
		}
		if t.track != nil {
			gain, source = decibels(t.track.GetGainDb()), printable(trackSource(t.track))
		}
		rows = append(rows, []cell{
			{text: t.name()},
			{text: state, colour: stateColour(state)},
			{text: position(at.AsDuration())},
			{text: length},
			{text: strconv.FormatInt(t.stats.GetPlayed(), 10)},
			{text: gain},
			{text: source},
		})
		if reason := t.stats.GetReason(); reason != "" {
			reasons = append(reasons, t.name()+": "+printable(reason))
		}
	}
	if err := p.table([]string{"TRACK", "STATE", "POSITION", "DURATION", "PLAYED", "GAIN", "SOURCE"}, rows); err != nil {
		return err
	}
	for _, reason := range reasons {
		if err := p.printf("%s", p.paint(red, reason)); err != nil {
			return err
		}
	}
	return nil
}

// tracksAsJSON writes each track as an object in a line; what is not known is left out.
func (p printer) tracksAsJSON(tracks []playedTrack) error {
	for _, t := range tracks {
		object := map[string]json.RawMessage{}
		add := func(key string, m proto.Message) error {
			if !m.ProtoReflect().IsValid() {
				return nil
			}
			text, err := protojson.Marshal(m)
			object[key] = text
			return err
		}
		if err := add("track", t.track); err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
		if err := add("stats", t.stats); err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
		if err := p.object(object); err != nil {
			return err
		}
	}
	return nil
}
