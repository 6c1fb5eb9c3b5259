package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func newAssetCommand() *cobra.Command {
	c := &client{}
	cmd := &cobra.Command{
		Use:   "asset",
		Short: "Upload, fetch and delete the pictures and sounds of a running service",
		Long: `Upload, fetch and delete the pictures and sounds of a running service: PNG and JPEG files
that templates and placeholders name; MP3, M4A, AAC, FLAC, WAV, Ogg and Opus files that
are played as music.

An upload makes a new version. Templates and mixes keep the version that they have.
Pictures and sounds have names of their own: --sounds and --kind say which is meant.

Answers are for people; with --json they are the API's messages, one JSON object in
each line.`,
		Args: subcommandArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.register(cmd)
	cmd.AddCommand(
		newAssetUploadCommand(c),
		newAssetListCommand(c),
		newAssetGetCommand(c),
		newAssetDeleteCommand(c),
	)
	return cmd
}

func newAssetDeleteCommand(c *client) *cobra.Command {
	f := &kindFlags{}
	cmd := newDeleteCommand(c, deletion{
		noun: func() string {
			kind, _ := f.wanted() // an error has ended the command
			return enumName(kind)
		},
		user: "a template or a mix uses it",
		example: `  lianmai asset delete logo@1
  lianmai asset delete logo          # all its versions
  lianmai asset delete theme --sounds`,
		complete: f.complete(c),
		call: func(ctx context.Context, name string, version int32) (proto.Message, error) {
			kind, err := f.wanted()
			if err != nil {
				return nil, err
			}
			req := &pb.DeleteAssetRequest{Name: name, Version: version, Kind: kind}
			return call(c, ctx, services.DeleteAsset, req, versioned)
		},
	})
	f.register(cmd, "sounds", "picture")
	return cmd
}

func newAssetListCommand(c *client) *cobra.Command {
	f := &kindFlags{}
	cmd := &cobra.Command{
		Use:   "list [--sounds]",
		Short: "List pictures or sounds, the newest version of each",
		Example: `  lianmai asset list
  lianmai asset list --sounds
  lianmai asset list --json | jq -r .name`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			kind, err := f.wanted()
			if err != nil {
				return err
			}
			list, err := pages(func(token string) ([]*pb.Asset, string, error) {
				req := &pb.ListAssetsRequest{PageToken: token, Kind: kind}
				resp, err := call(c, cmd.Context(), services.ListAssets, req, nil)
				return resp.GetAssets(), resp.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			switch {
			case c.json:
				return messages(p, list)
			case len(list) == 0:
				return p.printf("no %ss", enumName(kind))
			case kind == pb.AssetKind_ASSET_KIND_SOUND:
				return p.sounds(list)
			default:
				return p.pictures(list)
			}
		},
	}
	f.register(cmd, "sounds", "picture")
	return cmd
}

func (p printer) pictures(list []*pb.Asset) error {
	var rows [][]cell
	for _, a := range list {
		rows = append(rows, row(a.GetName(), strconv.Itoa(int(a.GetVersion())), enumName(a.GetFormat()),
			fmt.Sprintf("%d×%d", a.GetWidth(), a.GetHeight()), strconv.FormatInt(a.GetSize(), 10),
			yes(a.GetAlpha()), day(a.GetCreateTime())))
	}
	return p.table([]string{"NAME", "VERSION", "FORMAT", "SIZE", "BYTES", "ALPHA", "UPLOADED"}, rows)
}

func (p printer) sounds(list []*pb.Asset) error {
	var rows [][]cell
	for _, a := range list {
		rows = append(rows, row(a.GetName(), strconv.Itoa(int(a.GetVersion())), enumName(a.GetFormat()),
			position(a.GetDuration().AsDuration()), fmt.Sprintf("%d Hz", a.GetSampleRate()), strconv.Itoa(int(a.GetChannels())),
			strconv.FormatInt(a.GetSize(), 10), day(a.GetCreateTime()), printable(a.GetTitle())))
	}
	return p.table([]string{"NAME", "VERSION", "FORMAT", "DURATION", "RATE", "CHANNELS", "BYTES", "UPLOADED", "TITLE"}, rows)
}

// describeAsset returns a picture or a sound in a few words.
func describeAsset(a *pb.Asset) string {
	if a.GetKind() != pb.AssetKind_ASSET_KIND_SOUND {
		return fmt.Sprintf("%s, %d×%d, %d bytes", enumName(a.GetFormat()), a.GetWidth(), a.GetHeight(), a.GetSize())
	}
	return fmt.Sprintf("%s, %s, %d Hz, %s, %d bytes", enumName(a.GetFormat()), position(a.GetDuration().AsDuration()),
		a.GetSampleRate(), plural(int(a.GetChannels()), "channel"), a.GetSize())
}
