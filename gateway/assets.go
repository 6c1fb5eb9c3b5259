package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// chunkBytes is the size of the parts in which an upload goes to the service.
const chunkBytes = 64 << 10

// errUnread is why an upload ends whose body could not be read.
var errUnread = errors.New("gateway: the body could not be read")

// upload answers UploadAsset: the body is the file. How large it may be, and how long it
// may take, the service knows.
func (g *gateway) upload(w http.ResponseWriter, r *http.Request) {
	open := &pb.UploadAssetOpen{}
	if !fromQuery(w, r, open) {
		return
	}
	kind, ok := kindOf(r.Header.Get("Content-Type"))
	if !ok {
		w.Header().Set("Accept", "image/*, audio/*, application/octet-stream")
		refuse(w, r, http.StatusUnsupportedMediaType, codes.InvalidArgument,
			"Content-Type must be image/… for a picture, audio/… for a sound, or application/octet-stream with ?kind=")
		return
	}
	if open.Kind == pb.AssetKind_ASSET_KIND_UNSPECIFIED {
		open.Kind = kind
	}
	open.Name = r.PathValue("name")
	free, ok := take(w, r, g.calling)
	if !ok {
		return
	}
	defer free()
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(uploadTimeout))
	_ = conn.SetWriteDeadline(time.Now().Add(uploadTimeout + writeTimeout))

	body := &uploadBody{Reader: r.Body, conn: conn}
	resp, err := g.send(forwarded(r), open, body)
	if !body.finish() {
		w.Header().Set("Connection", "close") // the rest of the body is still on its way
	}
	switch {
	case errors.Is(err, errUnread):
		unreadable(w, r, err)
	case err != nil:
		failed(w, r, err)
	default:
		succeeded(w, resp)
	}
}

// uploadBody is a body whose reading another goroutine may break off.
type uploadBody struct {
	io.Reader
	conn *http.ResponseController

	mu             sync.Mutex
	whole, settled bool
}

// Read reads as the body does.
func (b *uploadBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.whole = !b.settled
	}
	return n, err
}

// breakOff ends a Read that waits, unless the body has been read. The connection then
// serves no other request.
func (b *uploadBody) breakOff() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.whole && !b.settled {
		b.settled = true
		_ = b.conn.SetReadDeadline(time.Now())
	}
}

// finish says whether the connection may serve another request: the body has been read,
// and nothing has broken it off.
func (b *uploadBody) finish() (clean bool) {
	b.breakOff()
	return b.whole
}

// send streams a body to the service. A service that has seen enough ends the reading of
// the body. Errors: the service's, or errUnread with the body's.
func (g *gateway) send(ctx context.Context, open *pb.UploadAssetOpen, body *uploadBody) (*pb.UploadAssetResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := g.assets.UploadAsset(ctx)
	if err != nil {
		return nil, err
	}
	resp := &pb.UploadAssetResponse{}
	answered := make(chan error, 1)
	go func() {
		err := stream.RecvMsg(resp)
		answered <- err // first, so that it is there when the reading breaks off
		body.breakOff()
	}()
	err = stream.Send(&pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: open}})
	var unread error
	for buf := make([]byte, chunkBytes); err == nil && unread == nil; {
		var n int
		n, unread = body.Read(buf)
		if n > 0 {
			err = stream.Send(&pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Chunk{Chunk: buf[:n]}})
		}
	}
	if unread == nil || errors.Is(unread, io.EOF) {
		_ = stream.CloseSend() // what went wrong, the answer says
		err := <-answered
		return resp, err
	}
	// The body broke off: because the service has answered, or else by itself. A part of
	// a file must not be taken for the whole.
	select {
	case err := <-answered:
		return nil, err
	default:
		cancel()
		<-answered
		return nil, fmt.Errorf("%w: %w", errUnread, unread)
	}
}

// kindOf returns what a media type is, unspecified for bytes of any kind.
func kindOf(contentType string) (kind pb.AssetKind, ok bool) {
	media, _, err := mime.ParseMediaType(contentType)
	top, _, _ := strings.Cut(media, "/")
	switch {
	case err != nil:
		return 0, false
	case top == "image":
		return pb.AssetKind_ASSET_KIND_PICTURE, true
	case top == "audio", media == "video/mp4", media == "application/ogg":
		return pb.AssetKind_ASSET_KIND_SOUND, true
	case media == "application/octet-stream":
		return pb.AssetKind_ASSET_KIND_UNSPECIFIED, true
	}
	return 0, false
}

// download answers GetAsset: the body is the file.
func (g *gateway) download(w http.ResponseWriter, r *http.Request) {
	req := &pb.GetAssetRequest{}
	if !fromQuery(w, r, req) {
		return
	}
	req.Name = r.PathValue("name")
	free, ok := take(w, r, g.calling)
	if !ok {
		return
	}
	defer free()
	ctx, cancel := context.WithCancel(forwarded(r))
	defer cancel()
	stream, err := g.assets.GetAsset(ctx, req)
	if err != nil {
		failed(w, r, err)
		return
	}
	first, err := stream.Recv()
	if err != nil {
		failed(w, r, err)
		return
	}
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Time{})
	asset := first.GetAsset()
	tag := `"` + asset.GetSha256() + `"`
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Asset-Version", strconv.Itoa(int(asset.GetVersion())))
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", mediaTypes[asset.GetFormat()])
	header.Set("Content-Length", strconv.FormatInt(asset.GetSize(), 10))
	if r.Method == http.MethodHead {
		return
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler) // so that the reader does not take a part for the whole
		}
		_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := w.Write(part.GetChunk()); err != nil {
			return
		}
	}
}

// mediaTypes are those of what is kept.
var mediaTypes = map[pb.AssetFormat]string{
	pb.AssetFormat_ASSET_FORMAT_UNSPECIFIED: "application/octet-stream",
	pb.AssetFormat_ASSET_FORMAT_PNG:         "image/png",
	pb.AssetFormat_ASSET_FORMAT_JPEG:        "image/jpeg",
	pb.AssetFormat_ASSET_FORMAT_MP3:         "audio/mpeg",
	pb.AssetFormat_ASSET_FORMAT_AAC:         "audio/aac",
	pb.AssetFormat_ASSET_FORMAT_FLAC:        "audio/flac",
	pb.AssetFormat_ASSET_FORMAT_WAV:         "audio/wav",
	pb.AssetFormat_ASSET_FORMAT_VORBIS:      "audio/ogg",
	pb.AssetFormat_ASSET_FORMAT_OPUS:        "audio/ogg",
	pb.AssetFormat_ASSET_FORMAT_ALAC:        "audio/mp4",
}
