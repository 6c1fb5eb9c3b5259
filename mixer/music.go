package mixer

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// Sounds gives the sounds that specs name, as files. It is safe for concurrent use.
type Sounds interface {
	// SoundFile returns the path of a sound's file, which stays as it is until release
	// is called.
	SoundFile(ctx context.Context, name string) (path string, release func(), err error)
}

// track is one piece of music of a plan: a file or a stream.
type track struct {
	strip  *audio.Source // its place in the mix
	player *player       // of a file
	source *source       // of a stream

	applied Music // what it was told last; applying is held
	fresh   bool  // it was told nothing yet; applying is held

	rising atomic.Int64 // frames of a rise that the tick is to begin; 0 for none
	level  atomic.Int64 // to what, in millidecibels
	mixed  bool         // has been in a block: a rise begins from silence then; of the tick
	gone   int64        // session frame at which it may be let go; of the tick
}

// same says that a track can become what is wanted without beginning anew.
func (t *track) same(want Music) bool {
	have := t.applied
	return have.Name == want.Name && have.Asset == want.Asset && have.URL == want.URL && have.Path == want.Path
}

// newTrack makes the track for m; applying is held. On a live clock its file or stream
// is opened in the background.
func (s *Session) newTrack(m Music) (*track, error) {
	t := &track{applied: m, fresh: true}
	if m.URL != "" {
		feed, err := s.opts.OpenFeed(Participant{Name: m.Name, URL: m.URL})
		if err != nil {
			return nil, fmt.Errorf("music %s: %w", m.Name, err)
		}
		t.source = s.newSource(m.Name, feed)
		t.strip = t.source.track
	} else {
		t.strip = s.mix.Add(m.Name)
		t.player = newPlayer(m.Name, t.strip, s.clock.Live(), s.soundOf(m), s.log)
		// Until the tick takes it up, what is mixed is where the session is now.
		t.player.mixed = media.SampleIndex(time.Duration(s.at.Load()))
		t.player.tell = func(state MusicState, why string) {
			s.tell(Event{Kind: MusicChanged, Name: m.Name, Music: state, Reason: why})
		}
		if !s.clock.Live() {
			if err := t.player.load(s.ctx); err != nil {
				s.mix.Remove(t.strip)
				return nil, fmt.Errorf("music %s: %w", m.Name, err)
			}
		} else {
			t.player.start()
		}
	}
	t.strip.SetMusic(true)
	t.strip.SetUndamped(m.Undamped)
	return t, nil
}

// close frees the track; it is no longer heard.
func (t *track) close() {
	if t.player != nil {
		t.player.close()
		return
	}
	t.source.close()
}

// frames returns a duration in frames.
func frames(d time.Duration) int64 { return media.SampleIndex(d) }

// steer tells the track what it is to do from now on; applying is held.
func (t *track) steer(m Music) {
	was, first := t.applied, t.fresh
	t.applied, t.fresh = m, false
	plays := first && !m.Paused || was.Paused && !m.Paused
	switch {
	case plays && m.FadeIn > 0:
		t.strip.RampGainDB(audio.MinGainDB, 0)
		t.level.Store(int64(m.GainDB * 1000))
		t.rising.Store(frames(m.FadeIn))
	case !was.Paused && m.Paused && !first:
		t.strip.RampGainDB(audio.MinGainDB, int(frames(m.FadeOut)))
	case plays, was.GainDB != m.GainDB:
		t.strip.RampGainDB(m.GainDB, int(frames(m.GainFade)))
	case first:
		t.strip.SetGainDB(m.GainDB)
	}
	if t.source != nil {
		t.strip.SetMuted(m.Paused)
		return
	}
	switch {
	case first || was.Cue != m.Cue:
		t.player.do(order{seek: true, piece: frames(m.whereNow()), plays: times(m.Plays), play: !m.Paused})
	case was.Paused != m.Paused:
		t.player.do(order{play: !m.Paused, fade: frames(m.FadeOut)})
	}
}

// times returns how often a piece is played in all, at least once; negative for ever.
func times(plays int) int {
	if plays == 0 {
		return 1
	}
	return plays
}

// justNow is how old an anchor may be that a call has set: the track has not moved on.
const justNow = 2 * time.Second

// whereNow returns where in the piece the track is: it has moved on since its anchor, as
// after a restart of the process.
func (m Music) whereNow() time.Duration {
	gone := time.Since(m.Anchor)
	if m.Paused || m.Anchor.IsZero() || gone < justNow {
		return m.Position
	}
	return m.Position + gone
}

// connectMusic finds or makes the tracks of a plan. It returns those that it made.
func (s *Session) connectMusic(before, next *plan) (created []*track, err error) {
	for _, m := range next.spec.Music {
		i := slices.IndexFunc(before.music, func(t *track) bool { return t.same(m) })
		if i >= 0 {
			next.music = append(next.music, before.music[i])
			continue
		}
		t, err := s.newTrack(m)
		if err != nil {
			return created, err
		}
		created = append(created, t)
		next.music = append(next.music, t)
	}
	return created, nil
}

// advanceMusic lets players do what is due before the block at sample number at is
// mixed.
func (s *Session) advanceMusic(at int64) {
	live := s.clock.Live()
	for _, t := range s.plan.music {
		if t.mixed {
			if n := t.rising.Swap(0); n > 0 {
				t.strip.RampGainDB(float64(t.level.Load())/1000, int(n))
			}
		}
		t.mixed = true
		if t.player != nil {
			t.player.advance(at, live)
		}
	}
	for i := len(s.fading) - 1; i >= 0; i-- {
		t := s.fading[i]
		if t.player != nil {
			t.player.advance(at, live)
		}
		if at >= t.gone {
			s.fading = slices.Delete(s.fading, i, i+1)
			s.mix.Remove(t.strip)
			s.closing.Go(t.close)
		}
	}
}

// retireTrack lets a track that is no longer wanted fade away; the tick calls it.
func (s *Session) retireTrack(t *track) {
	fade := frames(t.applied.FadeOut)
	t.strip.RampGainDB(audio.MinGainDB, int(fade))
	t.gone = s.block*int64(s.audioEnc.FrameSize()) + fade
	s.fading = append(s.fading, t)
}

// stats describes the track.
func (t *track) stats() MusicStats {
	if t.player != nil {
		return t.player.stats()
	}
	st := MusicStats{Name: t.source.name, State: MusicPlaying}
	t.source.mu.Lock()
	defer t.source.mu.Unlock()
	if !t.source.link.connected {
		st.State, st.Reason = MusicLoading, t.source.link.reason
	}
	return st
}
