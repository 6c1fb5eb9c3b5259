package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// chunkBytes is the size of the parts in which an asset is sent.
const chunkBytes = 64 << 10

// barBytes is from which size on an upload has a progress bar.
const barBytes = 1 << 20

func newAssetUploadCommand(c *client) *cobra.Command {
	var name string
	kind := &kindFlags{}
	cmd := &cobra.Command{
		Use:   "upload FILE… [--name NAME] [--sound]",
		Short: "Upload pictures and sounds from files; - is standard input",
		Long: `Upload pictures (PNG, JPEG) and sounds (MP3, M4A, AAC, FLAC, WAV, Ogg, Opus) from files;
- is standard input. A file is a sound if its name ends like one, unless --sound or --kind
says what it is. It is called like its file without what follows the last dot, unless
--name says otherwise.

What is wrong with one file does not keep it from the others; the exit code is 1 then.
The same bytes again make no new version.`,
		Example: `  lianmai asset upload logo.png away.jpg theme.mp3
  lianmai asset upload --name logo brand-2026.png
  magick logo.svg png:- | lianmai asset upload --name logo -
  sox talk.wav -t flac - | lianmai asset upload --name talk --sound -`,
		Args:              args(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeFiles(slices.Concat(pictureFiles, soundFiles)),
		RunE: func(cmd *cobra.Command, files []string) error {
			named := cmd.Flags().Changed("name")
			if named && len(files) > 1 {
				return usagef("--name goes with one file")
			}
			p, errs := newPrinter(cmd.OutOrStdout()), newPrinter(cmd.ErrOrStderr())
			upload := func(file string) ([]warning, error) {
				what, err := kind.ofFile(file)
				if err != nil {
					return nil, err
				}
				open := &pb.UploadAssetOpen{Name: name, Kind: what}
				if !named {
					open.Name = baseOf(file)
				}
				if file == standard && !named {
					return nil, usagef("a %s from standard input needs a --name", enumName(what))
				}
				asset, err := c.sendAsset(cmd, open, file)
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
	cmd.Flags().StringVar(&name, "name", "", "what it is to be called (default: like its file)")
	kind.register(cmd, "sound", "by the file's name")
	return cmd
}

// sendAsset uploads a file. It is not read into memory: how much it may be, the service
// says, but for a sound no more is sent than a service takes by default.
func (c *client) sendAsset(cmd *cobra.Command, open *pb.UploadAssetOpen, file string) (*pb.Asset, error) {
	in, size, err := openFile(cmd, file)
	if err != nil {
		return nil, err
	}
	defer in.Close() // it was only read
	what := "the " + enumName(open.Kind)
	from := io.Reader(in)
	if open.Kind == pb.AssetKind_ASSET_KIND_SOUND {
		if size > maxSoundBytes {
			return nil, fmt.Errorf("%s: %d bytes; at most %d are allowed", what, size, maxSoundBytes)
		}
		from = &boundedReader{in: in, left: maxSoundBytes, err: fmt.Errorf("%s: more than %d bytes; at most so many are allowed", what, maxSoundBytes)}
	}
	from, done := uploadProgress(cmd.ErrOrStderr(), from, size)
	defer done()
	var asset *pb.Asset
	fields := namesOf(map[string]string{"open.name": "--name", "open.kind": "--kind", "chunk": what})
	err = c.transfer(cmd.Context(), fields, func(ctx context.Context, api services, moved func()) error {
		stream, err := api.UploadAsset(ctx)
		if err != nil {
			return err
		}
		if err := sendParts(stream, open, from, moved); err != nil {
			return err
		}
		resp, err := stream.CloseAndRecv()
		asset = resp.GetAsset()
		return err
	})
	return asset, err
}

// boundedReader reads in, and fails with err where there is more than may be left.
type boundedReader struct {
	in   io.Reader
	left int64
	err  error
}

// Read reads what is left, and one byte more.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, b.err
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, b.err
	}
	return n, err
}

// sendParts sends an upload until all is sent or the service has heard enough: it says
// why at CloseAndRecv. Each part is a new slice, for gRPC may keep it.
func sendParts(stream grpc.ClientStreamingClient[pb.UploadAssetRequest, pb.UploadAssetResponse],
	open *pb.UploadAssetOpen, from io.Reader, moved func(),
) error {
	part := &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: open}}
	for {
		if err := stream.Send(part); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		moved()
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
