package compose

import "image"

// lock paints hair: a gradient, and a band of shine where it is round. It returns what it
// painted.
func (p *person) lock(s *sketch, outline *path, shine ...float64) *image.Alpha {
	m := s.mask(outline)
	s.lay(m, across(mix(p.hair, white, .07), mix(p.hair, ink, .38), -1, 1.1))
	if len(shine) > 0 {
		p.sheen(s, m, shine...)
	}
	return m
}

// sheen draws soft light along a line in hair.
func (p *person) sheen(s *sketch, m *image.Alpha, xy ...float64) {
	const layers = 10
	for i := range layers {
		width := .38 - .034*float64(i)
		s.fill(brush(width, .05, xy...), alpha(mix(p.hair, white, .5), .034), m)
	}
}

// strand draws a line in hair, darker than it.
func (p *person) strand(s *sketch, m *image.Alpha, xy ...float64) {
	s.fill(brush(.028, .1, xy...), alpha(mix(p.hair, ink, .6), .45), m)
}

func longHairBehind(s *sketch, p *person) {
	m := p.lock(s, both(0, -1.34, .62, -1.22, 1.02, -.6, 1.08, .2, 1.16, .9, 1.30, 1.5, 1.18, 2.2, .7, 2.4, 0, 2.3))
	s.glow(0, 1.2, 1.1, 1.3, alpha(mix(p.hair, ink, .7), .6), m)
}

// sidePart is hair that falls from a parting to both sides of the forehead.
func sidePart(s *sketch, p *person) {
	m := p.lock(s, from(-.28, -1.0).through(-.60, -.66, -.78, -.22, -.80, .24).through(-1.0, .12, -1.05, -.5, -.72, -1.12, -.05, -1.38, .66, -1.18, 1.02, -.55, 1.0, .1, .80, .26).
		through(.80, -.12, .62, -.52, .22, -.82, -.28, -1.0), -.82, -.62, -.5, -1.0, .1, -1.16, .6, -.98)
	p.strand(s, m, -.26, -1.0, .1, -1.02, .5, -.82, .78, -.36)
	p.strand(s, m, -.2, -1.1, .3, -1.1, .72, -.78, .92, -.2)
	p.strand(s, m, -.34, -1.06, -.68, -.82, -.88, -.3)
}

// longHairFront are the waves that lie on the shoulders.
func longHairFront(s *sketch, p *person) {
	for _, side := range []float64{-1, 1} {
		m := p.lock(s, from(side*.78, -.1).through(side*.98, -.2, side*1.07, .3, side*1.10, .9, side*1.30, 1.5, side*1.22, 2.15, side*.92, 2.62).
			through(side*.98, 2.2, side*.72, 1.86, side*.80, 1.4, side*.84, .9, side*.74, .5, side*.78, -.1))
		p.strand(s, m, side*.88, .2, side*.94, .9, side*1.04, 1.5, side*.98, 2.2)
		p.strand(s, m, side*.98, .4, side*1.03, 1.0, side*1.18, 1.6, side*1.1, 2.1)
	}
}

func shortFade(s *sketch, p *person) {
	m := p.lock(s, from(-.62, -.52).through(-.75, -.3, -.78, -.02).line(-.80, -.3).through(-.83, -.7, -.60, -1.1, 0, -1.27, .60, -1.1, .83, -.7, .80, -.3).
		line(.78, -.02).through(.75, -.3, .62, -.52).through(.50, -.66, .2, -.70, -.2, -.70, -.50, -.66, -.62, -.52), -.6, -.9, -.2, -1.12, .3, -1.1)
	// Very short curls.
	for i := range 40 {
		a, b := scatter(i)
		s.fill(oval(-.75+1.5*a, -1.22+.55*b, .035, .028), alpha(mix(p.hair, white, .22), .35), m)
	}
}

// scatter returns two numbers in 0–1 that are spread evenly over all i.
func scatter(i int) (a, b float64) {
	frac := func(v float64) float64 { return v - float64(int(v)) }
	return frac(.5 + float64(i)*.7548776662), frac(.5 + float64(i)*.5698402910)
}

func bobBehind(s *sketch, p *person) {
	m := p.lock(s, both(0, -1.36, .66, -1.2, 1.04, -.62, 1.10, .1, 1.12, .7, 1.0, 1.12, .6, 1.22, 0, 1.2))
	s.glow(0, .9, 1, .8, alpha(mix(p.hair, ink, .7), .6), m)
}

func bangs(s *sketch, p *person) {
	m := p.lock(s, from(-.70, -.22).through(-.35, -.27, 0, -.28, .35, -.27, .70, -.22).
		through(.74, .3, .70, .74, .62, 1.06).through(.86, 1.14, 1.08, 1.0, 1.11, .5, 1.06, -.4, .76, -1.08, 0, -1.37, -.76, -1.08, -1.06, -.4, -1.11, .5, -1.08, 1.0, -.86, 1.14, -.62, 1.06).
		through(-.70, .74, -.74, .3, -.70, -.22), -.78, -.72, -.45, -.92, 0, -.99, .45, -.92)
	for _, x := range []float64{-.5, -.28, -.08, .12, .32, .52} {
		p.strand(s, m, x*.5, -1.05, x*.85, -.7, x, -.27)
	}
	for _, side := range []float64{-1, 1} {
		p.strand(s, m, side*.74, -.5, side*.88, .2, side*.86, .9)
		p.strand(s, m, side*.84, -.4, side*1.0, .3, side*.98, .9)
	}
}

func sweptBack(s *sketch, p *person) {
	m := p.lock(s, from(-.74, -.1).through(-.72, -.45, -.56, -.66).through(-.30, -.86, .1, -.80, .5, -.62).through(.66, -.5, .73, -.35, .76, -.05).
		through(.90, -.3, .90, -.8, .72, -1.12, .30, -1.42, -.25, -1.40, -.66, -1.14, -.88, -.7, -.86, -.3, -.74, -.1), -.6, -1.02, -.2, -1.24, .3, -1.2)
	p.strand(s, m, -.5, -.7, -.2, -1.02, .3, -1.14, .7, -.9)
	p.strand(s, m, -.3, -.84, .1, -1.0, .5, -.94, .78, -.6)
	p.strand(s, m, -.64, -.66, -.5, -1.05, -.1, -1.3)
}

func scarfBehind(s *sketch, p *person) {
	p.lock(s, both(0, -1.32, .62, -1.18, .98, -.6, 1.02, .1, .96, .8, 1.15, 1.45, .9, 1.7, 0, 1.8))
}

// scarf is a headscarf with its folds under the chin.
func scarf(s *sketch, p *person) {
	chest := p.lock(s, both(0, 1.0, .62, 1.0, 1.18, 1.42, 1.46, 1.9, 1.2, 2.34, .6, 2.62, 0, 2.7))
	for i, y := range []float64{1.35, 1.62, 1.92, 2.22} {
		w := 1.0 + .1*float64(i)
		s.fill(brush(.06, .1, -w, y-.1, -.3, y+.18, .3, y+.2, w, y-.02), alpha(mix(p.hair, ink, .6), .32), chest)
		s.fill(brush(.05, .1, -w, y-.02, -.3, y+.26, .3, y+.28, w, y+.06), alpha(mix(p.hair, white, .5), .20), chest)
	}
	// Around the face: the outer edge one way, the opening the other way.
	outer := both(0, -1.33, .62, -1.19, .99, -.6, 1.03, .1, .92, .75, .66, 1.18, .3, 1.42, 0, 1.48)
	opening := both(0, -.82, .42, -.76, .66, -.42, .70, .05, .62, .50, .42, .82, .2, .97, 0, 1.0)
	hood := s.mask(outer)
	face := s.mask(opening)
	s.cut(hood, face)
	s.lay(hood, across(mix(p.hair, white, .10), mix(p.hair, ink, .36), -1, 1.1))
	p.sheen(s, hood, -.82, -.5, -.55, -.95, 0, -1.1, .5, -.98)
	for _, side := range []float64{-1, 1} {
		s.fill(brush(.04, .1, side*.3, -1.2, side*.78, -.6, side*.84, .1, side*.6, .8, side*.1, 1.3), alpha(mix(p.hair, ink, .6), .34), hood)
	}
	s.fill(brush(.05, .1, -.7, .4, -.42, .95, 0, 1.16, .42, 1.0, .8, .5), alpha(mix(p.hair, ink, .6), .4), hood)
	// Its shadow on the forehead.
	s.fill(brush(.10, .3, -.64, .3, -.69, -.1, -.62, -.45, -.40, -.74, 0, -.81, .40, -.74, .62, -.45, .69, -.1, .64, .3), alpha(p.shade(1), .30), face)
}

// cut takes hole out of m.
func (s *sketch) cut(m, hole *image.Alpha) {
	r := m.Rect.Intersect(hole.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v := &m.Pix[m.PixOffset(x, y)]
			*v = byte(int(*v) * int(255-hole.Pix[hole.PixOffset(x, y)]) / 255)
		}
	}
}

// curlsShort is a short mop of round curls.
func curlsShort(s *sketch, p *person) {
	p.lock(s, from(-.76, -.02).through(-.74, -.4, -.58, -.66, 0, -.78, .58, -.66, .74, -.4, .76, -.02).
		through(.92, -.4, .80, -1.0, .3, -1.32, -.3, -1.32, -.80, -1.0, -.92, -.4, -.76, -.02))
	for _, c := range [][3]float64{
		{-.82, -.42, .15}, {.82, -.42, .15}, {-.80, -.72, .19}, {.80, -.72, .19}, {-.62, -1.02, .22}, {.62, -1.02, .22}, {-.28, -1.24, .23}, {.30, -1.24, .23}, {0, -1.30, .2},
		{-.52, -.72, .17}, {.52, -.72, .17}, {-.25, -.84, .18}, {.27, -.84, .18}, {0, -.90, .18}, {-.42, -1.0, .2}, {.42, -1.0, .2}, {0, -1.10, .2},
	} {
		m := p.lock(s, oval(c[0], c[1], c[2], c[2]))
		s.glow(c[0]-c[2]*.3, c[1]-c[2]*.35, c[2]*.8, c[2]*.7, alpha(mix(p.hair, rgb(0xffc890), .6), .26), m)
		s.fill(brush(.026, .1, c[0]-c[2]*.8, c[1]+c[2]*.45, c[0], c[1]+c[2]*.86, c[0]+c[2]*.85, c[1]+c[2]*.3), alpha(mix(p.hair, ink, .6), .24), m)
	}
}

func afro(s *sketch, p *person) {
	m := p.lock(s, both(0, -1.88, .72, -1.74, 1.32, -1.2, 1.56, -.45, 1.42, .35, 1.02, .82, .5, .9, 0, .9))
	for i := range 150 {
		a, b := scatter(i)
		x, y := -1.6+3.2*a, -1.9+2.8*b
		s.fill(brush(.03, .2, x-.07, y+.03, x-.03, y-.05, x+.05, y-.04, x+.07, y+.03), alpha(mix(p.hair, rgb(0xd09070), .4), .38), m)
	}
	s.glow(-.7, -1.0, 1.2, 1.0, alpha(mix(p.hair, p.room.light, .5), .28), m)
}

func afroFront(s *sketch, p *person) {
	m := p.lock(s, from(-.78, .06).through(-.74, -.36, -.56, -.60, -.25, -.74, .1, -.76, .45, -.68, .68, -.44, .78, .06).
		through(1.05, -.3, .9, -.9, .4, -1.2, -.4, -1.2, -.9, -.9, -1.05, -.3, -.78, .06))
	s.glow(-.7, -1.0, 1.2, 1.0, alpha(mix(p.hair, p.room.light, .5), .28), m)
	for i := range 60 {
		a, b := scatter(i)
		x, y := -1+2*a, -1.2+1.1*b
		s.fill(brush(.028, .2, x-.06, y+.03, x-.02, y-.04, x+.05, y-.03, x+.06, y+.03), alpha(mix(p.hair, rgb(0xd09070), .4), .38), m)
	}
}

func receding(s *sketch, p *person) {
	m := p.lock(s, from(-.72, .12).through(-.76, -.25, -.62, -.58).through(-.46, -.92, -.16, -.94, .1, -.9, .40, -.94, .60, -.62).through(.76, -.25, .72, .12).
		through(.96, -.1, .92, -.7, .66, -1.08, 0, -1.24, -.66, -1.08, -.92, -.7, -.96, -.1, -.72, .12), -.7, -.8, -.35, -1.08, .2, -1.1)
	p.strand(s, m, -.4, -.92, -.1, -1.04, .3, -1.06, .62, -.86)
	for _, side := range []float64{-1, 1} {
		p.strand(s, m, side*.74, -.6, side*.83, -.3, side*.80, 0)
	}
}

func ponytail(s *sketch, p *person) {
	p.lock(s, blob(.3, -1.25, .75, -1.62, 1.25, -1.5, 1.45, -.9, 1.36, -.1, 1.2, .75, 1.02, 1.3, .98, .6, .96, -.1, .8, -.7), .95, -1.4, 1.25, -.9, 1.2, -.1)
	s.fill(oval(.56, -1.24, .17, .13), p.top)
}

func tiedBack(s *sketch, p *person) {
	m := p.lock(s, from(-.75, .14).through(-.76, -.3, -.60, -.64, -.2, -.86).through(.2, -.84, .58, -.64, .76, -.3, .75, .14).
		through(.90, -.3, .84, -.82, .52, -1.16, 0, -1.28, -.52, -1.16, -.84, -.82, -.90, -.3, -.75, .14), -.66, -.8, -.3, -1.06, .25, -1.06)
	for _, x := range []float64{-.5, -.25, .05, .35, .6} {
		p.strand(s, m, x*1.15, -.70, x+.1, -.95, .40+x*.1, -1.25)
	}
}
