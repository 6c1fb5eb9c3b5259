package mixer

import (
	"time"

	"github.com/lianmai/lianmai/media"
)

// How a timeline follows its source.
const (
	// minDelay is the least time from a packet's arrival to its being heard; pictures
	// have pictureLag more. It covers the machine's own unevenness.
	minDelay = 30 * time.Millisecond
	// maxDelay bounds what a bad network may add.
	maxDelay = 1500 * time.Millisecond
	// delayMargin is added to the spread of arrivals that was measured.
	delayMargin = 15 * time.Millisecond
	// jump is how far a source's clock may leave its course before the mapping is
	// made anew.
	jump = time.Second
	// settle is how long a new mapping follows the earliest packets freely, so
	// that the burst of a server's GOP cache does not count as jitter.
	settle = time.Second
	// slewPerSecond bounds how fast a mapping moves once sound is playing: 1.5 s of delay
	// is gone 17 s after its cause is forgotten. Up to leastSlew the sound is only played
	// faster or slower, which nobody hears; beyond, pieces are left out or played twice.
	slewPerSecond = 90 * time.Millisecond
	leastSlew     = 5 * time.Millisecond
	// easing is the time constant of the last part of the way, so that the mapping
	// settles gently.
	easing = time.Second
	// wrap is where RTMP's 32-bit milliseconds start again.
	wrap = (1 << 32) * time.Millisecond
	// buckets of one second each remember the spread of arrivals.
	buckets = 10
)

// timeline maps one source's own timestamps, of its pictures and its sound alike,
// to session time: session = ts + offset. It is pure: arrival times are handed in.
//
// The earliest packets tell how far the source's clock is from the session's (the
// base); what comes later than they did is jitter, and the delay is as large as the
// jitter of the last ten seconds asks for.
type timeline struct {
	started bool
	epoch   int // rises when the mapping is made anew
	since   time.Duration
	last    [2]time.Duration // newest unwrapped timestamp of each kind
	seen    [2]bool

	offset   time.Duration
	delay    time.Duration
	moved    time.Duration // arrival of the packet that last moved the offset
	low      [buckets]time.Duration
	high     [buckets]time.Duration
	used     [buckets]bool
	bucket   int
	bucketAt time.Duration
	drift    driftMeter
}

// observe takes in a packet's timestamp and when it arrived, in session time. It
// returns the timestamp unwrapped; map it with at. reset says that the mapping was
// made anew: what follows has no connection to what came before.
func (t *timeline) observe(kind media.Kind, ts, arrival time.Duration) (unwrapped time.Duration, reset bool) {
	unwrapped = t.unwrap(ts)
	transit := arrival - unwrapped
	switch {
	case !t.started:
		reset = true
	case t.seen[kind] && unwrapped < t.last[kind]-jump:
		reset = true // the source's clock went back
	case transit < t.base()-jump && arrival-t.since > settle:
		reset = true // it leapt ahead
	case arrival-t.moved > jump && transit > t.base()+jump:
		// It was silent. Either its clock stood still, then it is late for ever, or it
		// sends at once what it held back, then the new mapping goes along to its end.
		reset = true
	}
	if reset {
		t.restart(arrival)
	}
	// A clock that stands still says nothing of the way: some senders stamp with 0 until
	// they have found their beat.
	stands := !reset && t.seen[kind] && unwrapped == t.last[kind]
	t.last[kind], t.seen[kind] = unwrapped, true
	if !stands {
		t.measure(transit, arrival)
		t.follow(transit, arrival)
	}
	return unwrapped, reset
}

// at returns the session time of an unwrapped timestamp.
func (t *timeline) at(unwrapped time.Duration) time.Duration { return unwrapped + t.offset }

// jitter returns the spread of arrivals within the last ten seconds.
func (t *timeline) jitter() time.Duration {
	if !t.started {
		return 0
	}
	low, high := t.spread()
	return high - low
}

func (t *timeline) restart(arrival time.Duration) {
	*t = timeline{started: true, epoch: t.epoch + 1, since: arrival, bucketAt: arrival, moved: arrival}
}

// unwrap carries on past the end of 32-bit milliseconds: of the values that ts may
// stand for it takes the one nearest to the newest timestamp.
func (t *timeline) unwrap(ts time.Duration) time.Duration {
	if !t.started || ts < 0 {
		return ts
	}
	newest := max(t.last[media.Video], t.last[media.Audio])
	for ts < newest-wrap/2 {
		ts += wrap
	}
	return ts
}

// measure files the packet's transit time under the current second.
func (t *timeline) measure(transit, arrival time.Duration) {
	for arrival-t.bucketAt >= time.Second {
		if t.used[t.bucket] && arrival-t.since > settle {
			t.drift.second(t.low[t.bucket], t.bucketAt)
			t.forgetBetterTimes()
		}
		t.bucket = (t.bucket + 1) % buckets
		t.used[t.bucket] = false
		t.bucketAt += time.Second
		if arrival-t.bucketAt > buckets*time.Second {
			t.used = [buckets]bool{}
			t.bucketAt = arrival
		}
	}
	b := t.bucket
	if !t.used[b] {
		t.used[b], t.low[b], t.high[b] = true, transit, transit
		return
	}
	t.low[b] = min(t.low[b], transit)
	t.high[b] = max(t.high[b], transit)
}

// forgetBetterTimes looks at a second that is over. If even its quickest packet was too
// late for the mapping, what was measured before it is no more than a memory: a line
// that is too slow, or a sender that stood still.
func (t *timeline) forgetBetterTimes() {
	if low := t.low[t.bucket]; low > t.offset-minDelay/2 {
		t.used = [buckets]bool{}
		t.used[t.bucket] = true
	}
}

func (t *timeline) spread() (low, high time.Duration) {
	first := true
	for b := range buckets {
		if !t.used[b] {
			continue
		}
		if first {
			low, high, first = t.low[b], t.high[b], false
		}
		low, high = min(low, t.low[b]), max(high, t.high[b])
	}
	return low, high
}

func (t *timeline) base() time.Duration {
	low, _ := t.spread()
	return low
}

// follow moves the offset to where base and delay want it: freely while the
// mapping is new, at once where packets would come too late, slowly otherwise.
func (t *timeline) follow(transit, arrival time.Duration) {
	low, high := t.spread()
	if arrival-t.since < settle {
		// Only the newest second counts: drop what a burst of old media taught.
		if transit <= low {
			t.low[t.bucket], t.high[t.bucket] = transit, transit
			low, high = transit, transit
		}
	}
	t.delay = min(max(high-low+delayMargin, minDelay), maxDelay)
	want := low + t.delay
	if arrival-t.since < settle || want-t.offset > jump {
		t.offset, t.moved = want, arrival
		return
	}
	step := slew(want-t.offset, arrival-t.moved)
	t.moved = arrival
	switch {
	case transit > t.offset-minDelay/2:
		// This packet leaves no time to decode it: grow now.
		t.offset = max(t.offset, min(want, transit+minDelay))
	case t.offset > want:
		t.offset -= min(step, t.offset-want)
	case t.offset < want:
		t.offset += min(step, want-t.offset)
	}
}

// slew returns how far a mapping that is off by so much moves within d: the faster the
// more it is off.
func slew(off, d time.Duration) time.Duration {
	speed := min(max(abs(off)*time.Second/easing, leastSlew), slewPerSecond) // a second
	return speed * (min(max(0, d), time.Second) / time.Microsecond) / time.Duration(time.Second/time.Microsecond)
}
