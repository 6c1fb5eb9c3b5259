package store

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Open returns the data of a version of a name, the newest for 0, as a stream that holds
// a MiB at a time. What was read counts only when io.EOF came: then it has been checked
// against its digest. The caller closes the stream, from the goroutine that reads; ctx
// bounds its reading too. A version that is deleted meanwhile ends it with ErrNotFound.
// Errors, also of reading: ErrName, ErrNotFound, ErrCorrupt, ErrUnavailable, or ctx's.
func (s *Store) Open(ctx context.Context, kind Kind, name string, version int) (io.ReadCloser, Version, error) {
	op, leave, err := s.enterFor(ctx, kind, name)
	if err != nil {
		return nil, Version{}, err
	}
	defer leave()
	e, err := s.find(op, kind, name, version)
	if err != nil {
		return nil, Version{}, err
	}
	v := e.version(name)
	return &stream{s: s, ctx: ctx, kind: kind, at: begin(v, e.Blob)}, v, nil
}

// stream reads the data of one version. Between reads it holds nothing of the Store.
type stream struct {
	s    *Store
	ctx  context.Context
	kind Kind
	at   *reading
	data []byte // read from the store and not yet returned
	err  error  // what comes after data
}

// Read returns the next bytes, as io.Reader says.
func (r *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.data) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.data, r.err = r.fetch()
	}
	n := copy(p, r.data)
	if r.data = r.data[n:]; len(r.data) == 0 {
		return n, r.err
	}
	return n, nil
}

// fetch returns the next chunk.
func (r *stream) fetch() ([]byte, error) {
	op, leave, err := r.s.enter(r.ctx, 0)
	if err != nil {
		return nil, err
	}
	defer leave()
	data, err := r.s.blobs.chunk(op, r.at)
	if errors.Is(err, errGone) {
		// Perhaps it was deleted, and its entry with it.
		if _, err := r.s.find(op, r.kind, r.at.v.Name, r.at.v.Version); err != nil {
			return nil, err
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s: %w", r.kind, err)
	}
	return data, err
}

// Close ends the reading. It may be called again.
func (r *stream) Close() error {
	r.data, r.err = nil, io.ErrClosedPipe
	return nil
}
