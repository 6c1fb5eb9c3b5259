package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func newMusicCommand() *cobra.Command {
	c := &client{}
	cmd := &cobra.Command{
		Use:   "music",
		Short: "Play music and effects in a mix of a running service",
		Long: `Play music and effects in a mix of a running service: uploaded sounds, or a music bot's
stream. Several tracks may play at once. A track has a name of its own in its mix.

Times are written 1m30s, 12.5s or 1:30.500.

Answers are for people; with --json they are the API's messages, one JSON object in
each line.`,
		Example: `  lianmai asset upload theme.mp3
  lianmai music play room1 bed --asset theme --plays forever --gain -6 --fade-in 2s
  lianmai music gain room1 bed -18 --fade 3s
  lianmai music stop room1 bed --fade 5s`,
		Args: subcommandArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.register(cmd)
	cmd.AddCommand(
		newMusicPlayCommand(c),
		newMusicPauseCommand(c),
		newMusicResumeCommand(c),
		newMusicSeekCommand(c),
		newMusicGainCommand(c),
		newMusicStopCommand(c),
		newMusicListCommand(c),
	)
	return cmd
}

// answerMusic writes the mix that a change of a track led to: in JSON whole, else in one
// line, in which say tells of the track.
func (c *client) answerMusic(cmd *cobra.Command, mix *pb.Mix, verb, track string, say func(*pb.MusicTrack) string) error {
	p := newPrinter(cmd.OutOrStdout())
	if c.json {
		return p.message(mix)
	}
	line := fmt.Sprintf("%s %s: revision %d", verb, p.paint(bold, track), mix.GetRevision())
	music := mix.GetSpec().GetMusic()
	if i := slices.IndexFunc(music, func(t *pb.MusicTrack) bool { return t.GetName() == track }); i >= 0 && say != nil {
		if told := say(music[i]); told != "" {
			line += ", " + told
		}
	}
	return p.printf("%s", line)
}

// describeTrack returns what is played, and how, in a few words.
func describeTrack(t *pb.MusicTrack) string {
	words := []string{trackSource(t) + " at " + decibels(t.GetGainDb())}
	switch plays := t.GetPlays(); {
	case plays < 0:
		words = append(words, "for ever")
	case plays > 1:
		words = append(words, fmt.Sprintf("%d times", plays))
	}
	if start := t.GetStart().AsDuration(); start > 0 {
		words = append(words, "from "+position(start))
	}
	if t.GetUndamped() {
		words = append(words, "undamped")
	}
	return strings.Join(words, ", ")
}

// trackSource returns a track's sound, or its URL without the query.
func trackSource(t *pb.MusicTrack) string {
	if url := t.GetUrl(); url != "" {
		return redacted(url)
	}
	return t.GetAsset()
}

// trackPosition returns where a track was when its place was last noted; nothing when it
// never was.
func trackPosition(t *pb.MusicTrack) string {
	if t.GetPosition() == nil {
		return ""
	}
	return "at " + position(t.GetPosition().AsDuration())
}

// decibels returns a gain as people write it.
func decibels(db float64) string { return fmt.Sprintf("%g dB", db) }
