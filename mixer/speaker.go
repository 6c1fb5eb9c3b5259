package mixer

import (
	"slices"

	"github.com/lianmai/lianmai/audio"
)

// mainOf returns who has the main slot under spec: with Auto who has it now, unless
// spec names another than before. applying is held.
func (s *Session) mainOf(spec Spec) string {
	if before := s.newest; spec.Layout.Auto && before != nil && before.spec.Layout.Auto &&
		before.spec.Layout.Main == spec.Layout.Main && spec.has(before.main) {
		return before.main
	}
	return spec.Layout.Main
}

// has says that the spec has a participant of this name.
func (s Spec) has(name string) bool {
	return slices.ContainsFunc(s.Participants, func(p Participant) bool { return p.Name == name })
}

// speakers hears who speaks and lets the voices choose the main speaker. The tick
// goroutine owns it.
type speakers struct {
	director   audio.Director
	candidates []audio.Candidate
	auto       bool
	asked      string // who was chosen and is not yet seen
	talking    talking
}

// follow takes up a plan.
func (v *speakers) follow(p *plan) {
	if auto := p.spec.Layout.Auto; auto != v.auto {
		v.auto, v.director = auto, audio.Director{}
	}
	v.asked = ""
	v.candidates = v.candidates[:0]
}

// listen takes down who speaks now.
func (v *speakers) listen(p *plan) {
	v.candidates = v.candidates[:0]
	for i, who := range p.spec.Participants {
		c := audio.Candidate{Name: who.Name, Away: who.Hidden}
		c.Speaking, c.StrengthDB = p.sources[i].track.Speech()
		v.candidates = append(v.candidates, c)
		if who.Name == p.spec.Layout.Main { // begins
			last := len(v.candidates) - 1
			copy(v.candidates[1:], v.candidates[:last])
			v.candidates[0] = c
		}
	}
}

// direct tells at sample number at who speaks, and asks for a plan with another main
// speaker when the voices want one. Dresses are sewn for it, so on a live clock that
// happens beside the ticks.
func (s *Session) direct(at int64) {
	v := &s.speakers
	v.listen(s.plan)
	if name, changed := v.talking.next(at, v.candidates); changed {
		s.tell(Event{Kind: SpeakerChanged, Name: name, Revision: s.plan.spec.Revision, Reason: "by voice"})
	}
	if !v.auto {
		return
	}
	i := v.director.Step(at, v.candidates)
	if i < 0 {
		return
	}
	name := v.candidates[i].Name
	if name == s.plan.inMain() || name == v.asked {
		return
	}
	v.asked = name
	if s.clock.Live() {
		s.directing.Go(func() { s.redirect(name) })
	} else {
		s.redirect(name)
	}
}

// inMain returns who is in the main slot; empty for nobody.
func (p *plan) inMain() string {
	for i := range p.seats {
		if place := &p.seats[i].placement; place.Main {
			return place.Name
		}
	}
	return ""
}

// redirect makes the newest spec's main speaker another.
func (s *Session) redirect(name string) {
	s.applying.Lock()
	defer s.applying.Unlock()
	spec := s.newest.spec
	if s.stopping.Load() || !spec.Layout.Auto || !spec.has(name) {
		return
	}
	next, err := s.prepare(spec, name)
	if err != nil {
		s.log.Warn("the main speaker stays", "speaks", name, "error", err)
		return
	}
	next.relayout = true
	s.swap(next)
}
