package pattern

import (
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	// ToneLevel is the level of the continuous tone in dBFS
	// (peak relative to full scale).
	ToneLevel = -30.0
	// BeepLevel is the peak level of the beep in dBFS. Six participants that beep
	// at once add up to at most −1.2 dBFS: 6·(10^(−30/20) + 10^(−19/20)) = 0.863.
	BeepLevel = -19.0
	// BeepEdge is how long the beep takes to rise and to fall (raised cosine); at
	// its half it has half of its amplitude.
	BeepEdge = 4 * time.Millisecond
)

// ErrSampleRate is returned for a sample rate that sound is not made at.
var ErrSampleRate = errors.New("pattern: bad sample rate")

// Tone returns the frequency of participant number's continuous tone in hertz: a
// pentatonic scale from C4, each a multiple of 10 Hz and at least 30 Hz from the next.
func Tone(number int) float64 {
	return [MaxNumber]float64{260, 290, 330, 390, 440, 520, 580, 660, 780}[number-1]
}

// Beep returns the frequency of participant number's beep in hertz: multiples of
// 300 Hz from 1500, below 4 kHz so that low sample rates and low bitrates keep it.
func Beep(number int) float64 { return 1500 + 300*float64(number-1) }

// Voice makes the sound of one participant. Its only state is the tables it reads,
// so it is safe for concurrent use.
type Voice struct {
	rate int
	// tone is a fifth of a second: whole periods, since all frequencies are multiples
	// of 10 Hz. beep is one whole beep, edges included.
	tone, beep []float32
}

// NewVoice prepares participant number (1 to MaxNumber) at rate samples a second,
// 8000 to 192 000 and a multiple of 5. The errors are ErrNumber and ErrSampleRate.
func NewVoice(number, rate int) (*Voice, error) {
	if number < 1 || number > MaxNumber {
		return nil, fmt.Errorf("%w: %d is not 1–%d", ErrNumber, number, MaxNumber)
	}
	if rate < 8000 || rate > 192000 || rate%5 != 0 {
		return nil, fmt.Errorf("%w: %d Hz", ErrSampleRate, rate)
	}
	v := &Voice{rate: rate, tone: make([]float32, rate/5), beep: make([]float32, int(FlashLength.Seconds()*float64(rate)))}
	toneGain, beepGain := math.Pow(10, ToneLevel/20), math.Pow(10, BeepLevel/20)
	for i := range v.tone {
		v.tone[i] = float32(toneGain * math.Sin(2*math.Pi*Tone(number)*float64(i)/float64(rate)))
	}
	edge := BeepEdge.Seconds() * float64(rate)
	for i := range v.beep {
		t := math.Min(float64(i), float64(len(v.beep)-i)) / edge
		gain := 0.5 - 0.5*math.Cos(math.Pi*math.Min(t, 1))
		v.beep[i] = float32(beepGain * gain * math.Sin(2*math.Pi*Beep(number)*float64(i)/float64(rate)))
	}
	return v, nil
}

// Fill writes samples first, first+1, … into pcm, interleaved, the same on each of
// channels channels (at least 1). Sample 0 is at a whole second of the clock, so
// beeps start at each multiple of the rate. first may be negative.
func (v *Voice) Fill(pcm []float32, channels int, first int64) {
	rate := int64(v.rate)
	second := int((first%rate + rate) % rate)
	for i := 0; i+channels <= len(pcm); i += channels {
		x := v.tone[second%len(v.tone)]
		if second < len(v.beep) {
			x += v.beep[second]
		}
		for c := range channels {
			pcm[i+c] = x
		}
		if second++; second == v.rate {
			second = 0
		}
	}
}
