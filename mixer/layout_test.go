package mixer

import (
	"errors"
	"image"
	"image/color"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// moving is a built-in template with a transition of its own.
func moving(t *testing.T, name string, tr layout.Transition) *layout.Template {
	t.Helper()
	template, err := layout.Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	template.Transition = tr
	return &template
}

// path is where a participant is seen in the pictures in which its code is not covered.
type path struct {
	pictures []int
	places   []image.Point // of the tile's middle
}

// pathOf follows participant n from one picture to another.
func pathOf(shots []shot, n, from, to int) (p path) {
	for i := from; i < to; i++ {
		if tile, ok := shots[i].tiles[n]; ok {
			p.pictures = append(p.pictures, i)
			p.places = append(p.places, middle(tile))
		}
	}
	return p
}

// smooth fails the test where the participant jumps by more than so many pixels per
// picture, or is seen at fewer than so many places.
func (p path) smooth(t *testing.T, step, places int) {
	t.Helper()
	for i := 1; i < len(p.places); i++ {
		if d := distance(p.places[i], p.places[i-1]); d > step*(p.pictures[i]-p.pictures[i-1]) {
			t.Errorf("jumps by %d pixels to picture %d: %v in %v", d, p.pictures[i], p.places, p.pictures)
		}
	}
	if n := len(slices.Compact(slices.Clone(p.places))); n < places {
		t.Errorf("is seen at %d places, want %d or more: %v in %v", n, places, p.places, p.pictures)
	}
}

func distance(a, b image.Point) int { return absInt(a.X-b.X) + absInt(a.Y-b.Y) }

func middle(tile pattern.Tile) image.Point {
	r := tile.Rect
	return image.Pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2)
}

// A transition begins at the picture after the change, moves every tile that has
// another place without a jump, and ends exactly there.
func TestTransitionMovesTiles(t *testing.T) {
	const d = 3 * time.Second
	st := three(t, d)
	const took = 400 * ms // 6 pictures
	st.spec.Layout.Custom = moving(t, "grid-by-count", layout.Transition{Duration: took, Easing: layout.Linear})
	before := rects(t, st.spec, 1, 2, 3)
	st.at = []cue{{frameAt(15), func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) { spec.Layout.Main = "c" })
	}}}
	tape := st.play()
	tape.cadence(t, d)
	after := rects(t, st.spec, 1, 2, 3)
	shots := tape.shots(t)
	for i, sh := range shots {
		switch {
		case i < 15:
			if wrong := sh.misplaced(before); wrong != "" {
				t.Errorf("picture %d: %s", i, wrong)
			}
		case i >= 20:
			if wrong := sh.misplaced(after); wrong != "" {
				t.Errorf("picture %d: %s", i, wrong)
			}
		}
	}
	pathOf(shots, 3, 14, 23).smooth(t, 90, 4)
}

// A change in the middle of a transition goes on from where everything is.
func TestTransitionCanBeInterrupted(t *testing.T) {
	const d = 3 * time.Second
	st := three(t, d)
	st.spec.Layout.Custom = moving(t, "strip", layout.Transition{Duration: 600 * ms, Easing: layout.Linear})
	st.spec.Layout.Template = "strip"
	main := func(name string) func(*Session, Spec) {
		return func(s *Session, _ Spec) { st.apply(s, func(spec *Spec) { spec.Layout.Main = name }) }
	}
	st.at = []cue{{frameAt(15), main("c")}, {frameAt(19), main("a")}}
	tape := st.play()
	shots := tape.shots(t)
	back := rects(t, st.spec, 1, 2, 3)
	for i, sh := range shots {
		if i >= 15 && i < 28 {
			continue
		}
		if wrong := sh.misplaced(back); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
	way := pathOf(shots, 3, 14, 30)
	way.smooth(t, 60, 4)
	far := 0
	for _, at := range way.places {
		far = max(far, absInt(at.Y-way.places[0].Y))
	}
	if whole := absInt(middleOf(back[1]).Y - middleOf(back[3]).Y); far < whole/5 || far > whole*3/4 {
		t.Errorf("participant 3 went %d of %d pixels before it was called back: %v", far, whole, way)
	}
}

func middleOf(r image.Rectangle) image.Point {
	return image.Pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2)
}

// Who joins and who leaves within the settle window moves the picture once.
func TestJoinAndLeaveSettle(t *testing.T) {
	const d = 3 * time.Second
	st := three(t, d)
	st.feeds["d"] = newScript(guest{number: 4, to: 6 * time.Second}.stream(t)...)
	st.spec.Layout.Custom = moving(t, "grid-by-count", layout.Transition{Settle: 300 * ms})
	before := rects(t, st.spec, 1, 2, 3)
	var after map[int]image.Rectangle
	st.at = []cue{
		{frameAt(15), func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) {
				spec.Participants = append(spec.Participants, Participant{Name: "d", URL: "d"})
			})
		}},
		{frameAt(17), func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Participants = spec.Participants[1:] })
			after = rects(t, st.spec, 2, 3, 4)
		}},
	}
	tape := st.play()
	tape.cadence(t, d)
	for i, sh := range tape.shots(t) {
		want := before
		if i >= 20 { // 300 ms are 4.5 pictures
			want = after
		}
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
}

// A change of the layout itself does not wait for anybody to settle.
func TestLayoutChangesAtOnceWhileOthersSettle(t *testing.T) {
	const d = 2 * time.Second
	st := three(t, d)
	st.spec.Layout.Custom = moving(t, "grid-by-count", layout.Transition{Settle: 600 * ms})
	before := rects(t, st.spec, 1, 2, 3)
	var after map[int]image.Rectangle
	st.at = []cue{
		{frameAt(10), func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Participants = spec.Participants[:2] })
		}},
		{frameAt(13), func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) { spec.Layout.Main = "b" })
			after = rects(t, st.spec, 1, 2)
		}},
	}
	tape := st.play()
	for i, sh := range tape.shots(t) {
		want := before
		if i >= 13 {
			want = after
		}
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
}

func TestOverridesMoveOneSlot(t *testing.T) {
	st := three(t, time.Second)
	half, quarter, z := layout.Length{W: .5}, layout.Length{H: .25}, 5
	zero := layout.Length{}
	st.spec.Layout.Overrides = []layout.Override{{Participant: "c", X: &zero, Y: &zero, W: &half, H: &quarter, Z: &z}}
	want := rects(t, st.spec, 1, 2, 3)
	want[3] = image.Rect(0, 0, 120, 108) // over the main speaker's head: all codes are seen
	for i, sh := range st.play().shots(t) {
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
}

// album gives pictures of one colour by name.
type album map[string]color.NRGBA

var errNoPicture = errors.New("no such picture")

func (a album) Picture(name string) (*image.NRGBA, error) {
	c, ok := a[name]
	if !ok {
		return nil, errNoPicture
	}
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = [4]uint8{c.R, c.G, c.B, c.A}[i%4]
	}
	return img, nil
}

// lumaAt returns the mean luma of a small square of a picture.
func lumaAt(f *media.Frame, x, y int) int {
	sum := 0
	for dy := range 4 {
		for dx := range 4 {
			sum += int(f.Plane(0)[(y+dy)*f.Stride(0)+x+dx])
		}
	}
	return sum / 16
}

// Backgrounds, overlays and placeholders are the pictures that the template and the
// participants name.
func TestPicturesOfATemplateAreSeen(t *testing.T) {
	st := three(t, time.Second)
	st.opts.Pictures = album{
		"wall": {200, 200, 200, 255}, "logo": {255, 255, 255, 255}, "mine": {128, 128, 128, 255}, "slot": {64, 64, 64, 255},
	}
	whole := layout.Length{W: 1}
	template := moving(t, "pip", layout.Transition{})
	*template = layout.Template{
		Name: "rich", Participants: 3,
		Background: layout.Background{Image: "wall"},
		Portrait: []layout.Layout{{Slots: []layout.Slot{
			{X: layout.Length{}, Y: layout.Length{H: .5}, W: layout.Length{W: .5}, H: layout.Length{H: .25}, Style: layout.Style{Placeholder: "slot"}},
			{X: layout.Length{W: .5}, Y: layout.Length{H: .5}, W: layout.Length{W: .5}, H: layout.Length{H: .25}, Style: layout.Style{Placeholder: "slot"}},
			{X: layout.Length{}, Y: layout.Length{H: .75}, W: whole, H: layout.Length{H: .25}},
		}}},
		Overlays: []layout.Overlay{{
			X: layout.Length{W: .5}, W: layout.Length{W: .5}, H: layout.Length{W: .25},
			At: layout.TopRight, Image: "logo", Fit: layout.Stretch,
		}},
	}
	st.spec.Layout.Custom = template
	st.spec.Participants[0].Hidden = true
	st.spec.Participants[1].Hidden, st.spec.Participants[1].Placeholder = true, "mine"
	tape := st.play()
	tape.look(t, func(f *media.Frame, _ *pattern.Finder) {
		for name, want := range map[string]struct{ x, y, luma int }{
			"wall": {20, 20, 16 + 219*200/255}, "logo": {200, 20, 235}, "slot": {60, 260, 16 + 219*64/255}, "mine": {180, 260, 16 + 219*128/255},
		} {
			if got := lumaAt(f, want.x, want.y); absInt(got-want.luma) > 4 {
				t.Errorf("at %v %s has a luma of %d, want %d", f.PTS, name, got, want.luma)
			}
		}
	})
}

func TestUnknownPicturesRefuseTheSpec(t *testing.T) {
	st := three(t, time.Second)
	st.opts.Pictures = album{}
	st.at = []cue{{frameAt(5), func(s *Session, spec Spec) {
		next := spec
		next.Participants = slices.Clone(spec.Participants)
		next.Participants[1].Placeholder = "gone"
		if err := s.Apply(next); !errors.Is(err, errNoPicture) {
			t.Errorf("error %v, want errNoPicture", err)
		}
	}}}
	want := rects(t, st.spec, 1, 2, 3)
	for i, sh := range st.play().shots(t) {
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
	}
}
