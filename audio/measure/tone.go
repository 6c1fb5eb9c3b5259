package measure

import "math"

// Tone returns the level in dBFS of a sine of freq Hz in pcm, by Goertzel's
// algorithm under a Blackman–Harris window: other tones are suppressed by 92 dB if
// they are at least 4·Rate/len(pcm) Hz away (40 Hz for 100 ms). freq must lie as far
// from 0 and from Rate/2, and need not be a multiple of anything.
func Tone(pcm []float32, freq float64) float64 {
	var s1, s2, weight float64
	omega := 2 * math.Pi * freq / Rate
	coeff := 2 * math.Cos(omega)
	for i, v := range pcm {
		w := blackmanHarris(i, len(pcm))
		weight += w
		s1, s2 = float64(v)*w+coeff*s1-s2, s1
	}
	if weight == 0 {
		return FloorDB
	}
	re := s1 - s2*math.Cos(omega)
	im := s2 * math.Sin(omega)
	return DB(2 * math.Hypot(re, im) / weight)
}

// blackmanHarris is the 4-term window of Harris (1978), periodic: sidelobes at −92 dB.
func blackmanHarris(i, n int) float64 {
	x := 2 * math.Pi * float64(i) / float64(n)
	return 0.35875 - 0.48829*math.Cos(x) + 0.14128*math.Cos(2*x) - 0.01168*math.Cos(3*x)
}

// phase returns the phase of a tone of freq Hz at sample i, in radians, 0…2π. Taking
// whole turns off first keeps it exact over long signals.
func phase(freq float64, i int) float64 {
	turns := freq * float64(i) / Rate
	return 2 * math.Pi * (turns - math.Floor(turns))
}
