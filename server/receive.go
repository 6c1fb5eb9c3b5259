package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Bounds of uploads, so that those who upload slowly or many at once take no memory
// from mixes. A sound's time includes its check.
const (
	uploadsAtOnce = 16
	uploadTimeout = time.Minute
	soundsAtOnce  = 2 // among the uploads
	soundTimeout  = 10 * time.Minute
)

// take takes one of the places, which free gives back, or returns ErrNoRoom.
func take(places chan struct{}) (free func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
		return nil, fmt.Errorf("%w: %d uploads are under way, the most at once", ErrNoRoom, cap(places))
	}
}

// parts is an upload that is being received. One goroutine uses it and ends it.
type parts struct {
	came  chan received
	over  chan struct{} // closed by end
	check *checker
	begun time.Time
	most  time.Duration // that it may take
	late  *time.Timer
}

// received is one message, or why there is none.
type received struct {
	req *pb.UploadAssetRequest
	err error
}

// receive begins to receive an upload, which may take as long as most. The goroutine that
// waits for messages ends with end, or else with its call: gRPC then ends its Recv.
func receive(stream grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse], check *checker, most time.Duration) *parts {
	p := &parts{
		came: make(chan received), over: make(chan struct{}), check: check,
		begun: time.Now(), most: most, late: time.NewTimer(most),
	}
	go func() {
		for {
			req, err := stream.Recv()
			select {
			case p.came <- received{req, err}:
			case <-p.over:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return p
}

// end ends the receiving.
func (p *parts) end() {
	p.late.Stop()
	close(p.over)
}

// extend lets the upload take as long as most, counted from its start, and returns ctx
// with that end.
func (p *parts) extend(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	p.most = most
	p.late.Reset(time.Until(p.begun.Add(most)))
	return context.WithDeadline(ctx, p.begun.Add(most))
}

// next returns the next message, checked, or io.EOF.
func (p *parts) next() (*pb.UploadAssetRequest, error) {
	select {
	case <-p.late.C:
		return nil, fmt.Errorf("%w: an upload may take %v", context.DeadlineExceeded, p.most)
	case r := <-p.came:
		if r.err != nil {
			return nil, r.err // io.EOF, or the transport's, a status already
		}
		return r.req, p.check.request(r.req)
	}
}

// open returns the first message of the upload.
func (p *parts) open() (*pb.UploadAssetOpen, error) {
	req, err := p.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if req.GetOpen() == nil {
		return nil, Faults{{Field: "open", Allowed: "must be the first message of an upload"}}
	}
	return req.GetOpen(), nil
}

// chunk returns the next bytes, or io.EOF.
func (p *parts) chunk() ([]byte, error) {
	req, err := p.next()
	if err != nil {
		return nil, err
	}
	if req.GetOpen() != nil {
		return nil, Faults{{Field: "open", Allowed: "must be sent once"}}
	}
	return req.GetChunk(), nil
}

// picture returns the rest, up to as many bytes as a picture may have.
func (p *parts) picture(most int) (data []byte, err error) {
	for {
		chunk, err := p.chunk()
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data)+len(chunk) > most {
			return nil, Faults{{Field: "chunk", Allowed: fmt.Sprintf("a picture may have at most %d bytes", most)}}
		}
		data = append(data, chunk...)
	}
}

// sound writes the rest to a file, up to as many bytes as a sound may have, and returns
// how many there are and their SHA-256 in hex.
func (p *parts) sound(file *os.File, most int64) (size int64, digest string, err error) {
	hash := sha256.New()
	for {
		chunk, err := p.chunk()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, "", err
		}
		if size += int64(len(chunk)); size > most {
			return 0, "", Faults{{Field: "chunk", Allowed: fmt.Sprintf("a sound may have at most %d bytes", most)}}
		}
		hash.Write(chunk)
		if _, err := file.Write(chunk); err != nil {
			return 0, "", storeFailure{is: ErrStore, cause: err}
		}
	}
	if size == 0 {
		return 0, "", Faults{{Field: "chunk", Allowed: "must be a sound; there are no bytes"}}
	}
	return size, hex.EncodeToString(hash.Sum(nil)), nil
}
