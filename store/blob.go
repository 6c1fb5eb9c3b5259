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
	"slices"

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

// The subjects of an object, as every client of JetStream's object store has them.
func (r blobRef) chunkSubject() string { return "$O." + blobBucket + ".C." + r.Chunks }
func (r blobRef) metaSubject() string {
	return "$O." + blobBucket + ".M." + base64.URLEncoding.EncodeToString([]byte(r.Object))
}

// blobs is the bucket of the data: an object store of JetStream's.
type blobs struct {
	js     jetstream.JetStream
	stream jetstream.Stream // what the bucket is kept in
}

// openBlobs opens the bucket for up to maxBytes, or makes it.
func openBlobs(ctx context.Context, js jetstream.JetStream, maxBytes int64) (blobs, error) {
	_, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: blobBucket, Description: "data of versions", MaxBytes: maxBytes, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return blobs{}, err
	}
	stream, err := js.Stream(ctx, "OBJ_"+blobBucket)
	return blobs{js, stream}, err
}

// newBlob returns where a new blob for a name goes.
func newBlob(kind Kind, name string) blobRef {
	return blobRef{Object: fmt.Sprintf("%s/%s/%s", kind, name, rand.Text()), Chunks: rand.Text()}
}

// write stores data at ref. When it fails, some of it may be there. ctx is looked at
// between chunks, so that it is known of each whether it was written; limit bounds them.
//
// It writes what the object store's own Put would. That one makes a publisher for each
// object, whose goroutine stays for ever when the publisher ends before it has begun
// (nats.go v1.55.0, resetPendingAcksOnReconnect).
func (b blobs) write(ctx, limit context.Context, ref blobRef, data []byte, sum digest) error {
	if err := b.writeChunks(ctx, limit, ref, data); err != nil {
		return err
	}
	return b.writeMeta(limit, ref, len(data), sum)
}

func (b blobs) writeChunks(ctx, limit context.Context, ref blobRef, data []byte) error {
	for chunk := range slices.Chunk(data, chunkSize) {
		if err := ended(ctx); err != nil {
			return err
		}
		if _, err := b.js.Publish(limit, ref.chunkSubject(), chunk); err != nil {
			return outside(limit, err)
		}
	}
	return nil
}

// writeMeta writes what tells clients of the object store that there is an object.
func (b blobs) writeMeta(ctx context.Context, ref blobRef, size int, sum digest) error {
	meta, err := json.Marshal(jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: ref.Object, Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize}},
		Bucket:     blobBucket,
		NUID:       ref.Chunks,
		Size:       uint64(size),
		Chunks:     uint32(chunks(int64(size))),
		Digest:     "SHA-256=" + base64.URLEncoding.EncodeToString(sum[:]),
	})
	if err != nil {
		return err
	}
	msg := nats.NewMsg(ref.metaSubject())
	msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	msg.Data = meta
	_, err = b.js.PublishMsg(ctx, msg)
	return outside(ctx, err)
}

// chunks returns how many chunks size bytes have.
func chunks(size int64) int64 { return (size + chunkSize - 1) / chunkSize }

// read returns the data of v, checked. Errors: ErrCorrupt, also when there is none.
//
// It asks for one chunk after the other. The object store's own Get would wait for
// chunks that are gone until its context ends.
func (b blobs) read(ctx context.Context, v Version, ref blobRef) ([]byte, error) {
	data := make([]byte, 0, min(max(v.Size, 0), DefaultMaxSize))
	for next := uint64(1); int64(len(data)) < v.Size; {
		chunk, err := b.stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(ref.chunkSubject()))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, fmt.Errorf("%w: %q version %d: %d of %d bytes are gone", ErrCorrupt, v.Name, v.Version, v.Size-int64(len(data)), v.Size)
		}
		if err != nil {
			return nil, outside(ctx, err)
		}
		data = append(data, chunk.Data...)
		next = chunk.Sequence + 1
	}
	if int64(len(data)) != v.Size || digestOf(data).String() != v.Digest {
		return nil, fmt.Errorf("%w: %q version %d: the digest does not match", ErrCorrupt, v.Name, v.Version)
	}
	return data, nil
}

// remove deletes a blob without a trace. The object store's own Delete would leave a
// marker for ever, for each name that was.
func (b blobs) remove(ctx context.Context, ref blobRef) error {
	return errors.Join(b.purge(ctx, ref.chunkSubject()), b.purge(ctx, ref.metaSubject()))
}

func (b blobs) purge(ctx context.Context, subject string) error {
	return outside(ctx, b.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)))
}

// subjects returns how many messages each subject of the bucket has.
func (b blobs) subjects(ctx context.Context) (map[string]uint64, error) {
	info, err := b.stream.Info(ctx, jetstream.WithSubjectFilter("$O."+blobBucket+".>"))
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
