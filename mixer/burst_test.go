package mixer

import (
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// After bursts the delay is back at its floor within 30 s. A pause of more than a second
// makes the mapping anew instead, so that is the worst there is.
func TestTimelineIsBackAtItsFloorHalfAMinuteAfterABurst(t *testing.T) {
	for _, burst := range []time.Duration{200 * ms, 700 * ms, 960 * ms} {
		s := &sender{t: t}
		s.run(15 * time.Second)
		// Four times nothing comes for a while, then everything at once.
		for range 4 {
			until := s.arrival + burst
			s.late = func() time.Duration { return max(0, until-s.arrival) }
			s.run(burst)
			s.late = nil
			s.run(2 * time.Second)
		}
		if s.tl.delay < burst {
			t.Errorf("after bursts of %v the delay is %v", burst, s.tl.delay)
		}
		s.run(28 * time.Second) // and the 2 s above
		least, most := s.run(5 * time.Second)
		s.wantLead("half a minute later", least, most, minDelay, minDelay)
		s.wantResets(1)
	}
}

// A line that gets slower and slower, far beyond what the delay may be, is followed
// within two seconds, not when the last ten are forgotten.
func TestTimelineFollowsASlowTrickleAtOnce(t *testing.T) {
	s := &sender{t: t}
	s.run(15 * time.Second)
	late := time.Duration(0)
	s.late = func() time.Duration { late = min(late+4*ms, 3*time.Second); return late }
	behind := time.Duration(0) // how long in a row packets have come too late
	for range 40 * 50 {
		before := s.latest
		if least, _ := s.run(20 * ms); least < 0 {
			behind += s.latest - before
		} else {
			behind = 0
		}
		if behind > 2200*ms {
			t.Fatalf("at %v packets have come too late for %v", s.latest, behind)
		}
	}
}

// On the air: half a minute after a burst of 0.9 s the guest is seen and heard as
// soon as before, and on the way back its tone neither stops nor clicks, and its
// lips are in sync.
func TestDelayComesBackUnheard(t *testing.T) {
	liveAtStart(t)
	const d, floor = 36 * time.Second, 33 * time.Second
	net := &network{ready: make(chan struct{})}
	net.coming = eachMedia(clearSky(t, d), func(a *arrival) {
		if a.at > 2*time.Second && a.at < 2900*ms {
			a.at = 2900*ms + a.at/1000
		}
	})
	st := liveTheatre(t, d-500*ms, net)
	tape := st.play()
	tape.cadence(t, d-500*ms)
	var all, behind []time.Duration
	for _, sh := range tape.shots(t) {
		tile, ok := sh.tiles[1]
		if sh.at < 4*time.Second {
			continue
		}
		late := sh.at - tile.Clock
		if !ok || late < -40*ms || late > 1100*ms || sh.at > floor && late > 110*ms {
			t.Errorf("at %v seen: %v, late by %v", sh.at, ok, late)
		}
		all = append(all, late)
		if sh.at > floor {
			behind = append(behind, late)
		}
	}
	if all[0] < 800*ms {
		t.Errorf("after the burst late by %v", all[0])
	}
	pcm := tape.sound(t)
	checkSync(t, pcm, floor, 0, behind)
	for at := 4 * time.Second; at+100*ms < d-600*ms; at += 50 * ms {
		if level := toneDB(pcm, 1, at, at+100*ms); level < pattern.ToneLevel-3 {
			t.Errorf("at %v the tone has %.1f dBFS", at, level)
		}
	}
	checkLips(t, tape, pcm, 4*time.Second, 40*ms)
}

// checkLips holds each beep of participant 1 against the flash that it belongs to: the
// whole second of the clock in the picture.
func checkLips(t *testing.T, tape *tape, pcm []float32, from, most time.Duration) {
	t.Helper()
	skews := lips(t, tape, pcm, from)
	if len(skews) == 0 {
		t.Fatal("no beep is heard")
	}
	for _, s := range skews {
		if abs(s.by) > most {
			t.Errorf("the beep at %v is %v later than its picture", s.at, s.by)
		}
	}
}

// skew is how much later a beep is heard than its picture is seen.
type skew struct{ at, by time.Duration }

// lips returns the skew of each beep of participant 1 that is heard after from. The
// picture's lateness is the mean over the half second before and after: single pictures
// are late by up to a frame time.
func lips(t *testing.T, tape *tape, pcm []float32, from time.Duration) (all []skew) {
	t.Helper()
	shots := tape.shots(t)
	for _, n := range measure.Onsets(pcm, pattern.Beep(1), -30) {
		at := media.SampleTime(int64(n)) - pattern.BeepEdge/2
		var sum time.Duration
		count := 0
		for _, sh := range shots {
			if tile, ok := sh.tiles[1]; ok && abs(sh.at-at) < 500*ms {
				sum += sh.at - tile.Clock
				count++
			}
		}
		if at < from || count == 0 {
			continue
		}
		late := at - sum/time.Duration(count) // on the guest's clock
		all = append(all, skew{at, late - late.Round(time.Second)})
	}
	return all
}
