package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Version is one version of a name, without its data.
type Version struct {
	Name    string
	Version int       // from 1
	Size    int64     // of the data, in bytes
	Digest  string    // SHA-256 of the data, in hex
	Note    []byte    // what the caller of Put wanted to remember with it; nil for none
	Created time.Time // UTC, to the microsecond
}

// Get returns the data of a version of a name, the newest for 0. It is checked against
// its digest. Large data is for Open. Errors: ErrName, ErrNotFound, ErrCorrupt, ErrUnavailable, or ctx's.
func (s *Store) Get(ctx context.Context, kind Kind, name string, version int) ([]byte, Version, error) {
	op, leave, err := s.enterFor(ctx, kind, name)
	if err != nil {
		return nil, Version{}, err
	}
	defer leave()
	e, err := s.find(op, kind, name, version)
	for err == nil {
		data, dataErr := s.blobs.read(op, e.version(name), e.Blob)
		if dataErr == nil {
			return data, e.version(name), nil
		}
		// Data that is gone has perhaps just been deleted, and its entry with it.
		tried := e.Blob
		if e, err = s.find(op, kind, name, version); err == nil && e.Blob == tried {
			err = fmt.Errorf("%s: %w", kind, dataErr)
		}
	}
	return nil, Version{}, err
}

// Stat returns what Get does, without the data.
func (s *Store) Stat(ctx context.Context, kind Kind, name string, version int) (Version, error) {
	op, leave, err := s.enterFor(ctx, kind, name)
	if err != nil {
		return Version{}, err
	}
	defer leave()
	e, err := s.find(op, kind, name, version)
	if err != nil {
		return Version{}, err
	}
	return e.version(name), nil
}

// List returns the newest version of every name of a kind, sorted by name, or, for a
// name, all its versions by number. A kind without names has an empty list.
// Errors: ErrName, ErrNotFound (there is no such name), ErrCorrupt, ErrUnavailable, or ctx's.
func (s *Store) List(ctx context.Context, kind Kind, name string) ([]Version, error) {
	if name == "" {
		return s.listNewest(ctx, kind)
	}
	op, leave, err := s.enterFor(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	defer leave()
	r, _, err := s.index.read(op, recordKey(kind, name))
	if err != nil {
		return nil, err
	}
	if len(r.Versions) == 0 {
		return nil, notFound(kind, name, 0)
	}
	list := make([]Version, len(r.Versions))
	for i, e := range r.Versions {
		list[i] = e.version(name)
	}
	return list, nil
}

func (s *Store) listNewest(ctx context.Context, kind Kind) ([]Version, error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	op, leave, err := s.enter(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer leave()
	keys, err := s.index.under(op, recordsOf(kind))
	if err != nil {
		return nil, err
	}
	list := make([]Version, 0, len(keys))
	for _, key := range keys {
		r, _, err := s.index.read(op, key)
		if err != nil {
			return nil, err
		}
		if i := r.find(0); i >= 0 {
			list = append(list, r.Versions[i].version(nameInKey(key)))
		}
	}
	slices.SortFunc(list, func(a, b Version) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Delete deletes a version of a name, all of them for 0. Errors: ErrName, ErrNotFound,
// ErrCorrupt, ErrFull (the disk's fault), ErrUnavailable, or ctx's. With ErrUnavailable
// it may be deleted.
func (s *Store) Delete(ctx context.Context, kind Kind, name string, version int) error {
	if err := checkName(kind, name); err != nil {
		return err
	}
	op, limit, leave, err := s.enterToChange(ctx, 0)
	if err != nil {
		return err
	}
	defer leave()
	key := recordKey(kind, name)
	for {
		if err := ended(op); err != nil {
			return err
		}
		r, revision, err := s.index.read(op, key)
		if err != nil {
			return err
		}
		i := r.find(version)
		if i < 0 {
			return notFound(kind, name, version)
		}
		from, to := i, i+1
		if version == 0 {
			from, to = 0, len(r.Versions)
		}
		if err := s.discard(limit, r.Gone...); err != nil {
			return err
		}
		r.Gone = nil
		for _, e := range r.Versions[from:to] {
			r.Gone = append(r.Gone, e.Blob)
		}
		r.Versions = slices.Delete(r.Versions, from, to)
		err = s.index.write(limit, key, r, revision)
		if err == nil {
			s.discard(limit, r.Gone...) // if not now, then before the record's next change
		}
		if !errors.Is(err, ErrMoved) {
			return err
		}
	}
}

// discard removes blobs that no record names any more, as far as they are there.
func (s *Store) discard(ctx context.Context, gone ...blobRef) error {
	for _, ref := range gone {
		if err := s.blobs.remove(ctx, ref); err != nil {
			s.cfg.Log.Warn("store: data that was deleted is still there", "object", ref.Object, "error", err)
			return err
		}
	}
	return nil
}

// enterFor is enter for an operation on a name.
func (s *Store) enterFor(ctx context.Context, kind Kind, name string) (context.Context, func(), error) {
	if err := checkName(kind, name); err != nil {
		return nil, nil, err
	}
	return s.enter(ctx, 0)
}

// find returns the entry of a version, the newest for 0, or ErrNotFound.
func (s *Store) find(ctx context.Context, kind Kind, name string, version int) (entry, error) {
	r, _, err := s.index.read(ctx, recordKey(kind, name))
	if err != nil {
		return entry{}, err
	}
	i := r.find(version)
	if i < 0 {
		return entry{}, notFound(kind, name, version)
	}
	return r.Versions[i], nil
}

func notFound(kind Kind, name string, version int) error {
	if version == 0 {
		return fmt.Errorf("%w: %s %q", ErrNotFound, kind, name)
	}
	return fmt.Errorf("%w: %s %q version %d", ErrNotFound, kind, name, version)
}
