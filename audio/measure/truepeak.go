package measure

import "math"

const (
	// finePhases is how many points there are for each sample.
	finePhases = 16
	// fineHalf is how many samples to each side a point is computed from. Tones keep
	// their level within 0.01 dB up to 23 kHz.
	fineHalf = 64
)

// TruePeak returns the greatest magnitude of the band-limited signal that pcm are the
// samples of, between them too, in dBTP: at sixteen times the rate, which is 0.04 dB
// too low at worst. Before and after pcm is silence. It takes about 0.1 s for each
// second.
func TruePeak(pcm []float32) float64 {
	padded := make([]float64, len(pcm)+2*fineHalf)
	for i, v := range pcm {
		padded[fineHalf+i] = float64(v)
	}
	var peak float64
	for phase := range finePhases {
		taps := fineTaps(float64(phase) / finePhases)
		for i := range len(padded) - len(taps) + 1 {
			var sum float64
			for k, tap := range taps {
				sum += tap * padded[i+k]
			}
			peak = max(peak, math.Abs(sum))
		}
	}
	return DB(peak)
}

// fineTaps returns the filter for the point at fraction x after sample fineHalf−1: a
// sinc under a Blackman window.
func fineTaps(x float64) []float64 {
	taps := make([]float64, 2*fineHalf)
	for k := range taps {
		d := float64(k-(fineHalf-1)) - x
		w := math.Pi * d / fineHalf
		taps[k] = 0.42 + 0.5*math.Cos(w) + 0.08*math.Cos(2*w)
		if d != 0 {
			taps[k] *= math.Sin(math.Pi*d) / (math.Pi * d)
		}
	}
	return taps
}

// standardTaps are two of the four filters of ITU-R BS.1770-4, annex 2; the other two
// are their mirror images.
var standardTaps = [2][12]float64{
	{
		0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
		0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
	},
	{
		-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
		0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
	},
}

// StandardTruePeak returns the true peak as the meter of ITU-R BS.1770-4 reads it, in
// dBTP: at four times the rate, by the very filter that the standard prints. It reads
// up to 0.7 dB less than TruePeak, and less still near half the sample rate.
func StandardTruePeak(pcm []float32) float64 {
	var peak float64
	for i := range len(pcm) - 11 {
		for _, taps := range standardTaps {
			var sum, mirrored float64
			for k, tap := range taps {
				sum += tap * float64(pcm[i+k])
				mirrored += tap * float64(pcm[i+11-k])
			}
			peak = max(peak, math.Abs(sum), math.Abs(mirrored))
		}
	}
	return DB(peak)
}
