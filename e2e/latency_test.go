package e2e

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

var latency = flag.Duration("latency", 0, "run TestLatency for so long")

// Bounds of the delay that a mix adds to clean local inputs, at 720p30.
const maxMedianLatency, maxLatency = 120 * time.Millisecond, 200 * time.Millisecond

// received is a picture of the mix as it came.
type received struct {
	pkt media.Packet
	at  time.Time
}

// tap keeps a stream's pictures and when each came. It does not decode: that would
// hold up what is measured.
type tap struct {
	mu     sync.Mutex
	config []byte
	all    []received
}

func (*tap) PullConnected()                        {}
func (*tap) PullDisconnected(error, time.Duration) {}
func (r *tap) PullPacket(p media.Packet) {
	now := time.Now()
	if p.Kind != media.Video {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Config {
		r.config = p.Data
		return
	}
	r.all = append(r.all, received{p, now})
}

// TestLatency measures the delay that a mix adds (`make bench-latency`): `lianmai publish`
// puts the time of day into its pictures, 720p30 over RTMP to the service's own server.
// From there both the inputs and the mix are pulled, and what is seen of each is
// compared: the time from an input's picture to the mix's picture that shows it. How much
// later the mix's picture comes than it was drawn, the publisher's coding included, is
// printed too.
func TestLatency(t *testing.T) {
	if *latency == 0 {
		t.Skip("only with -latency DURATION (make bench-latency)")
	}
	s := serve(t)
	base := "rtmp://" + s.rtmp + "/live/"
	args := []string{"start", "--id", "room", "--template", "grid", "--size", "1280x720", "--output", base + "mix"}
	for n := 1; n <= 2; n++ {
		url := fmt.Sprintf("%sp%d", base, n)
		peers.Start(t, binary, "publish", url, "--pattern", fmt.Sprint(n), "--size", "1280x720", "--fps", "30", "--video-bitrate", "2M")
		args = append(args, "--input", fmt.Sprintf("p%d=%s", n, url))
	}
	s.mix(args...)
	ctx, cancel := context.WithTimeout(t.Context(), *latency)
	defer cancel()
	var taps [3]tap // the mix, and the inputs by number
	var pulling sync.WaitGroup
	for i, name := range []string{"mix", "p1", "p2"} {
		u, err := rtmp.ParseURL(base + name)
		check(t, err)
		pulling.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, &taps[i]) })
	}
	pulling.Wait()

	mixed := taps[0].sights(t, 3*time.Second)
	ticks := s.mix("get", "room")["stats"].(map[string]any)["ticks"].(map[string]any)
	t.Logf("ticks late by more than half a frame: %d of %d", count(ticks["late"]), count(ticks["frames"]))
	for n := 1; n <= 2; n++ {
		var total, added []time.Duration
		came := taps[n].sights(t, 0)[n]
		for clock, at := range mixed[n] {
			total = append(total, pattern.ClockDifference(pattern.WrapClock(time.Duration(at.UnixNano())), clock))
			if in, ok := came[clock]; ok {
				added = append(added, at.Sub(in))
			}
		}
		if len(added) < 100 {
			t.Fatalf("participant %d is seen in %d pictures", n, len(added))
		}
		p50, p99 := percentiles(added)
		drawn50, drawn99 := percentiles(total)
		t.Logf("participant %d: %d pictures, from the input to the mix p50 %v, p99 %v; since they were drawn p50 %v, p99 %v", n, len(added), p50, p99, drawn50, drawn99)
		if p50 > maxMedianLatency || p99 > maxLatency {
			t.Errorf("participant %d: want p50 ≤ %v and p99 ≤ %v", n, maxMedianLatency, maxLatency)
		}
	}
}

func percentiles(d []time.Duration) (p50, p99 time.Duration) {
	slices.Sort(d)
	return d[len(d)/2].Round(time.Millisecond / 10), d[len(d)*99/100].Round(time.Millisecond / 10)
}

// sights returns, for each participant, when the picture with each of its clocks came
// first, the first warmUp aside.
func (r *tap) sights(t *testing.T, warmUp time.Duration) map[int]map[time.Duration]time.Time {
	t.Helper()
	if len(r.all) == 0 {
		t.Fatal("nothing was received")
	}
	d, err := decode.NewVideo(media.CodecH264, r.config, decode.VideoOptions{})
	check(t, err)
	defer d.Close()
	var finder pattern.Finder
	all := map[int]map[time.Duration]time.Time{}
	begin := r.all[0].at.Add(warmUp)
	for _, p := range r.all {
		check(t, d.Decode(p.pkt, func(f *media.Frame) {
			defer f.Free()
			if p.at.Before(begin) {
				return
			}
			for _, tile := range finder.Tiles(f, finder.Find(f, nil), nil) {
				if all[tile.Number] == nil {
					all[tile.Number] = map[time.Duration]time.Time{}
				}
				if _, again := all[tile.Number][tile.Clock]; !again {
					all[tile.Number][tile.Clock] = p.at
				}
			}
		}))
	}
	return all
}
