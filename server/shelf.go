package server

import (
	"context"
	"fmt"
	"io"

	"github.com/lianmai/lianmai/store"
)

// shelf is what a Library needs of a store; *store.Store is one.
type shelf interface {
	Put(ctx context.Context, kind store.Kind, name string, data, note []byte) (store.Version, error)
	PutFrom(ctx context.Context, kind store.Kind, name string, r io.Reader, size int64, note []byte) (store.Version, error)
	Get(ctx context.Context, kind store.Kind, name string, version int) ([]byte, store.Version, error)
	Open(ctx context.Context, kind store.Kind, name string, version int) (io.ReadCloser, store.Version, error)
	Stat(ctx context.Context, kind store.Kind, name string, version int) (store.Version, error)
	List(ctx context.Context, kind store.Kind, name string) ([]store.Version, error)
	Delete(ctx context.Context, kind store.Kind, name string, version int) error
}

// noShelf keeps nothing.
type noShelf struct{}

// errKeepsNothing is what a service without a store answers.
var errKeepsNothing = fmt.Errorf("%w: this service keeps nothing", ErrStore)

func (noShelf) Put(context.Context, store.Kind, string, []byte, []byte) (store.Version, error) {
	return store.Version{}, errKeepsNothing
}

func (noShelf) PutFrom(context.Context, store.Kind, string, io.Reader, int64, []byte) (store.Version, error) {
	return store.Version{}, errKeepsNothing
}

func (noShelf) Open(context.Context, store.Kind, string, int) (io.ReadCloser, store.Version, error) {
	return nil, store.Version{}, store.ErrNotFound
}

func (noShelf) Get(context.Context, store.Kind, string, int) ([]byte, store.Version, error) {
	return nil, store.Version{}, store.ErrNotFound
}

func (noShelf) Stat(context.Context, store.Kind, string, int) (store.Version, error) {
	return store.Version{}, store.ErrNotFound
}

func (noShelf) List(context.Context, store.Kind, string) ([]store.Version, error) { return nil, nil }

func (noShelf) Delete(context.Context, store.Kind, string, int) error { return store.ErrNotFound }
