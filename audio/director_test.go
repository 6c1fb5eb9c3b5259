package audio

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// said makes a candidate of each letter: a capital speaks, a space before it is away.
func said(letters string) (c []Candidate) {
	away := false
	for _, l := range letters {
		if l == ' ' {
			away = true
			continue
		}
		speaks := l < 'a'
		if speaks {
			l += 'a' - 'A'
		}
		c = append(c, Candidate{Name: string(l), Speaking: speaks, StrengthDB: 20, Away: away})
		away = false
	}
	return c
}

func TestDirectorRules(t *testing.T) {
	type part struct {
		seconds float64
		said    string
		want    string // the main speaker at the end of the part
	}
	tests := map[string][]part{
		"nobody there":                      {{1, "", ""}, {0.1, "ab", "a"}, {0.1, "", ""}},
		"the first, until somebody speaks":  {{5, "abc", "a"}, {0.4, "abC", "a"}, {0.2, "abC", "c"}},
		"no hold before the first speaker":  {{0.1, "abc", "a"}, {0.6, "aBc", "b"}},
		"half a second of speech":           {{3, "Abc", "a"}, {0.4, "aBc", "a"}, {0.2, "aBc", "b"}},
		"a pause to think takes off half":   {{3, "Ab", "a"}, {0.4, "aB", "a"}, {0.4, "ab", "a"}, {0.2, "aB", "a"}, {0.2, "aB", "b"}},
		"an answer takes off all of it":     {{3, "Ab", "a"}, {0.4, "aB", "a"}, {0.4, "Ab", "a"}, {0.4, "aB", "a"}},
		"not while the other one speaks":    {{3, "Ab", "a"}, {20, "AB", "a"}, {0.4, "aB", "a"}, {1, "AB", "a"}, {0.4, "aB", "a"}},
		"the hold":                          {{3, "Ab", "a"}, {0.6, "aB", "b"}, {1.8, "Ab", "b"}, {0.3, "Ab", "a"}},
		"a silent room keeps the last":      {{3, "Ab", "a"}, {1, "aB", "b"}, {600, "ab", "b"}},
		"one that left: who spoke last":     {{3, "Abc", "a"}, {3, "aBc", "b"}, {3, "abC", "c"}, {0.04, "ab", "b"}, {0.04, "a", "a"}},
		"one that left: who speaks now":     {{3, "Abc", "a"}, {3, "aBc", "b"}, {3, "aBC", "b"}, {0.04, "aC", "c"}},
		"one that left: the first":          {{3, "abC", "c"}, {0.04, "ab", "a"}},
		"one that left: not who coughed":    {{3, "Abc", "a"}, {3, "abC", "c"}, {0.2, "aBC", "c"}, {0.04, "ab", "a"}},
		"away":                              {{3, "aB", "b"}, {0.04, "a B", "a"}, {5, "a B", "a"}, {2, "aB", "b"}},
		"all away: nothing moves":           {{3, "aB", "b"}, {1, " a b", "b"}, {1, " A b", "b"}, {0.04, "a b", "a"}},
		"all away from the start":           {{3, " a b", "a"}, {0.04, " ab", "b"}},
		"order changes":                     {{3, "abC", "c"}, {1, "cab", "c"}, {1, "bca", "c"}, {0.7, "Bca", "b"}},
		"one who comes back has no history": {{3, "aB", "b"}, {1, "a", "a"}, {3, "ab", "a"}, {0.04, "b", "b"}},
	}
	for name, parts := range tests {
		t.Run(name, func(t *testing.T) {
			var d Director
			at := int64(0)
			for i, p := range parts {
				var got string
				for end := at + int64(p.seconds*SampleRate); at < end; at += stepFrames {
					got = ""
					if c := said(p.said); d.Step(at, c) >= 0 {
						got = c[d.Step(at, c)].Name
					}
				}
				if got != p.want {
					t.Fatalf("after part %d, %.2f s of %q: %q, want %q", i, p.seconds, p.said, got, p.want)
				}
			}
		})
	}
}

func TestLouderMustBeClear(t *testing.T) {
	for _, test := range []struct{ db, seconds float64 }{{5, 0}, {6, 1.5}, {20, 1.5}} {
		var d Director
		switched := 0.0
		for at := int64(0); at < 20*SampleRate && switched == 0; at += stepFrames {
			c := said("Ab")
			if at >= 5*SampleRate {
				c[1].Speaking, c[1].StrengthDB = true, 20+test.db
			}
			if d.Step(at, c) == 1 {
				switched = float64(at)/SampleRate - 5
			}
		}
		if math.Abs(switched-test.seconds) > 0.05 {
			t.Errorf("louder by %v dB: after %.2f s, want %.2f", test.db, switched, test.seconds)
		}
	}
}

func TestDirectorConfig(t *testing.T) {
	d := NewDirector(DirectorConfig{Hold: 5 * SampleRate, Confirm: SampleRate})
	var times []int64
	last := 0
	for at := int64(0); at < 30*SampleRate; at += stepFrames {
		// Each of two speaks for 3 s.
		c := said([]string{"Ab", "aB"}[at/(3*SampleRate)%2])
		if i := d.Step(at, c); i != last {
			last = i
			times = append(times, (at+SampleRate/2)/SampleRate)
		}
	}
	if want := []int64{4, 9, 16, 21, 28}; !slices.Equal(times, want) {
		t.Errorf("switches at %v s, want %v", times, want)
	}
}

// TestDirectorNeverFlaps gives the director any levels of any people at any steps: the
// choice is one of them, not one who is away if another is not, and two switches are
// never nearer than the hold unless the main speaker was gone.
func TestDirectorNeverFlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hold := int64(rapid.IntRange(1, 3*SampleRate).Draw(t, "hold"))
		d := NewDirector(DirectorConfig{Hold: hold, Confirm: int64(rapid.IntRange(1, SampleRate).Draw(t, "confirm"))})
		var people []Candidate
		at, since, main := int64(rapid.IntRange(-1000, 1000).Draw(t, "start")), int64(math.MinInt32), ""
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			people = otherPeople(t, people)
			at += int64(rapid.IntRange(0, SampleRate/2).Draw(t, "step"))
			i := d.Step(at, people)
			if len(people) == 0 {
				if i != -1 {
					t.Fatalf("nobody is there, but %d is chosen", i)
				}
				continue
			}
			if i < 0 || i >= len(people) || people[i].Away && !allAway(people) {
				t.Fatalf("%d is chosen of %v", i, people)
			}
			if name := people[i].Name; name != main {
				gone := !slices.ContainsFunc(people, func(c Candidate) bool { return c.Name == main && !c.Away })
				if main != "" && !gone && at-since < hold {
					t.Fatalf("from %s to %s after %d frames, hold %d", main, name, at-since, hold)
				}
				if main != "" {
					since = at
				}
				main = name
			}
		}
	})
}

// otherPeople changes something about the people: who is there, in which order, who
// speaks and how loud.
func otherPeople(t *rapid.T, people []Candidate) []Candidate {
	people = slices.Clone(people)
	switch rapid.IntRange(0, 9).Draw(t, "change") {
	case 0:
		name := string(rune('a' + rapid.IntRange(0, 5).Draw(t, "who")))
		if !slices.ContainsFunc(people, func(c Candidate) bool { return c.Name == name }) {
			people = append(people, Candidate{Name: name})
		}
	case 1:
		if len(people) > 0 {
			i := rapid.IntRange(0, len(people)-1).Draw(t, "leaves")
			people = slices.Delete(people, i, i+1)
		}
	case 2:
		slices.Reverse(people)
	}
	for i := range people {
		people[i].Speaking = rapid.IntRange(0, 2).Draw(t, "speaks") > 0
		people[i].Away = rapid.IntRange(0, 19).Draw(t, "away") == 0
		people[i].StrengthDB = rapid.OneOf(rapid.Float64Range(0, 65), rapid.Just(math.NaN()), rapid.Just(math.Inf(1))).Draw(t, "dB")
	}
	return people
}

func TestDirectorAllocatesNothing(t *testing.T) {
	var d Director
	rooms := [][]Candidate{said("Abcdef"), said("aBcde"), said("fedcbA"), said("a bCd")}
	at, k := int64(0), 0
	step := func() {
		d.Step(at, rooms[k/20%len(rooms)])
		at += stepFrames
		k++
	}
	step()
	if n := testing.AllocsPerRun(500, step); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

// BenchmarkDirector is one step with six candidates.
func BenchmarkDirector(b *testing.B) {
	var d Director
	c := said("AbCdef")
	at := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		d.Step(at, c)
		at += stepFrames
	}
}
