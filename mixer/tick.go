package mixer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lianmai/lianmai/media"
)

// run is the tick goroutine: it owns the canvas, the encoders and the plan in force.
func (s *Session) run(ctx context.Context) {
	defer close(s.done)
	if s.clock.Live() {
		tickThread()
	}
	s.adopt()
	s.tell(Event{Kind: MixStarted, Revision: s.plan.spec.Revision})
	reason := s.loop(ctx)
	s.end()
	s.tell(Event{Kind: MixStopped, Revision: s.plan.spec.Revision, Reason: reason})
}

// loop runs ticks until the end and says why it ended. Pictures and blocks of sound
// are both counted; the one that is due earlier is next.
func (s *Session) loop(ctx context.Context) (reason string) {
	for {
		videoDue := s.video.FrameRate.Time(s.frame)
		// A block is made when its last sample is due, so a source needs no
		// longer a delay for its sound than for its picture.
		audioDue := media.SampleTime((s.block + 1) * int64(s.audioEnc.FrameSize()))
		due := min(videoDue+s.lag, audioDue)
		if s.opts.Until > 0 && due >= s.opts.Until {
			return "the planned end"
		}
		if err := s.clock.Wait(ctx, due); err != nil {
			return "stopped"
		}
		s.at.Store(int64(due))
		s.adopt()
		var err error
		if videoDue+s.lag <= audioDue {
			err = s.videoTick(videoDue)
		} else {
			err = s.audioTick()
		}
		if err != nil {
			s.err = err
			s.log.Error("mix ends", "error", err)
			return err.Error()
		}
		s.report(due)
		if s.opts.UntilSourcesEnd && s.allPlayed(due) {
			return "the inputs' end"
		}
	}
}

// adopt takes up the newest plan, if there is a new one.
func (s *Session) adopt() {
	next := s.pending.Swap(nil)
	if next == nil {
		return
	}
	old := s.plan
	s.plan = next
	if old != nil {
		old.free()
	}
	s.cast.enter(next, time.Duration(s.at.Load()))
	s.speakers.follow(next)
	for _, src := range next.retiredSources {
		s.mix.Remove(src.track)
		s.closing.Go(src.close)
	}
	for _, t := range next.retiredTracks {
		s.retireTrack(t)
	}
	for _, o := range next.retiredOutputs {
		s.closing.Go(func() { _ = s.closeOutput(o) })
	}
	next.retiredSources, next.retiredTracks, next.retiredOutputs = nil, nil, nil
	if old == nil || old.spec.Revision != next.spec.Revision {
		s.tell(Event{Kind: SpecApplied, Revision: next.spec.Revision})
	}
	if old != nil && next.spec.Layout.Auto && next.inMain() != old.inMain() {
		s.tell(Event{Kind: MainChanged, Name: next.inMain(), Revision: next.spec.Revision, Reason: "speaks"})
	}
}

// videoTick makes frame number s.frame, which is due now.
func (s *Session) videoTick(due time.Duration) error {
	began := s.clock.Now()
	if s.clock.Live() {
		due = s.catchUp(due, began-due-s.lag)
	}
	if s.leaveOut() {
		s.frame++
		s.ticks.Halved++
		return nil
	}
	if !s.hurried {
		s.gather(due)
		if _, err := s.canvas.Draw(s.plan.set.Backdrop, s.tiles); err != nil {
			return fmt.Errorf("mixer: frame %d: %w", s.frame, err)
		}
	}
	if err := s.videoEnc.Encode(s.canvas.Frame(), s.frame, s.keyFrame.Swap(false), s.sendVideo); err != nil {
		return err
	}
	s.frame++
	s.ticks.Frames++
	took := s.clock.Now() - began
	s.ticks.EncodeMax = max(s.ticks.EncodeMax, took)
	s.ticks.EncodeTotal += took
	return nil
}

// gather fills s.tiles with what is to be seen at session time due.
func (s *Session) gather(due time.Duration) {
	s.demands()
	for _, src := range s.plan.all {
		src.advance(due)
	}
	for _, m := range s.cast.members {
		if m.source == nil {
			continue
		}
		if !s.clock.Live() {
			m.source.await(media.Video, due+s.video.FrameRate.Time(1)/2)
		}
		m.frame, m.seq = s.look(m.source, due, m.hidden)
	}
	s.tiles = s.cast.tiles(due, s.tiles[:0])
	s.tiles = s.plan.set.Tiles(s.timeOfDay(due), s.tiles)
}

// timeOfDay returns what clocks show at session time t. On a virtual clock sessions
// begin at midnight, so that they come out the same on every run.
func (s *Session) timeOfDay(t time.Duration) time.Time {
	if s.clock.Live() {
		return s.began.Add(t)
	}
	return time.Unix(0, 0).Add(t)
}

// look returns the picture of src at session time due, or nil for its placeholder,
// and tells of a change of its state. It is the picture nearest to due, not the last
// before it: so pictures are neither late on average, nor do stamps that are rounded
// to milliseconds make some of them repeat and others go missing.
func (s *Session) look(src *source, due time.Duration, hidden bool) (*media.Frame, int64) {
	frame, seq, fresh := src.slot.pick(due+s.video.FrameRate.Time(1)/2, src.condition.state.showsStream() || src.condition.state == Hidden || !s.clock.Live())
	o := src.observe(due, hidden)
	o.picture, o.patience = o.picture || fresh, s.plan.spec.Layout.PlaceholderAfter
	state, why, changed := src.condition.next(o)
	if changed {
		s.tell(Event{Kind: SourceChanged, Name: src.name, Source: state, Reason: why, Revision: s.plan.spec.Revision})
	}
	if !state.showsStream() {
		return nil, 0
	}
	// Another source of the same participant counts anew.
	return frame, int64(src.id)<<40 | seq
}

// audioTick makes the next block of sound.
func (s *Session) audioTick() error {
	size := int64(s.audioEnc.FrameSize())
	at := s.block * size
	if !s.clock.Live() {
		until := media.SampleTime(at+size) + lookahead/2
		for _, src := range s.plan.all {
			src.advance(until)
		}
		for _, src := range s.plan.all {
			src.await(media.Audio, until)
		}
	}
	s.advanceMusic(at)
	s.mix.MixInto(at, s.pcm)
	s.direct(at)
	if err := s.audioEnc.Encode(s.pcm, s.sendAudio); err != nil {
		return err
	}
	s.block++
	return nil
}

func (s *Session) sendVideo(p media.Packet) { s.interlace.addVideo(p, s.send) }

func (s *Session) sendAudio(p media.Packet) {
	s.interlace.addAudio(p, int64(s.audioEnc.FrameSize()), s.send)
}

// send hands a packet to every output. Each has its own queue and none blocks.
func (s *Session) send(p media.Packet) {
	p.PTS += s.opts.Base
	p.DTS += s.opts.Base
	for _, o := range s.plan.outputs {
		o.sink.Write(p)
	}
}

// allPlayed says that every feed has ended and its last sound has been mixed.
func (s *Session) allPlayed(now time.Duration) bool {
	for _, src := range s.plan.sources {
		if !src.playedBy(now) {
			return false
		}
	}
	return true
}

// end flushes the encoders, ends the outputs at the same time and frees everything.
func (s *Session) end() {
	s.stopping.Store(true)
	s.directing.Wait()
	s.applying.Lock() // no Apply is under way from here on, and none follows
	defer s.applying.Unlock()
	s.adopt()
	if err := s.audioEnc.Flush(s.sendAudio); err != nil && s.err == nil {
		s.err = err
	}
	s.interlace.flush(s.send)
	errs := make([]error, len(s.plan.outputs))
	for i, o := range s.plan.outputs {
		s.closing.Go(func() { errs[i] = s.closeOutput(o) })
	}
	for _, src := range s.plan.sources {
		s.closing.Go(src.close)
	}
	for _, t := range slices.Concat(s.plan.music, s.fading) {
		s.closing.Go(t.close)
	}
	s.closing.Wait()
	// A destination that is gone is no failure of a live mix; a file that could not
	// be written is one of a render.
	if s.err == nil && !s.clock.Live() {
		s.err = errors.Join(errs...)
	}
	s.report(-1)
	s.plan.free()
	s.cast.free()
	s.closeNative()
}
