package pattern

import (
	"errors"
	"fmt"

	"github.com/lianmai/lianmai/media"
)

// MinSide is the shortest side of a drawn picture, in pixels: below it the cells
// of the code have fewer than 3 pixels.
const MinSide = 90

// ErrNumber is returned for a participant number that is not 1 to MaxNumber.
var ErrNumber = errors.New("pattern: bad participant number")

// The picture is laid out in cells around its centre, x to the right and y down;
// one cell is 1/shortCells of the short side. The person and the board stay
// within ±15 cells, so that cropping the picture to a square keeps them.
const (
	quietHalf = codeSide/2 + 1.0 // the quiet zone ends here

	panelTop, panelBottom = 5.0, 9.5 // the number's panel, which flashes
	panelHalf             = 5.0
	clockTop, clockBottom = 9.5, 11.5
	boardHalf             = panelHalf

	// The part of the panel that tells the flash. It stays visible in a landscape
	// crop of a portrait source (9:16 to 16:9 shows ±8.4 cells).
	flashTop, flashBottom = 5.5, 8.0
	flashHalf             = 3.5

	headY                 = -9.3
	headRadiusX           = 3.3
	headRadiusY           = 4.1
	swayCells             = 0.5
	bodyTop               = -5.6
	shoulderHalf          = 9.0
	bodyShoulder          = 4.5 // from bodyTop to where the shoulders end
	eyeX, eyeY, eyeRadius = 1.25, -9.4, 0.55
	mouthY                = -7.2
)

// frameGeometry is a picture's size and where its cells are.
type frameGeometry struct {
	w, h   int
	cell   int // pixels a cell
	cx, cy int // centre of the picture
}

func newGeometry(w, h int) (frameGeometry, error) {
	if w < MinSide || h < MinSide || w > media.MaxSide || h > media.MaxSide || w%2 != 0 || h%2 != 0 {
		return frameGeometry{}, fmt.Errorf("%w: %d×%d; sides must be even and %d–%d pixels", media.ErrSize, w, h, MinSide, media.MaxSide)
	}
	return frameGeometry{w: w, h: h, cell: min(w, h) / shortCells, cx: w / 2, cy: h / 2}, nil
}

// px returns the pixels that n cells measure, rounded down to even so that luma
// and chroma move together.
func (g frameGeometry) px(n float64) int { return int(n*float64(g.cell)) &^ 1 }
