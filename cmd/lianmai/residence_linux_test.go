package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestCleanMappingsAreThoseThatNobodyChanged(t *testing.T) {
	const counts = "Rss: 8 kB\nShared_Dirty: 0 kB\nPrivate_Dirty: 0 kB\nAnonymous: 0 kB\nSwap: 0 kB\nVmFlags: rd ex mr\n"
	text := "00400000-00404000 r-xp 00000000 fe:00 7   /usr/bin/lianmai\n" + counts +
		"00404000-00408000 r--p 00004000 fe:00 7   /usr/bin/with a blank\n" + counts
	for _, other := range []string{
		"00408000-0040c000 rw-p 00008000 fe:00 7   /usr/bin/lianmai\n" + counts,
		"0040c000-00410000 r--s 00008000 fe:00 7   /usr/bin/lianmai\n" + counts,
		"00410000-00414000 r--p 00000000 00:00 0\n" + counts,
		"00414000-00418000 r-xp 00000000 00:00 0   [vdso]\n" + counts,
		"00418000-0041c000 r--p 00008000 fe:00 7   /relocated\n" + strings.Replace(counts, "Anonymous: 0", "Anonymous: 4", 1),
		"0041c000-00420000 r-xp 00008000 fe:00 7   /breakpoint\n" + strings.Replace(counts, "Private_Dirty: 0", "Private_Dirty: 4", 1),
		"00420000-00424000 r--p 00008000 fe:00 7   /swapped\n" + strings.Replace(counts, "Swap: 0", "Swap: 4", 1),
	} {
		text += other
	}
	want := []mapping{{0x400000, 0x4000}, {0x404000, 0x4000}}
	if got := cleanMappings(strings.NewReader(text)); !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if got := cleanMappings(strings.NewReader(text[:len(text)-len("VmFlags: rd ex mr\n")])); !slices.Equal(got, want) {
		t.Errorf("without the last line: %x", got)
	}
}

// What the counts of a mapping do not say is not taken for clean.
func TestCleanMappingsNeedTheirCounts(t *testing.T) {
	text := "00400000-00404000 r-xp 00000000 fe:00 7   /usr/bin/lianmai\nRss: 8 kB\nPrivate_Dirty: 0 kB\n"
	if got := cleanMappings(strings.NewReader(text)); got != nil {
		t.Errorf("got %x, want none", got)
	}
}

func TestSettleLeavesTheProgramWhole(t *testing.T) {
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	if len(cleanMappings(file)) == 0 {
		t.Error("no mapping is clean; the program's own text should be")
	}
	settle()
	if got := strings.ToUpper("still here"); got != "STILL HERE" {
		t.Errorf("got %q", got)
	}
}
