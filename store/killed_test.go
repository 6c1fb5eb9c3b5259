package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// childDir is the environment variable that makes this test binary a child which puts
// versions into that directory until it is killed.
const childDir = "LIANMAI_STORE_TEST_DIR"

// childData returns what the child puts as version n of a name.
func childData(name string, n int) []byte { return text(fmt.Sprint(name, n), 1+(n%7)*700_000) }

// putUntilKilled puts, deletes, and prints each version that was acknowledged.
func putUntilKilled(dir string) {
	ctx := context.Background()
	s, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		name := fmt.Sprint("name.", i%3)
		newest, _ := s.Stat(ctx, Template, name, 0)
		v, err := s.Put(ctx, Template, name, childData(name, newest.Version+1), nil)
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("put", name, v.Version)
	}
}

func TestKilled(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]int{}
	for range 6 { // each on what the one before left
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for left := 1 + rand.IntN(15); lines.Scan(); left-- {
			if left == 0 {
				child.Process.Kill() // and read on: what it said before counts
			}
			var name string
			var version int
			if _, err := fmt.Sscanf(lines.Text(), "put %s %d", &name, &version); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			acknowledged[name] = version
		}
		if err := child.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
			t.Fatalf("the child ended by itself: %v", err)
		}
		checkAfterKill(t, dir, acknowledged)
	}
}

// checkAfterKill ends the test unless every acknowledged version is there, every visible
// one is whole, and no blob is without a record.
func checkAfterKill(t *testing.T, dir string, acknowledged map[string]int) {
	t.Helper()
	s := open(t, Config{Dir: dir})
	blobs := 0
	for name, last := range acknowledged {
		versions, err := s.List(t.Context(), Template, name)
		if err != nil {
			t.Fatal(err)
		}
		// One more than was acknowledged may have come about.
		if n := len(versions); n != last && n != last+1 {
			t.Fatalf("%s has %d versions, %d were acknowledged", name, n, last)
		}
		for i, v := range versions {
			if v.Version != i+1 {
				t.Fatalf("%s: version %d at place %d", name, v.Version, i)
			}
			mustHave(t, s, Template, name, v.Version, childData(name, v.Version))
		}
	}
	all, err := s.List(t.Context(), Template, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		blobs += v.Version
	}
	if got := countBlobs(t, s); got != blobs {
		t.Fatalf("%d blobs for %d versions", got, blobs)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// countBlobs returns how many blobs there are, whole or not, named or not.
func countBlobs(t testing.TB, s *Store) int {
	t.Helper()
	subjects, err := s.blobs.subjects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for subject := range subjects {
		if strings.Contains(subject, ".M.") {
			n++
		}
	}
	return n
}
