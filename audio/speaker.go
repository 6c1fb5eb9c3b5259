package audio

import "slices"

// The times and the step of a Director whose config leaves them out.
const (
	defaultHold    = 2 * SampleRate
	defaultConfirm = SampleRate / 2
	defaultOverlap = 3 * SampleRate / 2
	defaultLouder  = 6 // dB
)

// longestStep is how much of the time between two steps is taken as heard. What
// happened in the rest of a longer one is not known.
const longestStep = SampleRate / 5

// deepestDebt is how much longer than Confirm somebody must be heard alone who has
// talked over the main speaker for a second: 0.3 s.
const deepestDebt = 3 * SampleRate / 10

// Candidate is a participant who may become the main speaker.
type Candidate struct {
	Name string
	// Speaking and StrengthDB are what [Source.Speech] says. Of somebody who is muted
	// or has no sound, Speaking is false.
	Speaking   bool
	StrengthDB float64
	// Away is for a participant who is not to be shown large now, because he is
	// hidden for instance. He is chosen only if all are away.
	Away bool
}

// DirectorConfig says how eagerly a Director switches, in frames; what is zero or
// negative has the default.
type DirectorConfig struct {
	// Hold is how long a main speaker stays at least; default 2 s.
	Hold int64
	// Confirm is how long somebody must speak while the main speaker is silent to
	// replace him; default 0.5 s. Who has talked over him needs up to 0.3 s more.
	Confirm int64
	// Overlap is how long somebody must be louder by LouderDB than a main speaker who
	// speaks too; default 1.5 s.
	Overlap int64
	// LouderDB is in dB over each one's own noise floor; default 6.
	LouderDB float64
}

// Director chooses the main speaker of a mix from who speaks. It holds on to the
// one it has: a word thrown in, a pause to think and two who talk at once change
// nothing, and while all are silent the last speaker stays. One goroutine uses it.
// The zero value is ready, with the defaults.
type Director struct {
	config  DirectorConfig
	at      int64 // of the last step
	held    int64 // frames since the last switch
	stepped bool
	stands  []stand // one for each candidate of the last step
}

// stand is what the director knows of one candidate. Evidence is in frames; what
// speaks against it is taken off.
type stand struct {
	name   string
	main   bool
	spoke  bool  // has said more than a word
	silent int64 // frames since then
	talk   int64 // evidence for more than a word
	alone  int64 // evidence for speaking while the main speaker is silent
	louder int64 // evidence for being louder than a main speaker who speaks too
}

// NewDirector returns a director that has heard nobody.
func NewDirector(config DirectorConfig) *Director { return &Director{config: config} }

// Step takes in who speaks at session frame at and returns the index of the main
// speaker in candidates, -1 if there are none. It is to be called every 20…100 ms
// with rising positions and the candidates in a stable order; names must differ.
//
// The first main speaker is the first candidate who is not away; the first who
// speaks takes over as soon as that is clear. When the main speaker is missing or
// away, whoever spoke last takes over at once, else the first. Any other switch comes
// at least Hold after the one before. It allocates nothing once it has seen as many
// candidates.
func (d *Director) Step(at int64, candidates []Candidate) int {
	var passed int64
	if d.stepped {
		passed = max(0, at-d.at)
	}
	d.at = at
	d.held += passed
	d.seat(candidates)
	if len(candidates) == 0 {
		return -1
	}
	main := slices.IndexFunc(d.stands, func(s stand) bool { return s.main })
	d.weigh(candidates, main, passed)
	if main < 0 || candidates[main].Away && !allAway(candidates) {
		return d.appoint(d.heir(candidates))
	}
	if next := d.challenger(candidates, main); next >= 0 && d.held >= d.config.hold() {
		return d.appoint(next)
	}
	return main
}

// seat gives each candidate the stand with the same index, and forgets who is gone.
func (d *Director) seat(candidates []Candidate) {
	for i, c := range candidates {
		k := i
		for k < len(d.stands) && d.stands[k].name != c.Name {
			k++
		}
		if k == len(d.stands) {
			d.stands = append(d.stands, stand{name: c.Name})
		}
		d.stands[i], d.stands[k] = d.stands[k], d.stands[i]
	}
	clear(d.stands[len(candidates):]) // do not keep the names alive
	d.stands = d.stands[:len(candidates)]
}

// weigh adds what happened since the last step to the evidence.
func (d *Director) weigh(candidates []Candidate, main int, passed int64) {
	step := min(passed, longestStep)
	confirm, overlap := d.config.confirm(), d.config.overlap()
	answered := main >= 0 && candidates[main].Speaking && !candidates[main].Away
	for i, c := range candidates {
		s := &d.stands[i]
		speaks := c.Speaking && !c.Away
		s.silent += passed
		s.talk = weighed(s.talk, step, confirm, speaks)
		if s.talk == confirm && speaks {
			s.spoke, s.silent = true, 0
		}
		if i == main {
			continue
		}
		s.weighAlone(speaks, answered, step, confirm)
		if answered || !speaks {
			clearly := speaks && c.StrengthDB >= candidates[main].StrengthDB+d.config.louderDB()
			s.louder = weighed(s.louder, step, overlap, clearly)
		}
	}
}

// weighAlone adds to the evidence for speaking while the main speaker is silent.
// Who talks over the main speaker gets into debt, so that one pause of his is not
// enough; who takes his turn a little early hardly notices it.
func (s *stand) weighAlone(speaks, answered bool, step, confirm int64) {
	switch {
	case speaks && !answered:
		s.alone = min(confirm, s.alone+step)
	case speaks && s.alone <= 0:
		s.alone = max(-deepestDebt, s.alone-step/3)
	case s.alone < 0:
		s.alone = min(0, s.alone+step)
	case answered:
		s.alone = max(0, s.alone-step)
	default: // both think
		s.alone = max(0, s.alone-step/2)
	}
}

// weighed returns the evidence after a step that spoke for it or against it.
func weighed(evidence, step, enough int64, speaksFor bool) int64 {
	if !speaksFor {
		step = -step
	}
	return max(0, min(enough, evidence+step))
}

// challenger returns the candidate with enough evidence against the main speaker,
// of several the strongest, or -1.
func (d *Director) challenger(candidates []Candidate, main int) int {
	best := -1
	for i, c := range candidates {
		s := &d.stands[i]
		if i == main || c.Away || !c.Speaking {
			continue
		}
		enough := s.alone == d.config.confirm() || s.louder == d.config.overlap()
		if enough && (best < 0 || c.StrengthDB > candidates[best].StrengthDB) {
			best = i
		}
	}
	return best
}

// heir returns who takes over from a main speaker who is gone: of those who are not
// away, if there are any, whoever spoke last, of several the strongest.
func (d *Director) heir(candidates []Candidate) int {
	best := -1
	everyone := allAway(candidates)
	for i, c := range candidates {
		if c.Away && !everyone {
			continue
		}
		if best < 0 || d.before(i, best, candidates) {
			best = i
		}
	}
	return best
}

// before says whether candidate i is a better heir than candidate k.
func (d *Director) before(i, k int, candidates []Candidate) bool {
	a, b := &d.stands[i], &d.stands[k]
	switch {
	case a.spoke != b.spoke:
		return a.spoke
	case a.spoke && a.silent != b.silent:
		return a.silent < b.silent
	}
	return candidates[i].Speaking && candidates[i].StrengthDB > candidates[k].StrengthDB
}

// appoint makes candidate i the main speaker. The evidence was against the old one.
func (d *Director) appoint(i int) int {
	for k := range d.stands {
		s := &d.stands[k]
		s.main, s.alone, s.louder = k == i, 0, 0
	}
	d.held = 0
	if !d.stepped {
		d.held = d.config.hold() // the first choice is not a switch
	}
	d.stepped = true
	return i
}

func allAway(candidates []Candidate) bool {
	return !slices.ContainsFunc(candidates, func(c Candidate) bool { return !c.Away })
}

func (c DirectorConfig) hold() int64    { return orDefault(c.Hold, defaultHold) }
func (c DirectorConfig) confirm() int64 { return orDefault(c.Confirm, defaultConfirm) }
func (c DirectorConfig) overlap() int64 { return orDefault(c.Overlap, defaultOverlap) }
func (c DirectorConfig) louderDB() float64 {
	return orDefault(c.LouderDB, defaultLouder)
}

// orDefault returns v if it is positive, else the default.
func orDefault[T int64 | float64](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}
