package decode

import "github.com/lianmai/lianmai/media"

const (
	// edge is how many frames of the file the resampler is given beyond each end of the
	// piece, and before a place that is sought; its filter reaches a quarter as far at
	// 192 kHz.
	edge = 256
	// order is that of the linear prediction.
	order = 32
)

// extend returns n frames that go on from pcm beyond its end (way 1) or before its start
// (way −1), as linear prediction has it: a tone goes on as it was. Silence or a
// reflection would bend what the resampler makes of the outermost frames, and the seam
// of a loop would be heard. Beyond edge frames it is silence.
func extend(pcm []float32, n, way int) []float32 {
	out := make([]float32, n*media.Channels)
	have := min(len(pcm)/media.Channels, edge+1)
	x := make([]float64, have, have+edge)
	for ch := range media.Channels {
		for i := range have {
			frame := len(pcm)/media.Channels - have + i
			if way < 0 {
				frame = have - 1 - i
			}
			x[i] = float64(pcm[frame*media.Channels+ch])
		}
		a := burg(x[:have], min(order, have/3))
		for i, y := range predict(x[:have], a, min(n, edge)) {
			frame := i
			if way < 0 {
				frame = n - 1 - i
			}
			out[frame*media.Channels+ch] = float32(max(-1, min(y, 1)))
		}
	}
	return out
}

// predict returns the next n values after x, each the sum of those before it times a.
func predict(x, a []float64, n int) []float64 {
	all := x
	for range n {
		y := 0.0
		for k, v := range a {
			y += v * all[len(all)-1-k]
		}
		all = append(all, y)
	}
	return all[len(x):]
}

// burg returns the coefficients that predict x from up to m values before (J. P. Burg,
// 1967). What they predict does not grow.
func burg(x []float64, m int) []float64 {
	forward, backward := append([]float64(nil), x...), append([]float64(nil), x...)
	a := make([]float64, 0, m)
	power := 0.0
	for _, v := range x {
		power += v * v
	}
	for k := 1; k <= m; k++ {
		num, den := 0.0, 0.0
		for i := k; i < len(x); i++ {
			num += forward[i] * backward[i-1]
			den += forward[i]*forward[i] + backward[i-1]*backward[i-1]
		}
		// What is left is rounding.
		if den <= 1e-14*power {
			break
		}
		r := 2 * num / den
		before := append([]float64(nil), a...)
		for i := range a {
			a[i] -= r * before[len(before)-1-i]
		}
		a = append(a, r)
		for i := len(x) - 1; i >= k; i-- {
			f, b := forward[i], backward[i-1]
			forward[i], backward[i] = f-r*b, b-r*f
		}
	}
	return a
}
