package mixer

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
)

const ms = time.Millisecond

// sender feeds a timeline as a source does: pictures every 40 ms and sound every
// 20 ms, with stamps as they are on the wire.
type sender struct {
	t       *testing.T
	tl      timeline
	ts      time.Duration // of the sender's clock, not wrapped
	arrival time.Duration
	resets  int
	late    func() time.Duration // extra transit time of the next packet; nil for none
	latest  time.Duration        // of what was handed over: arrivals never go back
}

// send hands over one packet and returns how long after its arrival it is shown.
func (s *sender) send(kind media.Kind, ts time.Duration) (lead time.Duration) {
	at := s.arrival
	if s.late != nil {
		at += s.late()
	}
	s.latest = max(s.latest, at)
	unwrapped, reset := s.tl.observe(kind, ts%wrap, s.latest)
	if reset {
		s.resets++
	}
	if s.tl.delay < minDelay || s.tl.delay > maxDelay {
		s.t.Fatalf("delay %v at %v", s.tl.delay, s.latest)
	}
	return s.tl.at(unwrapped) - s.latest
}

// run sends for d and returns the least and the greatest lead of all packets.
func (s *sender) run(d time.Duration) (least, most time.Duration) {
	least, most = time.Hour, -time.Hour
	for end := s.arrival + d; s.arrival < end; {
		for i := range 2 {
			if i == 0 {
				lead := s.send(media.Video, s.ts)
				least, most = min(least, lead), max(most, lead)
			}
			lead := s.send(media.Audio, s.ts)
			least, most = min(least, lead), max(most, lead)
			s.ts += 20 * ms
			s.arrival += 20 * ms
		}
	}
	return least, most
}

func (s *sender) wantLead(what string, least, most, from, to time.Duration) {
	s.t.Helper()
	if least < from || most > to {
		s.t.Errorf("%s: packets are shown %v–%v after they arrive, want %v–%v", what, least, most, from, to)
	}
}

func (s *sender) wantResets(n int) {
	s.t.Helper()
	if s.resets != n {
		s.t.Errorf("mapping made anew %d times, want %d", s.resets, n)
	}
}

func TestTimelineStartsAnywhere(t *testing.T) {
	for _, start := range []time.Duration{0, 1 * ms, 16_777_215 * ms, 16_777_216 * ms, 1 << 31 * ms, wrap - ms} {
		s := &sender{t: t, ts: start, arrival: 7 * time.Second}
		least, most := s.run(5 * time.Second)
		s.wantLead(start.String(), least, most, minDelay, minDelay)
		s.wantResets(1)
	}
}

func TestTimelineGoesOnThroughTheWrapOfItsStamps(t *testing.T) {
	s := &sender{t: t, ts: wrap - 3*time.Second}
	least, most := s.run(6 * time.Second)
	s.wantLead("wrap", least, most, minDelay, minDelay)
	s.wantResets(1)

	// 100 days, twice around.
	s = &sender{t: t}
	for range 100 * 24 * 360 {
		if lead := s.send(media.Video, s.ts); lead != minDelay {
			t.Fatalf("after %v packets are shown %v after they arrive", s.arrival, lead)
		}
		s.ts += 10 * time.Second
		s.arrival += 10 * time.Second
	}
	s.wantResets(1)
}

func TestTimelineTakesLateStampsFromBeforeTheWrap(t *testing.T) {
	s := &sender{t: t, ts: wrap - 2*time.Second}
	s.run(2*time.Second + 20*ms)
	if got := s.tl.unwrap(wrap - 100*ms); got != wrap-100*ms {
		t.Errorf("a stamp from before the wrap is unwrapped to %v, want %v", got, wrap-100*ms)
	}
	if got := s.tl.unwrap(100 * ms); got != wrap+100*ms {
		t.Errorf("a stamp from after the wrap is unwrapped to %v, want %v", got, wrap+100*ms)
	}
}

func TestTimelineFollowsAClockThatLeaps(t *testing.T) {
	for name, leap := range map[string]time.Duration{
		"hours ahead": 5 * time.Hour, "two seconds ahead": 2 * time.Second,
		"hours back": -5 * time.Hour, "two seconds back": -2 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			s := &sender{t: t, ts: 10 * time.Hour}
			s.run(20 * time.Second)
			s.ts += leap
			least, most := s.run(20 * time.Second)
			s.wantLead(name, least, most, minDelay, minDelay+25*ms)
			s.wantResets(2)
		})
	}
	t.Run("reset to 0", func(t *testing.T) {
		s := &sender{t: t, ts: 30 * 24 * time.Hour}
		s.run(20 * time.Second)
		s.ts = 0
		least, most := s.run(20 * time.Second)
		s.wantLead("reset", least, most, minDelay, minDelay)
		s.wantResets(2)
	})
	t.Run("sound leaps first", func(t *testing.T) {
		// Sound goes back to 0 while pictures of the old clock are still on their way.
		s := &sender{t: t, ts: time.Hour}
		s.run(20 * time.Second)
		s.send(media.Audio, 0)
		s.send(media.Video, s.ts)
		s.send(media.Audio, 20*ms)
		s.ts, s.arrival = 40*ms, s.arrival+40*ms
		least, most := s.run(3 * time.Second)
		s.wantLead("after both went back", least, most, delayMargin, minDelay+60*ms)
	})
}

func TestTimelineIgnoresTheBurstOfAGOPCache(t *testing.T) {
	s := &sender{t: t, ts: 4 * time.Hour}
	for range 100 { // 4 s of media within 5 ms
		s.send(media.Video, s.ts)
		s.send(media.Audio, s.ts)
		s.ts += 40 * ms
		s.arrival += 50 * time.Microsecond
	}
	least, most := s.run(5 * time.Second)
	s.wantLead("after the burst", least, most, minDelay, minDelay+45*ms)
	s.wantResets(1)
}

func TestTimelineDelayGrowsWithJitterAndComesBack(t *testing.T) {
	s := &sender{t: t}
	s.run(15 * time.Second)
	i := 0
	s.late = func() time.Duration { // once a second nothing comes for 180 ms
		if i++; i%75 == 0 {
			return 180 * ms
		}
		return 0
	}
	s.run(2 * time.Second)
	least, _ := s.run(20 * time.Second)
	if least < delayMargin {
		t.Errorf("with 180 ms of jitter packets are shown %v after they arrive", least)
	}
	if s.tl.delay < 180*ms || s.tl.delay > 180*ms+2*delayMargin {
		t.Errorf("delay %v with 180 ms of jitter", s.tl.delay)
	}
	if j := s.tl.jitter(); j != 180*ms {
		t.Errorf("jitter %v, want 180 ms", j)
	}
	s.late = nil
	s.run(buckets * time.Second)
	s.run(180*ms/slewPerSecond*time.Second + 5*easing) // the slew takes that long
	least, most := s.run(5 * time.Second)
	s.wantLead("after the jitter", least, most, minDelay, minDelay)
	s.wantResets(1)
}

// Three seconds of nothing, and then what was held back at once: the source goes
// on at its live edge and does not stay late.
func TestTimelineAfterAStallAndABurst(t *testing.T) {
	s := &sender{t: t}
	s.run(15 * time.Second)
	s.arrival += 3 * time.Second
	for range 75 { // 3 s of media
		s.send(media.Video, s.ts)
		s.send(media.Audio, s.ts)
		s.ts += 40 * ms
		s.arrival += 100 * time.Microsecond
	}
	least, most := s.run(time.Second)
	s.wantLead("after the burst", least, most, delayMargin, minDelay+60*ms)
	least, most = s.run(20 * time.Second)
	s.wantLead("later", least, most, delayMargin, minDelay+60*ms)
}

// The sender stopped, clock and all, and goes on where it was: late for ever, but
// steady.
func TestTimelineFollowsASourceThatIsLateForEver(t *testing.T) {
	for _, pause := range []time.Duration{300 * ms, 1200 * ms, 1700 * ms, 5 * time.Second, time.Minute} {
		s := &sender{t: t}
		s.run(15 * time.Second)
		s.arrival += pause
		least, _ := s.run(2 * time.Second)
		if least < delayMargin {
			t.Errorf("after a pause of %v packets are shown %v after they arrive", pause, least)
		}
		s.run(buckets * time.Second)
		s.run(maxDelay/slewPerSecond*time.Second + 5*easing)
		least, most := s.run(time.Second)
		s.wantLead("in the end", least, most, minDelay, minDelay)
	}
}

// Packets that come later and later without a break, such as by a line that is too
// slow, are followed once the good times are forgotten.
func TestTimelineFollowsASlowTrickle(t *testing.T) {
	s := &sender{t: t}
	s.run(15 * time.Second)
	late := time.Duration(0)
	s.late = func() time.Duration { late = min(late+10*ms, 5*time.Second); return late }
	s.run((buckets + 10) * time.Second)
	least, _ := s.run(10 * time.Second)
	if least < delayMargin {
		t.Errorf("packets are shown %v after they arrive", least)
	}
}

func TestTimelineKeepsSoundAndPicturesTogetherOutOfOrder(t *testing.T) {
	// Sound is 300 ms behind the pictures in the stream.
	s := &sender{t: t, ts: time.Hour}
	for range 1000 {
		s.send(media.Video, s.ts)
		lead := s.send(media.Audio, s.ts-300*ms)
		if s.arrival > 2*time.Second && lead < delayMargin {
			t.Fatalf("at %v sound is shown %v after it arrives", s.arrival, lead)
		}
		s.ts += 40 * ms
		s.arrival += 40 * ms
	}
	s.wantResets(1)
	if s.tl.delay > 300*ms+2*delayMargin {
		t.Errorf("delay %v", s.tl.delay)
	}
}

func TestTimelineFollowsDrift(t *testing.T) {
	for _, ppm := range []float64{200, -200} {
		s := &sender{t: t}
		least, most := time.Hour, -time.Hour
		for n := range 3600 * 25 {
			s.arrival = time.Duration(float64(n) * 40e6)
			lead := s.send(media.Video, time.Duration(float64(s.arrival)*(1+ppm*1e-6)).Truncate(ms))
			least, most = min(least, lead), max(most, lead)
		}
		s.wantLead("drift", least, most, delayMargin, minDelay+10*ms)
		s.wantResets(1)
	}
}

func TestTimelineProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var tl timeline
		start := time.Duration(rapid.Int64Range(0, 1<<32-1).Draw(rt, "start")) * ms
		worst := rapid.IntRange(0, 700).Draw(rt, "jitter")
		var ts, arrival, latest time.Duration
		var lastAt, lastTS, lastArrival time.Duration
		epoch := 0
		packet := func(jitter int) {
			latest = max(latest, arrival+time.Duration(jitter)*ms)
			unwrapped, _ := tl.observe(media.Video, (start+ts)%wrap, latest)
			at := tl.at(unwrapped)
			if tl.delay < minDelay || tl.delay > maxDelay {
				rt.Fatalf("delay %v", tl.delay)
			}
			// Within an epoch, once sound is playing, the mapping goes back no faster
			// than the slew.
			if tl.epoch == epoch && latest-tl.since >= settle+time.Second {
				slew := slewPerSecond*(latest-lastArrival)/time.Second + time.Nanosecond
				if at-lastAt < ts-lastTS-slew {
					rt.Fatalf("at %v mapped time went on by %v, stamps by %v", latest, at-lastAt, ts-lastTS)
				}
			}
			epoch, lastAt, lastTS, lastArrival = tl.epoch, at, ts, latest
			ts += 40 * ms
			arrival += 40 * ms
		}
		for _, j := range rapid.SliceOfN(rapid.IntRange(0, worst), 50, 400).Draw(rt, "late") {
			packet(j)
		}
		if tl.epoch != 1 {
			rt.Fatalf("jitter of %d ms made the mapping anew %d times", worst, tl.epoch-1)
		}
		// Then nothing but good weather: back to the floor.
		for end := arrival + buckets*time.Second + maxDelay/slewPerSecond*time.Second + 5*easing; arrival < end; {
			packet(0)
		}
		if tl.delay != minDelay || lastAt-lastArrival != minDelay {
			rt.Fatalf("delay %v, shown %v after arrival; want %v", tl.delay, lastAt-lastArrival, minDelay)
		}
	})
}

// Whatever the stamps are, the timeline neither stops nor leaves its bounds.
func TestTimelineSurvivesAnyStamps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var tl timeline
		var arrival time.Duration
		for range 300 {
			arrival += time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(rt, "gap"))
			ts := time.Duration(rapid.Int64Range(0, 1<<32-1).Draw(rt, "ts")) * ms
			kind := media.Kind(rapid.IntRange(0, 1).Draw(rt, "kind"))
			tl.observe(kind, ts, arrival)
			if tl.delay < minDelay || tl.delay > maxDelay {
				rt.Fatalf("delay %v", tl.delay)
			}
		}
	})
}
