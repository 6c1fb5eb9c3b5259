package layout

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

func builtinFor(t *testing.T, name string, n int, main string) []Placement {
	t.Helper()
	tmpl, err := Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl.Arrange(Size{720, 1280}, people(n), main, nil)
}

func TestMotionHalfWay(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms}
	var m Motion
	m.Aim(0, builtinFor(t, "pk", 2, ""), tr)
	if m.Moving(0) {
		t.Error("the first arrangement is not there at once")
	}
	// p1 from the left half to two thirds of the top, and so on.
	m.Aim(1000*ms, builtinFor(t, "grid-by-count", 3, ""), tr)
	got := m.At(1150*ms, canvas, nil)
	want := []struct {
		name string
		rect Rect
		fade uint8
	}{
		{"p2", Rect{180, 460, 360, 820}, 0}, // shrinks: it is the lowest
		{"p1", Rect{0, 0, 540, 1100}, 0},
		{"p3", Rect{370, 930, 342, 342}, 128},
	}
	for i, w := range want {
		if p := got[i]; p.Name != w.name || p.Rect != w.rect || p.Style.Fade != w.fade {
			t.Errorf("half-way %s is at %v with a fade of %d, want %s at %v with %d", p.Name, p.Rect, p.Style.Fade, w.name, w.rect, w.fade)
		}
	}
	if !m.Moving(1299*ms) || m.Moving(1300*ms) || !slices.Equal(m.At(1300*ms, canvas, nil), builtinFor(t, "grid-by-count", 3, "")) {
		t.Error("not there after 300 ms")
	}
}

// The main speaker leaves while a tile takes the stage: it grows over the one that fades.
func TestMotionTakesALeftStage(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms}
	tmpl, _ := Builtin("float")
	var m Motion
	m.Aim(0, tmpl.Arrange(canvas, []string{"p1", "p2", "p3"}, "", nil), tr)
	m.Aim(0, tmpl.Arrange(canvas, []string{"p2", "p3"}, "", nil), tr)
	for now := time.Duration(0); now < 300*ms; now += ms {
		got := m.At(now, canvas, nil)
		if order := placed(got); !slices.Equal(order, []string{"p1", "p2", "p3"}) && !slices.Equal(order, []string{"p2", "p3"}) {
			t.Fatalf("painted in the order %v at %v", order, now)
		}
	}
}

// A new main speaker behind floating tiles: at no moment is the background seen, and
// nobody vanishes, comes up or jumps at once.
func TestMotionHandsOverTheStage(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms}
	for _, template := range []string{"float", "column", "pip"} {
		var m Motion
		m.Aim(0, builtinFor(t, template, 4, "p1"), tr)
		m.Aim(0, builtinFor(t, template, 4, "p3"), tr)
		before := m.At(0, canvas, nil)
		for now := time.Duration(0); now <= 300*ms; now += ms {
			got := m.At(now, canvas, nil)
			if !slices.ContainsFunc(got, func(p Placement) bool { return p.Rect == Rect{0, 0, 720, 1280} && p.Style.Fade == 0 }) {
				t.Fatalf("%s: nothing covers the canvas at %v: %v", template, now, got)
			}
			for _, name := range people(4) {
				was, is := visible(before, name), visible(got, name)
				if was-is > .15 || is-was > .15 {
					t.Fatalf("%s: of %s %.2f is seen at %v, 1 ms later %.2f", template, name, was, now-ms, is)
				}
				p, _ := find(before, name)
				q, _ := find(got, name)
				if was > .15 && is > .15 && !within(30, p.Rect, q.Rect) {
					t.Fatalf("%s: %s jumps from %v to %v at %v", template, name, p.Rect, q.Rect, now)
				}
			}
			before = got
		}
	}
}

// visible returns how much of a tile is seen, 0–1: not faded, and not under the one
// opaque tile that covers most of it.
func visible(list []Placement, name string) float64 {
	p, ok := find(list, name)
	if !ok {
		return 0
	}
	i := slices.Index(list, p)
	share, area := 1.0, float64(p.Rect.W*p.Rect.H)
	for _, o := range list[i+1:] {
		width := min(p.Rect.X+p.Rect.W, o.Rect.X+o.Rect.W) - max(p.Rect.X, o.Rect.X)
		height := min(p.Rect.Y+p.Rect.H, o.Rect.Y+o.Rect.H) - max(p.Rect.Y, o.Rect.Y)
		if o.Style.Fade == 0 && width > 0 && height > 0 {
			share = min(share, 1-float64(width*height)/area)
		}
	}
	return share * (1 - float64(p.Style.Fade)/255)
}

// Who comes back while leaving comes back from there.
func TestMotionRejoin(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms, Easing: Linear}
	var m Motion
	both, alone := builtinFor(t, "pk", 2, ""), builtinFor(t, "pk", 1, "")
	m.Aim(0, both, tr)
	m.Aim(0, alone, tr)
	if !m.Leaving("p2", 150*ms) || m.Leaving("p1", 150*ms) || m.Leaving("p2", 300*ms) {
		t.Error("p2 alone should be leaving for 300 ms")
	}
	half, _ := find(m.At(150*ms, canvas, nil), "p2")
	m.Aim(150*ms, both, tr)
	back := m.At(150*ms, canvas, nil)
	if p, ok := find(back, "p2"); !ok || p.Rect != half.Rect || p.Style.Fade != 128 || m.Leaving("p2", 150*ms) || len(back) != 2 {
		t.Errorf("p2 was at %+v and comes back at %+v among %v", half, p, back)
	}
	if !slices.Equal(m.At(450*ms, canvas, nil), both) {
		t.Error("p2 is not back after 300 ms")
	}
}

// The same arrangement again, with another dress, keeps the way.
func TestMotionKeepsItsWay(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms}
	var m Motion
	goal := builtinFor(t, "grid-by-count", 3, "p2")
	m.Aim(0, builtinFor(t, "float", 3, ""), tr)
	m.Aim(0, goal, tr)
	for now := 10 * ms; now < 300*ms; now += 10 * ms {
		for i := range goal {
			goal[i].Style.Label.Text = fmt.Sprint(now)
		}
		m.Aim(now, goal, tr)
		if got := m.At(now, canvas, nil); got[0].Style.Label.Text != fmt.Sprint(now) {
			t.Fatalf("the label is %q at %v", got[0].Style.Label.Text, now)
		}
	}
	if got := m.At(300*ms, canvas, nil); !slices.Equal(got, goal) {
		t.Errorf("at the end there is %v, not %v", got, goal)
	}
}

// However often the arrangement changes, who leaves is gone in time, and there are
// never more on their way out than MaxSlots.
func TestMotionLeaversGoAndAreBounded(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms}
	var m Motion
	one := func(i int) []Placement {
		return []Placement{{Name: fmt.Sprint(i), Number: 1, Rect: Rect{2 * i, 0, 100, 100}}}
	}
	var crowd []Placement
	for i := range MaxSlots + 10 {
		crowd = append(crowd, one(i)...)
	}
	m.Aim(0, crowd, tr)
	m.Aim(0, nil, tr)
	if got := m.At(0, canvas, nil); len(got) != MaxSlots {
		t.Errorf("%d tiles are on their way out, want %d", len(got), MaxSlots)
	}
	m = Motion{}
	m.Aim(0, one(0), tr)
	for i := range 400 {
		m.Aim(time.Duration(i)*ms, one(1+i%2), tr)
		if _, ok := find(m.At(time.Duration(i)*ms, canvas, nil), "0"); ok && i >= 300 {
			t.Fatalf("the first is still there after %d ms", i)
		}
	}
}

func TestMotionAllocatesNothing(t *testing.T) {
	var m Motion
	m.Aim(0, builtinFor(t, "float", 6, ""), DefaultTransition)
	m.Aim(0, builtinFor(t, "grid-by-count", 5, "p3"), DefaultTransition)
	dst := make([]Placement, 0, 12)
	now := time.Duration(0)
	if n := testing.AllocsPerRun(400, func() {
		dst = m.At(now, Size{720, 1280}, dst[:0])
		now += ms
	}); n != 0 {
		t.Errorf("At allocates %v times", n)
	}
	if len(dst) != 5 {
		t.Errorf("%d tiles at the end, want 5", len(dst))
	}
}

func TestEasing(t *testing.T) {
	for e := EaseInOut; e <= Linear; e++ {
		if e.At(0) != 0 || e.At(1) != 1 || e.At(-1) != 0 || e.At(2) != 1 {
			t.Errorf("%v does not lead from 0 to 1", e)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		e := Easing(rapid.IntRange(0, 4).Draw(t, "easing"))
		p, q := wild().Draw(t, "p"), wild().Draw(t, "q")
		a, b := e.At(p), e.At(q)
		if !(a >= 0 && a <= 1) || p <= q && a > b {
			t.Fatalf("%v is %v at %v and %v at %v", e, a, p, b, q)
		}
	})
}

// Only what will hide the old main speaker wholly may grow over them.
func TestMotionHandsOverOnlyWhatIsCovered(t *testing.T) {
	canvas, tr := Size{720, 1280}, Transition{Duration: 300 * ms}
	for _, tt := range []struct {
		name   string
		change func(main *Slot)
		waits  bool
	}{
		{"covers", func(*Slot) {}, true},
		{"shows what is under it beside the picture", func(s *Slot) { s.Fit = Contain }, false},
		{"shows what is under it through the picture", func(s *Slot) { s.Style.Fade = 10 }, false},
	} {
		tmpl, _ := Builtin("float")
		tt.change(&tmpl.Portrait[1].Slots[0])
		var m Motion
		m.Aim(0, tmpl.Arrange(canvas, people(2), "p1", nil), tr)
		m.Aim(0, tmpl.Arrange(canvas, people(2), "p2", nil), tr)
		p, _ := find(m.At(150*ms, canvas, nil), "p1")
		if waits := p.Rect == (Rect{0, 0, 720, 1280}); waits != tt.waits {
			t.Errorf("%s: half-way the old one is at %v", tt.name, p.Rect)
		}
	}
}
