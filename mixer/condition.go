package mixer

import (
	"cmp"
	"time"
)

// When a source counts as what.
const (
	// freezeAfter is how long the newest picture may stay before the source is
	// frozen. A still image sent once a second is live.
	freezeAfter = 1200 * time.Millisecond
	// placeholderAfter is how long it may stay before its placeholder is shown, unless
	// the spec says otherwise.
	placeholderAfter = 3 * time.Second
	// audioOnlyAfter is how long sound may come before the lack of a picture
	// counts as its being meant.
	audioOnlyAfter = time.Second
)

// condition is one source's state machine. It is pure; the tick goroutine owns it.
type condition struct {
	state     SourceState
	everShown bool
	changed   time.Duration // when the newest picture became the current one
	connected bool
	since     time.Duration // when the connection was made
}

// observation is what a tick knows of a source.
type observation struct {
	now       time.Duration
	hidden    bool
	connected bool
	attempts  int           // connections that failed or broke
	picture   bool          // there is a new picture at this tick
	sound     time.Duration // since sound last arrived; negative for never
	reason    string        // why the connection is gone
	refused   string        // why the pictures are not taken; empty if they are
	away      time.Duration // for how long the app has seemed to be in the background; 0 if not
	patience  time.Duration // how long a last picture may stay; 0 is placeholderAfter
}

// next brings the state up to date and says why it is what it is.
func (c *condition) next(o observation) (state SourceState, why string, changed bool) {
	if o.picture {
		c.changed, c.everShown = o.now, true
	}
	if o.connected && !c.connected {
		c.since = o.now
	}
	if !o.connected && o.attempts > 0 {
		c.everShown = false // what was seen before the break is not shown after it
	}
	c.connected = o.connected
	before := c.state
	c.state, why = c.decide(o)
	return c.state, why, c.state != before
}

func (c *condition) decide(o observation) (SourceState, string) {
	stale, patience := o.now-c.changed, cmp.Or(o.patience, placeholderAfter)
	switch {
	case o.hidden:
		return Hidden, "set by the API"
	case !o.connected && o.attempts > 0:
		return Lost, o.reason
	case !o.connected:
		return Connecting, "waiting for the connection"
	case o.refused != "":
		return Refused, o.refused
	case c.everShown && stale < patience && o.away >= max(patience, awayAtLeast):
		return Away, "a still image and silence for " + o.away.Round(100*time.Millisecond).String()
	case c.everShown && stale < min(freezeAfter, patience):
		return Live, "pictures arrive"
	case c.everShown && stale < patience:
		return Frozen, "no new picture for " + stale.Round(100*time.Millisecond).String()
	case o.sound >= 0 && o.sound < audioOnlyAfter && (c.everShown || o.now-c.since > audioOnlyAfter):
		return AudioOnly, "sound arrives without pictures"
	case c.everShown:
		return Stalled, "no new picture for " + stale.Round(100*time.Millisecond).String()
	default:
		return Connecting, "connected, waiting for a key frame"
	}
}

// showsStream says whether the audience sees the stream or the placeholder.
func (s SourceState) showsStream() bool { return s == Live || s == Frozen }

// rateMeter turns counters into rates over about the last second.
type rateMeter struct {
	at            time.Duration
	frames, bytes int64
	fps           float64
	bitsPerSecond int64
	initialised   bool
}

// update takes in the counters' values at session time now.
func (m *rateMeter) update(now time.Duration, frames, bytes int64) {
	if !m.initialised {
		m.initialised, m.at, m.frames, m.bytes = true, now, frames, bytes
		return
	}
	d := now - m.at
	if d < time.Second {
		return
	}
	m.fps = float64(frames-m.frames) / d.Seconds()
	m.bitsPerSecond = int64(float64(bytes-m.bytes) * 8 / d.Seconds())
	m.at, m.frames, m.bytes = now, frames, bytes
}
