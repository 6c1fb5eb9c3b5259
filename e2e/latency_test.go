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

// TestLatency measures how much later than their publishers drew them the pictures of a
// mix reach its audience (`make bench-latency`): `lianmai publish` puts the time of day
// into its pictures, 720p30 over RTMP to the service's own server; the mix is pulled from
// there. All on one machine, so what is measured holds the publisher's coding too.
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
	u, err := rtmp.ParseURL(base + "mix")
	check(t, err)
	r := &tap{}
	ctx, cancel := context.WithTimeout(t.Context(), *latency)
	defer cancel()
	_ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, r)

	delays := r.delays(t, 3*time.Second)
	ticks := s.mix("get", "room")["stats"].(map[string]any)["ticks"].(map[string]any)
	t.Logf("ticks late by more than half a frame: %d of %d", count(ticks["late"]), count(ticks["frames"]))
	for n := 1; n <= 2; n++ {
		d := delays[n]
		if len(d) < 100 {
			t.Fatalf("participant %d is seen in %d pictures", n, len(d))
		}
		slices.Sort(d)
		p50, p99 := d[len(d)/2], d[len(d)*99/100]
		t.Logf("participant %d: %d pictures, delay p50 %v, p99 %v, least %v, most %v", n, len(d), p50, p99, d[0], d[len(d)-1])
		if p50 > maxMedianLatency || p99 > maxLatency {
			t.Errorf("participant %d: want p50 ≤ %v and p99 ≤ %v", n, maxMedianLatency, maxLatency)
		}
	}
}

// delays returns, for each participant, how long after it was drawn each of its
// pictures came, the first warmUp aside.
func (r *tap) delays(t *testing.T, warmUp time.Duration) map[int][]time.Duration {
	t.Helper()
	if len(r.all) == 0 {
		t.Fatal("nothing was received")
	}
	d, err := decode.NewVideo(media.CodecH264, r.config, decode.VideoOptions{})
	check(t, err)
	defer d.Close()
	var finder pattern.Finder
	all, last := map[int][]time.Duration{}, map[int]time.Duration{}
	begin := r.all[0].at.Add(warmUp)
	for _, p := range r.all {
		check(t, d.Decode(p.pkt, func(f *media.Frame) {
			defer f.Free()
			if p.at.Before(begin) {
				return
			}
			for _, tile := range finder.Tiles(f, finder.Find(f, nil), nil) {
				if tile.Clock != last[tile.Number] { // a repeated picture is not a new one
					now := pattern.WrapClock(time.Duration(p.at.UnixNano()))
					all[tile.Number] = append(all[tile.Number], pattern.ClockDifference(now, tile.Clock).Round(time.Millisecond/10))
				}
				last[tile.Number] = tile.Clock
			}
		}))
	}
	return all
}
