package compose

import "image/color"

func beard(s *sketch, p *person) {
	face := s.mask(p.face().moved(0, .02))
	shape := s.mask(from(-.80, .02).through(-.66, .22, -.56, .42, -.34, .50, -.12, .49, 0, .515, .12, .49, .34, .50, .56, .42, .66, .22, .80, .02).
		through(.86, .6, .6, 1.06, 0, 1.16, -.6, 1.06, -.86, .6, -.80, .02))
	s.cut(shape, s.mask(blob(0, .555, .2, .56, .33, .575, .29, .70, .16, .81, 0, .84, -.16, .81, -.29, .70, -.33, .575, -.2, .56)))
	s.lay(shape, across(mix(p.hair, white, .05), mix(p.hair, ink, .30), -.8, .9), face)
	s.glow(0, .95, .5, .14, alpha(mix(p.hair, white, .4), .25), shape, face)
}

func moustache(s *sketch, p *person) {
	for _, side := range []float64{-1, 1} {
		m := s.mask(from(0, .49).through(side*.14, .465, side*.28, .53, side*.37, .66).through(side*.24, .635, side*.10, .62, 0, .585))
		s.lay(m, across(mix(p.hair, white, .15), mix(p.hair, ink, .22), -.4, .5))
		s.fill(brush(.016, .1, side*.06, .52, side*.2, .545, side*.32, .62), alpha(mix(p.hair, ink, .5), .35), m)
	}
}

func glasses(s *sketch, p *person) {
	rim := rgb(0x22252e)
	if p.wrinkle {
		rim = rgb(0x6e4a2c)
	}
	for _, side := range []float64{-1, 1} {
		x, y := side*.335, .05
		lens := box(x-.27, y-.205, .54, .42, .17)
		m := s.mask(lens)
		s.lay(m, flat(color.NRGBA{220, 235, 255, 26}))
		s.fill(from(x-.06, y-.22).line(x+.08, y-.22, x-.12, y+.24, x-.26, y+.24), color.NRGBA{255, 255, 255, 34}, m)
		ring := s.mask(box(x-.295, y-.23, .59, .47, .19))
		s.cut(ring, s.mask(box(x-.25, y-.187, .50, .384, .155)))
		s.lay(ring, flat(rim))
		s.fill(brush(.05, .8, side*.615, -.04, side*.72, -.06, side*.82, -.05), rim)
	}
	s.fill(brush(.05, .9, -.075, .0, 0, -.035, .075, .0), rim)
}

func earrings(s *sketch, p *person) {
	for _, side := range []float64{-1, 1} {
		ring := s.mask(oval(side*.80, .50, .17, .19))
		s.cut(ring, s.mask(oval(side*.80, .49, .125, .145)))
		s.lay(ring, down(rgb(0xffe49a), rgb(0xc98a2b), .3, .7))
	}
}

func headset(s *sketch, p *person) {
	shell, pad := rgb(0x2b2f3d), rgb(0x15171f)
	s.fill(brush(.15, .9, -.93, -.1, -.90, -.72, -.52, -1.24, 0, -1.40, .52, -1.24, .90, -.72, .93, -.1), shell)
	s.fill(brush(.04, .3, -.90, -.5, -.66, -1.08, -.2, -1.36, .3, -1.34), color.NRGBA{255, 255, 255, 70})
	for _, side := range []float64{-1, 1} {
		s.fill(box(side*.86-.14, -.32, .28, .70, .14), pad)
		s.fill(box(side*.98-.13, -.28, .26, .62, .13), shell)
		s.fill(brush(.035, .8, side*1.02, -.16, side*1.03, .02, side*1.02, .2), p.room.light)
	}
	s.fill(brush(.045, .9, -.95, .32, -.86, .66, -.62, .80, -.42, .80), shell)
	s.fill(oval(-.40, .80, .095, .065), pad)
}
