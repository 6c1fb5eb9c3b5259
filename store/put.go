package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Put stores data as a new version of a name and returns it. data and note stay the
// caller's. The version is on disk when Put returns, and it is seen by nobody before
// all of its data is.
//
// The first version of a new name is 1; each further one is higher than all before it.
// When a kind has MaxNames names, a new one takes the place of those that were deleted
// the longest ago. From then on new names begin above the highest number of those.
//
// Errors: ErrName, ErrTooLarge, ErrTooMany, ErrFull, ErrUnavailable, or ctx's. With
// ErrUnavailable the version may have come about.
func (s *Store) Put(ctx context.Context, kind Kind, name string, data, note []byte) (Version, error) {
	return s.PutFrom(ctx, kind, name, bytes.NewReader(data), int64(len(data)), note)
}

// PutFrom is Put of the next size bytes of r, of which it holds a MiB at a time. r is
// not read any more when it returns. Errors: those of Put; r's, also
// io.ErrUnexpectedEOF when it has fewer bytes.
func (s *Store) PutFrom(ctx context.Context, kind Kind, name string, r io.Reader, size int64, note []byte) (Version, error) {
	if err := s.check(kind, name, size, note); err != nil {
		return Version{}, err
	}
	op, limit, leave, err := s.enterToChange(ctx, size)
	if err != nil {
		return Version{}, err
	}
	defer leave()
	v, err := s.put(op, limit, kind, name, r, size, note)
	if err != nil {
		return Version{}, fmt.Errorf("%s %q: %w", kind, name, err)
	}
	return v, nil
}

// put is Put of what was checked. op may end at any time; limit bounds what must not be
// left half done.
func (s *Store) put(op, limit context.Context, kind Kind, name string, r io.Reader, size int64, note []byte) (Version, error) {
	// Refuse what has no place before its data is written; publish decides.
	now, _, err := s.index.read(op, recordKey(kind, name))
	if err == nil {
		err = s.checkVersions(now)
	}
	if err != nil {
		return Version{}, err
	}
	blob := newBlob(kind, name)
	if err := s.index.announce(limit, blob); err != nil {
		return Version{}, err
	}
	var v Version
	sum, err := s.blobs.write(op, limit, blob, r, size)
	if err == nil {
		v, err = s.publish(op, limit, kind, name, entry{
			Size: size, Digest: sum.String(), Note: slices.Clone(note), Created: timestamp(), Blob: blob,
		})
	}
	if errors.Is(err, ErrUnavailable) { // a record may name the blob; Open finds out
		return Version{}, err
	}
	if err == nil || s.discard(limit, blob) == nil {
		if err := s.index.settled(limit, pendingKey(blob)); err != nil {
			s.cfg.Log.Warn("store: a blob stays announced", "object", blob.Object, "error", err)
		}
	}
	return v, err
}

// timestamp returns the time of a new version, so that it is the same after it was stored.
func timestamp() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// check returns an error for what Put cannot take.
func (s *Store) check(kind Kind, name string, size int64, note []byte) error {
	if err := checkName(kind, name); err != nil {
		return err
	}
	if most := s.cfg.maxSize(kind); size < 0 || size > most {
		return fmt.Errorf("%w: %d bytes of data, at most %d", ErrTooLarge, size, most)
	}
	if len(note) > MaxNote {
		return fmt.Errorf("%w: a note of %d bytes, at most %d", ErrTooLarge, len(note), MaxNote)
	}
	return nil
}

// checkVersions returns ErrTooMany unless r has room for one more version.
func (s *Store) checkVersions(r record) error {
	if len(r.Versions) >= s.cfg.MaxVersions {
		return fmt.Errorf("%w: %d versions, at most %d", ErrTooMany, len(r.Versions), s.cfg.MaxVersions)
	}
	return nil
}

// publish gives e the next number of its name and puts it into the record. What others
// put there meanwhile makes it try anew; each time one of them has succeeded.
func (s *Store) publish(op, limit context.Context, kind Kind, name string, e entry) (Version, error) {
	key := recordKey(kind, name)
	for {
		if err := ended(op); err != nil {
			return Version{}, err
		}
		r, revision, err := s.index.read(op, key)
		if err == nil {
			err = s.checkVersions(r)
		}
		if err != nil {
			return Version{}, err
		}
		if revision == 0 {
			e.Version, err = s.begin(limit, kind, key, e)
		} else {
			e.Version, err = s.extend(limit, key, r, revision, e)
		}
		if err == nil {
			return e.version(name), nil
		}
		if !errors.Is(err, ErrMoved) {
			return Version{}, err
		}
	}
}

// extend puts e into r with the next number, which it returns. Errors: ErrMoved when
// the record at key is not at revision any more.
func (s *Store) extend(ctx context.Context, key string, r record, revision uint64, e entry) (int, error) {
	if err := s.discard(ctx, r.Gone...); err != nil {
		return 0, err
	}
	r.Gone = nil
	e.Version = r.Last + 1
	r.Last, r.Versions = e.Version, append(r.Versions, e)
	return e.Version, s.index.write(ctx, key, r, revision)
}

// begin makes the record at key with e alone. Errors: ErrMoved when it is there by now,
// ErrTooMany. Only one name begins at a time, so their count is exact.
func (s *Store) begin(ctx context.Context, kind Kind, key string, e entry) (int, error) {
	s.naming.Lock()
	defer s.naming.Unlock()
	_, revision, err := s.index.read(ctx, key)
	if err != nil {
		return 0, err
	}
	if revision != 0 {
		return 0, ErrMoved
	}
	if err := s.makeRoom(ctx, kind); err != nil {
		return 0, err
	}
	// The floor is read after it was seen that there is no record: who forgets one raises
	// the floor first.
	floor, _, err := s.index.floor(ctx, kind)
	if err != nil {
		return 0, err
	}
	return s.extend(ctx, key, record{Last: floor}, 0, e)
}

// makeRoom sees to it that the kind has fewer than MaxNames records. If need be it
// forgets half of the deleted names, so that it is not needed for each new one.
func (s *Store) makeRoom(ctx context.Context, kind Kind) error {
	keys, err := s.index.under(ctx, recordsOf(kind))
	if err != nil || len(keys) < s.cfg.MaxNames {
		return err
	}
	type deleted struct {
		key      string
		revision uint64
		last     int
		blobs    []blobRef
	}
	var gone []deleted
	for _, key := range keys {
		r, revision, err := s.index.read(ctx, key)
		if err != nil {
			return err
		}
		if revision != 0 && len(r.Versions) == 0 {
			gone = append(gone, deleted{key, revision, r.Last, r.Gone})
		}
	}
	if len(keys)-len(gone) >= s.cfg.MaxNames {
		return fmt.Errorf("%w: %d names, at most %d", ErrTooMany, len(keys), s.cfg.MaxNames)
	}
	slices.SortFunc(gone, func(a, b deleted) int { return cmp.Compare(a.revision, b.revision) })
	gone = gone[:max(len(gone)/2, len(keys)-s.cfg.MaxNames+1)]
	floor := 0
	for _, d := range gone {
		floor = max(floor, d.last)
	}
	if err := s.index.raiseFloor(ctx, kind, floor); err != nil {
		return err
	}
	for _, d := range gone {
		if err := s.discard(ctx, d.blobs...); err != nil {
			return err
		}
		if err := s.index.forget(ctx, d.key, d.revision); err != nil {
			return err
		}
	}
	return nil
}
