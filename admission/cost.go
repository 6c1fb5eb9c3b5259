package admission

import (
	"cmp"
	"fmt"
	"math"
)

// Cost is a part of a machine.
type Cost struct {
	Cores  float64 // CPU seconds each second
	Memory int64   // bytes
}

// plus returns the sum of both.
func (c Cost) plus(d Cost) Cost { return Cost{c.Cores + d.Cores, c.Memory + d.Memory} }

// String describes it with units.
func (c Cost) String() string {
	return fmt.Sprintf("%.2f cores, %d MB", c.Cores, c.Memory>>20)
}

// Input is one participant's stream. What is zero is assumed.
type Input struct {
	Width, Height int     // in pixels; assumed: the canvas's, but at most 1280×720
	Rate          float64 // frames per second; assumed: the mix's
	HEVC          bool    // costs about half more than H.264
}

// Mix is what is known of a mix.
type Mix struct {
	Inputs        []Input
	Width, Height int     // of the canvas, in pixels
	Rate          float64 // of the mix, in frames per second
	// Preset is the encoder's, by name; one that is not known costs as the slowest.
	Preset string
	// Music is the number of tracks.
	Music int
}

// What things cost on the machine on which they were measured (one core of an AMD EPYC,
// pictures of cameras; see docs/performance.md). Controllers learn how another differs.
const (
	decodePixel  = 1.85e-9 // core seconds for a pixel, H.264 with about 0.07 bit a pixel
	hevcFactor   = 1.5
	composePixel = 0.25e-9 // for a pixel of an input
	inputSound   = 0.006   // cores for decoding and mixing an input's sound
	mixSound     = 0.03    // cores for the limiter, loudness and the AAC encoder
	musicTrack   = 0.008   // cores
	session      = 0.05    // cores for clocks, packets, the network and the garbage collector

	assumedPixels = 1280 * 720

	processMemory = 70 << 20 // of a mix without inputs: code, fonts, heap
	// framesKept are the pictures that a decoder and what waits for its time hold.
	framesKept = 12
	// encoderFrames are x264's, the canvas and what it keeps of tiles, as pictures.
	encoderFrames = 10
	queueMemory   = 2 << 20 // packets of an input
	pixelMemory   = 1.5     // bytes of a 4:2:0 pixel
)

// encodePixel is the cost of encoding a pixel by preset, in core seconds (mixer's
// BenchmarkCost).
var encodePixel = map[string]float64{
	"economy": 5.4e-9, "balanced": 6.4e-9, "quality": 13.8e-9,
	"ultrafast": 3.5e-9, "superfast": 6.7e-9, "veryfast": 12.0e-9, "faster": 17.2e-9, "fast": 28.8e-9,
	"medium": 36e-9, "slow": 56e-9, "slower": 95e-9, "veryslow": 190e-9,
}

// slowest is what an unknown preset costs.
const slowest = "veryslow"

// Cost returns what the mix takes of the machine on which the coefficients were measured.
// It grows with every number in it.
func (m Mix) Cost() Cost {
	canvas := pixels(m.Width, m.Height)
	perPixel, ok := encodePixel[cmp.Or(m.Preset, "balanced")]
	if !ok {
		perPixel = encodePixel[slowest]
	}
	c := Cost{
		Cores:  session + mixSound + canvas*nonNegative(m.Rate)*perPixel + float64(max(m.Music, 0))*musicTrack,
		Memory: processMemory + int64(canvas*pixelMemory*encoderFrames),
	}
	for _, in := range m.Inputs {
		c = c.plus(in.cost(canvas, nonNegative(m.Rate)))
	}
	return c
}

func (in Input) cost(canvas, rate float64) Cost {
	size := pixels(in.Width, in.Height)
	if size == 0 {
		size = min(canvas, assumedPixels)
	}
	if in.Rate > 0 {
		rate = nonNegative(in.Rate)
	}
	decode := decodePixel
	if in.HEVC {
		decode *= hevcFactor
	}
	return Cost{
		Cores:  inputSound + size*rate*(decode+composePixel),
		Memory: queueMemory + int64(size*pixelMemory*framesKept),
	}
}

// pixels returns w×h, and 0 for what is no size.
func pixels(w, h int) float64 { return float64(max(w, 0)) * float64(max(h, 0)) }

func nonNegative(x float64) float64 {
	if math.IsNaN(x) || x < 0 || x > 1000 {
		return 0
	}
	return x
}
