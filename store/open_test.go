package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSurvivesRestart(t *testing.T) {
	s := open(t, Config{Dir: filepath.Join(t.TempDir(), "made", "by", "open")})
	first, second := text("first", 5<<20), text("second", 10)
	v := put(t, s, Picture, "logo.png", first)
	put(t, s, Picture, "logo.png", second)
	s = reopen(t, s)
	mustHave(t, s, Picture, "logo.png", 1, first)
	mustHave(t, s, Picture, "logo.png", 0, second)
	if got, err := s.Stat(t.Context(), Picture, "logo.png", 1); err != nil || !same(got, v) {
		t.Errorf("%+v, %v; before: %+v", got, err, v)
	}
	// Nobody else may read what is kept.
	err := filepath.WalkDir(s.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClosed(t *testing.T) {
	s := open(t, Config{})
	put(t, s, Template, "a", []byte("x"))
	temp := s.server.temp
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temp); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v", temp, err)
	}
	if _, err := s.Put(t.Context(), Template, "a", nil, nil); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	if _, err := s.List(t.Context(), Template, ""); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	if err := s.Close(); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	taken := open(t, Config{Dir: t.TempDir()})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inside := t.TempDir() // JetStream's own directory is a file
	if err := os.WriteFile(filepath.Join(inside, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	locked := t.TempDir() // the lock file is a directory
	if err := os.Mkdir(filepath.Join(locked, lockName), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, dir, want string }{
		{"taken", taken.cfg.Dir, fmt.Sprintf("in use by process %d", os.Getpid())},
		{"a file", file, "not a directory"},
		{"below a file", filepath.Join(file, "x"), "not a directory"},
		{"a file inside", inside, "not a directory"},
		{"the lock is a directory", locked, "is a directory"},
	} {
		s, err := Open(t.Context(), quiet(t, Config{Dir: c.dir}))
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if s != nil {
			t.Errorf("%s: a Store beside the error", c.name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Config{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	put(t, taken, Template, "still", []byte("works"))
}

// TestOrphansAreRemoved leaves what Puts leave that die before their records, and what
// a Delete leaves that dies after its record.
func TestOrphansAreRemoved(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	data := text("data", 2*chunkSize)
	put(t, s, Picture, "kept", data)
	ctx := t.Context()
	begun, half, whole, deleted := newBlob(Picture, "kept"), newBlob(Picture, "kept"), newBlob(Picture, "kept"), newBlob(Picture, "gone")
	for _, ref := range []blobRef{begun, half, whole} {
		if err := s.index.announce(ctx, ref); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.blobs.writeChunks(ctx, ctx, half, bytes.NewReader(data), chunkSize); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []blobRef{whole, deleted} {
		if _, err := s.blobs.write(ctx, ctx, ref, bytes.NewReader(data), int64(len(data))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.index.write(ctx, recordKey(Picture, "gone"), record{Last: 7, Gone: []blobRef{deleted}}, 0); err != nil {
		t.Fatal(err)
	}
	// One whose record came about, but who still is announced.
	kept, err := s.find(ctx, Picture, "kept", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.index.announce(ctx, kept.Blob); err != nil {
		t.Fatal(err)
	}
	if n := countSubjects(t, s); n != 7 {
		t.Fatalf("%d subjects", n)
	}
	s = reopen(t, s)
	if n := countSubjects(t, s); n != 2 {
		t.Errorf("%d subjects are left", n)
	}
	if pending, err := s.index.under(ctx, pendingPrefix); err != nil || len(pending) > 0 {
		t.Errorf("announced still: %v, %v", pending, err)
	}
	mustHave(t, s, Picture, "kept", 0, data)
	if v := put(t, s, Picture, "gone", data); v.Version != 8 {
		t.Errorf("version %d", v.Version)
	}
}

// blocks returns the files with the messages of a stream, largest first byte count > 0.
func blocks(t *testing.T, dir, stream string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	return files
}

// TestDamagedData damages what is on disk in several ways. No bytes but the right ones
// come back, and what is not damaged stays readable.
func TestDamagedData(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
	}{
		{"a bit in the first data", func(b []byte) []byte { b[chunkSize/2] ^= 1; return b }},
		{"the end is cut off", func(b []byte) []byte { return b[:len(b)-1000] }},
		{"half is cut off", func(b []byte) []byte { return b[:len(b)/2] }},
		{"zeros", func(b []byte) []byte { clear(b[len(b)/4 : len(b)/2]); return b }},
		{"empty", func([]byte) []byte { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, Config{Dir: t.TempDir()})
			data := [][]byte{1: text("1", 3*chunkSize/2), 2: text("2", chunkSize)}
			put(t, s, Picture, "p", data[1])
			put(t, s, Picture, "p", data[2])
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			file := blocks(t, s.cfg.Dir, "OBJ_blobs")[0]
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, c.damage(content), 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, s.cfg)
			corrupt := 0
			for version := 1; version <= 2; version++ {
				got, _, err := s.Get(t.Context(), Picture, "p", version)
				switch {
				case errors.Is(err, ErrCorrupt):
					corrupt++
				case err != nil:
					t.Errorf("version %d: %v", version, err)
				case !bytes.Equal(got, data[version]):
					t.Errorf("version %d: wrong bytes", version)
				}
			}
			if corrupt == 0 {
				t.Error("the damage was not seen")
			}
			if v := put(t, s, Picture, "p", data[1]); v.Version != 3 {
				t.Errorf("version %d", v.Version)
			}
			mustHave(t, s, Picture, "p", 3, data[1])
		})
	}
}

// TestDiskRefuses has the system refuse writes beyond a size of file. Nothing that was
// acknowledged is lost, and after a new Open all is well.
func TestDiskRefuses(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	data := text("data", chunkSize)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 5 << 19, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	put(t, s, Picture, "p", data)
	put(t, s, Picture, "p", data)
	for range 2 {
		if _, err := s.Put(t.Context(), Picture, "p", data, nil); !errors.Is(err, errRefused) {
			t.Errorf("a third: %v", err)
		}
	}
	if err := s.Delete(t.Context(), Picture, "p", 1); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Delete: %v", err)
	}
	mustHave(t, s, Picture, "p", 1, data)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, s)
	if n := countBlobs(t, s); n != 2 {
		t.Errorf("%d blobs", n)
	}
	put(t, s, Picture, "p", data)
	for version := 1; version <= 3; version++ {
		mustHave(t, s, Picture, "p", version, data)
	}
}

// TestDataOfAnother has a chunk that JetStream vouches for and that is not what was put.
func TestDataOfAnother(t *testing.T) {
	s := open(t, Config{})
	data, other := text("data", 1000), text("other", 1000)
	put(t, s, Picture, "p", data)
	e, err := s.find(t.Context(), Picture, "p", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.blobs.purge(t.Context(), s.blobs.chunkSubject(e.Blob)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(t.Context(), Picture, "p", 0); !errors.Is(err, ErrCorrupt) {
		t.Errorf("without data: %v", err)
	}
	if _, err := s.blobs.writeChunks(t.Context(), t.Context(), e.Blob, bytes.NewReader(other), int64(len(other))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(t.Context(), Picture, "p", 0); !errors.Is(err, ErrCorrupt) {
		t.Errorf("with other data: %v", err)
	}
}

// TestIndexIsGone opens data that has lost its index: it is not thrown away.
func TestIndexIsGone(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	put(t, s, Picture, "p", []byte("data"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	index := filepath.Dir(filepath.Dir(blocks(t, s.cfg.Dir, "KV_index")[0]))
	away := filepath.Join(t.TempDir(), "away")
	if err := os.Rename(index, away); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s.cfg); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
}

// TestDamagedIndex damages records on disk. Open says so, again and again, and no data
// is removed.
func TestDamagedIndex(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
	}{
		{"a bit", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }},
		{"half is cut off", func(b []byte) []byte { return b[:len(b)/2] }},
		{"zeros", func(b []byte) []byte { clear(b[len(b)/4 : len(b)/2]); return b }},
		{"empty", func([]byte) []byte { return nil }},
	} {
		for _, withState := range []bool{true, false} { // JetStream's own summary of the stream
			t.Run(fmt.Sprint(c.name, withState), func(t *testing.T) {
				s := open(t, Config{Dir: t.TempDir()})
				for i := range 5 {
					put(t, s, Picture, fmt.Sprint("p", i), []byte("data"))
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				file := blocks(t, s.cfg.Dir, "KV_index")[0]
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, c.damage(content), 0o600); err != nil {
					t.Fatal(err)
				}
				if !withState {
					if err := os.Remove(filepath.Join(filepath.Dir(file), "index.db")); err != nil {
						t.Fatal(err)
					}
				}
				for range 2 {
					if _, err := Open(t.Context(), s.cfg); !errors.Is(err, ErrCorrupt) {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// TestUnreadableRecord has a record that is none: Open says so.
func TestUnreadableRecord(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	put(t, s, Picture, "bad", []byte("data"))
	if _, err := s.index.keys.PutString(t.Context(), recordKey(Picture, "bad"), "{"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(t.Context(), Picture, "bad", 0); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s.cfg); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}
