package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lianmai/lianmai/store"
)

// mustHold ends the test unless a file has this content.
func mustHold(t testing.TB, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		t.Fatalf("%s: %d bytes, %v", path, len(got), err)
	}
}

func TestSoundFile(t *testing.T) {
	l := newLibrary(t)
	// What a process left that was killed.
	if err := os.MkdirAll(filepath.Join(l.limits.Dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.limits.Dir, "new-123"), []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, Limits{}, over(l))
	first, second := b.mustSound(t, "bed", 1), b.mustSound(t, "bed", 2)
	b.mustSound(t, "copy", 1)
	if left := filesIn(t, l); len(left) > 0 {
		t.Errorf("left in the folder: %q", left)
	}
	releases := []func(){}
	for ref, want := range map[string][]byte{"bed": wavOf(2, 4410), "bed@1": wavOf(1, 4410), "bed@2": wavOf(2, 4410), "copy@1": wavOf(1, 4410)} {
		path, release, err := l.SoundFile(t.Context(), ref)
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		mustHold(t, path, want)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		releases = append(releases, release)
	}
	if got := filesIn(t, l); fmt.Sprint(got) != fmt.Sprint(sorted([]string{first.Sha256, second.Sha256})) {
		t.Errorf("files %q", got)
	}
	for _, ref := range []string{"other", "bed@3", "bed@0", "bed@x", "../bed", ""} {
		if _, _, err := l.SoundFile(t.Context(), ref); !errors.Is(err, ErrNoSound) {
			t.Errorf("%q: %v", ref, err)
		}
	}
	// Deleting lets go of what nobody uses, and leaves what somebody does.
	for _, name := range []string{"bed", "copy"} {
		if err := l.DeleteSound(t.Context(), name, 0, b.mixes); err != nil {
			t.Fatal(err)
		}
	}
	if got := filesIn(t, l); len(got) != 2 {
		t.Errorf("files in use are gone: %q", got)
	}
	for _, release := range releases {
		release()
		release() // twice is once
	}
	l.sounds.forget(first.Sha256)
	if got := filesIn(t, l); len(got) != 1 {
		t.Errorf("files %q", got)
	}
}

// TestSoundFileOfDamagedData has data in the store that is not what was put there.
func TestSoundFileOfDamagedData(t *testing.T) {
	l := newLibrary(t)
	data := wavOf(1, 4410)
	if _, err := l.store.Put(t.Context(), store.Sound, "bed", data, nil); err != nil {
		t.Fatal(err)
	}
	real := l.store
	l.store = damaged{real}
	if _, _, err := l.SoundFile(t.Context(), "bed"); !errors.Is(err, ErrStore) || strings.Contains(err.Error(), l.limits.Dir) {
		t.Errorf("error %v", err)
	}
	if left := filesIn(t, l); len(left) > 0 {
		t.Errorf("left in the folder: %q", left)
	}
	l.store = real
	path, release, err := l.SoundFile(t.Context(), "bed")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	mustHold(t, path, data)
}

// damaged is a shelf whose streams end as those of damaged data do.
type damaged struct{ shelf }

func (d damaged) Open(ctx context.Context, kind store.Kind, name string, version int) (io.ReadCloser, store.Version, error) {
	r, v, err := d.shelf.Open(ctx, kind, name, version)
	if err != nil {
		return nil, v, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(r, 100), failing{store.ErrCorrupt}), r}, v, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// writes returns a fetch that writes so many bytes.
func writes(n int) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		_, err := w.Write(make([]byte, n))
		return err
	}
}

func TestTheLastUsedFilesStay(t *testing.T) {
	f := &soundFiles{dir: filepath.Join(t.TempDir(), "sounds"), idle: 300, all: 500}
	use := func(digest string) func() {
		t.Helper()
		path, release, err := f.acquire(t.Context(), digest, 100, writes(100))
		if err != nil {
			t.Fatal(err)
		}
		mustHold(t, path, make([]byte, 100))
		return release
	}
	have := func() string {
		entries, err := os.ReadDir(f.dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return strings.Join(names, "")
	}
	for _, digest := range []string{"a", "b", "c", "a", "d"} { // b is the one used longest ago
		use(digest)()
	}
	if got := have(); got != "acd" {
		t.Errorf("files %s", got)
	}
	var releases []func()
	for _, digest := range []string{"a", "e", "f", "g", "h"} { // in use, they may be more
		releases = append(releases, use(digest))
	}
	if got := have(); got != "aefgh" {
		t.Errorf("files %s", got)
	}
	if _, _, err := f.acquire(t.Context(), "i", 100, writes(100)); !errors.Is(err, ErrNoRoom) {
		t.Errorf("one too many: %v", err)
	}
	defer use("a")() // one more user of what is there
	for _, release := range releases {
		release()
	}
	if got := have(); got != "agh" {
		t.Errorf("files %s", got)
	}
}

// TestFilesAreMadeOnce has many ask for a file at once whose first maker fails.
func TestFilesAreMadeOnce(t *testing.T) {
	f := &soundFiles{dir: filepath.Join(t.TempDir(), "sounds")}
	var mu sync.Mutex
	made, fail := 0, true
	broken := errors.New("broken")
	fetch := func(ctx context.Context, w io.Writer) error {
		mu.Lock()
		defer mu.Unlock()
		if fail {
			fail = false
			return broken
		}
		made++
		return writes(1000)(ctx, w)
	}
	var wg sync.WaitGroup
	failed := make(chan error, 32)
	for range cap(failed) {
		wg.Go(func() {
			path, release, err := f.acquire(t.Context(), "a", 1000, fetch)
			if err != nil {
				failed <- err
				return
			}
			defer release()
			mustHold(t, path, make([]byte, 1000))
		})
	}
	wg.Wait()
	if made != 1 || len(failed) != 1 || !errors.Is(<-failed, broken) {
		t.Errorf("made %d times, %d more failed", made, len(failed))
	}
	if f.bytes != 1000 || f.files["a"].users != 0 {
		t.Errorf("%d bytes, %d users", f.bytes, f.files["a"].users)
	}
}

// TestWaitingForAFileEnds has one wait for a file whose maker takes long.
func TestWaitingForAFileEnds(t *testing.T) {
	f := &soundFiles{dir: filepath.Join(t.TempDir(), "sounds")}
	begun, goOn := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(goOn)
	wg.Go(func() {
		_, release, err := f.acquire(t.Context(), "a", 10, func(ctx context.Context, w io.Writer) error {
			close(begun)
			<-goOn
			return writes(10)(ctx, w)
		})
		if err != nil {
			t.Error(err)
			return
		}
		release()
	})
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.acquire(ctx, "a", 10, writes(10)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
