package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const indexBucket = "index"

// record is what the index has of one name. Without versions the name is deleted; it
// stays for its last number.
type record struct {
	Last     int       `json:"last"`               // the highest number that was ever used
	Versions []entry   `json:"versions,omitempty"` // by number
	Gone     []blobRef `json:"gone,omitempty"`     // of versions just deleted; may be there still
}

// entry is one version in a record.
type entry struct {
	Version int       `json:"version"`
	Size    int64     `json:"size"` // bytes
	Digest  string    `json:"digest"`
	Note    []byte    `json:"note,omitempty"`
	Created time.Time `json:"created"`
	Blob    blobRef   `json:"blob"`
}

// version returns e as the callers of the package see it.
func (e entry) version(name string) Version {
	return Version{Name: name, Version: e.Version, Size: e.Size, Digest: e.Digest, Note: e.Note, Created: e.Created}
}

// find returns where version is in r, the newest for 0, or -1.
func (r record) find(version int) int {
	if version == 0 {
		return len(r.Versions) - 1
	}
	return slices.IndexFunc(r.Versions, func(e entry) bool { return e.Version == version })
}

// index is the bucket of records and floors, or one that is used like it.
type index struct {
	keys     jetstream.KeyValue
	stream   jetstream.Stream // what keys is kept in
	subjects string           // what its subjects begin with
}

// openIndex opens the bucket for up to maxBytes, or makes it; fresh says that it did.
func openIndex(ctx context.Context, js jetstream.JetStream, cfg Config, maxBytes int64) (x index, fresh bool, err error) {
	_, err = js.KeyValue(ctx, cfg.bucket(indexBucket))
	fresh = errors.Is(err, jetstream.ErrBucketNotFound)
	if err != nil && !fresh {
		return index{}, false, err
	}
	x, err = openKeys(ctx, js, jetstream.KeyValueConfig{
		Bucket: cfg.bucket(indexBucket), Description: "versions by kind and name", MaxBytes: maxBytes, Replicas: cfg.Replicas,
	})
	return x, fresh, err
}

// openKeys opens a key-value bucket on disk, or makes it.
func openKeys(ctx context.Context, js jetstream.JetStream, cfg jetstream.KeyValueConfig) (index, error) {
	cfg.Storage = jetstream.FileStorage
	keys, err := js.CreateOrUpdateKeyValue(ctx, cfg)
	if err != nil {
		return index{}, err
	}
	stream, err := js.Stream(ctx, "KV_"+cfg.Bucket)
	return index{keys, stream, "$KV." + cfg.Bucket + "."}, err
}

// read returns the record at key and its revision, which is 0 when there is none.
func (x index) read(ctx context.Context, key string) (r record, revision uint64, err error) {
	at, err := x.keys.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return record{}, 0, nil
	}
	if err != nil {
		return record{}, 0, outside(ctx, err)
	}
	if err := json.Unmarshal(at.Value(), &r); err != nil {
		return record{}, 0, fmt.Errorf("%w: record %s: %w", ErrCorrupt, key, err)
	}
	return r, at.Revision(), nil
}

// write replaces the record at key if its revision still is as given; 0 makes it.
// Errors: ErrMoved.
func (x index) write(ctx context.Context, key string, r record, revision uint64) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return x.set(ctx, key, value, revision)
}

func (x index) set(ctx context.Context, key string, value []byte, revision uint64) error {
	_, err := x.put(ctx, key, value, revision)
	return err
}

// put is set, and returns the new revision.
func (x index) put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	next, err := x.keys.Update(ctx, key, value, revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return 0, ErrMoved
	}
	return next, outside(ctx, err)
}

// under returns the keys that begin with prefix, sorted.
func (x index) under(ctx context.Context, prefix string) ([]string, error) {
	info, err := x.stream.Info(ctx, jetstream.WithSubjectFilter(x.subjects+prefix+">"))
	if err != nil {
		return nil, outside(ctx, err)
	}
	keys := slices.Collect(maps.Keys(info.State.Subjects))
	for i := range keys {
		keys[i] = strings.TrimPrefix(keys[i], x.subjects)
	}
	slices.Sort(keys)
	return keys, nil
}

// announce says that a blob is about to be written, so that it is known to be no one's
// if nothing more is heard of it.
func (x index) announce(ctx context.Context, ref blobRef) error {
	value, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	return x.set(ctx, pendingKey(ref), value, 0)
}

// announced returns the blob of a pendingKey and since when it is announced. Errors:
// ErrNotFound.
func (x index) announced(ctx context.Context, key string) (ref blobRef, since time.Time, err error) {
	at, err := x.keys.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return blobRef{}, since, fmt.Errorf("%w: record %s", ErrNotFound, key)
	}
	if err != nil {
		return blobRef{}, since, outside(ctx, err)
	}
	if err := json.Unmarshal(at.Value(), &ref); err != nil {
		return blobRef{}, since, fmt.Errorf("%w: record %s: %w", ErrCorrupt, key, err)
	}
	return ref, at.Created(), nil
}

// settled removes a pendingKey: a record names the blob, or there is none.
func (x index) settled(ctx context.Context, key string) error {
	return outside(ctx, x.stream.Purge(ctx, jetstream.WithPurgeSubject(x.subjects+key)))
}

// floor returns the number above which the versions of a new name of the kind begin.
func (x index) floor(ctx context.Context, kind Kind) (floor int, revision uint64, err error) {
	at, err := x.keys.Get(ctx, floorKey(kind))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, outside(ctx, err)
	}
	if floor, err = strconv.Atoi(string(at.Value())); err != nil {
		return 0, 0, fmt.Errorf("%w: floor of %s: %w", ErrCorrupt, kind, err)
	}
	return floor, at.Revision(), nil
}

// raiseFloor makes the floor of a kind at least floor.
func (x index) raiseFloor(ctx context.Context, kind Kind, floor int) error {
	for {
		now, revision, err := x.floor(ctx, kind)
		if err != nil || now >= floor {
			return err
		}
		if err := x.set(ctx, floorKey(kind), strconv.AppendInt(nil, int64(floor), 10), revision); !errors.Is(err, ErrMoved) {
			return err
		}
	}
}

// forget removes the record at key unless it has changed since revision.
func (x index) forget(ctx context.Context, key string, revision uint64) error {
	err := x.stream.Purge(ctx, jetstream.WithPurgeSubject(x.subjects+key), jetstream.WithPurgeSequence(revision+1))
	return outside(ctx, err)
}
