package pattern

import "math"

// scene is everything of a participant that does not change between frames.
type scene struct {
	g frameGeometry
	// back is the background's luma, wider than the frame: it scrolls and wraps.
	back       []byte
	backW      int
	cb, cr     uint8
	body, head *sprite
	eyeOpen    *sprite
	eyeClosed  *sprite
	mouths     [mouthShapes]*sprite
	// number and flashed are the big number in its two states.
	number, flashed *glyphs
	clock           *glyphs
}

// mouthShapes is how many ways open the mouth can be, from closed.
const mouthShapes = 6

func newScene(number int, g frameGeometry) (*scene, error) {
	s := &scene{g: g}
	s.cb, s.cr = Hue(number)
	s.renderBackground(number)
	skin, hair := skins[number%len(skins)], hairs[number%len(hairs)]
	s.body = newBody(number, g)
	s.head = newHead(number, g, skin, hair)
	s.eyeOpen = newSprite(g, 1, 1, eyeShade(true))
	s.eyeClosed = newSprite(g, 1, 1, eyeShade(false))
	for i := range s.mouths {
		s.mouths[i] = newMouth(g, float64(i)/(mouthShapes-1))
	}
	panelW, panelH := g.px(2*panelHalf), g.px(panelBottom)-g.px(panelTop)
	var err error
	if s.number, err = newGlyphs("123456789", panelW, panelH, white.y, ink.y); err != nil {
		return nil, err
	}
	if s.flashed, err = newGlyphs("123456789", panelW, panelH, ink.y, white.y); err != nil {
		return nil, err
	}
	// "34:56.789" fills the code's width.
	s.clock, err = newGlyphs("0123456789:.", codeSide*g.cell/len(clockText{}), g.px(clockBottom)-g.px(clockTop), ink.y, white.y)
	return s, err
}

// renderBackground paints a soft vertical gradient with out-of-focus discs. Only
// luma varies: the hue is the same everywhere, which is how the tile is found.
func (s *scene) renderBackground(number int) {
	g := s.g
	s.backW = g.w + g.px(16)
	s.back = make([]byte, s.backW*g.h)
	base := float64(hueLuma[number-1])
	for y := range g.h {
		v := clampLuma(int(base + 18 - 36*float64(y)/float64(g.h)))
		row := s.back[y*s.backW : (y+1)*s.backW]
		for x := range row {
			row[x] = v
		}
	}
	cells := float64(g.cell)
	for i := range 14 {
		// Fixed, evenly scattered places (golden ratio), different for each number.
		x := math.Mod(float64(i)*0.618+float64(number)*0.37, 1) * float64(s.backW)
		y := math.Mod(float64(i)*0.7548+float64(number)*0.21, 1) * float64(g.h)
		r := (1.4 + 2.2*math.Mod(float64(i)*0.377, 1)) * cells
		s.disc(x, y, r, 10+float64(i%3)*5)
	}
}

// disc adds gain to the luma of a soft disc that wraps around sideways.
func (s *scene) disc(cx, cy, r, gain float64) {
	for y := max(0, int(cy-r-1)); y < min(s.g.h, int(cy+r+2)); y++ {
		for dx := -int(r) - 1; dx <= int(r)+1; dx++ {
			d := math.Hypot(float64(dx), float64(y)-cy)
			x := ((int(cx)+dx)%s.backW + s.backW) % s.backW
			at := &s.back[y*s.backW+x]
			*at = clampLuma(int(*at) + int(gain*(1-smooth(r*0.86, r, d))+0.5))
		}
	}
}

// newBody draws neck-high shoulders in the participant's hue, down to the bottom
// of the frame. The origin is the centre of the picture.
func newBody(number int, g frameGeometry) *sprite {
	halfH := float64(g.h) / 2 / float64(g.cell)
	return newSprite(g, shoulderHalf, halfH+0.2, func(x, y float64) (colour, bool) {
		if y < bodyTop {
			return colour{}, false
		}
		half := shoulderHalf
		if t := (y - bodyTop) / bodyShoulder; t < 1 {
			// A quarter of a superellipse rounds the shoulders.
			half *= math.Pow(1-math.Pow(1-t, 2.6), 1/2.2)
		}
		if math.Abs(x) > half {
			return colour{}, false
		}
		fold := 5 * math.Cos(x*1.1) * smooth(bodyTop, bodyTop+8, y)
		return hueColour(number, -38+int(fold)), true
	})
}

// newHead draws neck, hair, ears and face. The origin is the middle of the face.
func newHead(number int, g frameGeometry, skin, hair colour) *sprite {
	shadow := colour{skin.y - 22, skin.cb, skin.cr}
	return newSprite(g, headRadiusX+0.9, headRadiusY+1.1, func(x, y float64) (colour, bool) {
		face := inEllipse(x, y, 0, 0, headRadiusX, headRadiusY)
		fringe := -1.9 + 0.35*math.Sin(float64(number)+x*(0.5+0.12*float64(number)))
		switch {
		case face && y > fringe && !(number%2 == 0 && math.Abs(x) > 2.75 && y < 0.6):
			cheek := inEllipse(math.Abs(x), y, 1.9, 1.1, 0.75, 0.5)
			if cheek {
				return colour{skin.y - 4, skin.cb - 3, skin.cr + 7}, true
			}
			return skin, true
		case inEllipse(x, y, 0, -0.7, headRadiusX+0.25, headRadiusY-0.25) && y < 0.4:
			return hair, true
		case inEllipse(math.Abs(x), y, headRadiusX, 0.2, 0.5, 0.85):
			return shadow, true
		case math.Abs(x) < 1.35 && y > 2.5:
			return shadow, true
		}
		return colour{}, false
	})
}

// eyeShade draws one eye around the origin.
func eyeShade(open bool) shade {
	return func(x, y float64) (colour, bool) {
		if !open {
			d := math.Hypot(x, y+0.5)
			return ink, math.Abs(d-0.62) < 0.13 && y > -0.25
		}
		switch {
		case inEllipse(x, y, 0.14, -0.16, 0.13, 0.13):
			return white, true
		case inEllipse(x, y, 0, 0, 0.34, 0.38):
			return ink, true
		case inEllipse(x, y, 0, 0, eyeRadius+0.12, eyeRadius):
			return white, true
		}
		return colour{}, false
	}
}

// newMouth draws a mouth that is open by 0 (smiling) to 1.
func newMouth(g frameGeometry, open float64) *sprite {
	return newSprite(g, 1.6, 1.2, func(x, y float64) (colour, bool) {
		bend := 0.22 * (1 - open) * (x*x - 0.5) // the corners go up
		y += bend
		rx := 1.15 - 0.25*open
		if inEllipse(x, y, 0, 0, rx-0.14, math.Max(0.72*open-0.02, 0.001)) {
			return mouth, true
		}
		return lips, inEllipse(x, y, 0, 0, rx, 0.17+0.68*open)
	})
}
