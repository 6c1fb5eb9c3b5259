package compose

import (
	"image"
	"image/color"
	"math"
)

// interior is what is behind a person, out of focus.
type interior struct {
	wall, floor color.NRGBA
	light       color.NRGBA
	props       []prop
}

// prop draws one piece into a room.
type prop func(s *sketch, r *interior)

// draw fills the picture.
func (r *interior) draw(s *sketch) {
	left, top, right, bottom := s.edges()
	whole := s.mask(box(left, top, right-left, bottom-top, 0))
	s.lay(whole, down(mix(r.wall, white, .08), mix(r.wall, r.floor, .75), top, bottom))
	s.glow(-2.2, -2, 6, 6, alpha(r.light, .42))
	for _, p := range r.props {
		p(s, r)
	}
	// Darker towards the edges, so that the eye goes to the middle.
	s.lay(whole, func(x, y float64) color.NRGBA {
		dx, dy := x/max(right, 1), (y-.4)/max(bottom, 1)
		return alpha(mix(r.floor, ink, .7), .38*min(max(dx*dx+dy*dy-.35, 0), 1))
	})
	blur(s.img, max(1, int(math.Round(.055*s.unit))))
}

// window has panes of sky and a curtain. It is on the left.
func window(s *sketch, r *interior) {
	frame := mix(white, r.light, .4)
	s.fill(box(-5.2, -3.7, 3.55, 4.6, .06), alpha(ink, .18))
	s.fill(box(-5.3, -3.8, 3.55, 4.6, .06), frame)
	for i := range 2 {
		for j := range 2 {
			pane := s.mask(box(-5.12+1.68*float64(i), -3.62+2.18*float64(j), 1.5, 2.05, .03))
			s.lay(pane, down(rgb(0x9fd0f2), rgb(0xeef7f4), -3.6, .4))
			s.glow(-4.6, -.2, 2.4, 1.2, alpha(rgb(0x8fc28a), .9), pane)
			s.glow(-2.4, .2, 1.6, 1.0, alpha(rgb(0x6aa873), .9), pane)
		}
	}
	curtain := s.mask(from(-2.1, -4).line(-1.35, -4).through(-1.42, -2, -1.36, 0, -1.28, 1.7).line(-2.2, 1.7).through(-2.26, 0, -2.05, -2, -2.1, -4))
	s.lay(curtain, flat(mix(r.light, r.wall, .35)))
	for x := -2.08; x < -1.35; x += .2 {
		s.fill(brush(.09, .3, x, -4, x, -1.5, x-.03, 1.7), alpha(r.floor, .28), curtain)
	}
	s.fill(box(-5.6, -4.15, 4.5, .12, .06), mix(r.floor, ink, .3))
	s.glow(-3.4, -1.5, 4.2, 4, alpha(r.light, .30))
}

// spines are the colours of books.
var spines = [...]color.NRGBA{rgb(0xd9684f), rgb(0xe9c46a), rgb(0x2f6f86), rgb(0xf1ece0), rgb(0x7b9e6b), rgb(0x5b4a7d), rgb(0xb8433f), rgb(0x24505a)}

// shelf has books on boards. It is on the right.
func shelf(s *sketch, r *interior) {
	board := mix(rgb(0xa8744a), r.floor, .3)
	n := 0
	for _, y := range []float64{-2.75, -.95, .85} {
		x := 1.55 + .25*float64(n%3)
		for x < 5.2 {
			a, b := scatter(n*7 + int(10*r.wall.R))
			w, h := .17+.15*a, .75+.5*b
			if n++; n%9 == 4 {
				x += .34 // a gap, with a vase or nothing
				if a > .4 {
					s.fill(blob(x-.14, y-.62, x+.10, y-.62, x+.20, y-.22, x+.12, y, x-.16, y, x-.24, y-.22), mix(spines[n%len(spines)], white, .25))
				}
				x += .34
				continue
			}
			c := mix(spines[(n*5+int(r.wall.B))%len(spines)], r.wall, .18)
			s.fill(box(x, y-h, w, h, .03), c)
			s.fill(box(x+w*.2, y-h*.82, w*.6, .07, 0), alpha(white, .4))
			s.fill(box(x+w-.04, y-h, .04, h, 0), alpha(ink, .25))
			x += w + .012
		}
		s.fill(box(1.4, y, 4.2, .13, .02), board)
		s.fill(box(1.4, y+.13, 4.2, .10, 0), alpha(ink, .22))
		n += 3
	}
}

// plant has leaves in a pot; it stands at the lower left.
func plant(s *sketch, r *interior) {
	x, y := -2.75, 2.3
	pot := mix(rgb(0xd98a5f), r.wall, .15)
	for i, tip := range [][2]float64{{-1.2, -1.4}, {-.75, -2.1}, {-.1, -2.5}, {.55, -2.1}, {1.05, -1.35}, {-1.35, -.55}, {1.2, -.5}, {.25, -1.6}, {-.45, -1.5}} {
		tx, ty := x+tip[0], y+tip[1]
		mx, my := x+tip[0]*.35, y+tip[1]*.62
		leaf := mix(rgb(0x3f8a57), rgb(0x1f5a44), float64(i%3)*.4)
		s.fill(brush(.44, .06, x, y, mx, my, tx, ty), mix(leaf, r.wall, .12))
		s.fill(brush(.03, .2, x, y, mx, my, tx, ty), alpha(rgb(0xbfe3b0), .45))
	}
	s.fill(from(x-.62, y-.1).line(x+.62, y-.1, x+.46, y+1.2, x-.46, y+1.2), pot)
	s.fill(box(x-.70, y-.22, 1.4, .28, .06), mix(pot, white, .14))
	s.fill(from(x+.2, y+.06).line(x+.62, y+.06, x+.46, y+1.2, x+.15, y+1.2), alpha(ink, .18))
}

// frames are pictures on the wall above the head.
func frames(s *sketch, r *interior) {
	hang(s, r, [4]float64{-1.0, -4.0, 1.15, 1.45}, [4]float64{.42, -3.6, .86, 1.1})
}

// poster is a large picture on the right and a small one.
func poster(s *sketch, r *interior) {
	hang(s, r, [4]float64{2.3, -1.9, 1.9, 2.4}, [4]float64{1.4, -3.7, 1.2, 1.3})
}

// hang hangs pictures of x, y, width and height.
func hang(s *sketch, r *interior, pictures ...[4]float64) {
	for i, f := range pictures {
		x, y, w, h := f[0], f[1], f[2], f[3]
		s.fill(box(x+.07, y+.09, w, h, .02), alpha(ink, .25))
		s.fill(box(x, y, w, h, .02), mix(rgb(0x3a2d26), r.floor, .3))
		s.fill(box(x+.06, y+.06, w-.12, h-.12, 0), rgb(0xf7f1e6))
		art := s.mask(box(x+.17, y+.17, w-.34, h-.34, 0))
		s.lay(art, down(mix(spines[i], white, .55), mix(spines[i+2], white, .35), y, y+h))
		s.fill(oval(x+w*.62, y+h*.38, w*.15, w*.15), spines[(i*3+1)%len(spines)], art)
		s.fill(blob(x, y+h*.75, x+w*.3, y+h*.52, x+w*.6, y+h*.7, x+w, y+h*.55, x+w, y+h, x, y+h), spines[(i*2+6)%len(spines)], art)
	}
}

// lamp stands on the left and gives a warm light.
func lamp(s *sketch, r *interior) {
	_, _, _, bottom := s.edges()
	warm := rgb(0xffd58a)
	s.glow(-2.3, -1.5, 3.2, 3.2, alpha(warm, .55))
	s.fill(box(-2.35, -1.2, .1, max(bottom, 3)+2, 0), rgb(0x2c2622))
	s.lay(s.mask(from(-2.75, -2.6).line(-1.85, -2.6, -1.5, -1.1, -3.1, -1.1)), down(rgb(0xffe9bd), rgb(0xffc873), -2.6, -1.1))
	s.glow(-2.3, -1.4, .9, .8, alpha(white, .55))
}

// pendant is a lamp that hangs from the ceiling.
func pendant(s *sketch, r *interior) {
	_, top, _, _ := s.edges()
	for _, l := range [][2]float64{{1.55, -3.0}, {2.75, -3.7}} {
		x, y := l[0], l[1]
		s.glow(x, y+.5, 1.7, 1.6, alpha(r.light, .55))
		s.fill(box(x-.025, min(top, y)-.1, .05, y-min(top, y)+.1, 0), rgb(0x2a2522))
		s.fill(from(x-.12, y-.1).line(x+.12, y-.1).curve(x+.5, y+.05, x+.56, y+.3, x+.58, y+.5).line(x-.58, y+.5).curve(x-.56, y+.3, x-.5, y+.05, x-.12, y-.1), mix(r.floor, ink, .25))
		s.fill(oval(x, y+.5, .5, .1), rgb(0xfff6dc))
	}
}

// strips are lights along the wall.
func strips(s *sketch, r *interior) {
	left, top, right, bottom := s.edges()
	cool := rgb(0x39c6ff)
	s.glow(-3, -1, 4, 5, alpha(r.light, .55))
	s.glow(3.2, -.5, 4, 5, alpha(cool, .5))
	for _, l := range []struct {
		x float64
		c color.NRGBA
	}{{-2.35, r.light}, {2.35, cool}} {
		s.fill(box(l.x-.16, top-1, .32, bottom-top+2, 0), alpha(l.c, .35))
		s.fill(box(l.x-.05, top-1, .1, bottom-top+2, 0), mix(l.c, white, .6))
	}
	// Foam in triangles between them.
	for y := max(math.Floor(top), -12); y < min(bottom, 12); y++ {
		for x := max(math.Floor(left), -12); x < min(right, 12); x++ {
			s.fill(from(x, y).line(x+1, y, x, y+1), alpha(white, .035))
			s.fill(from(x+1, y).line(x+1, y+1, x, y+1), alpha(ink, .12))
		}
	}
}

// bokeh are small lights far away.
func bokeh(s *sketch, r *interior) {
	colors := [...]color.NRGBA{r.light, rgb(0x39c6ff), rgb(0xffc14d), rgb(0x9b7bff)}
	for i := range 26 {
		a, b := scatter(i)
		s.fill(oval(-5.2+10.4*a, -4.6+6.5*b, .12+.16*a*b, .12+.16*a*b), alpha(colors[i%len(colors)], .30))
	}
}

// blur blurs img by three box filters of the radius given, in pixels, nearly a Gaussian. At
// the edges the last pixel goes on.
func blur(img *image.RGBA, radius int) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	column := make([]byte, 4*max(w, h))
	for range 3 {
		for y := range h {
			row := img.Pix[y*img.Stride:][:4*w]
			copy(column, row)
			boxFilter(row, 4, column[:4*w], radius)
		}
		for x := range w {
			for y := range h {
				copy(column[4*y:4*y+4], img.Pix[y*img.Stride+4*x:][:4])
			}
			boxFilter(img.Pix[4*x:], img.Stride, column[:4*h], radius)
		}
	}
}

// boxFilter writes the sliding means of a line of pixels, step bytes apart.
func boxFilter(to []byte, step int, line []byte, radius int) {
	n := len(line) / 4
	for c := range 3 {
		at := func(i int) int { return int(line[4*min(max(i, 0), n-1)+c]) }
		sum := 0
		for i := -radius; i <= radius; i++ {
			sum += at(i)
		}
		for i := range n {
			to[i*step+c] = byte((sum + radius) / (2*radius + 1))
			sum += at(i+radius+1) - at(i-radius)
		}
	}
}
