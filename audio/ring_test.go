package audio

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// numbered returns frames whose left sample is unique and whose right is its negative.
func numbered(first, frames int) []float32 {
	pcm := make([]float32, frames*Channels)
	for i := range frames {
		// Small enough not to be clamped, coarse enough to be exact.
		pcm[2*i] = float32(first+i) / (1 << 20)
		pcm[2*i+1] = -pcm[2*i]
	}
	return pcm
}

func TestRingReturnsWhatWasWritten(t *testing.T) {
	r := NewRing(1024, 0)
	r.Write(1000, numbered(1, 100))
	r.Write(1200, numbered(101, 50))
	dst := make([]float32, 300*Channels)
	runs := r.Read(950, dst)
	if want := []Run{{1000, 1100}, {1200, 1250}}; !slices.Equal(runs, want) {
		t.Errorf("runs = %v, want %v", runs, want)
	}
	want := make([]float32, 300*Channels)
	copy(want[50*Channels:], numbered(1, 100))
	copy(want[250*Channels:], numbered(101, 50))
	if !slices.Equal(dst, want) {
		t.Error("samples differ")
	}
}

func TestRingContinuesOnlyTheLastWrite(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*Ring)
		want []Run
	}{
		"contiguous": {func(r *Ring) { r.Write(100, numbered(9, 100)) }, []Run{{0, 200}}},
		"after a gap": {func(r *Ring) { r.Write(101, numbered(9, 100)) },
			[]Run{{0, 100}, {101, 201}}},
		"overlap": {func(r *Ring) { r.Write(99, numbered(9, 100)) }, []Run{{0, 99}, {99, 199}}},
		"inside":  {func(r *Ring) { r.Write(10, numbered(9, 10)) }, []Run{{0, 10}, {10, 20}, {20, 100}}},
		"cleared": {func(r *Ring) { r.Clear(100); r.Write(100, numbered(9, 100)) },
			[]Run{{0, 100}, {100, 200}}},
		"cleared within": {func(r *Ring) { r.Clear(50); r.Write(50, numbered(9, 100)) },
			[]Run{{0, 50}, {50, 150}}},
		"filled hole": {func(r *Ring) { r.Write(150, numbered(9, 50)); r.Write(100, numbered(9, 50)) },
			[]Run{{0, 100}, {100, 150}, {150, 200}}},
		"covered": {func(r *Ring) { r.Write(0, numbered(9, 300)) }, []Run{{0, 300}}},
	} {
		r := NewRing(1024, 0)
		r.Write(0, numbered(1, 100))
		test.do(r)
		if got := r.Read(0, nil); !slices.Equal(got, test.want) {
			t.Errorf("%s: runs = %v, want %v", name, got, test.want)
		}
	}
}

func TestRingDropsAndCountsWhatIsOutside(t *testing.T) {
	r := NewRing(1000, 10) // rounds up to 1024
	if r.Capacity() != 1024 {
		t.Fatalf("capacity %d", r.Capacity())
	}
	r.Read(5000-100, make([]float32, 100*Channels))
	if n := r.Write(4950, numbered(1, 100)); n != 50 {
		t.Errorf("a half-late write took %d frames", n)
	}
	if n := r.Write(6000, numbered(1, 100)); n != 24 {
		t.Errorf("a write over the end took %d frames", n)
	}
	for _, at := range []int64{0, 4900, 6024, math.MaxInt64, math.MinInt64} {
		if n := r.Write(at, numbered(1, 100)); n != 0 {
			t.Errorf("a write at %d took %d frames", at, n)
		}
	}
	if n := r.Write(5005, numbered(1, 10)); n != 5 {
		t.Errorf("a write over held frames took %d frames", n)
	}
	want := Counts{Late: 50 + 100 + 100, Ahead: 76 + 100, Held: 5, Overwritten: 5}
	if got := r.Counts(); got != want {
		t.Errorf("counts = %+v, want %+v", got, want)
	}
}

func TestRingBoundsItsRuns(t *testing.T) {
	r := NewRing(1024, 0)
	for i := range int64(100) {
		r.Write(i*4, numbered(1, 2))
	}
	if got := len(r.Read(0, nil)); got != maxRuns {
		t.Errorf("%d runs, want %d", got, maxRuns)
	}
	if got := r.Counts().Crowded; got != (100-maxRuns)*2 {
		t.Errorf("crowded %d", got)
	}
	if n := r.Write(0, numbered(1, 1000)); n != 1000 {
		t.Errorf("a write over everything took %d frames", n)
	}
}

func TestRingSilencesDamage(t *testing.T) {
	r := NewRing(64, 0)
	inf := float32(math.Inf(1))
	r.Write(0, []float32{float32(math.NaN()), 1, inf, -inf, 1e30, -17, 16, -1e-40})
	dst := make([]float32, 8)
	r.Read(0, dst)
	if want := []float32{0, 1, 0, 0, 16, -16, 16, -1e-40}; !slices.Equal(dst, want) {
		t.Errorf("read %v, want %v", dst, want)
	}
	if got := r.Counts().Damaged; got != 5 {
		t.Errorf("damaged = %d", got)
	}
}

func TestRingEnd(t *testing.T) {
	r := NewRing(1024, 0)
	r.Read(0, make([]float32, 100*Channels))
	if got := r.End(); got != 100 {
		t.Errorf("End of an empty ring = %d, want the next frame, 100", got)
	}
	r.Write(200, numbered(1, 50))
	if got := r.End(); got != 250 {
		t.Errorf("End = %d, want 250", got)
	}
	r.Read(100, make([]float32, 200*Channels))
	if got := r.End(); got != 300 {
		t.Errorf("End after all was read = %d, want 300", got)
	}
}

// ringModel is a Ring told simply: a table of what each frame holds.
type ringModel struct {
	frames   map[int64]modelFrame
	next     int64
	started  bool
	open     int64
	openable bool
	run      int
}

type modelFrame struct {
	v   float32
	run int
}

func (m *ringModel) held(hold int64) int64 {
	f, ok := m.frames[m.next]
	if !m.started || !ok {
		return m.next
	}
	i := m.next
	for i < m.next+hold && m.frames[i].run == f.run {
		i++
	}
	return i
}

func (m *ringModel) write(at int64, pcm []float32, capacity, hold int64) {
	if !m.started && len(m.frames) == 0 {
		m.next = at
	}
	last, ok := m.frames[at-1]
	if !(m.openable && m.open == at && ok && at > m.next) {
		m.run++
		last.run = m.run
	}
	// A run that is split by this write goes on under another number.
	held, end := m.held(hold), at+int64(len(pcm)/Channels)
	if f, ok := m.frames[end]; ok && m.frames[end-1].run == f.run && end > held && at < m.next+capacity {
		m.run++
		for i := end; m.frames[i].run == f.run; i++ {
			m.frames[i] = modelFrame{m.frames[i].v, m.run}
		}
	}
	m.openable = false
	for i := at; i < end; i++ {
		if i >= held && i < m.next+capacity {
			m.frames[i] = modelFrame{pcm[(i-at)*Channels], last.run}
			m.open, m.openable = i+1, true
		}
	}
}

func (m *ringModel) clear(from, hold int64) {
	from = max(from, m.held(hold))
	for i := range m.frames {
		if i >= from {
			delete(m.frames, i)
		}
	}
	m.openable = false
}

func (m *ringModel) read(t *rapid.T, at int64, dst []float32, runs []Run, capacity int64) {
	runOf := func(i int64) int {
		for k, r := range runs {
			if i >= r.Start && i < r.End {
				return k + 1
			}
		}
		return 0
	}
	keepFrom := at
	if m.started {
		keepFrom = max(at, m.next)
	}
	for i := range m.frames {
		if i < keepFrom {
			delete(m.frames, i)
		}
	}
	for i := at; i < at+int64(len(dst)/Channels); i++ {
		if dst[(i-at)*Channels] != m.frames[i].v || dst[(i-at)*Channels+1] != -m.frames[i].v {
			t.Fatalf("frame %d is %v, want %v", i, dst[(i-at)*Channels], m.frames[i].v)
		}
	}
	for i := range m.frames {
		here, after := m.frames[i], m.frames[i+1]
		if runOf(i) == 0 {
			t.Fatalf("frame %d is in no run of %v", i, runs)
		}
		if (here.run == after.run) != (runOf(i) == runOf(i+1)) {
			t.Fatalf("seam after frame %d: %v, want %v; runs %v", i, runOf(i) != runOf(i+1), here.run != after.run, runs)
		}
	}
	m.next, m.started = at+int64(len(dst)/Channels), true
	for i := range m.frames {
		if i < m.next || i >= m.next+capacity {
			delete(m.frames, i)
		}
	}
}

func TestRingAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const capacity = 256
		hold := int64(rapid.IntRange(0, 20).Draw(t, "hold"))
		r := NewRing(capacity, int(hold))
		r.pcm = r.pcm[:rapid.SampledFrom([]int{16, capacity}).Draw(t, "memory")*Channels] // grows
		m := &ringModel{frames: map[int64]modelFrame{}}
		base := rapid.SampledFrom([]int64{0, -300, 1 << 40}).Draw(t, "base")
		m.next = base
		r.Read(base, nil)
		m.started = true
		written := 1
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				at := m.next + int64(rapid.IntRange(-50, capacity+20).Draw(t, "at"))
				n := rapid.IntRange(1, 100).Draw(t, "frames")
				pcm := numbered(written, n)
				written += n
				r.Write(at, pcm)
				m.write(at, pcm, capacity, hold)
			},
			"continue": func(t *rapid.T) {
				n := rapid.IntRange(1, 60).Draw(t, "frames")
				at := r.End()
				pcm := numbered(written, n)
				written += n
				r.Write(at, pcm)
				m.write(at, pcm, capacity, hold)
			},
			"read": func(t *rapid.T) {
				at := m.next
				if rapid.IntRange(0, 4).Draw(t, "jump") == 0 {
					at += int64(rapid.IntRange(-100, 100).Draw(t, "by"))
				}
				dst := make([]float32, rapid.IntRange(0, 80).Draw(t, "frames")*Channels)
				m.read(t, at, dst, r.Read(at, dst), capacity)
			},
			"clear": func(t *rapid.T) {
				at := m.next + int64(rapid.IntRange(-10, capacity).Draw(t, "at"))
				r.Clear(at)
				m.clear(at, hold)
			},
		})
	})
}

// FuzzRingWrite throws hostile positions and samples at a ring: it must stay within
// its window and hand out finite samples only.
func FuzzRingWrite(f *testing.F) {
	f.Add(int64(0), []byte{1, 2, 3, 4, 5, 6, 7, 8}, int64(10))
	f.Add(int64(math.MaxInt64), []byte{0xff, 0xff, 0xff, 0x7f, 0, 0, 0xc0, 0x7f}, int64(-5))
	f.Fuzz(func(t *testing.T, at int64, raw []byte, then int64) {
		pcm := make([]float32, len(raw)/4)
		for i := range pcm {
			pcm[i] = math.Float32frombits(uint32(raw[4*i]) | uint32(raw[4*i+1])<<8 | uint32(raw[4*i+2])<<16 | uint32(raw[4*i+3])<<24)
		}
		r := NewRing(64, 8)
		dst := make([]float32, 64*Channels)
		r.Write(at, pcm)
		r.Write(then, pcm)
		from := r.End() - 64
		if at > -maxIndex && at < maxIndex {
			from = at
		}
		for _, run := range r.Read(from, dst) {
			if run.Start >= run.End {
				t.Errorf("empty run %v", run)
			}
		}
		r.Write(then, pcm)
		r.Clear(then)
		for _, v := range dst {
			if !(v >= -maxSample && v <= maxSample) {
				t.Errorf("sample %v", v)
			}
		}
	})
}

func TestRingWithWriterAndReader(t *testing.T) {
	r := NewRing(4096, 32)
	const total = 200_000
	progress := make(chan int64, 1) // what has been read
	var wg sync.WaitGroup
	wg.Go(func() {
		read := int64(0)
		for at := int64(0); at < total; at += 100 {
			for at+100 > read+4000 {
				read = <-progress
			}
			r.Write(at, numbered(int(at), 100))
		}
	})
	dst := make([]float32, 64*Channels)
	for at := int64(0); at < total; {
		if r.End() < min(at+64, total) {
			select {
			case progress <- at:
			default:
			}
			runtime.Gosched()
			continue
		}
		n := min(64, total-at)
		r.Read(at, dst[:n*Channels])
		for i := range n {
			if want := float32(at+i) / (1 << 20); dst[2*i] != want {
				t.Fatalf("frame %d is %v, want %v", at+i, dst[2*i], want)
			}
		}
		at += n
		select {
		case <-progress:
		default:
		}
		progress <- at
	}
	wg.Wait()
}
