package mixer

import (
	"context"
	"flag"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

var faultsFor = flag.Duration("faults", 0, "run TestFaultsInALoop for so much session time")

// counter is a Sink that keeps nothing: it only counts gaps and repeats.
type counter struct {
	rate  media.FrameRate
	next  [2]int64
	wrong int
}

func (c *counter) Write(p media.Packet) {
	want := c.rate.Time(c.next[media.Video])
	if p.Kind == media.Audio {
		want = media.SampleTime(c.next[media.Audio] * 1024)
	}
	if p.DTS != want {
		c.wrong++
	}
	c.next[p.Kind]++
}

func (*counter) Stats() OutputStats          { return OutputStats{} }
func (*counter) Close(context.Context) error { return nil }

// TestFaultsInALoop lets one participant of a mix go through the whole list of faults
// over and over (`make faults`), on the virtual clock. It prints the figures and fails on
// a gap in the output, on native objects that are left and on memory that grows.
func TestFaultsInALoop(t *testing.T) {
	if *faultsFor == 0 {
		t.Skip("only with -faults DURATION (make faults)")
	}
	liveAtStart(t)
	list := slices.Concat(connectionFaults, trackFaults, formatFaults, stampFaults, damageFaults)
	var streams [][]arrival
	for _, f := range list {
		stream := inOrder(f.stream(t))
		streams = append(streams, slices.DeleteFunc(stream, func(a arrival) bool { return a.at >= faultLength }))
	}
	networks := []*network{endless(t, 1), {ready: make(chan struct{})}, endless(t, 3)}
	st := liveTheatre(t, *faultsFor, networks...)
	st.spec.Layout.PlaceholderAfter = 2 * time.Second
	out := &counter{rate: st.spec.Video.FrameRate}
	st.opts.OpenSink = func(Output, Header, func(), func(OutputState, string)) (Sink, error) { return out, nil }
	st.opts.Observe = func(Event) {}
	var usage []memory
	fault := 0
	st.opts.Clock.(*weatherClock).see = func(s *Session) {
		at := time.Duration(fault) * faultLength
		if time.Duration(s.at.Load()) < at-100*ms {
			return
		}
		if fault > 0 && fault%len(list) == 0 {
			usage = append(usage, measureMemory(t))
			t.Logf("after %v and %d faults: heap %.1f MB, resident %.1f MB, %d native objects", at, fault, usage[len(usage)-1].heap, usage[len(usage)-1].resident, usage[len(usage)-1].native)
		}
		networks[1].coming = append(networks[1].coming, arrival{at: at, link: disconnect})
		networks[1].later(streams[fault%len(list)], at, 0)
		for i, n := range []int{1, 3} {
			networks[2*i].later(round(t, n), at, at)
		}
		fault++
	}
	s := st.start()
	<-s.Done()
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%v of faults: %d pictures, %d blocks of sound, %d gaps or repeats", *faultsFor, out.next[media.Video], out.next[media.Audio], out.wrong)
	if out.wrong > 0 {
		t.Errorf("%d gaps or repeats in the output", out.wrong)
	}
	if len(usage) < 2 {
		t.Logf("two rounds take %v; memory is not judged", 2*time.Duration(len(list))*faultLength)
		return
	}
	// The allocators settle in the first round.
	first, last := usage[0], usage[len(usage)-1]
	if last.heap > first.heap*1.1+5 || last.resident > first.resident*1.1+10 || last.native > first.native+100 {
		t.Errorf("memory grew from %+v to %+v", first, last)
	}
}

// endless is the network of a healthy participant that only just came.
func endless(t *testing.T, number int) *network {
	t.Helper()
	return &network{coming: slices.DeleteFunc(scenes(t, guest{number: number, to: faultLength}).coming, func(a arrival) bool {
		return a.link == nil && !a.pkt.Config
	}), ready: make(chan struct{})}
}

// round is a round of a healthy participant's media.
func round(t *testing.T, number int) []arrival {
	t.Helper()
	return slices.DeleteFunc(scenes(t, guest{number: number, to: faultLength}).coming, func(a arrival) bool {
		return a.link != nil || a.pkt.Config
	})
}

// later adds arrivals, moved to a later time, and their stamps with them.
func (f *network) later(all []arrival, at, stamp time.Duration) {
	for _, a := range all {
		a.at += at
		if a.link == nil && stamp != 0 {
			a.pkt.DTS, a.pkt.PTS = (a.pkt.DTS+stamp)%wrap, (a.pkt.PTS+stamp)%wrap
		}
		f.coming = append(f.coming, a)
	}
}

// memory is what the process uses, in MB, and how many native objects are alive.
type memory struct {
	heap, resident float64
	native         int64
}

func measureMemory(t *testing.T) memory {
	t.Helper()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := memory{heap: float64(stats.HeapAlloc) / 1e6, native: int64(media.Live())}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.ParseFloat(fields[1], 64)
			m.resident = pages * float64(os.Getpagesize()) / 1e6
		}
	}
	return m
}
