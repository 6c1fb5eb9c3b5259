package audio

import "testing"

// BenchmarkMixSixAndMusic mixes one second of six people who all speak and of music
// under them, everything switched on, writes included. It prints the share of a core.
func BenchmarkMixSixAndMusic(b *testing.B) {
	const block = 1024
	const second = SampleRate / block * block
	for _, test := range []struct {
		name   string
		levels []float64 // of the people, dBFS
		gainDB float64
	}{
		{"speech", []float64{-22, -24, -26, -28, -30, -32}, 0},
		{"silence", nil, 0},
		{"limiting", []float64{-22, -24, -26, -28, -30, -32}, 12},
	} {
		b.Run(test.name, func(b *testing.B) {
			m := New()
			m.SetDucking(DefaultDucking())
			m.SetMaster(MasterConfig{GainDB: test.gainDB, Normalize: true})
			music := m.Add("music")
			music.SetMusic(true)
			track := make([]float32, second*Channels)
			var people []*Source
			var said [][]float32
			for _, v := range voices(1, test.levels...) {
				stereo := make([]float32, second*Channels)
				for i, x := range v.say(float64(second) / SampleRate) {
					stereo[2*i], stereo[2*i+1] = x, x
				}
				people, said = append(people, m.Add("guest")), append(said, stereo)
			}
			if test.levels != nil {
				for i, f := range []float64{110, 220, 277.5, 330, 1760, 5000} {
					for k, x := range sine(0, second, f, 0.1/float64(i+1), 0) {
						track[k] += x
					}
				}
			}
			dst := make([]float32, block*Channels)
			at := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				for i := 0; i < len(track); i += block * Channels {
					for k, s := range people {
						s.Write(at+2048, said[k][i:i+block*Channels])
					}
					music.Write(at+2048, track[i:i+block*Channels])
					m.MixInto(at, dst)
					at += block
				}
			}
			share := b.Elapsed().Seconds() / float64(b.N) / (float64(second) / SampleRate)
			b.ReportMetric(100*share, "%core")
		})
	}
}
