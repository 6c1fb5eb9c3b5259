package store

import (
	"context"
	"fmt"
)

// tidy removes the blobs that interrupted Puts and Deletes left, and reports the versions
// whose blobs are not whole. It must be the only user of the server: to others it would
// seem that their Puts were interrupted.
//
// JetStream does not tell when it leaves out a damaged part of the index. It shows in
// blobs that no record names and that nobody announced or deleted. They are not removed,
// and ErrCorrupt is the answer: without the records, old numbers would be given again.
func (s *Store) tidy(ctx context.Context) error {
	subjects, err := s.blobs.subjects(ctx)
	if err != nil {
		return outside(ctx, err)
	}
	left, err := s.claim(ctx, subjects)
	if err != nil {
		return err
	}
	pending, err := s.index.under(ctx, pendingPrefix)
	if err != nil {
		return err
	}
	for _, key := range pending {
		ref, err := s.index.announced(ctx, key)
		if err != nil {
			return err
		}
		left = append(left, ref)
	}
	for _, ref := range left {
		for _, subject := range []string{ref.chunkSubject(), ref.metaSubject()} {
			if subjects[subject] == 0 {
				continue // a record has named it after all, or it was removed
			}
			if err := s.blobs.purge(ctx, subject); err != nil {
				return err
			}
			delete(subjects, subject)
		}
	}
	for _, key := range pending {
		if err := s.index.settled(ctx, key); err != nil {
			return err
		}
	}
	if len(subjects) > 0 {
		return fmt.Errorf("%w: the index has lost records: none names %d messages of data", ErrCorrupt, len(subjects))
	}
	return nil
}

// claim takes the subjects that records name out of subjects, and returns the blobs of
// deleted versions. A record that cannot be read is an ErrCorrupt.
func (s *Store) claim(ctx context.Context, subjects map[string]uint64) (gone []blobRef, err error) {
	keys, err := s.index.under(ctx, recordPrefix)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		r, _, err := s.index.read(ctx, key)
		if err != nil {
			return nil, err
		}
		gone = append(gone, r.Gone...)
		for _, e := range r.Versions {
			if subjects[e.Blob.chunkSubject()] != uint64(chunks(e.Size)) {
				s.cfg.Log.Error("store: the data of a version is not whole", "record", key, "version", e.Version)
			}
			delete(subjects, e.Blob.chunkSubject())
			delete(subjects, e.Blob.metaSubject())
		}
	}
	return gone, nil
}
