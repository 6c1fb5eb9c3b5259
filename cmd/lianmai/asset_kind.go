package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// How the names of pictures' and of sounds' files end.
var (
	pictureFiles = []string{".png", ".jpg", ".jpeg"}
	soundFiles   = []string{".mp3", ".m4a", ".aac", ".flac", ".wav", ".ogg", ".opus"}
)

// maxSoundBytes is how much of a sound is sent at most: 200 MB, as many as the service
// takes by default.
const maxSoundBytes = 200 << 20

// kindFlag is what an asset is. The zero value is "not set".
type kindFlag pb.AssetKind

// String returns picture or sound; nothing when it is not set.
func (k *kindFlag) String() string {
	if *k == 0 {
		return ""
	}
	return enumName(pb.AssetKind(*k))
}

// Set reads picture or sound.
func (k *kindFlag) Set(text string) error {
	switch text {
	case "picture":
		*k = kindFlag(pb.AssetKind_ASSET_KIND_PICTURE)
	case "sound":
		*k = kindFlag(pb.AssetKind_ASSET_KIND_SOUND)
	default:
		return errors.New("want picture or sound")
	}
	return nil
}

// Type names the kind of value in the help.
func (k *kindFlag) Type() string { return "picture|sound" }

// kindFlags are the two flags that say what an asset is.
type kindFlags struct {
	kind  kindFlag
	sound bool
}

// register adds --kind and a short word for --kind sound.
func (f *kindFlags) register(cmd *cobra.Command, short, otherwise string) {
	flags := cmd.Flags()
	flags.Var(&f.kind, "kind", "what it is about (default "+otherwise+")")
	flags.BoolVar(&f.sound, short, false, "the same as --kind sound")
	completeFrom(cmd, "kind", []string{"picture", "sound"})
}

// given returns what the flags say; unspecified when they say nothing.
func (f *kindFlags) given() (pb.AssetKind, error) {
	kind := pb.AssetKind(f.kind)
	switch {
	case !f.sound:
		return kind, nil
	case kind == pb.AssetKind_ASSET_KIND_PICTURE:
		return kind, usagef("it cannot be a picture and a sound")
	default:
		return pb.AssetKind_ASSET_KIND_SOUND, nil
	}
}

// wanted returns what the flags say; a picture when they say nothing.
func (f *kindFlags) wanted() (pb.AssetKind, error) {
	kind, err := f.given()
	if kind == pb.AssetKind_ASSET_KIND_UNSPECIFIED {
		kind = pb.AssetKind_ASSET_KIND_PICTURE
	}
	return kind, err
}

// ofFile returns what the flags say; when they say nothing, what the name of a file does.
func (f *kindFlags) ofFile(file string) (pb.AssetKind, error) {
	if kind, err := f.given(); err != nil || kind != pb.AssetKind_ASSET_KIND_UNSPECIFIED {
		return kind, err
	}
	if slices.Contains(soundFiles, strings.ToLower(filepath.Ext(file))) {
		return pb.AssetKind_ASSET_KIND_SOUND, nil
	}
	return pb.AssetKind_ASSET_KIND_PICTURE, nil
}

// complete returns what offers assets of the wanted kind for the first argument.
func (f *kindFlags) complete(c *client) cobra.CompletionFunc {
	names := func(cmd *cobra.Command, _ []string) []string {
		kind, err := f.wanted()
		if err != nil {
			return nil
		}
		return c.assetNames(cmd, kind)
	}
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		return firstOf(names, cmd, args, typed), cobra.ShellCompDirectiveNoFileComp
	}
}
