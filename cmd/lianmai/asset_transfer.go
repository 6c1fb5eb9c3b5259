package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// pictureFiles are how the names of pictures' files end.
var pictureFiles = []string{".png", ".jpg", ".jpeg"}

// chunkBytes is the size of the parts in which a picture is sent.
const chunkBytes = 64 << 10

// barBytes is from which size on an upload has a progress bar.
const barBytes = 1 << 20

func newAssetUploadCommand(c *client) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "upload FILE… [--name NAME]",
		Short: "Upload pictures from PNG or JPEG files; - is standard input",
		Long: `Upload pictures from PNG or JPEG files; - is standard input. A picture is called like
its file without what follows the last dot, unless --name says otherwise.

What is wrong with one file does not keep it from the others; the exit code is 1 then.
The same bytes again make no new version.`,
		Example: `  lianmai asset upload logo.png away.jpg
  lianmai asset upload --name logo brand-2026.png
  magick logo.svg png:- | lianmai asset upload --name logo -`,
		Args:              args(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeFiles(pictureFiles),
		RunE: func(cmd *cobra.Command, files []string) error {
			named := cmd.Flags().Changed("name")
			if named && len(files) > 1 {
				return usagef("--name goes with one file")
			}
			p, errs := newPrinter(cmd.OutOrStdout()), newPrinter(cmd.ErrOrStderr())
			upload := func(file string) ([]warning, error) {
				called := name
				if !named {
					called = baseOf(file)
				}
				if file == standard && !named {
					return nil, usagef("a picture from standard input needs a --name")
				}
				asset, err := c.sendPicture(cmd, called, file)
				if err != nil {
					return nil, err
				}
				if c.json {
					return nil, p.message(asset)
				}
				return nil, p.printf("uploaded %s (%s)", p.paint(bold, pinned(asset.GetName(), asset.GetVersion())), describeAsset(asset))
			}
			return eachFile(files, upload, errs.faults)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what the picture is to be called (default: like its file)")
	return cmd
}

// assetFields names what the fields of an upload came from.
var assetFields = namesOf(map[string]string{"open.name": "--name", "chunk": "the picture"})

// sendPicture uploads a file. It is not read into memory: how much it may be, the
// service says.
func (c *client) sendPicture(cmd *cobra.Command, name, file string) (*pb.Asset, error) {
	in, size, err := openFile(cmd, file)
	if err != nil {
		return nil, err
	}
	defer in.Close() // it was only read
	from, done := uploadProgress(cmd.ErrOrStderr(), in, size)
	defer done()
	var asset *pb.Asset
	err = c.within(cmd.Context(), assetFields, func(ctx context.Context, api services) error {
		stream, err := api.UploadAsset(ctx)
		if err != nil {
			return err
		}
		if err := sendParts(stream, name, from); err != nil {
			return err
		}
		resp, err := stream.CloseAndRecv()
		asset = resp.GetAsset()
		return err
	})
	return asset, err
}

// sendParts sends an upload until all is sent or the service has heard enough: it says
// why at CloseAndRecv. Each part is a new slice, for gRPC may keep it.
func sendParts(stream grpc.ClientStreamingClient[pb.UploadAssetRequest, pb.UploadAssetResponse], name string, from io.Reader) error {
	part := &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: &pb.UploadAssetOpen{Name: name}}}
	for {
		if err := stream.Send(part); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		chunk := make([]byte, chunkBytes)
		n, err := io.ReadFull(from, chunk)
		if n == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return bare(err)
		}
		part = &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Chunk{Chunk: chunk[:n]}}
	}
}

// uploadProgress shows on a terminal how much of a large file has been read from what
// it returns.
func uploadProgress(w io.Writer, in io.Reader, size int64) (from io.Reader, done func()) {
	if size < barBytes || !isTerminal(w) {
		return in, func() {}
	}
	bar := progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("uploading"), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(40))
	return io.TeeReader(in, bar), func() { _ = bar.Finish() }
}

func newAssetGetCommand(c *client) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "get NAME[@VERSION] -o FILE",
		Short: "Fetch a picture as it was uploaded; -o - is standard output",
		Example: `  lianmai asset get logo -o logo.png
  lianmai asset get logo@1 -o - | file -`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: c.completeAsset,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, version, err := cutVersion("NAME", args[0])
			if err != nil {
				return err
			}
			if err := c.checkOutput(cmd, output); err != nil {
				return err
			}
			asset, err := c.fetchPicture(cmd, &pb.GetAssetRequest{Name: name, Version: version}, output)
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
	return cmd
}

// fetchPicture writes a picture to a file, or to standard output for "-". A file is not
// touched before it is known that there is such a picture.
func (c *client) fetchPicture(cmd *cobra.Command, req *pb.GetAssetRequest, output string) (asset *pb.Asset, err error) {
	err = c.within(cmd.Context(), versioned, func(ctx context.Context, api services) error {
		stream, err := api.GetAsset(ctx, req)
		if err != nil {
			return err
		}
		first, err := stream.Recv()
		if err != nil {
			return err
		}
		asset = first.GetAsset()
		return writeOutput(cmd, output, func(out io.Writer) error { return receiveParts(stream, out) })
	})
	return asset, err
}

// receiveParts writes the bytes of a picture.
func receiveParts(stream grpc.ServerStreamingClient[pb.GetAssetResponse], out io.Writer) error {
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := out.Write(part.GetChunk()); err != nil {
			return fmt.Errorf("writing the picture: %w", err)
		}
	}
}
