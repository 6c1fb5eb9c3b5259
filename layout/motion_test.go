package layout

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tile names a placement's tile: a participant's, or an empty slot's.
func tile(p Placement) string {
	if p.Name == "" {
		return fmt.Sprint("empty ", p.Number)
	}
	return p.Name
}

func find(list []Placement, name string) (Placement, bool) {
	i := slices.IndexFunc(list, func(p Placement) bool { return tile(p) == name })
	if i < 0 {
		return Placement{}, false
	}
	return list[i], true
}

// within says that two rectangles' edges are at most so many pixels apart.
func within(pixels int, a, b Rect) bool {
	apart := func(x, y int) bool { return x-y > pixels || y-x > pixels }
	return !apart(a.X, b.X) && !apart(a.Y, b.Y) && !apart(a.X+a.W, b.X+b.W) && !apart(a.Y+a.H, b.Y+b.H)
}

// checkNoJump fails unless everything is seen after as it was before.
func checkNoJump(t *rapid.T, before, after []Placement) {
	for _, p := range before {
		q, ok := find(after, tile(p))
		// A tile that has all but gone may be left out.
		if !ok && p.Style.Fade >= 254 {
			continue
		}
		step := int(p.Style.Fade) - int(q.Style.Fade)
		if !ok || !within(2, p.Rect, q.Rect) || step < -1 || step > 1 || p.Z != q.Z ||
			p.Style.Radius != q.Style.Radius || p.Style.Border.Width != q.Style.Border.Width {
			t.Fatalf("%s jumps from %+v\nto %+v", tile(p), p, q)
		}
	}
	for _, q := range after {
		if _, ok := find(before, tile(q)); !ok {
			t.Fatalf("%s appears at once: %+v", tile(q), q)
		}
	}
}

// journey is a Motion with all that its tiles have been promised.
type journey struct {
	m       Motion
	canvas  Size
	now     time.Duration
	begun   bool
	aimed   []Placement              // the newest arrangement
	rest    time.Duration            // everything is in place from here on
	gone    map[string]time.Duration // when a tile on its way out has gone
	touches map[neighbours]bool      // those that met at rest and in every arrangement since
}

// neighbours are two tiles of one Z, the second to the right of the first or below it.
type neighbours struct {
	first, second string
	z             int
	below         bool
}

// meeting returns the neighbours whose edges are one line.
func meeting(list []Placement) map[neighbours]bool {
	pairs := map[neighbours]bool{}
	for _, p := range list {
		for _, q := range list {
			if p.Z == q.Z && p.Rect.X+p.Rect.W == q.Rect.X {
				pairs[neighbours{tile(p), tile(q), p.Z, false}] = true
			}
			if p.Z == q.Z && p.Rect.Y+p.Rect.H == q.Rect.Y {
				pairs[neighbours{tile(p), tile(q), p.Z, true}] = true
			}
		}
	}
	return pairs
}

// aim sets out for an arrangement and checks that nothing jumps, or that all of it does.
func (j *journey) aim(t *rapid.T, placements []Placement, tr Transition) {
	before := j.m.At(j.now, j.canvas, nil)
	cut := !j.begun || tr.Duration <= 0
	j.begun = true
	resting := j.now >= j.rest
	j.m.Aim(j.now, placements, tr)
	after := j.m.At(j.now, j.canvas, nil)
	pairs := meeting(placements)
	if cut {
		if !slices.Equal(after, placements) {
			t.Fatalf("a cut shows %v, not %v", after, placements)
		}
		j.rest, j.gone, j.touches = j.now, map[string]time.Duration{}, pairs
		j.aimed = placements
		return
	}
	checkNoJump(t, before, after)
	if resting {
		j.touches = meeting(j.aimed)
	}
	for pair := range j.touches {
		if !pairs[pair] {
			delete(j.touches, pair)
		}
	}
	for _, p := range j.aimed {
		if _, stays := find(placements, tile(p)); !stays {
			j.gone[tile(p)] = j.now + tr.Duration
		}
	}
	for _, p := range placements {
		delete(j.gone, tile(p))
	}
	j.aimed, j.rest = placements, max(j.rest, j.now+tr.Duration)
}

// check looks at the moment.
func (j *journey) check(t *rapid.T) {
	got := j.m.At(j.now, j.canvas, nil)
	for i, p := range got {
		checkPlacement(t, j.canvas, p)
		if i > 0 && p.Z < got[i-1].Z {
			t.Fatalf("not sorted by Z: %v", got)
		}
		if _, double := find(got[:i], tile(p)); double {
			t.Fatalf("%s is seen twice", tile(p))
		}
		if end, leaving := j.gone[tile(p)]; leaving && j.now >= end {
			t.Fatalf("%s is still there at %v; it was to be gone at %v", tile(p), j.now, end)
		} else if leaving && p.Name != "" && !j.m.Leaving(p.Name, j.now) {
			t.Fatalf("%s is not leaving", p.Name)
		}
	}
	if moving := j.m.Moving(j.now); moving && j.now >= j.rest {
		t.Fatalf("still moving at %v, %v after the end", j.now, j.now-j.rest)
	}
	if j.now >= j.rest && !slices.Equal(got, j.aimed) {
		t.Fatalf("at the end there is\n%+v, not\n%+v", got, j.aimed)
	}
	now := meeting(got)
	for pair := range j.touches {
		p, seen := find(got, pair.first)
		q, also := find(got, pair.second)
		if seen && also && !now[pair] {
			t.Fatalf("%v and %v came apart: %v, %v", pair.first, pair.second, p.Rect, q.Rect)
		}
	}
}

func TestMotionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := journey{canvas: canvasOf(drawCanvas(t)), gone: map[string]time.Duration{}}
		templates := []Template{drawTemplate(t, 3), drawTemplate(t, 3)}
		duration := rapid.SampledFrom([]time.Duration{0, 1, 40 * time.Millisecond, 300 * time.Millisecond, 5 * time.Second})
		everybody := people(6)
		for range rapid.IntRange(2, 6).Draw(t, "arrangements") {
			tmpl := rapid.SampledFrom(templates).Draw(t, "template")
			joined := rapid.SliceOfNDistinct(rapid.SampledFrom(everybody), 0, len(everybody), rapid.ID).Draw(t, "joined")
			placements := tmpl.Arrange(j.canvas, joined, drawMain(t, joined), nil)
			placements = append(placements, tmpl.Empty(j.canvas, len(joined))...)
			sortByZ(placements)
			tr := Transition{Duration: duration.Draw(t, "duration"), Easing: Easing(rapid.IntRange(0, 3).Draw(t, "easing"))}
			j.aim(t, placements, tr)
			j.check(t)
			for range 3 {
				j.now += time.Duration(rapid.Float64Range(0, .6).Draw(t, "step") * float64(tr.Duration))
				j.check(t)
			}
		}
		j.now = max(j.now, j.rest)
		j.check(t)
	})
}
