package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

// sounds are the bounds of a store for large data.
var sounds = map[Kind]int64{Sound: 64 << 20}

// stretch is size bytes that only seed has, made as they are read; it notes the most that
// was asked for at once.
type stretch struct {
	random *rand.ChaCha8
	left   int64
	most   int
	told   func() // called before each Read; nil for nothing
}

func newStretch(seed string, size int64) *stretch {
	return &stretch{random: rand.NewChaCha8(digestOf([]byte(seed))), left: size}
}

func (s *stretch) Read(p []byte) (int, error) {
	if s.told != nil {
		s.told()
	}
	if s.left == 0 {
		return 0, io.EOF
	}
	s.most = max(s.most, len(p))
	n, err := s.random.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	return n, err
}

// putLarge puts what newStretch returns.
func putLarge(t testing.TB, s *Store, name, seed string, size int64) Version {
	t.Helper()
	v, err := s.PutFrom(t.Context(), Sound, name, newStretch(seed, size), size, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mustStream ends the test unless the version streams what newStretch returns.
func mustStream(t testing.TB, s *Store, name string, version int, seed string, size int64) {
	t.Helper()
	got, v, err := s.Open(t.Context(), Sound, name, version)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if v.Size != size {
		t.Fatalf("%s has %d bytes, want %d", name, v.Size, size)
	}
	want := newStretch(seed, size)
	a, b := make([]byte, 100_000), make([]byte, 100_000)
	for at := 0; ; {
		n, err := io.ReadFull(got, a)
		io.ReadFull(want, b[:n])
		if !bytes.Equal(a[:n], b[:n]) {
			t.Fatalf("%s: other bytes at %d", name, at)
		}
		if at += n; errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			t.Fatalf("%s: %v after %d bytes", name, err, at)
		}
	}
	if want.left != 0 {
		t.Fatalf("%s: %d bytes too few", name, want.left)
	}
}

func TestStreams(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), MaxSizes: sounds})
	for _, size := range []int64{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 40<<20 + 5} {
		name := fmt.Sprint("s", size)
		from := newStretch(name, size)
		v, err := s.PutFrom(t.Context(), Sound, name, from, size, []byte("note"))
		if err != nil || v.Version != 1 || v.Size != size || string(v.Note) != "note" {
			t.Fatalf("%d bytes: %+v, %v", size, v, err)
		}
		if from.most > chunkSize {
			t.Errorf("%d bytes were asked for at once", from.most)
		}
		mustStream(t, s, name, 0, name, size)
	}
	data := text("data", 3*chunkSize/2)
	v := put(t, s, Sound, "whole", data)
	r, got, err := s.Open(t.Context(), Sound, "whole", v.Version)
	if err != nil || !same(got, v) {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := iotest.TestReader(r, data); err != nil {
		t.Error(err)
	}
	s = reopen(t, s)
	mustStream(t, s, "s41943045", 1, "s41943045", 40<<20+5)
	r.Close()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a closed stream: %v", err)
	}
}

func TestEachKindHasItsBound(t *testing.T) {
	s := open(t, Config{MaxSize: 1000, MaxSizes: map[Kind]int64{Sound: 2000, Template: 10}})
	for kind, most := range map[Kind]int64{Picture: 1000, Sound: 2000, Template: 10} {
		if _, err := s.PutFrom(t.Context(), kind, "a", newStretch("a", most), most, nil); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for _, size := range []int64{most + 1, 1 << 60, -1} {
			_, err := s.PutFrom(t.Context(), kind, "a", newStretch("a", 0), size, nil)
			if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), fmt.Sprint("at most ", most)) {
				t.Errorf("%s of %d bytes: %v", kind, size, err)
			}
		}
	}
}

// TestSourcesThatEndEarly puts what cannot be read to its end. Nothing is left of it.
func TestSourcesThatEndEarly(t *testing.T) {
	s := open(t, Config{MaxSizes: sounds})
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		r    io.Reader
		want error
	}{
		"nothing":      {newStretch("a", 0), io.ErrUnexpectedEOF},
		"a byte less":  {newStretch("a", 3*chunkSize-1), io.ErrUnexpectedEOF},
		"a chunk less": {newStretch("a", 2*chunkSize), io.ErrUnexpectedEOF},
		"broken":       {io.MultiReader(newStretch("a", chunkSize+7), iotest.ErrReader(broken)), broken},
	} {
		if _, err := s.PutFrom(t.Context(), Sound, "a", c.r, 3*chunkSize, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if n := countSubjects(t, s); n != 0 {
			t.Errorf("%s: %d subjects are left", name, n)
		}
	}
	if pending, err := s.index.under(t.Context(), pendingPrefix); err != nil || len(pending) > 0 {
		t.Errorf("announced still: %v, %v", pending, err)
	}
	if v := putLarge(t, s, "a", "a", 10); v.Version != 1 {
		t.Errorf("version %d", v.Version)
	}
}

// TestStreamsThatBreak has data that changes while it is read, or before.
func TestStreamsThatBreak(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(*testing.T, *Store, context.CancelFunc, blobRef)
		want error
	}{
		{"lost", func(t *testing.T, s *Store, _ context.CancelFunc, ref blobRef) {
			if err := s.blobs.purge(t.Context(), s.blobs.chunkSubject(ref)); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt},
		{"changed", func(t *testing.T, s *Store, _ context.CancelFunc, ref blobRef) {
			if err := s.blobs.purge(t.Context(), s.blobs.chunkSubject(ref)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.blobs.writeChunks(t.Context(), t.Context(), ref, newStretch("other", 2*chunkSize), 2*chunkSize); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt},
		{"longer", func(t *testing.T, s *Store, _ context.CancelFunc, ref blobRef) {
			if err := s.blobs.purge(t.Context(), s.blobs.chunkSubject(ref)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.blobs.writeChunks(t.Context(), t.Context(), ref, newStretch("a", 3*chunkSize), 3*chunkSize); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt},
		{"deleted", func(t *testing.T, s *Store, _ context.CancelFunc, _ blobRef) {
			if err := s.Delete(t.Context(), Sound, "a", 1); err != nil {
				t.Fatal(err)
			}
		}, ErrNotFound},
		{"closed", func(t *testing.T, s *Store, _ context.CancelFunc, _ blobRef) {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}, ErrUnavailable},
		{"cancelled", func(_ *testing.T, _ *Store, cancel context.CancelFunc, _ blobRef) { cancel() }, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, Config{MaxSizes: sounds})
			putLarge(t, s, "a", "a", 5*chunkSize/2)
			e, err := s.find(t.Context(), Sound, "a", 1)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, _, err := s.Open(ctx, Sound, "a", 0)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := io.CopyN(io.Discard, r, 10); err != nil {
				t.Fatal(err)
			}
			c.harm(t, s, cancel, e.Blob)
			for range 2 { // the error stays
				if _, err := io.Copy(io.Discard, r); !errors.Is(err, c.want) {
					t.Errorf("error %v, want %v", err, c.want)
				}
			}
		})
	}
	s := open(t, Config{})
	for _, name := range []string{"a", "../a"} {
		if _, _, err := s.Open(t.Context(), Sound, name, 0); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrName) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// childLarge makes this test binary a child that puts large data, and says each time
// that some of it is asked for.
const childLarge = "LIANMAI_STORE_TEST_LARGE"

const largeSize = 48 << 20

func putLargeUntilKilled(dir string) {
	ctx := context.Background()
	s, err := Open(ctx, Config{Dir: dir, MaxSizes: sounds})
	for n := 1; err == nil; n++ {
		from := newStretch("large", largeSize)
		from.told = func() { fmt.Println("asked", n) }
		_, err = s.PutFrom(ctx, Sound, "large", from, largeSize, nil)
		fmt.Println("put", n)
	}
	fmt.Println("failed:", err)
	os.Exit(1)
}

// TestKilledDuringALargePut kills a child in the middle of its second put, at several
// places. Its first stays whole, of the second nothing is left or all of it.
func TestKilledDuringALargePut(t *testing.T) {
	for _, at := range []int{1, 2, 20, largeSize / chunkSize} {
		dir := t.TempDir()
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childLarge+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		asked := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "asked 2" {
				if asked++; asked == at {
					child.Process.Kill()
				}
			}
			if strings.HasPrefix(lines.Text(), "failed") {
				t.Fatalf("the child says %q", lines.Text())
			}
		}
		if err := child.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
			t.Fatalf("the child ended by itself: %v", err)
		}
		s := open(t, Config{Dir: dir, MaxSizes: sounds})
		versions, err := s.List(t.Context(), Sound, "large")
		if err != nil || len(versions) < 1 {
			t.Fatalf("%v, %v", versions, err)
		}
		for _, v := range versions {
			mustStream(t, s, "large", v.Version, "large", largeSize)
		}
		if n := countSubjects(t, s); n != 2*len(versions) {
			t.Errorf("killed at %d: %d subjects for %d versions", at, n, len(versions))
		}
		if v := putLarge(t, s, "large", "more", 10); v.Version != len(versions)+1 {
			t.Errorf("killed at %d: version %d after %d", at, v.Version, len(versions))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
