package mixer

import (
	"fmt"
	"time"

	"github.com/lianmai/lianmai/media"
)

// statsEvery is how often a session takes stock of itself.
const statsEvery = time.Second

// Stats returns the newest snapshot, at most a second old. Its slices are the
// caller's.
func (s *Session) Stats() Stats {
	s.snapshot.Lock()
	defer s.snapshot.Unlock()
	st := s.stats
	st.Sources = append([]SourceStats(nil), st.Sources...)
	st.Outputs = append([]OutputStats(nil), st.Outputs...)
	st.Music = append([]MusicStats(nil), st.Music...)
	return st
}

// report takes a snapshot when it is time for one; now < 0 takes the last.
func (s *Session) report(now time.Duration) {
	if now >= 0 && now-s.told < statsEvery && s.told != 0 {
		return
	}
	if now < 0 {
		now = time.Duration(s.at.Load())
	}
	s.told = max(now, 1)
	s.watchLoad(now)
	st := Stats{At: s.opts.Base + now, Revision: s.plan.spec.Revision, Ticks: s.ticks, Resources: Resources{Load: s.load.level}}
	for _, p := range s.cast.target {
		if p.Main {
			st.Main = p.Name
		}
	}
	s.ticks.EncodeMax = 0
	for _, src := range s.plan.sources {
		st.Sources = append(st.Sources, src.stats(now))
		for _, format := range src.formatChanges() {
			s.tell(Event{Kind: SourceFormat, Name: src.name, Source: src.condition.state, Reason: format})
		}
	}
	for _, t := range s.plan.music {
		st.Music = append(st.Music, t.stats())
	}
	for _, o := range s.plan.outputs {
		st.Outputs = append(st.Outputs, o.stats(now))
	}
	s.snapshot.Lock()
	s.stats = st
	s.snapshot.Unlock()
	if n := s.untold; n > 0 {
		s.untold = 0
		s.tell(Event{Kind: TicksSkipped, Reason: fmt.Sprintf("%d frames left out: the machine is too slow", n)})
		s.log.Warn("frames left out, the machine is too slow", "frames", n)
	}
	if s.opts.Progress != nil {
		s.opts.Progress(now)
	}
}

// observe collects what the state machine wants to know of the source.
func (s *source) observe(now time.Duration, hidden bool) observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := observation{
		now: now, hidden: hidden, connected: s.link.connected, attempts: s.link.attempts,
		sound: -1, reason: s.link.reason, refused: s.refused, picture: s.alive,
	}
	s.alive = false
	if s.present {
		o.away = max(0, now-s.active)
	}
	switch {
	case s.live && s.link.audio >= 0:
		o.sound = max(0, now-s.link.audio)
	case !s.live && s.soundEnd > 0:
		// When a packet arrives means nothing on a virtual clock.
		o.sound = max(0, now-s.soundEnd)
	}
	return o
}

// stats describes the source at session time now; the tick goroutine calls it.
func (s *source) stats(now time.Duration) SourceStats {
	s.mu.Lock()
	c := s.counters
	delay, jitter, drift := s.timeline.delay, s.timeline.jitter(), s.timeline.drift.ppm()
	s.mu.Unlock()
	s.meter.update(now, c.decoded, c.bytes)
	rms, _ := s.track.Level()
	drops := c.drops
	drops.NotShown = s.slot.drops()
	return SourceStats{
		Name: s.name, State: s.condition.state, Width: c.width, Height: c.height,
		FrameRate: s.meter.fps, Bitrate: s.meter.bitsPerSecond, Delay: delay, Jitter: jitter,
		Frames: c.decoded, DroppedFrames: drops.all(), Drops: drops, DecodeErrors: c.errors,
		Reconnects: c.reconnects, LevelDB: rms, GOP: c.gop, DriftPPM: drift, Skew: c.skew,
	}
}

func (d Drops) all() int64 { return d.Overflow + d.NoKeyFrame + d.Refused + d.NotShown }

// formatChanges returns what changed in the stream's format since the last call.
func (s *source) formatChanges() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes := s.nextEvent
	s.nextEvent = nil
	return changes
}

// playedBy says that the feed has ended and all of it has been played before now.
func (s *source) playedBy(now time.Duration) bool {
	if !s.done() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.soundEnd <= now && !s.slot.reaches(now) && s.queues[media.Audio].len() == 0
}
