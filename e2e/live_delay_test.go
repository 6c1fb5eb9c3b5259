package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

// delayLoop is longer than any delay: clocks are the same again after it.
const delayLoop = time.Minute

// sight is one participant's clock in a picture, and when that came.
type sight struct {
	number int
	clock  time.Duration
	at     time.Time
}

// liveDelay measures one mix of people with clocks in their pictures, alone on the
// machine: the time from an input's picture to the mix's that shows it, both as they
// are received. It is 0 pictures if the mix does not begin.
func liveDelay(t *testing.T, c liveContender) contest.Delay {
	t.Helper()
	v := openVenue(t, patternPhones(t, t.TempDir(), delayLoop))
	inputs, outputs := v.urls(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var pulling sync.WaitGroup
	taps := make([]tap, 1+livePeople) // the mix, and the inputs
	for i, url := range append(outputs, inputs[0]...) {
		u, err := rtmp.ParseURL(url)
		check(t, err)
		pulling.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, &taps[i]) })
	}
	mixes := c.start(t, inputs, outputs)
	defer mixes.end()
	watching := receive(t, outputs)
	missing := watching.awaitFirst(t.Context(), liveStart)
	watching.stop()
	if missing == 0 {
		pause(t.Context(), liveSettle+*live)
	}
	cancel()
	pulling.Wait()
	if missing > 0 {
		return contest.Delay{}
	}
	var came []sight
	for i := range inputs[0] {
		came = append(came, taps[1+i].clocks(t)...)
	}
	mixed := taps[0].clocks(t)
	settled := time.Time{}
	if len(mixed) > 0 {
		settled = mixed[0].at.Add(liveSettle)
	}
	return delayOf(slices.DeleteFunc(mixed, func(s sight) bool { return s.at.Before(settled) }), came)
}

// clocks returns every sight of every picture.
func (r *tap) clocks(t *testing.T) []sight {
	t.Helper()
	if len(r.all) == 0 {
		t.Fatal("nothing was received")
	}
	d, err := decode.NewVideo(media.CodecH264, r.config, decode.VideoOptions{})
	check(t, err)
	defer d.Close()
	var finder pattern.Finder
	var list []sight
	for _, p := range r.all {
		check(t, d.Decode(p.pkt, func(f *media.Frame) {
			defer f.Free()
			for _, tile := range finder.Tiles(f, finder.Find(f, nil), nil) {
				list = append(list, sight{tile.Number, tile.Clock, p.at})
			}
		}))
	}
	return list
}

// delayOf finds for each sight in the mix the input's picture that it shows: the last
// one with the same clock that came before it, since clips are sent over and over. A
// picture that the mix shows more than once counts by the first time.
func delayOf(mixed, came []sight) contest.Delay {
	type who struct {
		number int
		clock  time.Duration
	}
	arrivals := map[who][]time.Time{}
	for _, s := range came {
		key := who{s.number, s.clock}
		arrivals[key] = append(arrivals[key], s.at)
	}
	shown := map[string]bool{}
	var delays []float64
	for _, s := range mixed {
		var input time.Time
		for _, at := range arrivals[who{s.number, s.clock}] {
			if at.Before(s.at) && at.After(input) {
				input = at
			}
		}
		key := fmt.Sprint(s.number, " ", input.UnixNano())
		if input.IsZero() || shown[key] {
			continue
		}
		shown[key] = true
		delays = append(delays, float64(s.at.Sub(input))/float64(time.Millisecond))
	}
	return contest.Delay{P50: contest.Percentile(delays, 0.5), P99: contest.Percentile(delays, 0.99), Pictures: len(delays)}
}
