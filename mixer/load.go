package mixer

import (
	"fmt"
	"time"

	"github.com/lianmai/lianmai/media"
)

// How a mix gives way on an overloaded machine, and comes back.
const (
	// troubleFor is how long it must be too slow to go down a level.
	troubleFor = 2 * time.Second
	// calmFor is how long it must have headroom to come back up one. That doubles with
	// each relapse, up to maxCalm.
	calmFor, maxCalm = 10 * time.Second, 5 * time.Minute
	// relapse is how soon after coming up going down means that it was too early.
	relapse = 30 * time.Second
)

// pressure says how a mix kept up for a while, about a second.
type pressure struct {
	span   time.Duration // the while
	frames int64         // made or left out in it
	late   int64         // of them, begun late or left out because of that
	busy   float64       // share of the while that ticks took
	behind time.Duration // by how much the slowest decoder is late
}

// String describes it in one line for an operator.
func (p pressure) String() string {
	return fmt.Sprintf("%d of %d frames late, ticks take %.0f %% of their time, decoding is %d ms late",
		p.late, p.frames, p.busy*100, p.behind.Milliseconds())
}

// troubled says that the machine is too slow for the mix.
func (p pressure) troubled() bool {
	return p.frames > 0 && p.late*10 >= p.frames || p.busy > 0.9 || p.behind > 300*time.Millisecond
}

// calm says that there is headroom for what the level above asks for.
func (p pressure) calm(at LoadLevel) bool {
	busy := map[LoadLevel]float64{LoadLessDecoding: 0.7, LoadLessEncoding: 0.55, LoadHalfRate: 0.35}[at]
	return p.late*100 <= p.frames && p.behind < 100*time.Millisecond && p.busy <= busy
}

// loadControl decides on the level. It is pure; the tick goroutine owns it. The zero
// value is LoadFull.
type loadControl struct {
	level    LoadLevel
	trouble  time.Duration // how long there has been trouble
	ease     time.Duration // how long there has been headroom
	hold     time.Duration // how much of that coming up takes; 0 means calmFor
	rose     time.Duration // when it came up last; only if everRose
	everRose bool
	changed  time.Duration
}

// observe takes in the pressure of the while that ends at session time now, and says
// whether that changed the level, by one.
func (l *loadControl) observe(now time.Duration, p pressure) bool {
	if l.hold == 0 || l.level == LoadFull && now-l.changed >= maxCalm {
		l.hold = calmFor
	}
	switch {
	case p.troubled():
		l.trouble, l.ease = l.trouble+p.span, 0
	case l.level > LoadFull && p.calm(l.level):
		l.trouble, l.ease = 0, l.ease+p.span
	default:
		l.trouble, l.ease = 0, 0
	}
	switch {
	case l.trouble >= troubleFor && l.level < LoadHalfRate:
		l.level++
		if l.everRose && now-l.rose < relapse {
			l.hold = min(2*l.hold, maxCalm)
		}
	case l.ease >= l.hold:
		l.level--
		l.rose, l.everRose = now, true
	default:
		return false
	}
	l.trouble, l.ease, l.changed = 0, 0, now
	return true
}

// loadWatch measures the pressure between two snapshots. The tick goroutine owns it.
type loadWatch struct {
	loadControl
	at    time.Duration
	ticks TickStats
}

// watchLoad looks at how the mix kept up since it last did, and changes the level if it
// must.
func (s *Session) watchLoad(now time.Duration) {
	var p pressure
	switch {
	case s.opts.pressure != nil:
		p = s.opts.pressure(now)
	case s.clock.Live():
		p = s.load.measure(now, s.ticks)
		for _, src := range s.plan.all {
			p.behind = max(p.behind, src.late())
		}
	}
	if p.span <= 0 || !s.load.observe(now, p) {
		return
	}
	s.videoEnc.Ease(s.load.level >= LoadLessEncoding)
	s.log.Warn("load changed", "load", s.load.level.String(), "reason", p.String())
	s.tell(Event{Kind: LoadChanged, Load: s.load.level, Reason: p.String(), Revision: s.plan.spec.Revision})
}

// measure returns the pressure since the last call.
func (l *loadWatch) measure(now time.Duration, ticks TickStats) pressure {
	before, since := l.ticks, l.at
	l.ticks, l.at = ticks, now
	if now <= since {
		return pressure{}
	}
	skipped := ticks.Skipped - before.Skipped
	return pressure{
		span:   now - since,
		frames: ticks.Frames - before.Frames + skipped + ticks.Halved - before.Halved,
		late:   ticks.Late - before.Late + skipped,
		busy:   (ticks.EncodeTotal - before.EncodeTotal).Seconds() / (now - since).Seconds(),
	}
}

// leaveOut says that the frame that is next is left out, to halve the rate.
func (s *Session) leaveOut() bool { return s.load.level >= LoadHalfRate && s.frame%2 != 0 }

// late returns by how much decoding lags behind what is due.
func (s *source) late() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.queues[media.Video]
	if s.demand.unseen || q.len() == 0 || q.peek().pkt.Config {
		return 0
	}
	return max(0, s.target-s.mapped(q.peek()))
}
