package compose

import (
	"image"
	"image/color"
)

// face returns the outline of the head without ears and hair.
func (p *person) face() *path {
	return both(0, -1.06, .48, -.93, .74, -.48, .76, 0, .68, .46, p.jaw+.14, .80, p.jaw*.55, .97, 0, 1.01)
}

// neckline returns the outline of the neck and what is below it between the shoulders.
func neckline() *path {
	return from(-.40, .4).curve(-.38, 1, -.38, 1.2, -.72, 1.42).curve(-1.1, 1.6, -.9, 2.4, 0, 2.5).
		curve(.9, 2.4, 1.1, 1.6, .72, 1.42).curve(.38, 1.2, .38, 1, .40, .4)
}

// drawNeck draws the neck and the skin that clothes leave bare.
func (p *person) drawNeck(s *sketch) {
	neck := s.mask(neckline())
	s.lay(neck, across(p.shade(.14), p.shade(.42), -.4, .5))
	// The chin's shadow.
	s.lay(s.mask(p.face().moved(.06, .26)), flat(alpha(p.shade(1), .42)), neck)
}

// drawHead draws ears and face.
func (p *person) drawHead(s *sketch) {
	for _, side := range []float64{-1, 1} {
		if p.covered {
			break
		}
		ear := s.mask(blob(side*.70, -.16, side*.84, -.20, side*.91, -.02, side*.85, .22, side*.74, .33, side*.66, .2))
		s.lay(ear, flat(p.shade(.18+.12*side)))
		s.fill(brush(.05, .3, side*.75, -.08, side*.83, -.06, side*.80, .1, side*.77, .18), alpha(p.shade(.8), .55), ear)
	}
	face := s.mask(p.face())
	s.lay(face, flat(p.skin))
	s.lay(face, across(alpha(p.shade(.8), 0), alpha(p.shade(.8), .55), .05, .95))
	s.glow(-.28, -.5, .62, .55, alpha(mix(p.skin, white, .5), .38), face)
	s.glow(0, 1.06, .75, .32, alpha(p.shade(1), .30), face)
	for _, side := range []float64{-1, 1} {
		s.glow(side*.44, .38, .30, .24, alpha(mix(rgb(0xe8506a), p.skin, .25), .25), face)
		p.drawEye(s, side)
	}
	p.drawNose(s, face)
	p.drawMouth(s, face)
	if p.wrinkle {
		for _, side := range []float64{-1, 1} {
			s.fill(brush(.022, .1, side*.24, .40, side*.33, .50, side*.35, .62), alpha(p.shade(1), .5), face)
			s.fill(brush(.018, .1, side*.18, .19, side*.31, .235, side*.44, .18), alpha(p.shade(1), .42), face)
			s.fill(brush(.018, .1, side*.53, .0, side*.60, -.02), alpha(p.shade(1), .4), face)
		}
		s.fill(brush(.018, .1, -.3, -.55, 0, -.58, .3, -.55), alpha(p.shade(1), .35), face)
	}
}

// drawEye draws one eye and its brow; side is -1 for the left one of the picture.
func (p *person) drawEye(s *sketch, side float64) {
	x, y := side*.325, .02
	open := .110
	if p.laughs {
		open = .098
	}
	opening := from(x-.155, y+.018).curve(x-.09, y-open*1.2, x+.09, y-open*1.2, x+.155, y+.006).
		curve(x+.09, y+open*.98, x-.09, y+open*.98, x-.155, y+.018)
	// The hollow of the eye, then the eye itself.
	s.glow(x, y-.05, .26, .19, alpha(p.shade(.9), .28))
	white := s.mask(opening)
	s.lay(white, down(rgb(0xe3dcd8), rgb(0xfdfbf8), y-.1, y))
	s.fill(oval(x, y-.004, .094, .098), mix(p.iris, ink, .35), white)
	s.fill(oval(x, y+.010, .078, .080), mix(p.iris, rgb(0xc08a50), .12), white)
	s.fill(oval(x, y, .046, .048), rgb(0x0c090a), white)
	s.fill(oval(x-.034, y-.036, .024, .024), rgb(0xffffff), white)
	s.fill(oval(x+.030, y+.030, .012, .012), alpha(rgb(0xffffff), .7), white)
	lid := mix(p.hairOrBrown(), ink, .55)
	thick := .040
	if p.lashes {
		thick = .054
		s.fill(brush(.036, .2, x+side*.10, y-.060, x+side*.165, y-.045, x+side*.215, y-.095), lid)
	}
	s.fill(brush(thick, .3, x-.162, y+.014, x-.092, y-open*.72, x, y-open*.92, x+.092, y-open*.76, x+.162, y+.004), lid)
	s.fill(brush(.014, .2, x-.13, y-open*.8-.022, x, y-open-.05, x+.13, y-open*.8-.026), alpha(p.shade(1), .55))
	s.fill(brush(p.brows*1.25, .38, x-side*.15, y-.215, x+side*.03, y-.29, x+side*.20, y-.225), alpha(mix(p.hairOrBrown(), ink, .18), .94))
}

// hairOrBrown returns the colour of the brows: the hair's, unless a scarf hides it.
func (p *person) hairOrBrown() color.NRGBA {
	if p.scarfed {
		return rgb(0x3a2a22)
	}
	return p.hair
}

func (p *person) drawNose(s *sketch, face *image.Alpha) {
	dark := p.shade(1)
	s.glow(.07, .26, .13, .24, alpha(dark, .22), face)
	s.glow(-.035, .22, .07, .26, alpha(white, .26), face)
	s.glow(0, .43, .17, .07, alpha(dark, .38), face)
	s.fill(brush(.030, .25, -.105, .375, -.095, .425, -.045, .425), alpha(dark, .62), face)
	s.fill(brush(.034, .25, .045, .425, .100, .425, .112, .372), alpha(dark, .72), face)
	s.fill(brush(.026, .2, -.045, .424, 0, .442, .045, .424), alpha(dark, .5), face)
}

func (p *person) drawMouth(s *sketch, face *image.Alpha) {
	lips := p.lips
	if lips.A == 0 {
		lips = p.shade(.62)
	}
	s.glow(0, .845, .2, .06, alpha(p.shade(1), .32), face)
	if !p.laughs {
		s.fill(from(-.245, .628).curve(-.12, .60, -.06, .575, 0, .597).curve(.06, .575, .12, .60, .245, .628).
			curve(.13, .80, -.13, .80, -.245, .628), lips, face)
		s.glow(-.03, .735, .12, .035, alpha(white, .30), face)
		s.fill(brush(.030, .35, -.275, .612, -.13, .665, 0, .668, .13, .665, .275, .612), mix(lips, ink, .55), face)
		return
	}
	s.fill(from(-.315, .575).curve(-.16, .585, -.07, .555, 0, .575).curve(.07, .555, .16, .585, .315, .575).
		curve(.24, .90, -.24, .90, -.315, .575), lips, face)
	mouth := s.mask(from(-.275, .598).curve(-.12, .625, .12, .625, .275, .598).curve(.20, .832, -.20, .832, -.275, .598))
	s.lay(mouth, flat(rgb(0x5a1a20)), face)
	s.fill(oval(0, .84, .15, .085), rgb(0xc9575c), mouth)
	s.lay(s.mask(from(-.26, .59).line(.26, .59).curve(.19, .715, -.19, .715, -.26, .59)), down(rgb(0xfffdf9), rgb(0xe9e2dc), .62, .72), mouth)
	for _, side := range []float64{-1, 1} {
		s.fill(brush(.024, .3, side*.30, .56, side*.345, .585, side*.33, .625), alpha(p.shade(1), .6), face)
	}
}
