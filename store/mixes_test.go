package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// putMix writes a record or ends the test.
func putMix(t testing.TB, s *Store, id string, live bool, data string, last uint64) uint64 {
	t.Helper()
	revision, err := s.PutMix(t.Context(), id, live, []byte(data), last)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// mixesOf returns "id=data" of the records of a Store, '!' before those that live.
func mixesOf(t testing.TB, s *Store) (list []string) {
	t.Helper()
	records, err := s.Mixes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		text := r.ID + "=" + string(r.Data)
		if r.Live {
			text = "!" + text
		}
		if r.Node != s.Node() {
			t.Errorf("%s is on node %q", r.ID, r.Node)
		}
		list = append(list, text)
	}
	return list
}

func wantMixes(t testing.TB, s *Store, want ...string) {
	t.Helper()
	if got := mixesOf(t, s); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("mixes %q, want %q", got, want)
	}
}

func TestMixesSurviveARestart(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	first := putMix(t, s, "a.b", true, "1", 0)
	second := putMix(t, s, "a.b", true, "2", first)
	putMix(t, s, "A_b", false, "x", 0)
	gone := putMix(t, s, "gone", true, "x", 0)
	if err := s.DeleteMix(t.Context(), "gone", gone); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMix(t.Context(), "never", 7); err != nil {
		t.Error(err)
	}
	s = reopen(t, s)
	wantMixes(t, s, "A_b=x", "!a.b=2")
	if second <= first {
		t.Errorf("revision %d after %d", second, first)
	}
	// What was read is what the next change is made for.
	records, err := s.Mixes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	putMix(t, s, "a.b", false, "3", records[1].Revision)
	wantMixes(t, s, "A_b=x", "a.b=3")
}

func TestMixesAreComparedAndSet(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	stale := putMix(t, s, "room", true, "1", 0)
	s = reopen(t, s) // another writer
	now := putMix(t, s, "room", true, "2", stale)
	if _, err := s.PutMix(t.Context(), "room", true, []byte("3"), 0); err != nil {
		t.Errorf("after an answer of its own was lost: %v", err)
	}
	wantMixes(t, s, "!room=3")
	s = reopen(t, s)
	for _, last := range []uint64{0, stale, now} {
		if _, err := s.PutMix(t.Context(), "room", true, []byte("x"), last); !errors.Is(err, ErrMoved) {
			t.Errorf("revision %d: %v", last, err)
		}
	}
	if err := s.DeleteMix(t.Context(), "room", stale); err != nil {
		t.Error(err)
	}
	if err := s.DeleteMix(t.Context(), "room", 0); err != nil { // it wrote none
		t.Error(err)
	}
	wantMixes(t, s, "!room=3")
}

func TestMixesAreBounded(t *testing.T) {
	s := open(t, Config{})
	if _, err := s.PutMix(t.Context(), "room", true, make([]byte, MaxMix), 0); err != nil {
		t.Error(err)
	}
	if _, err := s.PutMix(t.Context(), "other", true, make([]byte, MaxMix+1), 0); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	for _, id := range []string{"", ".a", "a b", "a=b", "a>", "*", "a/b", strings.Repeat("a", 65)} {
		if _, err := s.PutMix(t.Context(), id, true, nil, 0); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", id, err)
		}
		if err := s.DeleteMix(t.Context(), id, 1); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", id, err)
		}
	}
	for i := 0; ; i++ {
		_, err := s.PutMix(t.Context(), fmt.Sprint("m", i), true, make([]byte, MaxMix), 0)
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil || i > mixBytes/MaxMix {
			t.Fatalf("record %d: %v", i, err)
		}
	}
}

// TestMixesOnADiskThatRefuses has the system refuse writes beyond a size of file.
// Nothing that was acknowledged is lost.
func TestMixesOnADiskThatRefuses(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	data := string(text("data", MaxMix/4))
	var acknowledged []string
	for i := 0; ; i++ {
		id := fmt.Sprint("m", i)
		_, err := s.PutMix(t.Context(), id, true, []byte(data), 0)
		if err != nil {
			if !errors.Is(err, errRefused) || i < 2 {
				t.Fatalf("record %d: %v", i, err)
			}
			break
		}
		acknowledged = append(acknowledged, "!"+id+"="+data)
	}
	if _, err := s.PutMix(t.Context(), "m0", false, nil, 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a change: %v", err)
	}
	if err := s.DeleteMix(t.Context(), "m0", 1); !errors.Is(err, ErrUnavailable) {
		t.Errorf("DeleteMix: %v", err)
	}
	if err := s.AppendEvents(t.Context(), []Event{{Mix: "m0"}}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("AppendEvents: %v", err)
	}
	wantMixes(t, s, acknowledged...)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, s)
	wantMixes(t, s, acknowledged...)
	putMix(t, s, "new", true, "", 0)
}

// TestMixModel makes random calls against what should be there.
func TestMixModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(t.Context(), Config{Dir: t.TempDir()})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { s.Close() }()
		want := map[string]MixRecord{}
		ids := rapid.SampledFrom([]string{"a", "a.b", "a_b", "A", "a-b."})
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				id, live, data := ids.Draw(rt, "id"), rapid.Bool().Draw(rt, "live"), rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(rt, "data")
				revision, err := s.PutMix(rt.Context(), id, live, data, want[id].Revision)
				if err != nil || revision <= want[id].Revision {
					rt.Fatalf("revision %d after %d, %v", revision, want[id].Revision, err)
				}
				want[id] = MixRecord{ID: id, Node: LocalNode, Live: live, Data: data, Revision: revision}
			},
			"delete": func(rt *rapid.T) {
				id := ids.Draw(rt, "id")
				if err := s.DeleteMix(rt.Context(), id, want[id].Revision); err != nil {
					rt.Fatal(err)
				}
				delete(want, id)
			},
			"reopen": func(rt *rapid.T) {
				if rapid.IntRange(0, 3).Draw(rt, "rarely") != 0 {
					rt.SkipNow()
				}
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				if s, err = Open(t.Context(), s.cfg); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				got, err := s.Mixes(rt.Context())
				if err != nil || len(got) != len(want) {
					rt.Fatalf("%d mixes of %d, %v", len(got), len(want), err)
				}
				for _, r := range got {
					w := want[r.ID]
					if r.ID != w.ID || r.Live != w.Live || r.Revision != w.Revision || !bytes.Equal(r.Data, w.Data) {
						rt.Fatalf("%+v, want %+v", r, w)
					}
				}
			},
		})
	})
}

// childMixes makes this test binary a child that writes mixes until it is killed.
const childMixes = "LIANMAI_STORE_TEST_MIXES"

// putMixesUntilKilled writes, and prints each write that was acknowledged.
func putMixesUntilKilled(dir string) {
	ctx := context.Background()
	s, err := Open(ctx, Config{Dir: dir})
	revisions := map[string]uint64{}
	var before []MixRecord
	if err == nil {
		before, err = s.Mixes(ctx)
	}
	for _, r := range before {
		revisions[r.ID] = r.Revision
	}
	for n := 0; err == nil; n++ {
		id := fmt.Sprint("mix.", n%4)
		data := fmt.Sprint(os.Getpid(), ".", n)
		if revisions[id], err = s.PutMix(ctx, id, n%2 == 0, []byte(data), revisions[id]); err == nil {
			err = s.AppendEvents(ctx, []Event{{Mix: id, Data: []byte(data)}})
		}
		fmt.Println("put", id, data)
	}
	fmt.Println("failed:", err)
	os.Exit(1)
}

func TestKilledWhileMixesChange(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]string{}
	events := map[string]int{}
	for range 4 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childMixes+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for left := 1 + rand.IntN(20); lines.Scan(); left-- {
			if left == 0 {
				child.Process.Kill() // and read on: what it said before counts
			}
			var id, data string
			if _, err := fmt.Sscanf(lines.Text(), "put %s %s", &id, &data); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			acknowledged[id] = data
			events[id]++
		}
		if err := child.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
			t.Fatalf("the child ended by itself: %v", err)
		}
		s := open(t, Config{Dir: dir})
		records, err := s.Mixes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			var pid, n, wantPID, wantN int
			fmt.Sscanf(string(r.Data), "%d.%d", &pid, &n)
			fmt.Sscanf(acknowledged[r.ID], "%d.%d", &wantPID, &wantN)
			// One more change than was acknowledged may have come about.
			if pid == child.Process.Pid && wantPID == pid && n != wantN && n != wantN+4 {
				t.Errorf("%s has %s, %s was acknowledged", r.ID, r.Data, acknowledged[r.ID])
			}
			if pid != child.Process.Pid && wantPID != pid {
				t.Errorf("%s has %s, %s was acknowledged", r.ID, r.Data, acknowledged[r.ID])
			}
			kept, err := s.EventsOf(t.Context(), r.ID, 1000)
			if err != nil || len(kept) < events[r.ID] {
				t.Errorf("%s: %d events, %d were acknowledged, %v", r.ID, len(kept), events[r.ID], err)
			}
			delete(acknowledged, r.ID)
			acknowledged[r.ID] = string(r.Data)
			events[r.ID] = len(kept)
		}
		if len(records) != len(acknowledged) {
			t.Errorf("%d records, %d were acknowledged", len(records), len(acknowledged))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
