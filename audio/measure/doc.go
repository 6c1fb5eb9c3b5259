// Package measure judges sound: how loud a tone is ([Tone]), what else there is
// besides the tones that should be ([Fit]), when a beep starts ([Onsets]), and plain
// levels ([RMS], [Peak], [TruePeak], [StandardTruePeak]). It is for tests and for the judge of a mixed stream, not
// for the mixing path: it allocates and takes its time.
//
// Everything is mono at [Rate]; [Channel] and [Mono] take interleaved stereo apart.
//
// Levels of tones are in dBFS of their amplitude: a sine whose crest is 1.0 has 0 dBFS.
// RMS levels are plain: that sine has −3.01. FloorDB stands for silence.
package measure

import "math"

// Rate is the sample rate of everything that is measured, in samples per second.
const Rate = 48000

// FloorDB is the lowest level that is reported, in dBFS.
const FloorDB = -200

// DB returns an amplitude in decibels, at least FloorDB.
func DB(amplitude float64) float64 {
	return max(FloorDB, 20*math.Log10(math.Abs(amplitude)))
}

// Amplitude returns the amplitude of a level in decibels.
func Amplitude(db float64) float64 { return math.Pow(10, db/20) }

// Channel returns channel c (0 left, 1 right) of interleaved stereo, as a copy.
func Channel(stereo []float32, c int) []float32 {
	mono := make([]float32, len(stereo)/2)
	for i := range mono {
		mono[i] = stereo[2*i+c]
	}
	return mono
}

// Mono returns the mean of both channels of interleaved stereo, as a copy.
func Mono(stereo []float32) []float32 {
	mono := make([]float32, len(stereo)/2)
	for i := range mono {
		mono[i] = (stereo[2*i] + stereo[2*i+1]) / 2
	}
	return mono
}

// RMS returns the root mean square of pcm in dBFS; nothing is silence.
func RMS(pcm []float32) float64 {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	if sum == 0 {
		return FloorDB
	}
	return max(FloorDB, 10*math.Log10(sum/float64(len(pcm))))
}

// Peak returns the greatest magnitude of pcm in dBFS.
func Peak(pcm []float32) float64 {
	var peak float64
	for _, v := range pcm {
		peak = max(peak, math.Abs(float64(v)))
	}
	return DB(peak)
}
