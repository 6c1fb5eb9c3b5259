package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestTooLarge(t *testing.T) {
	s := open(t, Config{MaxSize: 1000})
	for _, c := range []struct {
		data, note int
		want       string // in the error; "" for none
	}{
		{1000, MaxNote, ""},
		{1001, 0, "1001 bytes of data, at most 1000"},
		{0, MaxNote + 1, "a note of 4097 bytes, at most 4096"},
	} {
		_, err := s.Put(t.Context(), Template, "a", make([]byte, c.data), make([]byte, c.note))
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d, %d: %v", c.data, c.note, err)
		}
	}
}

func TestTooManyVersions(t *testing.T) {
	s := open(t, Config{MaxVersions: 3})
	for range 3 {
		put(t, s, Template, "a", []byte("x"))
	}
	if _, err := s.Put(t.Context(), Template, "a", []byte("x"), nil); !errors.Is(err, ErrTooMany) {
		t.Fatal(err)
	}
	if n := countBlobs(t, s); n != 3 {
		t.Errorf("%d blobs", n)
	}
	if err := s.Delete(t.Context(), Template, "a", 2); err != nil {
		t.Fatal(err)
	}
	if v := put(t, s, Template, "a", []byte("x")); v.Version != 4 {
		t.Errorf("version %d", v.Version)
	}
}

// TestTheLongestRecord fills a record as far as it may be.
func TestTheLongestRecord(t *testing.T) {
	s := open(t, Config{MaxVersions: 5000})
	if s.cfg.MaxVersions != mostVersions {
		t.Fatalf("MaxVersions is %d", s.cfg.MaxVersions)
	}
	name, note := strings.Repeat("n", MaxNameLength), make([]byte, MaxNote)
	put(t, s, Template, name, nil)
	key := recordKey(Template, name)
	r, revision, err := s.index.read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	e := r.Versions[0]
	e.Size, e.Note = DefaultMaxSize, note
	r = record{Last: 1 << 60}
	for i := range mostVersions {
		e.Version = r.Last - mostVersions + i + 1
		r.Versions = append(r.Versions, e)
	}
	if err := s.index.write(t.Context(), key, r, revision); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(t.Context(), Template, name); err != nil || len(list) != mostVersions {
		t.Errorf("%d, %v", len(list), err)
	}
}

func TestTooManyNames(t *testing.T) {
	s := open(t, Config{MaxNames: 5})
	var wg sync.WaitGroup
	var refused atomic.Int32
	for i := range 12 {
		wg.Go(func() {
			_, err := s.Put(t.Context(), Template, fmt.Sprint("n", i), []byte("x"), nil)
			if err != nil && !errors.Is(err, ErrTooMany) {
				t.Error(err)
			}
			if err != nil {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if refused.Load() != 7 {
		t.Errorf("%d of 12 were refused", refused.Load())
	}
	if n := countBlobs(t, s); n != 5 {
		t.Errorf("%d blobs", n)
	}
	list, err := s.List(t.Context(), Template, "")
	if err != nil || len(list) != 5 {
		t.Fatalf("%d names, %v", len(list), err)
	}
	put(t, s, Template, list[0].Name, []byte("x")) // not a new name
	put(t, s, Picture, "other", []byte("x"))       // not of this kind
}

// TestDeletedNamesAreForgotten makes more names than a kind may have. The numbers of
// the ones that were forgotten still do not come back.
func TestDeletedNamesAreForgotten(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), MaxNames: 4})
	highest := map[string]int{}
	rounds := 40
	for i := range rounds {
		name := fmt.Sprint("n", i%11)
		for range 1 + i%3 {
			v := put(t, s, Template, name, []byte("x"))
			if v.Version <= highest[name] {
				t.Fatalf("%s version %d again, %d was there", name, v.Version, highest[name])
			}
			if i < 4 && v.Version > 3 {
				t.Errorf("%s begins high: %d", name, v.Version)
			}
			highest[name] = v.Version
		}
		if err := s.Delete(t.Context(), Template, name, 0); err != nil {
			t.Fatal(err)
		}
		if i == rounds/2 {
			s = reopen(t, s)
		}
	}
	keys, err := s.index.under(t.Context(), recordsOf(Template))
	if err != nil || len(keys) > 4 {
		t.Errorf("%d records, %v", len(keys), err)
	}
}

// TestFull fills a store. What was there stays readable, Delete makes room.
func TestFull(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), MaxBytes: 8 << 20})
	data := text("data", 3<<19) // 1.5 MiB
	var err error
	n := 0
	for ; err == nil && n < 10; n++ {
		_, err = s.Put(t.Context(), Picture, "p", data, nil)
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("after %d: %v", n, err)
	}
	if n != 5 { // 7 MiB are for data
		t.Errorf("full at the %d.", n)
	}
	if got := countSubjects(t, s); got != 2*(n-1) {
		t.Errorf("%d subjects for %d versions", got, n-1)
	}
	mustHave(t, s, Picture, "p", 1, data)
	if err := s.Delete(t.Context(), Picture, "p", 1); err != nil {
		t.Fatal(err)
	}
	if v := put(t, s, Picture, "p", data); v.Version != 5 {
		t.Errorf("version %d", v.Version)
	}
}

// TestFullIndex fills the index. Delete, which writes there too, still makes room.
func TestFullIndex(t *testing.T) {
	s := open(t, Config{MaxBytes: 1 << 20, MaxVersions: 1000})
	note := make([]byte, MaxNote)
	var err error
	for n := 0; err == nil && n < 100; n++ {
		_, err = s.Put(t.Context(), Template, "t", nil, note)
	}
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), Template, "t")
	if err != nil {
		t.Fatal(err)
	}
	if n := countBlobs(t, s); n != len(list) {
		t.Errorf("%d blobs for %d versions", n, len(list))
	}
	if err := s.Delete(t.Context(), Template, "t", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), Template, "t", nil, note); err != nil {
		t.Error(err)
	}
}

// TestOtherLimit opens a directory with less and with more room than before.
func TestOtherLimit(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), MaxBytes: 16 << 20})
	data := text("data", 3<<20)
	for range 4 {
		put(t, s, Picture, "p", data)
	}
	s.cfg.MaxBytes = 8 << 20
	s = reopen(t, s)
	for version := range 5 {
		mustHave(t, s, Picture, "p", version, data)
	}
	if _, err := s.Put(t.Context(), Picture, "p", data, nil); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	s.cfg.MaxBytes = 64 << 20
	s = reopen(t, s)
	put(t, s, Picture, "p", data)
}
