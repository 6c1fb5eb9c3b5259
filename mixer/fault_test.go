package mixer

import (
	"hash/maphash"
	"image"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// faultLength is how long each fault's mix runs; faultAt is when the fault begins.
const faultLength, faultAt = 8 * time.Second, 2 * time.Second

type span = [2]time.Duration

// fault is what one source does to a mix, and what the audience gets of it.
type fault struct {
	name   string
	stream func(t *testing.T) []arrival // of participant 2
	states []SourceState                // that it goes through; nil is Live alone
	// The stream is seen, or the placeholder, in all of these; elsewhere either may be.
	seen, gone []span
	// From good on the stream is live again: late by no more than late (0: 110 ms). The
	// report has the time that it really took since the fault's end.
	ended, good, late time.Duration
	errors            bool // decoding errors are counted
}

// witness keeps what of a running mix must not depend on participant 2: the tiles of
// 1 and 3 in each picture before it is encoded, and each block of sound.
type witness struct {
	rects  map[int]image.Rectangle
	seed   maphash.Seed
	frames []uint64
	blocks []uint64
	hash   maphash.Hash
}

// see is called between two ticks.
func (w *witness) see(s *Session) {
	if int64(len(w.frames)) < s.frame {
		w.hash.SetSeed(w.seed)
		f := s.canvas.Frame()
		for _, n := range []int{1, 3} {
			r := w.rects[n]
			for p := range 3 {
				shift := min(p, 1) // chroma is half as large
				for y := r.Min.Y >> shift; y < r.Max.Y>>shift; y++ {
					row := f.Plane(p)[y*f.Stride(p):]
					w.hash.Write(row[r.Min.X>>shift : r.Max.X>>shift])
				}
			}
		}
		w.frames = append(w.frames, w.hash.Sum64())
	}
	if int64(len(w.blocks)) < s.block {
		h := uint64(0)
		for _, v := range s.pcm {
			h = maphash.Comparable(w.seed, [2]float64{float64(h), float64(v)})
		}
		w.blocks = append(w.blocks, h)
	}
}

// playFault runs a mix of a healthy participant 1 and 3 with 2 as a fault has it. Its
// sound is muted, so that the mix's sound is all the others'; what becomes of a faulty
// sound is heard in TestLiveMixInBadWeather.
func playFault(t *testing.T, seed maphash.Seed, stream []arrival) (*theatre, *tape, *witness) {
	t.Helper()
	const length = faultLength + time.Second
	networks := []*network{
		scenes(t, guest{number: 1, to: length}),
		{coming: stream, ready: make(chan struct{})},
		scenes(t, guest{number: 3, to: length}),
	}
	st := liveTheatre(t, faultLength, networks...)
	st.spec.Participants[1].Muted = true
	st.spec.Layout.PlaceholderAfter = 2 * time.Second
	w := &witness{rects: rects(t, st.spec, 1, 2, 3), seed: seed}
	st.opts.Clock.(*weatherClock).see = w.see
	tape := st.play()
	tape.cadence(t, faultLength)
	return st, tape, w
}

// Nothing that a source does is seen or heard beyond its own tile: the others' tiles
// are the same to the byte as in a mix without the fault, and so is their sound. In its
// own tile it is what the state says.
func TestFaultsStayInTheirTile(t *testing.T) {
	liveAtStart(t)
	seed := maphash.MakeSeed()
	_, _, golden := playFault(t, seed, healthy(t))
	for _, tt := range slices.Concat(connectionFaults, trackFaults, formatFaults, stampFaults, damageFaults) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, tape, w := playFault(t, seed, tt.stream(t))
			for i := range min(len(golden.frames), len(w.frames)) {
				if golden.frames[i] != w.frames[i] {
					t.Fatalf("picture %d (%v): the others' tiles are not those of the mix without the fault", i, frameAt(int64(i)))
				}
			}
			for i := range min(len(golden.blocks), len(w.blocks)) {
				if golden.blocks[i] != w.blocks[i] {
					t.Fatalf("block %d (%v): the others' sound is not that of the mix without the fault", i, media.SampleTime(int64(i)*1024))
				}
			}
			if len(w.frames) != len(golden.frames) || len(w.blocks) != len(golden.blocks) || len(w.frames) < 100 {
				t.Errorf("%d pictures and %d blocks, want %d and %d", len(w.frames), len(w.blocks), len(golden.frames), len(golden.blocks))
			}
			tt.judge(t, st, tape)
		})
	}
}

// judge looks at the faulty tile.
func (f fault) judge(t *testing.T, st *theatre, tape *tape) {
	t.Helper()
	want := f.states
	if want == nil {
		want = []SourceState{Live}
	}
	if went := st.states("b"); !slices.Equal(went, want) {
		t.Errorf("went through %v, want %v", went, want)
	}
	late := f.late
	if late == 0 {
		late = 110 * ms
	}
	back := time.Duration(-1)
	for _, sh := range tape.shots(t) {
		tile, seen := sh.tiles[2]
		for _, s := range f.seen {
			if within(sh.at, s) && !seen {
				t.Errorf("at %v it is not seen", sh.at)
			}
		}
		for _, s := range f.gone {
			if within(sh.at, s) && seen {
				t.Errorf("at %v it is seen", sh.at)
			}
		}
		behind := pattern.ClockDifference(sh.at, tile.Clock)
		live := seen && behind > -110*ms && behind < late
		if live && back < 0 && sh.at >= f.ended {
			back = sh.at
		}
		if f.good > 0 && sh.at >= f.good && !live {
			t.Errorf("at %v seen: %v, late by %v", sh.at, seen, behind)
		}
	}
	if f.ended > 0 {
		t.Logf("live %v after the fault's end", back-f.ended)
	}
	for _, src := range st.s.Stats().Sources {
		if src.Name == "b" && (src.DecodeErrors > 0) != f.errors {
			t.Errorf("%d decoding errors", src.DecodeErrors)
		}
	}
}
