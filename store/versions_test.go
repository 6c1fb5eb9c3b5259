package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestPutGet(t *testing.T) {
	s := open(t, Config{})
	for _, c := range []struct {
		name string
		data []byte
		note []byte
	}{
		{"plain", []byte("data"), []byte("note")},
		{"empty", nil, nil},
		{"a.b", []byte("1"), nil},
		{"a", []byte("2"), nil},
		{"a_b", []byte("3"), nil},
		{"0..-", []byte("4"), []byte{}},
		{strings.Repeat("x", MaxNameLength), []byte("5"), bytes.Repeat([]byte{0xff}, MaxNote)},
		{"chunk", text("chunk", chunkSize), nil},
		{"chunk.and.a.byte", text("more", chunkSize+1), nil},
		{"largest", text("largest", DefaultMaxSize), nil},
	} {
		v, err := s.Put(t.Context(), Template, c.name, c.data, c.note)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if v.Name != c.name || v.Version != 1 || v.Size != int64(len(c.data)) || v.Digest != digestOf(c.data).String() ||
			!bytes.Equal(v.Note, c.note) || v.Created.IsZero() {
			t.Errorf("%s: Put returns %+v", c.name, v)
		}
		data, got, err := s.Get(t.Context(), Template, c.name, 0)
		if err != nil || !bytes.Equal(data, c.data) || !same(got, v) {
			t.Errorf("%s: Get returns %d bytes, %+v, %v; Put returned %+v", c.name, len(data), got, err, v)
		}
		if got, err := s.Stat(t.Context(), Template, c.name, 1); err != nil || !same(got, v) {
			t.Errorf("%s: Stat returns %+v, %v", c.name, got, err)
		}
	}
	list, err := s.List(t.Context(), Template, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range list {
		names = append(names, v.Name)
	}
	if len(names) != 10 || !slices.IsSorted(names) || !slices.Contains(names, "a.b") {
		t.Errorf("names %q", names)
	}
	if _, _, err := s.Get(t.Context(), Picture, "plain", 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("of another kind: %v", err)
	}
}

// same reports whether two versions are equal.
func same(a, b Version) bool {
	return a.Name == b.Name && a.Version == b.Version && a.Size == b.Size && a.Digest == b.Digest &&
		bytes.Equal(a.Note, b.Note) && a.Created.Equal(b.Created)
}

func TestNumbersAreNeverUsedAgain(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	remove := func(version int) {
		t.Helper()
		if err := s.Delete(t.Context(), Template, "n", version); err != nil {
			t.Fatal(err)
		}
	}
	want := func(version int) {
		t.Helper()
		if v := put(t, s, Template, "n", text("n", 10)); v.Version != version {
			t.Fatalf("version %d, want %d", v.Version, version)
		}
	}
	want(1)
	want(2)
	want(3)
	remove(3)
	want(4)
	remove(2)
	remove(0)
	for version := range 6 {
		if _, err := s.Stat(t.Context(), Template, "n", version); !errors.Is(err, ErrNotFound) {
			t.Errorf("version %d: %v", version, err)
		}
	}
	if _, err := s.List(t.Context(), Template, "n"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if list, err := s.List(t.Context(), Template, ""); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if err := s.Delete(t.Context(), Template, "n", 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("a second Delete: %v", err)
	}
	s = reopen(t, s)
	want(5)
	if n := countBlobs(t, s); n != 1 {
		t.Errorf("%d blobs for one version", n)
	}
}

func TestNames(t *testing.T) {
	s := open(t, Config{})
	for _, name := range []string{"..", ".", ".a", "-a", "_a", "a/b", "a b", "a=b", "a*", ">", "a\x00", "a\n", "ä", "名", "a\xff",
		strings.Repeat("x", MaxNameLength+1), "$KV", "", "a\\b"} {
		if _, err := s.Put(t.Context(), Template, name, nil, nil); !errors.Is(err, ErrName) {
			t.Errorf("Put %q: %v", name, err)
		}
		if _, _, err := s.Get(t.Context(), Template, name, 0); !errors.Is(err, ErrName) {
			t.Errorf("Get %q: %v", name, err)
		}
		if err := s.Delete(t.Context(), Template, name, 0); !errors.Is(err, ErrName) {
			t.Errorf("Delete %q: %v", name, err)
		}
		if _, err := s.List(t.Context(), Template, name); name != "" && !errors.Is(err, ErrName) {
			t.Errorf("List %q: %v", name, err)
		}
	}
	for _, kind := range []Kind{"", ">", "*", "a.b", "Template", "1", Kind(strings.Repeat("x", 33))} {
		if _, err := s.Put(t.Context(), kind, "a", nil, nil); !errors.Is(err, ErrName) {
			t.Errorf("Put of kind %q: %v", kind, err)
		}
		if _, err := s.List(t.Context(), kind, ""); !errors.Is(err, ErrName) {
			t.Errorf("List of kind %q: %v", kind, err)
		}
	}
	if _, err := s.Stat(t.Context(), Template, "a", -1); !errors.Is(err, ErrNotFound) {
		t.Errorf("version -1: %v", err)
	}
}

// TestConcurrentPuts has no two Puts return one number, and no number left out.
func TestConcurrentPuts(t *testing.T) {
	s := open(t, Config{})
	const writers, each = 8, 6
	var mu sync.Mutex
	seen := map[int][]byte{}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				data := text(string(rune('a'+w))+string(rune('a'+i)), 300_000)
				v, err := s.Put(t.Context(), Picture, "contended", data, nil)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[v.Version] != nil {
					t.Errorf("version %d twice", v.Version)
				}
				seen[v.Version] = data
				mu.Unlock()
				if _, err := s.List(t.Context(), Picture, ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for version := 1; version <= writers*each; version++ {
		mustHave(t, s, Picture, "contended", version, seen[version])
	}
}

// TestReadWhileDeleted reads versions while they are deleted: whole, or not found.
func TestReadWhileDeleted(t *testing.T) {
	s := open(t, Config{})
	data := text("d", 3*chunkSize)
	var wg sync.WaitGroup
	for range 10 {
		put(t, s, Picture, "p", data)
		for range 2 {
			wg.Go(func() {
				got, _, err := s.Get(t.Context(), Picture, "p", 0)
				if !errors.Is(err, ErrNotFound) && (err != nil || !bytes.Equal(got, data)) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			})
		}
		if err := s.Delete(t.Context(), Picture, "p", 0); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
	}
}

// endsAfter is a context that ends when it was asked a number of times.
type endsAfter struct {
	context.Context
	mu   sync.Mutex
	left int
	end  context.CancelFunc
}

func (c *endsAfter) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		c.end()
	}
	return c.Context.Err()
}

// TestPutIsCancelled cancels a Put at each of the places where it looks at its context.
// Either nothing is left of it, or the version is there and whole.
func TestPutIsCancelled(t *testing.T) {
	s := open(t, Config{MaxVersions: 1000})
	data := text("data", 3*chunkSize)
	cancelled := 0
	for asked := 1; ; asked++ {
		inner, end := context.WithCancel(t.Context())
		before := countBlobs(t, s)
		v, err := s.put(&endsAfter{Context: inner, left: asked, end: end}, t.Context(), Picture, "p", bytes.NewReader(data), int64(len(data)), nil)
		alive := inner.Err() == nil
		end()
		if err != nil {
			cancelled++
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("after %d: %v", asked, err)
			}
			if after := countSubjects(t, s); after != 2*before {
				t.Fatalf("after %d: %d subjects, %d blobs before", asked, after, before)
			}
			continue
		}
		mustHave(t, s, Picture, "p", v.Version, data)
		if alive {
			break
		}
	}
	if pending, err := s.index.under(t.Context(), pendingPrefix); err != nil || len(pending) > 0 {
		t.Errorf("announced still: %v, %v", pending, err)
	}
	if cancelled < 3 {
		t.Errorf("cancelled %d times only", cancelled)
	}
}

// countSubjects returns how many subjects the blobs have: two for each whole one.
func countSubjects(t *testing.T, s *Store) int {
	t.Helper()
	subjects, err := s.blobs.subjects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(subjects)
}

// TestObjectStoreReadsBlobs reads and lists blobs as any client of JetStream would.
func TestObjectStoreReadsBlobs(t *testing.T) {
	s := open(t, Config{})
	data := text("data", 2*chunkSize+5)
	put(t, s, Picture, "p", data)
	e, err := s.find(t.Context(), Picture, "p", 0)
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(s.server.conn)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := js.ObjectStore(t.Context(), blobBucket)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := objects.GetBytes(t.Context(), e.Blob.Object); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	info, err := objects.GetInfo(t.Context(), e.Blob.Object)
	if err != nil || info.Size != uint64(len(data)) || info.Chunks != 3 {
		t.Errorf("%+v, %v", info, err)
	}
	sum, err := jetstream.DecodeObjectDigest(info.Digest)
	if err != nil || hex.EncodeToString(sum) != e.Digest {
		t.Errorf("digest %x, %v", sum, err)
	}
}
