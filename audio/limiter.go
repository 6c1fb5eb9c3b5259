package audio

// CeilingDB is the highest level that leaves the mix, in dBTP: of the samples, and of
// the signal between them. Below it the limiter does nothing at all.
const CeilingDB = -1

// ceiling is CeilingDB as an amplitude.
const ceiling float32 = 0.8912509

const (
	// smoothFrames is the length of each of the two running means that round the
	// gain's corners.
	smoothFrames = 37
	// lookahead is how many frames the limiter sees ahead: 2 ms. It is what the two
	// means need to come down to a peak before it is there, and the frames from which
	// a peak between two samples is computed: all of these get the gain that it needs,
	// for else the peak would not.
	lookahead = 2*(smoothFrames-1) + sincTaps - 1
	// margin is 0.15 dB: a signal that is not band-limited, such as a square wave, comes
	// higher between its samples than is seen from 24 of them.
	margin = 1.0174
	// unity is a gain of 1. Gains are whole numbers, so that running sums of them
	// stay exact for ever and a sum of ones is exactly one.
	unity = 1 << 30
	// fullSum is what the second running mean adds up to while nothing is limited.
	fullSum = unity * smoothFrames * smoothFrames
	// releaseShift makes the gain recover by 1/4096 of what is missing in each
	// frame: a time constant of 85 ms.
	releaseShift = 12
)

// limiter keeps peaks at or below the ceiling. For each frame it computes the gain
// that the signal needs there, takes the least of those within the look-ahead, lets
// that recover slowly, and smooths the result with two running means, which together
// span no more than the look-ahead. Every gain that the means take in has seen the
// frame that it is applied to, so their mean is never above what the frame needs: no
// sample can overshoot.
type limiter struct {
	scan   peakScan
	now    int64               // frames seen
	needs  [lookahead + 1]need // a queue with rising gains: the first is the least
	head   int                 // of needs
	count  int                 // of needs
	gain   int64               // the least need, recovering
	first  [smoothFrames]int64 // the last gains
	second [smoothFrames]int64 // the last sums of first
	slot   int                 // of first and second
	sum    int64               // of first
	total  int64               // of second
}

// need is a gain below unity that the frame at needs.
type need struct {
	at   int64
	gain int64
}

// reset forgets all peaks: the gain is 1.
func (l *limiter) reset() {
	*l = limiter{scan: peakScan{taps: betweenTable()}, gain: unity, sum: unity * smoothFrames, total: fullSum}
	for i := range l.first {
		l.first[i] = unity
		l.second[i] = unity * smoothFrames
	}
}

// idle says that the gain is 1 and will be until a peak comes.
func (l *limiter) idle() bool { return l.total == fullSum && l.gain == unity && l.count == 0 }

// prime takes in the look-ahead without giving anything out.
func (l *limiter) prime(pcm []float32) {
	const before = sincTaps * Channels
	for i := 0; i < len(pcm); i += Channels {
		if i < before {
			l.next(peakOf(pcm[i : i+Channels]))
		} else {
			l.next(l.peak(pcm[i-before : i+Channels]))
		}
	}
}

// process fills out with the limited first frames of in, which is longer than out
// by the look-ahead. Of in, the frames after the look-ahead must be new.
func (l *limiter) process(out, in []float32) {
	const before = sincTaps * Channels
	fresh := in[lookahead*Channels-before:] // and what is needed of the frames before
	for i := 0; i < len(out); i += scanFrames * Channels {
		end := min(i+scanFrames*Channels, len(out))
		quiet := l.scan.below(fresh[i+Channels:before+end], ceiling)
		if quiet {
			l.scan.skip()
		}
		if quiet && l.idle() {
			copy(out[i:end], in[i:end])
			continue
		}
		for k := i; k < end; k += Channels {
			var peak float32
			if !quiet {
				peak = l.peak(fresh[k : k+before+Channels])
			}
			g := l.next(peak)
			out[k] = limited(in[k], g)
			out[k+1] = limited(in[k+1], g)
		}
	}
}

// peak returns the signal's peak around the middle of in. One between two samples that
// is over the ceiling counts for a little more than it is.
func (l *limiter) peak(in []float32) float32 {
	const middle = sincHalf * Channels
	peak := l.scan.peak(in, ceiling)
	if peak > ceiling && peak > float32(1.02*peakOf(in[middle:middle+2*Channels])) {
		peak *= margin
	}
	return peak
}

// limited applies the gain; the clamp takes off no more than the product's rounding.
func limited(v float32, gain float64) float32 {
	return max(-ceiling, min(ceiling, float32(float64(v)*gain)))
}

// next takes in the peak of the newest frame and returns the gain of the one that
// is lookahead frames older.
func (l *limiter) next(peak float32) float64 {
	if l.count > 0 && l.needs[l.head].at < l.now-lookahead {
		l.head = (l.head + 1) % len(l.needs)
		l.count--
	}
	if peak > ceiling {
		l.push(int64(unity * (float64(ceiling) / float64(peak))))
	}
	if l.gain < unity {
		l.gain += max(1, (unity-l.gain)>>releaseShift)
	}
	if l.count > 0 {
		l.gain = min(l.gain, l.needs[l.head].gain)
	}
	l.sum += l.gain - l.first[l.slot]
	l.first[l.slot] = l.gain
	l.total += l.sum - l.second[l.slot]
	l.second[l.slot] = l.sum
	l.slot = (l.slot + 1) % smoothFrames
	l.now++
	return float64(l.total) / fullSum
}

// push enters the need of the newest frame. Older needs that are not lower will
// never be the least again.
func (l *limiter) push(gain int64) {
	for l.count > 0 && l.needs[(l.head+l.count-1)%len(l.needs)].gain >= gain {
		l.count--
	}
	l.needs[(l.head+l.count)%len(l.needs)] = need{l.now, gain}
	l.count++
}
