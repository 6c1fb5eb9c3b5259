package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// tidy removes the blobs that interrupted Puts and Deletes left, and reports the versions
// whose blobs are not whole. On a server in this process it is the only user. On one that
// is shared it takes a Put for interrupted that began longestPut ago, and it cannot tell
// damage from what others do meanwhile.
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
	settled := pending[:0]
	for _, key := range pending {
		ref, since, err := s.index.announced(ctx, key)
		if errors.Is(err, ErrNotFound) || err == nil && s.shared() && time.Since(since) < longestPut {
			continue // another process puts it
		}
		if err != nil {
			return err
		}
		left = append(left, ref)
		settled = append(settled, key)
	}
	for _, ref := range left {
		for _, subject := range []string{s.blobs.chunkSubject(ref), s.blobs.metaSubject(ref)} {
			if subjects[subject] == 0 {
				continue // a record has named it after all, or it was removed
			}
			if err := s.blobs.purge(ctx, subject); err != nil {
				return err
			}
			delete(subjects, subject)
		}
	}
	for _, key := range settled {
		if err := s.index.settled(ctx, key); err != nil {
			return err
		}
	}
	if len(subjects) > 0 && !s.shared() {
		return fmt.Errorf("%w: the index has lost records: none names %d messages of data", ErrCorrupt, len(subjects))
	}
	return nil
}

// longestPut is longer than any Put takes: see opTimeout and slowestDisk.
const longestPut = 2 * time.Hour

// shared says whether other processes may use the same server.
func (s *Store) shared() bool { return s.cfg.URL != "" }

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
			if subjects[s.blobs.chunkSubject(e.Blob)] != uint64(chunks(e.Size)) {
				s.cfg.Log.Error("store: the data of a version is not whole", "record", key, "version", e.Version)
			}
			delete(subjects, s.blobs.chunkSubject(e.Blob))
			delete(subjects, s.blobs.metaSubject(e.Blob))
		}
	}
	return gone, nil
}
