package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// chunkSize is how many bytes of a blob one message carries. Each is flushed to disk
// by itself, so a few large ones are faster than many small ones.
const chunkSize = 1 << 20

const blobBucket = "blobs"

// blobRef says where a blob is.
type blobRef struct {
	Object string `json:"object"` // its name in the object store, unique
	Chunks string `json:"chunks"` // its id there, which the subject of its chunks has
}

// blobs is the bucket of the data: an object store of JetStream's.
type blobs struct {
	js     jetstream.JetStream
	stream jetstream.Stream // what the bucket is kept in
	bucket string
}

// The subjects of an object, as every client of JetStream's object store has them.
func (b blobs) chunkSubject(r blobRef) string { return "$O." + b.bucket + ".C." + r.Chunks }
func (b blobs) metaSubject(r blobRef) string {
	return "$O." + b.bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(r.Object))
}

// openBlobs opens the bucket for up to maxBytes, or makes it.
func openBlobs(ctx context.Context, js jetstream.JetStream, cfg Config, maxBytes int64) (blobs, error) {
	bucket := cfg.bucket(blobBucket)
	_, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: bucket, Description: "data of versions", MaxBytes: maxBytes, Storage: jetstream.FileStorage, Replicas: cfg.Replicas,
	})
	if err != nil {
		return blobs{}, err
	}
	stream, err := js.Stream(ctx, "OBJ_"+bucket)
	return blobs{js, stream, bucket}, err
}

// newBlob returns where a new blob for a name goes.
func newBlob(kind Kind, name string) blobRef {
	return blobRef{Object: fmt.Sprintf("%s/%s/%s", kind, name, rand.Text()), Chunks: rand.Text()}
}

// write stores the next size bytes of r at ref and returns their digest. When it fails,
// some of it may be there. ctx is looked at between chunks, so that it is known of each
// whether it was written; limit bounds them.
//
// It writes what the object store's own Put would. That one makes a publisher for each
// object, whose goroutine stays for ever when the publisher ends before it has begun
// (nats.go v1.55.0, resetPendingAcksOnReconnect).
func (b blobs) write(ctx, limit context.Context, ref blobRef, r io.Reader, size int64) (sum digest, err error) {
	if sum, err = b.writeChunks(ctx, limit, ref, r, size); err != nil {
		return sum, err
	}
	return sum, b.writeMeta(limit, ref, size, sum)
}

func (b blobs) writeChunks(ctx, limit context.Context, ref blobRef, r io.Reader, size int64) (sum digest, err error) {
	hash := sha256.New()
	room := make([]byte, min(size, chunkSize))
	for left := size; left > 0; {
		if err := ended(ctx); err != nil {
			return sum, err
		}
		chunk := room[:min(left, chunkSize)]
		if n, err := io.ReadFull(r, chunk); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return sum, fmt.Errorf("reading byte %d of %d: %w", size-left+int64(n), size, err)
		}
		hash.Write(chunk)
		if _, err := b.js.Publish(limit, b.chunkSubject(ref), chunk); err != nil {
			return sum, outside(limit, err)
		}
		left -= int64(len(chunk))
	}
	hash.Sum(sum[:0])
	return sum, nil
}

// writeMeta writes what tells clients of the object store that there is an object.
func (b blobs) writeMeta(ctx context.Context, ref blobRef, size int64, sum digest) error {
	meta, err := json.Marshal(jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: ref.Object, Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize}},
		Bucket:     b.bucket,
		NUID:       ref.Chunks,
		Size:       uint64(size),
		Chunks:     uint32(chunks(size)),
		Digest:     "SHA-256=" + base64.URLEncoding.EncodeToString(sum[:]),
	})
	if err != nil {
		return err
	}
	msg := nats.NewMsg(b.metaSubject(ref))
	msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	msg.Data = meta
	_, err = b.js.PublishMsg(ctx, msg)
	return outside(ctx, err)
}

// chunks returns how many chunks size bytes have.
func chunks(size int64) int64 { return (size + chunkSize - 1) / chunkSize }

// reading is how far the data of a version has been read.
type reading struct {
	v    Version
	ref  blobRef
	left int64     // bytes
	next uint64    // where the next chunk is looked for
	hash hash.Hash // of what was read
}

// begin returns a reading of the data of v from its start.
func begin(v Version, ref blobRef) *reading {
	return &reading{v: v, ref: ref, left: v.Size, next: 1, hash: sha256.New()}
}

// chunk returns the next bytes of the data, and with the last of them io.EOF. Errors:
// ErrCorrupt, with the last bytes if the digest does not match; also errGone.
//
// It asks for one chunk after the other. The object store's own Get would wait for
// chunks that are gone until its context ends.
func (b blobs) chunk(ctx context.Context, r *reading) ([]byte, error) {
	var data []byte
	if r.left > 0 {
		msg, err := b.stream.GetMsg(ctx, r.next, jetstream.WithGetMsgSubject(b.chunkSubject(r.ref)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, fmt.Errorf("%w: %q version %d: %d of %d bytes %w", ErrCorrupt, r.v.Name, r.v.Version, r.left, r.v.Size, errGone)
		}
		if err != nil {
			return nil, outside(ctx, err)
		}
		data = msg.Data
		r.next = msg.Sequence + 1
		r.left -= int64(len(data))
		r.hash.Write(data)
	}
	switch {
	case r.left > 0:
		return data, nil
	case r.left < 0 || hex.EncodeToString(r.hash.Sum(nil)) != r.v.Digest:
		return data, fmt.Errorf("%w: %q version %d: the digest does not match", ErrCorrupt, r.v.Name, r.v.Version)
	}
	return data, io.EOF
}

// read returns the data of v, checked. Errors: ErrCorrupt, also when there is none.
func (b blobs) read(ctx context.Context, v Version, ref blobRef) ([]byte, error) {
	data := make([]byte, 0, min(max(v.Size, 0), DefaultMaxSize))
	for r := begin(v, ref); ; {
		chunk, err := b.chunk(ctx, r)
		data = append(data, chunk...)
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// remove deletes a blob without a trace. The object store's own Delete would leave a
// marker for ever, for each name that was.
func (b blobs) remove(ctx context.Context, ref blobRef) error {
	return errors.Join(b.purge(ctx, b.chunkSubject(ref)), b.purge(ctx, b.metaSubject(ref)))
}

func (b blobs) purge(ctx context.Context, subject string) error {
	return outside(ctx, b.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)))
}

// subjects returns how many messages each subject of the bucket has.
func (b blobs) subjects(ctx context.Context) (map[string]uint64, error) {
	info, err := b.stream.Info(ctx, jetstream.WithSubjectFilter("$O."+b.bucket+".>"))
	if err != nil {
		return nil, err
	}
	return info.State.Subjects, nil
}

// digest is the SHA-256 of a version's data.
type digest [sha256.Size]byte

func digestOf(data []byte) digest { return sha256.Sum256(data) }

// String returns d in hex.
func (d digest) String() string { return hex.EncodeToString(d[:]) }
