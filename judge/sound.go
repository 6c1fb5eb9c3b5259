package judge

import (
	"math"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

const (
	// silenceDB is the RMS level below which a block is silent, in dBFS.
	silenceDB = -60
	// silenceBlock is the block's length in samples: 10 ms.
	silenceBlock = media.SampleRate / 100
	// toneLength is how much sound the tones are measured in, 200 ms: their
	// frequencies are 30 Hz apart and measure.Tone tells 20 Hz apart then.
	toneLength = media.SampleRate / 5
	// toneEvery is the distance between measurements, in samples: 500 ms.
	toneEvery = media.SampleRate / 2
	// heardDB is the level from which a tone counts as heard: 30 dB below full level.
	heardDB = -60
	// maxStampError is how far a block's timestamp may be from the count of samples
	// before the sound counts as broken there. Stamps are rounded to milliseconds.
	maxStampError = 5 * time.Millisecond
)

// ear judges decoded sound: mono, 48 kHz.
type ear struct {
	silence stretches
	beeps   beeps
	peak    float32
	// heard is told the level of each participant's tone, in dBFS, every toneEvery.
	heard func(at time.Duration, levels [pattern.MaxNumber]float64)

	start  time.Duration // time of sample 0 since the last break
	n      int64
	any    bool
	energy float64 // of the current silence block
	tone   []float32
}

// add takes a block of interleaved stereo whose first sample is at.
func (e *ear) add(at time.Duration, pcm []float32) {
	expected := e.start + media.SampleTime(e.n)
	if d := at - expected; !e.any || d > maxStampError || d < -maxStampError {
		e.any, e.start, e.n, e.energy = true, at, 0, 0
		e.tone = e.tone[:0]
		e.beeps.restart(at)
	}
	for i := 0; i+1 < len(pcm); i += 2 {
		e.peak = max(e.peak, pcm[i], -pcm[i], pcm[i+1], -pcm[i+1])
		e.sample((pcm[i] + pcm[i+1]) / 2)
	}
}

func (e *ear) sample(x float32) {
	e.beeps.add(x)
	e.energy += float64(x) * float64(x)
	e.n++
	if e.n%silenceBlock == 0 {
		rms := 10 * math.Log10(e.energy/silenceBlock+1e-20)
		e.silence.set(rms < silenceDB, e.start+media.SampleTime(e.n-silenceBlock))
		e.energy = 0
	}
	if e.n%toneEvery < toneLength {
		e.tone = append(e.tone, x)
	}
	if len(e.tone) == toneLength {
		var levels [pattern.MaxNumber]float64
		for k := range levels {
			levels[k] = measure.Tone(e.tone, pattern.Tone(k+1))
		}
		e.heard(e.start+media.SampleTime(e.n), levels)
		e.tone = e.tone[:0]
	}
}

func (e *ear) end() time.Duration { return e.start + media.SampleTime(e.n) }
