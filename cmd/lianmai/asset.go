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
		Short: "Upload, fetch and delete the pictures of a running service",
		Long: `Upload, fetch and delete the pictures of a running service: PNG and JPEG files that
templates and placeholders name.

An upload makes a new version. Templates and mixes keep the version that they have.

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
		newDeleteCommand(c, deletion{
			noun: "picture", user: "a template or a mix uses it",
			example: `  lianmai asset delete logo@1
  lianmai asset delete logo          # all its versions`,
			complete: c.completeAsset,
			call: func(ctx context.Context, name string, version int32) (proto.Message, error) {
				req := &pb.DeleteAssetRequest{Name: name, Version: version}
				return call(c, ctx, services.DeleteAsset, req, versioned)
			},
		}),
	)
	return cmd
}

func newAssetListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List pictures, the newest version of each",
		Example: `  lianmai asset list
  lianmai asset list --json | jq -r .name`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := pages(func(token string) ([]*pb.Asset, string, error) {
				resp, err := call(c, cmd.Context(), services.ListAssets, &pb.ListAssetsRequest{PageToken: token}, nil)
				return resp.GetAssets(), resp.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			if c.json {
				return messages(p, list)
			}
			return p.assets(list)
		},
	}
}

func (p printer) assets(list []*pb.Asset) error {
	if len(list) == 0 {
		return p.printf("no pictures")
	}
	var rows [][]cell
	for _, a := range list {
		rows = append(rows, row(a.GetName(), strconv.Itoa(int(a.GetVersion())), enumName(a.GetFormat()),
			fmt.Sprintf("%d×%d", a.GetWidth(), a.GetHeight()), strconv.FormatInt(a.GetSize(), 10),
			yes(a.GetAlpha()), day(a.GetCreateTime())))
	}
	return p.table([]string{"NAME", "VERSION", "FORMAT", "SIZE", "BYTES", "ALPHA", "UPLOADED"}, rows)
}

// describeAsset returns a picture in a few words.
func describeAsset(a *pb.Asset) string {
	return fmt.Sprintf("%s, %d×%d, %d bytes", enumName(a.GetFormat()), a.GetWidth(), a.GetHeight(), a.GetSize())
}
