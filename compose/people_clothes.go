package compose

import "image"

// body returns the outline of the shoulders and what is below them.
func (s *sketch) body(neck float64) *path {
	_, _, _, bottom := s.edges()
	bottom = max(bottom+.2, 4)
	return from(-neck, 1.22).curve(-.85, 1.52, -1.35, 1.55, -1.72, 1.82).curve(-1.98, 2.04, -2.06, 2.6, -2.14, 3.8).line(-2.14, bottom, 2.14, bottom, 2.14, 3.8).
		curve(2.06, 2.6, 1.98, 2.04, 1.72, 1.82).curve(1.35, 1.55, .85, 1.52, neck, 1.22).
		curve(neck*.7, 1.35, -neck*.7, 1.35, -neck, 1.22)
}

// cloth paints the body in the person's top: folds, the arms apart from the chest, shade on one
// side. It returns what it painted.
func (p *person) cloth(s *sketch) *image.Alpha {
	m := s.mask(s.body(.52))
	s.lay(m, flat(p.top))
	dark := mix(p.top, ink, .55)
	s.lay(m, across(alpha(dark, 0), alpha(dark, .42), -.2, 2.6))
	s.glow(-1.15, 1.9, 1.1, .8, alpha(mix(p.top, white, .65), .30), m)
	for _, side := range []float64{-1, 1} {
		s.glow(side*1.40, 4.4, .26, 2.3, alpha(dark, .40), m)
		s.fill(brush(.04, .1, side*1.34, 2.5, side*1.41, 3.3, side*1.42, 5, side*1.42, 7), alpha(dark, .42), m)
		s.fill(brush(.03, .1, side*1.34, 2.52, side*1.18, 2.70, side*.98, 2.76), alpha(dark, .22), m)
	}
	// The head's shadow on the chest.
	s.glow(.12, 1.35, 1.0, .75, alpha(dark, .40), m)
	return m
}

func crewneck(s *sketch, p *person) {
	m := p.cloth(s)
	opening := from(-.60, 1.1).curve(-.52, 1.86, .52, 1.86, .60, 1.1)
	s.bare(p, opening)
	trim := brush(.12, 1, -.60, 1.24, -.47, 1.55, -.22, 1.71, 0, 1.745, .22, 1.71, .47, 1.55, .60, 1.24)
	s.lay(s.mask(trim), across(p.inner, mix(p.inner, ink, .32), -.6, .8), m)
	s.fill(brush(.022, .5, -.53, 1.42, -.24, 1.785, 0, 1.82, .24, 1.785, .53, 1.42), alpha(mix(p.top, ink, .6), .5), m)
}

// bare shows the skin within an opening of the clothes.
func (s *sketch) bare(p *person, opening *path) {
	m, neck := s.mask(opening), s.mask(neckline())
	s.lay(m, across(p.shade(.14), p.shade(.42), -.4, .5), neck)
	s.lay(s.mask(p.face().moved(.06, .26)), flat(alpha(p.shade(1), .42)), m, neck)
	for _, side := range []float64{-1, 1} {
		s.fill(brush(.03, .1, side*.09, 1.66, side*.28, 1.60, side*.46, 1.52), alpha(p.shade(1), .4), m)
	}
}

func vneck(s *sketch, p *person) {
	m := p.cloth(s)
	s.bare(p, from(-.62, 1.1).curve(-.55, 1.5, -.2, 1.9, 0, 2.18).curve(.2, 1.9, .55, 1.5, .62, 1.1))
	for _, side := range []float64{-1, 1} {
		s.lay(s.mask(brush(.10, 1, side*.62, 1.24, side*.45, 1.60, side*.2, 1.95, 0, 2.2)), flat(mix(p.inner, ink, .10+.10*side)), m)
	}
}

func turtleneck(s *sketch, p *person) {
	p.cloth(s)
	roll := s.mask(from(-.47, .98).curve(-.50, 1.2, -.56, 1.35, -.66, 1.46).curve(-.4, 1.72, .4, 1.72, .66, 1.46).
		curve(.56, 1.35, .50, 1.2, .47, .98).curve(.2, 1.16, -.2, 1.16, -.47, .98))
	s.lay(roll, across(p.top, mix(p.inner, ink, .22), -.5, .7))
	for x := -.42; x < .5; x += .12 {
		s.fill(brush(.028, .6, x*.92, 1.08, x, 1.3, x*1.2, 1.56), alpha(mix(p.inner, ink, .4), .26), roll)
	}
	s.lay(s.mask(p.face().moved(.05, .22)), flat(alpha(mix(p.inner, ink, .55), .38)), roll)
	s.fill(brush(.06, .2, -.66, 1.47, -.3, 1.66, 0, 1.69, .3, 1.66, .66, 1.47), alpha(mix(p.inner, ink, .5), .42))
}

func hoodie(s *sketch, p *person) {
	m := p.cloth(s)
	dark := mix(p.top, ink, .5)
	s.bare(p, from(-.60, 1.1).curve(-.5, 1.75, .5, 1.75, .60, 1.1))
	s.fill(brush(.11, 1, -.58, 1.24, -.42, 1.54, -.18, 1.66, 0, 1.69, .18, 1.66, .42, 1.54, .58, 1.24), p.inner, m)
	for _, side := range []float64{-1, 1} {
		hood := s.mask(blob(side*.52, .92, side*.74, 1.0, side*1.16, 1.42, side*1.02, 1.72, side*.52, 1.98, side*.10, 2.18, side*.05, 2.02, side*.40, 1.62, side*.54, 1.3))
		s.lay(hood, across(mix(p.top, white, .10), mix(p.top, ink, .34), -1, 1.3))
		s.fill(brush(.05, .1, side*.60, 1.02, side*.66, 1.5, side*.34, 1.86, side*.08, 2.12), alpha(dark, .42), hood)
		s.fill(brush(.05, .2, side*1.14, 1.48, side*1.0, 1.76, side*.52, 2.02, side*.12, 2.2), alpha(dark, .5), m)
		s.fill(brush(.055, .9, side*.24, 2.04, side*.28, 2.5, side*.25, 2.86), p.inner, m)
		s.fill(box(side*.25-.045, 2.82, .09, .2, .03), mix(p.inner, ink, .3), m)
	}
}

func shirt(s *sketch, p *person) {
	m := p.cloth(s)
	_, _, _, bottom := s.edges()
	dark := mix(p.top, ink, .6)
	s.bare(p, from(-.56, 1.1).line(0, 2.02, .56, 1.1))
	s.fill(from(-.36, 1.62).line(0, 2.02, .36, 1.62, .3, 1.72, 0, 1.80, -.3, 1.72), p.inner)
	s.fill(box(-.17, 2.0, .34, max(bottom, 3), 0), alpha(mix(p.top, white, .25), .38), m)
	s.fill(brush(.022, 1, .17, 2.0, .17, max(bottom, 4)), alpha(dark, .5), m)
	for y := 2.35; y < min(bottom, 12); y += .62 {
		s.fill(oval(0, y, .048, .048), mix(p.inner, ink, .12), m)
		s.fill(oval(.008, y+.006, .016, .016), dark, m)
	}
	for _, side := range []float64{-1, 1} {
		collar := from(side*.50, 1.06).curve(side*.66, 1.2, side*.80, 1.4, side*.78, 1.52).line(side*.44, 2.12, 0, 2.0).curve(side*.25, 1.75, side*.46, 1.5, side*.50, 1.06)
		s.fill(collar.moved(.02, .07), alpha(dark, .5), m)
		s.fill(collar, mix(mix(p.top, white, .13), ink, .10+.10*side))
		s.fill(brush(.018, .5, side*.72, 1.54, side*.43, 2.03, side*.08, 1.95), alpha(mix(p.top, white, .4), .5))
	}
}

func cardigan(s *sketch, p *person) {
	m := p.cloth(s)
	_, _, _, bottom := s.edges()
	end := max(bottom, 4)
	dark := mix(p.top, ink, .6)
	inner := s.mask(from(-.62, 1.1).line(0, 2.75, .62, 1.1))
	s.lay(inner, across(p.inner, mix(p.inner, ink, .25), -.4, .6), m)
	s.bare(p, from(-.50, 1.1).line(0, 1.84, .50, 1.1))
	for _, side := range []float64{-1, 1} {
		s.fill(from(side*.46, 1.04).line(side*.74, 1.38, side*.40, 1.98, 0, 1.84).curve(side*.22, 1.6, side*.42, 1.4, side*.46, 1.04), mix(p.inner, ink, .07+.07*side))
		s.fill(brush(.02, .4, side*.72, 1.42, side*.40, 1.98, side*.05, 1.87), alpha(ink, .22))
		edge := s.mask(brush(.17, 1, side*.68, 1.26, side*.46, 1.9, side*.04, 2.75, 0, end))
		s.lay(edge, flat(mix(mix(p.top, white, .14), ink, .10+.10*side)), m)
	}
	for y := 2.95; y < min(bottom, 12); y += .6 {
		s.fill(oval(0, y, .055, .055), mix(p.top, rgb(0xe8c890), .7), m)
		s.fill(oval(0, y, .018, .018), dark, m)
	}
}
