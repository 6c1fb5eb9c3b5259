package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func newAssetGetCommand(c *client) *cobra.Command {
	var output string
	f := &kindFlags{}
	cmd := &cobra.Command{
		Use:   "get NAME[@VERSION] -o FILE [--sounds]",
		Short: "Fetch a picture or a sound as it was uploaded; -o - is standard output",
		Example: `  lianmai asset get logo -o logo.png
  lianmai asset get theme --sounds -o theme.mp3
  lianmai asset get logo@1 -o - | file -`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: f.complete(c),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, version, err := cutVersion("NAME", args[0])
			if err != nil {
				return err
			}
			kind, err := f.wanted()
			if err != nil {
				return err
			}
			if err := c.checkOutput(cmd, output); err != nil {
				return err
			}
			asset, err := c.fetchAsset(cmd, &pb.GetAssetRequest{Name: name, Version: version, Kind: kind}, output)
			if err != nil || output == standard {
				return err
			}
			p := newPrinter(cmd.OutOrStdout())
			if c.json {
				return p.message(asset)
			}
			return p.printf("wrote %s: %s, %s", p.paint(bold, output), pinned(asset.GetName(), asset.GetVersion()), describeAsset(asset))
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write (required)")
	f.register(cmd, "sounds", "picture")
	return cmd
}

// fetchAsset writes a picture or a sound to a file, or to standard output for "-". A file
// is not touched before it is known that there is such an asset.
func (c *client) fetchAsset(cmd *cobra.Command, req *pb.GetAssetRequest, output string) (asset *pb.Asset, err error) {
	err = c.transfer(cmd.Context(), versioned, func(ctx context.Context, api services, moved func()) error {
		stream, err := api.GetAsset(ctx, req)
		if err != nil {
			return err
		}
		first, err := stream.Recv()
		if err != nil {
			return err
		}
		asset = first.GetAsset()
		return writeOutput(cmd, output, func(out io.Writer) error { return receiveParts(stream, out, moved) })
	})
	return asset, err
}

// receiveParts writes the bytes of an asset.
func receiveParts(stream grpc.ServerStreamingClient[pb.GetAssetResponse], out io.Writer, moved func()) error {
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		moved()
		if _, err := out.Write(part.GetChunk()); err != nil {
			return fmt.Errorf("writing the file: %w", err)
		}
	}
}
