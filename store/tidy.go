package store

import (
	"context"
	"errors"
)

// tidy removes the blobs that no record names and reports the records whose blobs are
// not whole. It must be the only user of the server: to others it would seem that their
// Puts were interrupted. When the index is damaged it removes nothing.
func (s *Store) tidy(ctx context.Context) error {
	info, err := s.index.stream.Info(ctx)
	if err != nil {
		return outside(ctx, err)
	}
	if lost := info.State.Lost; lost != nil {
		s.cfg.Log.Error("store: the index has lost records; blobs without one stay", "records", len(lost.Msgs))
		return nil
	}
	keys, err := s.index.recordsOf(ctx, "")
	if err != nil {
		return err
	}
	subjects, err := s.blobs.subjects(ctx)
	if err != nil {
		return outside(ctx, err)
	}
	for _, key := range keys {
		r, _, err := s.index.read(ctx, key)
		if errors.Is(err, ErrCorrupt) {
			s.cfg.Log.Error("store: a record cannot be read; blobs without one stay", "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range r.Versions {
			if subjects[e.Blob.chunkSubject()] != uint64(chunks(e.Size)) {
				s.cfg.Log.Error("store: the data of a version is not whole", "record", key, "version", e.Version)
			}
			delete(subjects, e.Blob.chunkSubject())
			delete(subjects, e.Blob.metaSubject())
		}
	}
	for subject := range subjects {
		if err := s.blobs.purge(ctx, subject); err != nil {
			return outside(ctx, err)
		}
	}
	if len(subjects) > 0 {
		s.cfg.Log.Info("store: removed what interrupted writes left", "subjects", len(subjects))
	}
	return nil
}
