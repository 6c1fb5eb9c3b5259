package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Bounds of the files of sounds. What a store keeps is at most as much as may be in use.
const (
	maxIdleSounds = 1 << 30 // bytes; files that nobody uses are removed beyond this
	maxSoundFiles = 4 << 30 // bytes; no more files are made beyond this
)

// soundFiles is a folder with files of sounds: those that are being uploaded, and those
// that were taken out of the store because somebody plays them. It is emptied when it is
// used first, so nothing in it needs to be trusted. Safe for concurrent use.
type soundFiles struct {
	dir       string // "" for no folder
	idle, all int64  // bounds in bytes; 0 for those above

	mu    sync.Mutex
	made  bool
	files map[string]*soundFile // by digest
	bytes int64                 // of files
	clock int64                 // counts uses
}

// soundFile is one sound taken out of the store.
type soundFile struct {
	path string
	size int64
	done chan struct{} // closed when it is there, or err is
	err  error

	users int   // guarded by soundFiles.mu
	used  int64 // clock of the last use; guarded by soundFiles.mu
}

// ready makes the folder, empty, if that was not done yet. mu is held.
func (f *soundFiles) ready() error {
	if f.made {
		return nil
	}
	if f.dir == "" {
		return errKeepsNothing
	}
	if err := os.RemoveAll(f.dir); err != nil {
		return storeFailure{is: ErrStore, cause: err}
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return storeFailure{is: ErrStore, cause: err}
	}
	f.files, f.made = map[string]*soundFile{}, true
	return nil
}

// temporary returns a new empty file; the caller closes and removes it.
func (f *soundFiles) temporary() (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(f.dir, "new-")
	if err != nil {
		return nil, storeFailure{is: ErrStore, cause: err}
	}
	return file, nil
}

// acquire returns the path of the file with the data of a digest. Who comes first makes
// it of what fetch writes; the others wait. The file stays until release is called, once
// or more often. Errors: ErrNoRoom, ErrStore, fetch's, or ctx's.
func (f *soundFiles) acquire(ctx context.Context, digest string, size int64,
	fetch func(ctx context.Context, w io.Writer) error,
) (path string, release func(), err error) {
	for {
		file, mine, err := f.claim(digest, size)
		if err != nil {
			return "", nil, err
		}
		if mine {
			f.settle(digest, file, f.fill(ctx, file, fetch))
		}
		select {
		case <-file.done:
		case <-ctx.Done():
			f.release(file)
			return "", nil, ctx.Err()
		}
		if file.err == nil {
			return file.path, sync.OnceFunc(func() { f.release(file) }), nil
		}
		if mine {
			return "", nil, file.err
		}
		// Whoever made it has failed, perhaps for reasons of its own.
	}
}

// claim returns the file of a digest with one more user. mine says that the caller is to
// make it.
func (f *soundFiles) claim(digest string, size int64) (file *soundFile, mine bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(); err != nil {
		return nil, false, err
	}
	file = f.files[digest]
	if file == nil {
		f.trim(size)
		if all := cmp.Or(f.all, maxSoundFiles); f.bytes+size > all {
			return nil, false, fmt.Errorf("%w: sounds of %d bytes are in use, at most %d may be", ErrNoRoom, f.bytes, all)
		}
		file, mine = &soundFile{path: filepath.Join(f.dir, digest), size: size, done: make(chan struct{})}, true
		f.files[digest] = file
		f.bytes += size
	}
	f.clock++
	file.users, file.used = file.users+1, f.clock
	return file, mine, nil
}

// fill makes the file, under another name until it is whole.
func (f *soundFiles) fill(ctx context.Context, file *soundFile, fetch func(ctx context.Context, w io.Writer) error) error {
	part, err := f.temporary()
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) // unless it was renamed
	err = fetch(ctx, part)
	if closeErr := part.Close(); err == nil && closeErr != nil {
		err = storeFailure{is: ErrStore, cause: closeErr}
	}
	if err != nil {
		return err
	}
	if err := os.Rename(part.Name(), file.path); err != nil {
		return storeFailure{is: ErrStore, cause: err}
	}
	return nil
}

// settle says what became of the file that the caller was to make.
func (f *soundFiles) settle(digest string, file *soundFile, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file.err = err; err != nil {
		delete(f.files, digest)
		f.bytes -= file.size
	}
	close(file.done)
}

// release ends a use.
func (f *soundFiles) release(file *soundFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file.users--
	f.trim(0)
}

// forget removes the file of a digest, if nobody uses it.
func (f *soundFiles) forget(digest string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.files[digest]; file != nil && file.users == 0 {
		f.remove(digest, file)
	}
}

// trim removes files that nobody uses, those that were not used for the longest first,
// until there is room for size more bytes. mu is held.
func (f *soundFiles) trim(size int64) {
	most := cmp.Or(f.idle, maxIdleSounds) - size
	if f.bytes <= most {
		return
	}
	var idle []string
	for digest, file := range f.files {
		if file.users == 0 {
			idle = append(idle, digest)
		}
	}
	slices.SortFunc(idle, func(a, b string) int { return cmp.Compare(f.files[a].used, f.files[b].used) })
	for _, digest := range idle {
		if f.bytes <= most {
			return
		}
		f.remove(digest, f.files[digest])
	}
}

// remove removes a file that nobody uses. One that cannot be removed still counts. mu is
// held.
func (f *soundFiles) remove(digest string, file *soundFile) {
	if err := os.Remove(file.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	delete(f.files, digest)
	f.bytes -= file.size
}
