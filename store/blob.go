package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

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

// blobs is the bucket of the data.
type blobs struct {
	objects jetstream.ObjectStore
	stream  jetstream.Stream // what objects is kept in
}

// openBlobs opens the bucket for up to maxBytes, or makes it.
func openBlobs(ctx context.Context, js jetstream.JetStream, maxBytes int64) (blobs, error) {
	objects, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: blobBucket, Description: "data of versions", MaxBytes: maxBytes, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return blobs{}, err
	}
	stream, err := js.Stream(ctx, "OBJ_"+blobBucket)
	return blobs{objects, stream}, err
}

// write stores data under a new name. When ctx ends meanwhile, what was written is
// taken back; limit bounds how long all of that may take.
func (b blobs) write(ctx, limit context.Context, kind Kind, name string, data []byte) (blobRef, error) {
	info, err := b.objects.Put(limit, jetstream.ObjectMeta{
		Name: fmt.Sprintf("%s/%s/%s", kind, name, rand.Text()),
		Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize},
	}, &patientReader{ctx, bytes.NewReader(data)})
	if err != nil {
		return blobRef{}, outside(ctx, err)
	}
	return blobRef{info.Name, info.NUID}, nil
}

// patientReader fails when its context has ended. So the object store learns of it
// with a context that still lets it tidy up.
type patientReader struct {
	ctx  context.Context
	data *bytes.Reader
}

func (r *patientReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, ended(r.ctx)
	}
	return r.data.Read(p)
}

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
	if int64(len(data)) != v.Size || digest(data) != v.Digest {
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
	return b.stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
}

// subjects returns how many messages each subject of the bucket has.
func (b blobs) subjects(ctx context.Context) (map[string]uint64, error) {
	info, err := b.stream.Info(ctx, jetstream.WithSubjectFilter("$O."+blobBucket+".>"))
	if err != nil {
		return nil, err
	}
	return info.State.Subjects, nil
}

// digest returns the SHA-256 of data in hex.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
