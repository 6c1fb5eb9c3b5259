package measure

import (
	"errors"
	"fmt"
	"math"
)

// ErrFit is returned when the tones cannot be told apart in what is there: too few
// samples, or frequencies that are equal or out of range.
var ErrFit = errors.New("measure: tones cannot be told apart")

// Fitted is what Fit found.
type Fitted struct {
	// Tones are the levels of the tones in dBFS, in the order asked for.
	Tones []float64
	// THDN is all that is neither a tone nor a constant offset (harmonics, noise,
	// clicks, other sounds), relative to the power of the tones together, in dB.
	THDN float64
	// Residual is the same in dBFS (RMS).
	Residual float64
}

// Fit explains pcm by sines of the given frequencies (Hz, exact) and an offset, by
// least squares over the whole band, and measures what is left (THD+N, as IEEE 1057
// has the three-parameter fit). It takes at least two samples for each unknown and
// should have many periods of every difference between two frequencies.
func Fit(pcm []float32, freqs ...float64) (Fitted, error) {
	n := 2*len(freqs) + 1
	if len(freqs) == 0 || len(pcm) < 2*n {
		return Fitted{}, fmt.Errorf("%w: %d samples for %d tones", ErrFit, len(pcm), len(freqs))
	}
	m := make([][]float64, n) // normal equations with the right-hand side as last column
	for i := range m {
		m[i] = make([]float64, n+1)
	}
	row := make([]float64, n)
	for i, v := range pcm {
		basis(row, i, freqs)
		for j := range m {
			for k := j; k < n; k++ {
				m[j][k] += row[j] * row[k]
			}
			m[j][n] += row[j] * float64(v)
		}
	}
	for j := range m {
		for k := range j {
			m[j][k] = m[k][j]
		}
	}
	x, ok := solve(m, float64(len(pcm)))
	if !ok {
		return Fitted{}, fmt.Errorf("%w: frequencies %v Hz", ErrFit, freqs)
	}
	return judge(pcm, freqs, x), nil
}

// basis fills row with the values at sample i of each cosine and sine, and 1.
func basis(row []float64, i int, freqs []float64) {
	for k, f := range freqs {
		row[2*k+1], row[2*k] = math.Sincos(phase(f, i))
	}
	row[2*len(freqs)] = 1
}

// solve solves the equations in m in place, by Gauss with pivots; it fails when a
// pivot is nothing beside scale.
func solve(m [][]float64, scale float64) ([]float64, bool) {
	n := len(m)
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[p][c]) {
				p = r
			}
		}
		if !(math.Abs(m[p][c]) > 1e-9*scale) {
			return nil, false
		}
		m[c], m[p] = m[p], m[c]
		for r := c + 1; r < n; r++ {
			f := m[r][c] / m[c][c]
			for k := c; k <= n; k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	x := make([]float64, n)
	for r := n - 1; r >= 0; r-- {
		x[r] = m[r][n]
		for k := r + 1; k < n; k++ {
			x[r] -= m[r][k] * x[k]
		}
		x[r] /= m[r][r]
	}
	return x, true
}

// judge subtracts the fitted tones x from pcm and says what is left.
func judge(pcm []float32, freqs, x []float64) Fitted {
	var f Fitted
	var wanted, rest float64
	for k := range freqs {
		a := math.Hypot(x[2*k], x[2*k+1])
		f.Tones = append(f.Tones, DB(a))
		wanted += a * a / 2
	}
	row := make([]float64, len(x))
	for i, v := range pcm {
		basis(row, i, freqs)
		d := float64(v)
		for j := range row {
			d -= x[j] * row[j]
		}
		rest += d * d
	}
	rest /= float64(len(pcm))
	f.Residual = max(FloorDB, 10*math.Log10(rest))
	f.THDN = 0
	if wanted > 0 {
		f.THDN = max(FloorDB, 10*math.Log10(rest/wanted))
	}
	return f
}
