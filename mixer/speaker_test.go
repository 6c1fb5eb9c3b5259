package mixer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/stage"
)

// talk returns a guest's stream whose sound is like speech in the given stretches and
// silence elsewhere.
func (g guest) talk(t *testing.T, turns ...[2]time.Duration) []media.Packet {
	t.Helper()
	packets := slices.DeleteFunc(g.stream(t), func(p media.Packet) bool { return p.Kind == media.Audio && !p.Config })
	enc, err := encode.NewAudio(encode.AudioConfig{SampleRate: 48000, Channels: 1, Bitrate: 64_000})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	for i, p := range packets {
		if p.Kind == media.Audio && p.Config {
			packets[i].Data = enc.Config()
		}
	}
	random := rand.New(rand.NewPCG(uint64(g.number), 5))
	pcm := make([]float32, enc.FrameSize())
	var low float64
	emit := func(p media.Packet) { packets = append(packets, p) }
	for n := int64(0); media.SampleTime(n) < g.to; n += int64(len(pcm)) {
		for i := range pcm {
			at := media.SampleTime(n + int64(i))
			// Noise below 1 kHz or so, in four syllables a second.
			low += (random.Float64()*2 - 1 - low) * .12
			loud := .0005
			for _, turn := range turns {
				if at >= turn[0] && at < turn[1] {
					loud = math.Pow(math.Sin(math.Pi*4*at.Seconds()), 2)
				}
			}
			pcm[i] = float32(low * loud)
		}
		if err := enc.Encode(pcm, emit); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortStableFunc(packets, func(a, b media.Packet) int { return int(a.DTS - b.DTS) })
	return packets
}

// Who speaks is enlarged within a second and swaps the slot; who is hidden is not; the
// one that the API names is, at once.
func TestVoicesChooseTheMainSpeaker(t *testing.T) {
	const d = 12 * time.Second
	span := func(from, to int) [2]time.Duration {
		return [2]time.Duration{time.Duration(from) * time.Second, time.Duration(to) * time.Second}
	}
	st := newTheatre(t, d,
		newScript(guest{number: 1, to: d + time.Second}.talk(t, span(0, 3), span(9, 12))...),
		newScript(guest{number: 2, to: d + time.Second}.talk(t, span(3, 6))...),
		newScript(guest{number: 3, to: d + time.Second}.talk(t, span(6, 9))...))
	st.spec.Layout.Auto = true
	st.at = []cue{{frameAt(8 * 15), func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) { spec.Participants[2].Hidden = true })
	}}}
	tape := st.play()
	tape.cadence(t, d)
	var names []string
	for _, e := range st.told(MainChanged) {
		names = append(names, e.Name)
	}
	// From 8 s on c is hidden: it hands over to whoever spoke last.
	if !slices.Equal(names, []string{"b", "c", "b", "a"}) {
		t.Errorf("the main speaker went to %q", names)
	}
	var spoke []string
	for _, e := range st.told(SpeakerChanged) {
		spoke = append(spoke, e.Name)
	}
	// While c is hidden nobody speaks.
	if !slices.Equal(spoke, []string{"a", "b", "c", "", "a"}) && !slices.Equal(spoke, []string{"a", "b", "c", "a"}) {
		t.Errorf("who spoke went %q", spoke)
	}
	if st.s.Stats().Main != "a" {
		t.Errorf("the last main speaker is %q", st.s.Stats().Main)
	}
	shots := tape.shots(t)
	for _, tt := range []struct {
		second int // after a turn has lasted for 1 s and more
		main   string
		seen   []int
	}{{2, "a", []int{1, 2, 3}}, {5, "b", []int{1, 2, 3}}, {7, "c", []int{1, 2, 3}}, {11, "a", []int{1, 2}}} {
		spec := st.spec
		spec.Layout.Main = tt.main
		want := rects(t, spec, 1, 2, 3)
		if len(tt.seen) == 2 {
			delete(want, 3)
		}
		if wrong := shots[tt.second*15+14].misplaced(want); wrong != "" {
			t.Errorf("at %d s: %s", tt.second, wrong)
		}
	}
}

func TestTheAPIOverrulesTheVoices(t *testing.T) {
	const d = 4 * time.Second
	always := [2]time.Duration{0, time.Hour}
	st := newTheatre(t, d,
		newScript(guest{number: 1, to: d + time.Second}.stream(t)...),
		newScript(guest{number: 2, to: d + time.Second, dumb: true}.stream(t)...),
		newScript(guest{number: 3, to: d + time.Second}.talk(t, always)...))
	st.spec.Layout.Auto = true
	st.at = []cue{{frameAt(45), func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) { spec.Layout.Auto, spec.Layout.Main = false, "b" })
	}}}
	shots := st.play().shots(t)
	spec := st.spec
	for second, main := range map[int]string{2: "c", 3: "b"} {
		spec.Layout.Main = main
		if wrong := shots[second*15+10].misplaced(rects(t, spec, 1, 2, 3)); wrong != "" {
			t.Errorf("at %d s: %s", second, wrong)
		}
	}
	if wrong := shots[45].misplaced(rects(t, spec, 1, 2, 3)); spec.Layout.Main == "b" && wrong != "" {
		t.Errorf("the picture after the call: %s", wrong)
	}
}

// A transition with labels, corners and borders draws and moves without asking for
// memory.
func TestTransitionAllocatesNothing(t *testing.T) {
	st := three(t, time.Second)
	s := st.start()
	<-s.Done()
	// The session has ended; its cast is set up anew to be measured alone.
	c := cast{canvas: layout.Size{W: 240, H: 432}, frame: s.video.FrameRate.Time(1)}
	template, err := layout.Builtin("float")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"a", "b", "c"}
	enter := func(main string, now time.Duration) {
		p := &plan{template: template, main: main, relayout: true}
		p.spec.Layout.Main = main
		for _, place := range template.Arrange(c.canvas, names, main, nil) {
			dress, err := s.dresser.Dress(place, stage.Person{Name: place.Name}, layout.Color{})
			if err != nil {
				t.Fatal(err)
			}
			p.seats = append(p.seats, seat{placement: place, dress: dress})
		}
		c.enter(p, now)
	}
	enter("a", 0)
	enter("c", time.Second)
	tiles := c.tiles(time.Second, nil)
	now := time.Second
	if n := testing.AllocsPerRun(20, func() {
		now += 5 * ms
		tiles = c.tiles(now, tiles[:0])
	}); n > 0 {
		t.Errorf("a tick of a transition allocates %v times", n)
	}
	if !c.motion.Moving(now) {
		t.Error("the transition ended before it was measured")
	}
	c.free()
}
