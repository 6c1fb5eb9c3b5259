package judge

import (
	"image"
	"slices"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

const (
	// searchEvery is how often the whole picture is searched while every code is
	// found where it was.
	searchEvery = 500 * time.Millisecond
	// settleAfter is how long a new arrangement must last to be a segment: animated
	// transitions and single damaged pictures are not.
	settleAfter = 150 * time.Millisecond
	// sameWithin is how far, in pixels, an edge may move within a segment.
	sameWithin = 4
	// maxSegments bounds the list of segments.
	maxSegments = 500
)

// tracker follows who is where in the picture.
type tracker struct {
	finder   pattern.Finder
	seen     []pattern.Seen // codes of the last picture
	tiles    []pattern.Tile // as of the last search
	searched time.Duration
	any      bool

	segments []*segment
	dropped  int // segments beyond maxSegments
	current  *segment
	next     *segment // not yet settled

	// settled is told when a segment has begun.
	settled func()
}

// segment is a stretch with one arrangement; places are sorted by number.
type segment struct {
	from, to time.Duration
	places   []place
	heard    [pattern.MaxNumber]histogram
	measures int
}

// place averages what was measured of one participant's rectangle.
type place struct {
	number int
	sum    [4]int // of the edges x0, y0, x1, y1
	n      int
}

func (p *place) add(r image.Rectangle) {
	for i, v := range [4]int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y} {
		p.sum[i] += v
	}
	p.n++
}

// rect returns the mean with each edge rounded to even pixels, where tiles end.
func (p *place) rect() image.Rectangle {
	var edge [4]int
	for i, v := range p.sum {
		edge[i] = (v + p.n) / (2 * p.n) * 2
	}
	return image.Rect(edge[0], edge[1], edge[2], edge[3])
}

// look finds the codes in the picture f shown at.
func (t *tracker) look(f *media.Frame, at time.Duration) []pattern.Seen {
	if t.any && t.next == nil && at-t.searched < searchEvery && t.reread(f) {
		if t.current != nil {
			t.current.to = at
		}
		return t.seen
	}
	t.searched, t.any = at, true
	t.seen = t.finder.Find(f, t.seen[:0])
	t.tiles = t.finder.Tiles(f, t.seen, t.tiles[:0])
	slices.SortFunc(t.tiles, byNumberThenPlace)
	t.arrange(at)
	return t.seen
}

// reread reads the codes where they were. It is false if one is not there any more.
func (t *tracker) reread(f *media.Frame) bool {
	for i, s := range t.seen {
		now, ok := pattern.Read(f, s.Square)
		if !ok || now.Number != s.Number {
			return false
		}
		t.seen[i] = now
	}
	return true
}

func byNumberThenPlace(a, b pattern.Tile) int {
	for _, d := range [...]int{a.Number - b.Number, a.Rect.Min.Y - b.Rect.Min.Y, a.Rect.Min.X - b.Rect.Min.X} {
		if d != 0 {
			return d
		}
	}
	return 0
}

// arrange compares the tiles with the current segment, and begins another when a new
// arrangement has settled.
func (t *tracker) arrange(at time.Duration) {
	if t.current != nil && t.current.matches(t.tiles) {
		t.current.add(t.tiles, at)
		t.next = nil
		return
	}
	if t.next == nil || !t.next.matches(t.tiles) {
		t.next = newSegment(t.tiles, at)
		return
	}
	t.next.add(t.tiles, at)
	if at-t.next.from < settleAfter {
		return
	}
	t.current, t.next = t.next, nil
	if len(t.segments) < maxSegments {
		t.segments = append(t.segments, t.current)
	} else {
		t.dropped++
	}
	if t.settled != nil {
		t.settled()
	}
}

func newSegment(tiles []pattern.Tile, at time.Duration) *segment {
	s := &segment{from: at}
	for _, tile := range tiles {
		s.places = append(s.places, place{number: tile.Number})
	}
	s.add(tiles, at)
	return s
}

func (s *segment) matches(tiles []pattern.Tile) bool {
	if len(tiles) != len(s.places) {
		return false
	}
	for i, tile := range tiles {
		if tile.Number != s.places[i].number || !near(tile.Rect, s.places[i].rect()) {
			return false
		}
	}
	return true
}

func near(a, b image.Rectangle) bool {
	for _, d := range [...]int{a.Min.X - b.Min.X, a.Min.Y - b.Min.Y, a.Max.X - b.Max.X, a.Max.Y - b.Max.Y} {
		if d > sameWithin || d < -sameWithin {
			return false
		}
	}
	return true
}

func (s *segment) add(tiles []pattern.Tile, at time.Duration) {
	for i, tile := range tiles {
		s.places[i].add(tile.Rect)
	}
	s.to = at
}

// holds tells whether participant number is in the segment.
func (s *segment) holds(number int) bool {
	return slices.ContainsFunc(s.places, func(p place) bool { return p.number == number })
}

// hear adds the levels of the tones, in dBFS.
func (s *segment) hear(levels [pattern.MaxNumber]float64) {
	s.measures++
	for k, db := range levels {
		if db < heardDB {
			continue
		}
		if s.heard[k].bins == nil {
			s.heard[k] = newHistogram(-100, 10, 0.5)
		}
		s.heard[k].add(db)
	}
}

// report sums up; only participants that are there count as heard.
func (s *segment) report(there func(number int) bool) Segment {
	r := Segment{Stretch: Stretch{seconds(s.from), seconds(s.to)}, Seen: []Place{}, Heard: []Level{}}
	for i := range s.places {
		q := s.places[i].rect()
		r.Seen = append(r.Seen, Place{s.places[i].number, q.Min.X, q.Min.Y, q.Dx(), q.Dy()})
	}
	for k := range s.heard {
		// Heard at least half of the time: the sound of a change reaches over its edge.
		if h := &s.heard[k]; h.count > 0 && 2*h.count >= s.measures && there(k+1) {
			r.Heard = append(r.Heard, Level{k + 1, round(h.median(), 1)})
		}
	}
	return r
}
