package pattern

import (
	"fmt"
	"math"
	"time"

	"github.com/lianmai/lianmai/media"
)

// FlashLength is how long the panel is white and the beep sounds, from each whole
// second of the clock on: two or three frames at 24–30 frames a second, and at
// least one from 10 on.
const FlashLength = 100 * time.Millisecond

// Participant draws the pictures of one synthetic participant. Not safe for
// concurrent use: it has a scratch buffer for the clock's digits.
type Participant struct {
	number int
	scene  *scene
	text   clockText
}

// clockText is the clock for people: minutes, seconds, milliseconds.
type clockText [len("34:56.789")]byte

// NewParticipant prepares participant number (1 to MaxNumber) for pictures of
// w×h pixels, even and MinSide to media.MaxSide. It holds about 4 MB at 720p. The errors are
// ErrNumber and media.ErrSize.
func NewParticipant(number, w, h int) (*Participant, error) {
	if number < 1 || number > MaxNumber {
		return nil, fmt.Errorf("%w: %d is not 1–%d", ErrNumber, number, MaxNumber)
	}
	g, err := newGeometry(w, h)
	if err != nil {
		return nil, err
	}
	s, err := newScene(number, g)
	if err != nil {
		return nil, err
	}
	return &Participant{number: number, scene: s}, nil
}

// Number returns the participant's number.
func (p *Participant) Number() int { return p.number }

// Draw paints the picture of the moment clock over all of f, which must have the
// participant's size (otherwise media.ErrSize). The clock may start anywhere: at 0
// for a file, at the Unix time for a live stream. Draw sets f's matrix and range;
// the caller keeps f, and sets its PTS. It does not allocate.
func (p *Participant) Draw(f *media.Frame, clock time.Duration) error {
	s, g := p.scene, p.scene.g
	if f.Width() != g.w || f.Height() != g.h {
		return fmt.Errorf("%w: frame of %d×%d for a participant of %d×%d", media.ErrSize, f.Width(), f.Height(), g.w, g.h)
	}
	f.Matrix, f.FullRange = media.BT709, false
	seconds := float64(WrapClock(clock)) / float64(time.Second)
	s.paintBackground(f, seconds)
	s.paintPerson(f, seconds+float64(p.number)*1.7)
	p.paintBoard(f, clock)
	return nil
}

func (s *scene) paintBackground(f *media.Frame, seconds float64) {
	g := s.g
	// 1.5 cells a second, in even steps like everything that moves. All motions
	// fit a whole number of times into ClockPeriod.
	offset := int(seconds*1.5*float64(g.cell)) % s.backW &^ 1
	pix, stride := f.Plane(0), f.Stride(0)
	for y := range g.h {
		row, src := pix[y*stride:y*stride+g.w], s.back[y*s.backW:(y+1)*s.backW]
		n := copy(row, src[offset:])
		copy(row[n:], src)
	}
	fillPlane(f.Plane(1), f.Stride(1), 0, 0, g.w/2, g.h/2, s.cb)
	fillPlane(f.Plane(2), f.Stride(2), 0, 0, g.w/2, g.h/2, s.cr)
}

func (s *scene) paintPerson(f *media.Frame, seconds float64) {
	g := s.g
	turn := func(hertz float64) float64 { return math.Sin(2 * math.Pi * hertz * seconds) }
	sway := swayCells * turn(0.3)
	nod := 0.18 * turn(0.45)
	at := func(x, y float64) (int, int) { return g.cx + g.px(x+15) - g.px(15), g.cy + g.px(y+15) - g.px(15) }

	x, _ := at(sway*0.4, 0)
	s.body.draw(f, x, g.cy)
	x, y := at(sway, headY+nod)
	s.head.draw(f, x, y)
	eye := s.eyeOpen
	if math.Mod(seconds, 3.125) < 0.15 {
		eye = s.eyeClosed
	}
	for _, side := range [2]float64{-1, 1} {
		x, y = at(sway*1.2+side*eyeX, eyeY+nod)
		eye.draw(f, x, y)
	}
	// Syllables at about 4 Hz in phrases of a few seconds.
	open := math.Abs(turn(2.1)) * (0.35 + 0.65*math.Abs(turn(0.8))) * smooth(-0.5, 0.1, turn(0.2))
	x, y = at(sway*1.2, mouthY+nod)
	s.mouths[min(int(open*mouthShapes), mouthShapes-1)].draw(f, x, y)
}

// paintBoard draws the white board that the person holds: code, number, clock.
func (p *Participant) paintBoard(f *media.Frame, clock time.Duration) {
	s, g := p.scene, p.scene.g
	half := g.px(boardHalf)
	fillRect(f, g.cx-half, g.cy-g.px(quietHalf), g.cx+half, g.cy+g.px(clockBottom), white)
	p.paintCode(f, Code{Number: p.number, Clock: WrapClock(clock)})

	number := s.number
	if WrapClock(clock)%time.Second < FlashLength {
		number = s.flashed
	}
	digit := [1]byte{'0' + byte(p.number)}
	number.draw(f, g.cx-half, g.cy+g.px(panelTop), digit[:])

	p.text.set(clock)
	s.clock.draw(f, g.cx-len(p.text)*s.clock.w/2, g.cy+g.px(clockTop), p.text[:])
}

func (p *Participant) paintCode(f *media.Frame, c Code) {
	g := p.scene.g
	x0, y0 := g.cx-codeSide/2*g.cell, g.cy-codeSide/2*g.cell
	fillLuma(f, x0, y0, x0+codeSide*g.cell, y0+codeSide*g.cell, black.y)
	cells := c.bits()
	for i := range dataSide * dataSide {
		if cells>>(dataSide*dataSide-1-i)&1 == 0 {
			continue
		}
		x, y := x0+(1+i%dataSide)*g.cell, y0+(1+i/dataSide)*g.cell
		fillLuma(f, x, y, x+g.cell, y+g.cell, white.y)
	}
}

// set writes the clock as MM:SS.mmm, minutes within the hour.
func (t *clockText) set(clock time.Duration) {
	ms := int64(clock / time.Millisecond)
	ms = (ms%3_600_000 + 3_600_000) % 3_600_000
	put := func(at, digits int, v int64) {
		for i := digits - 1; i >= 0; i-- {
			t[at+i] = '0' + byte(v%10)
			v /= 10
		}
	}
	put(0, 2, ms/60_000)
	t[2] = ':'
	put(3, 2, ms/1000%60)
	t[5] = '.'
	put(6, 3, ms%1000)
}
