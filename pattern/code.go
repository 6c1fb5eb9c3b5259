package pattern

import "time"

// MaxNumber is the highest participant number; the lowest is 1.
const MaxNumber = 9

// ClockPeriod is what the code's clock counts up to. It is a whole number of
// seconds, so that the clock's whole seconds are the real ones.
const ClockPeriod = 1000 * time.Second

// The code is a square of codeSide×codeSide cells: a black ring one cell wide
// around dataSide×dataSide cells of data, black for 0 and white for 1. A white
// quiet zone of one cell surrounds it.
const (
	codeSide = 8
	dataSide = codeSide - 2

	numberBits = 4
	clockBits  = 20
	crcBits    = 12 // 4+20+12 = 36 = dataSide²

	// shortCells is how many cells the short side of the picture measures. With 30,
	// the code is 0.27 of the short side: it stays whole when a 16:9 source is
	// cropped to a 360×1280 half of a portrait canvas (middle 0.28 of the short
	// side), and has 3 pixels a cell in a tile of 160×90.
	shortCells = 30
)

// Code is what the square in the centre of a synthetic picture says.
type Code struct {
	// Number is the participant, 1 to MaxNumber.
	Number int
	// Clock is the participant's clock when the picture was drawn, in whole
	// milliseconds, modulo ClockPeriod.
	Clock time.Duration
}

// scramble is added to the bits so that a code is never all black or all white.
const scramble = 0xa3c96a5c5

// bits returns the 36 data cells, the first cell (top left, then row by row) in
// the highest bit.
func (c Code) bits() uint64 {
	payload := uint64(c.Number)<<clockBits | uint64(c.Clock/time.Millisecond)
	return (payload<<crcBits | crc12(payload)) ^ scramble
}

// parseBits inverts bits. It is false where the checksum or a value is wrong.
func parseBits(cells uint64) (Code, bool) {
	cells ^= scramble
	payload := cells >> crcBits
	if cells&(1<<crcBits-1) != crc12(payload) {
		return Code{}, false
	}
	number := int(payload >> clockBits)
	clock := time.Duration(payload&(1<<clockBits-1)) * time.Millisecond
	if number < 1 || number > MaxNumber || clock >= ClockPeriod {
		return Code{}, false
	}
	return Code{Number: number, Clock: clock}, true
}

// crc12 returns the CRC of the payload's 24 bits with the polynomial
// x¹²+x¹¹+x³+x²+x+1 (ITU-T G.704's neighbour, "CRC-12", 0x80f), started with ones
// so that an empty square is no code.
func crc12(payload uint64) uint64 {
	crc := uint64(1<<crcBits - 1)
	for i := numberBits + clockBits - 1; i >= 0; i-- {
		top := crc >> (crcBits - 1) & 1
		crc = crc << 1 & (1<<crcBits - 1)
		if top != payload>>i&1 {
			crc ^= 0x80f
		}
	}
	return crc
}

// WrapClock returns t modulo ClockPeriod in whole milliseconds, as a Code holds it.
func WrapClock(t time.Duration) time.Duration {
	t = t.Truncate(time.Millisecond) % ClockPeriod
	if t < 0 {
		t += ClockPeriod
	}
	return t
}

// ClockDifference returns a−b for two clocks of codes, the way round that is at
// most half of ClockPeriod.
func ClockDifference(a, b time.Duration) time.Duration {
	d := (a - b) % ClockPeriod
	switch {
	case d > ClockPeriod/2:
		d -= ClockPeriod
	case d < -ClockPeriod/2:
		d += ClockPeriod
	}
	return d
}
