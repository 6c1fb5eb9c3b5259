package main

import (
	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// bedsOf reads NAME=SOUND[@VERSION]: music that is played for ever.
func bedsOf(texts []string) ([]*pb.MusicTrack, error) {
	var tracks []*pb.MusicTrack
	for _, text := range texts {
		name, sound := cutName(text)
		if name == "" || sound == "" {
			return nil, usagef("--music: want NAME=SOUND, the name of letters, digits, '_', '.' and '-'")
		}
		if _, _, err := cutVersion("--music "+name, sound); err != nil {
			return nil, err
		}
		tracks = append(tracks, &pb.MusicTrack{Name: name, Source: &pb.MusicTrack_Asset{Asset: sound}, Plays: -1})
	}
	return tracks, nil
}

// nameless offers no names: which are good, only the user knows.
func nameless(*cobra.Command, []string) []string { return nil }
