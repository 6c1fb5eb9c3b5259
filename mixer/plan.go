package mixer

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/stage"
)

// plan is a Spec made ready: everything that takes time (fonts, pictures,
// connections) has been done, so the tick only has to swap it in.
type plan struct {
	spec     Spec
	template layout.Template
	main     string // who has the main slot: spec.Layout.Main, or who speaks
	seats    []seat
	set      *stage.Set // owned by the plan
	sources  []*source  // of spec.Participants, in their order
	music    []*track   // of spec.Music, in its order
	all      []*source  // of participants and of music
	outputs  []*output

	// relayout says that the layout was changed on purpose: nothing is waited for.
	relayout bool

	// What the plan before had and this one has not; closed after the swap.
	retiredSources []*source
	retiredTracks  []*track
	retiredOutputs []*output
}

// seat is one participant's place in the picture, or an empty slot that is shown.
type seat struct {
	source    *source // nil for an empty slot
	placement layout.Placement
	dress     *stage.Dress // owned by the plan until the tick takes it
	hidden    bool
}

// transition returns how tiles move to the plan's placements.
func (p *plan) transition() layout.Transition {
	tr := p.template.Transition
	if d := p.spec.Layout.Transition; d != nil {
		tr.Duration = *d
	}
	return tr
}

// free frees the pictures that the plan still owns.
func (p *plan) free() {
	for i := range p.seats {
		p.seats[i].dress.Free()
		p.seats[i].dress = nil
	}
	p.set.Free()
}

// Apply makes spec the one that the session follows from its next tick on. It
// returns when everything is ready for that; connections are made in the
// background. The video and audio settings cannot change: ErrFixed. Errors besides:
// ErrSpec, ErrStopped, layout.ErrUnknownTemplate, those of the feeds and sinks. On an
// error nothing has changed.
func (s *Session) Apply(spec Spec) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if s.stopping.Load() {
		return ErrStopped
	}
	if spec.Video != s.video || spec.Audio != s.audio {
		return ErrFixed
	}
	next, err := s.prepare(spec, s.mainOf(spec))
	if err != nil {
		return err
	}
	next.relayout = s.newest != nil && !reflect.DeepEqual(spec.Layout, s.newest.spec.Layout)
	s.swap(next)
	return nil
}

// prepare builds the plan for spec with a main speaker. Sources and outputs that stay
// are shared with the plan before; applying is held.
func (s *Session) prepare(spec Spec, main string) (*plan, error) {
	if err := s.check(spec); err != nil {
		return nil, err
	}
	template, err := spec.Layout.template()
	if err != nil {
		return nil, err
	}
	next := &plan{spec: spec, template: template, main: main}
	if err := s.seat(next); err != nil {
		next.free()
		return nil, err
	}
	if err := s.connect(next); err != nil {
		next.free()
		return nil, err
	}
	return next, nil
}

// check finds what would make a plan that contradicts itself. Names tell sources and
// outputs apart.
func (s *Session) check(spec Spec) error {
	if len(spec.Participants) > MaxParticipants {
		return fmt.Errorf("%w: %d participants; at most %d", ErrSpec, len(spec.Participants), MaxParticipants)
	}
	if len(spec.Music) > MaxMusic {
		return fmt.Errorf("%w: %d tracks of music; at most %d", ErrSpec, len(spec.Music), MaxMusic)
	}
	var participants, music, outputs []string
	for _, p := range spec.Participants {
		participants = append(participants, p.Name)
	}
	for _, m := range spec.Music {
		music = append(music, m.Name)
	}
	for _, o := range spec.Outputs {
		outputs = append(outputs, o.Name)
	}
	for _, names := range [][]string{participants, music, outputs} {
		slices.Sort(names)
		if len(slices.Compact(names)) != len(names) {
			return fmt.Errorf("%w: two of %q have the same name", ErrSpec, names)
		}
	}
	return nil
}

// seat arranges the participants and dresses them.
func (s *Session) seat(next *plan) (err error) {
	spec := next.spec
	names := make([]string, len(spec.Participants))
	for i, p := range spec.Participants {
		names[i] = p.Name
	}
	canvas := layout.Size{W: s.video.Width, H: s.video.Height}
	if next.set, err = s.dresser.Set(next.template); err != nil {
		return fmt.Errorf("mixer: %w", err)
	}
	placements := next.template.Empty(canvas, len(names))
	placements = append(placements, layout.Overridden(canvas,
		next.template.Arrange(canvas, names, next.main, spec.Layout.Order), spec.Layout.Overrides)...)
	for _, place := range placements {
		seat := seat{placement: place}
		var who stage.Person
		if place.Name != "" {
			p := spec.Participants[slices.Index(names, place.Name)]
			who = stage.Person{Name: p.Name, Display: p.DisplayName, Placeholder: p.Placeholder}
			seat.hidden = p.Hidden
		}
		if seat.dress, err = s.dresser.Dress(place, who, next.template.Background.Color); err != nil {
			return fmt.Errorf("mixer: dressing %s: %w", place.Name, err)
		}
		next.seats = append(next.seats, seat)
	}
	return nil
}

// connect finds or makes the sources, the music and the outputs of a plan. On an error it
// has closed those that it made.
func (s *Session) connect(next *plan) (err error) {
	before := s.newest
	if before == nil {
		before = &plan{}
	}
	var sources []*source
	var tracks []*track
	defer func() {
		if err == nil {
			return
		}
		for _, src := range sources {
			src.close()
			s.mix.Remove(src.track)
		}
		for _, t := range tracks {
			t.close()
			s.mix.Remove(t.strip)
		}
	}()
	for _, p := range next.spec.Participants {
		src := before.find(p)
		if src == nil {
			feed, err := s.opts.OpenFeed(p)
			if err != nil {
				return fmt.Errorf("input %s: %w", p.Name, err)
			}
			src = s.newSource(p.Name, feed)
			sources = append(sources, src)
		}
		next.sources = append(next.sources, src)
	}
	if tracks, err = s.connectMusic(before, next); err != nil {
		return err
	}
	next.all = slices.Clone(next.sources)
	for _, t := range next.music {
		if t.source != nil {
			next.all = append(next.all, t.source)
		}
	}
	for i := range next.seats {
		seat := &next.seats[i]
		if seat.placement.Name == "" {
			continue
		}
		seat.source = next.sources[slices.IndexFunc(next.spec.Participants, func(p Participant) bool {
			return p.Name == seat.placement.Name
		})]
	}
	if err := s.connectOutputs(before, next); err != nil {
		return err
	}
	next.retiredSources = missing(before.sources, next.sources)
	next.retiredTracks = missing(before.music, next.music)
	next.retiredOutputs = missing(before.outputs, next.outputs)
	return nil
}

// connectOutputs finds or makes the outputs of a plan. On an error it has closed
// those that it made.
func (s *Session) connectOutputs(before, next *plan) error {
	var opened []*output
	for _, o := range next.spec.Outputs {
		out := before.findOutput(o)
		if out == nil {
			var err error
			if out, err = s.newOutput(o); err != nil {
				for _, o := range opened {
					_ = s.closeOutput(o)
				}
				return err
			}
			opened = append(opened, out)
		}
		next.outputs = append(next.outputs, out)
	}
	return nil
}

// missing returns those of before that after has not.
func missing[T comparable](before, after []T) (gone []T) {
	for _, x := range before {
		if !slices.Contains(after, x) {
			gone = append(gone, x)
		}
	}
	return gone
}

// swap hands the plan to the tick goroutine. A plan that it has not taken up yet
// is replaced: what that one was to retire goes into this one.
func (s *Session) swap(next *plan) {
	if waiting := s.pending.Swap(nil); waiting != nil {
		waiting.free()
		next.relayout = next.relayout || waiting.relayout
		next.retiredSources = append(next.retiredSources, waiting.retiredSources...)
		next.retiredTracks = append(next.retiredTracks, waiting.retiredTracks...)
		next.retiredOutputs = append(next.retiredOutputs, waiting.retiredOutputs...)
	}
	s.newest = next
	for i, p := range next.spec.Participants {
		src := next.sources[i]
		src.track.SetGainDB(p.GainDB)
		src.track.SetPan(p.Pan)
		src.track.SetSolo(p.Solo)
		src.track.SetMuted(p.Muted || p.Hidden && !p.KeepAudio)
	}
	for i, m := range next.spec.Music {
		next.music[i].steer(m)
	}
	s.mix.SetDucking(next.spec.Sound.Ducking.config())
	s.mix.SetMaster(next.spec.Sound.master())
	s.hear(next)
	s.pending.Store(next)
}

// find returns the source that want already has: the same name and the same URL.
func (p *plan) find(want Participant) *source {
	for i, have := range p.spec.Participants {
		if have.Name == want.Name && have.URL == want.URL {
			return p.sources[i]
		}
	}
	return nil
}

func (p *plan) findOutput(want Output) *output {
	for _, o := range p.outputs {
		if o.Output == want {
			return o
		}
	}
	return nil
}
