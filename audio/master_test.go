package audio

import (
	"math"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
)

func TestMasterGain(t *testing.T) {
	for _, test := range []struct{ db, want float64 }{
		{0, 0}, {-20, -20}, {6, 6}, {99, MaxGainDB}, {-999, MinGainDB}, {math.NaN(), 0},
	} {
		m := New()
		m.Add("host").Write(0, sine(0, 30000, 1000, 0.1, 0))
		mixAll(m, 0, 4800, 960)
		m.SetMaster(MasterConfig{GainDB: test.db})
		out := mixAll(m, 4800, 19200, 960)
		if got := measure.Tone(measure.Channel(out[9600*Channels:], 0), 1000); math.Abs(got-(-20+test.want)) > 0.01 {
			t.Errorf("gain of %v dB: %.2f dBFS", test.db, got)
		}
	}
}

// A jump leaves a rest of the old sound to fade: it has been through the master, and
// must not go there again.
func TestMasterGainDoesNotClickInAJump(t *testing.T) {
	for _, db := range []float64{-20, 9} {
		m := New()
		m.SetMaster(MasterConfig{GainDB: db})
		m.Add("host").Write(0, sine(0, 20000, 440, 0.2, 0))
		out := mixAll(m, 0, 4827, 960)
		out = append(out, mixAll(m, 9000, 4800, 960)...)
		natural := 2 * 0.2 * float64(amplitude(db)) * math.Sin(math.Pi*440/SampleRate)
		if step := maxStep(out); step > 1.1*natural {
			t.Errorf("gain of %v dB: step %.2f× the natural", db, step/natural)
		}
	}
}

func TestMasterConfigIsBounded(t *testing.T) {
	if got := (MasterConfig{}).within(); got != (MasterConfig{TargetLUFS: DefaultTargetLUFS}) {
		t.Errorf("%+v", got)
	}
	if got := (MasterConfig{TargetLUFS: -99}).within(); got.TargetLUFS != -36 {
		t.Errorf("%+v", got)
	}
	if got := (MasterConfig{TargetLUFS: 9}).within(); got.TargetLUFS != -6 {
		t.Errorf("%+v", got)
	}
}

// TestNormalizationReachesItsTarget is through the whole mix, and measured after it.
func TestNormalizationReachesItsTarget(t *testing.T) {
	for _, test := range []struct{ in, target, want float64 }{{-23, 0, -16}, {-40, -20, -28}, {-3, -23, -15}} {
		m := New()
		m.SetMaster(MasterConfig{Normalize: true, TargetLUFS: test.target})
		s := m.Add("host")
		block := sine(0, 960, 1000, measure.Amplitude(test.in), 0)
		dst := make([]float32, len(block))
		for at := int64(0); at < 18*SampleRate; at += 960 {
			s.Write(at+960, block)
			m.MixInto(at, dst)
		}
		got := m.Loudness()
		t.Logf("%v LUFS to %v: %.2f LUFS", test.in, test.target, got.ShortTerm)
		if math.Abs(got.ShortTerm-test.want) > 0.2 {
			t.Errorf("%v LUFS to %v: %.2f LUFS", test.in, test.target, got.ShortTerm)
		}
	}
}

// levelled is a leveller that is told how loud each 100 ms are.
type levelled struct{ leveller }

func newLevelled() *levelled {
	l := &levelled{leveller{target: DefaultTargetLUFS}}
	l.gain.jump(1)
	l.restart(true)
	return l
}

// play goes on at the given loudness and returns the gain, in dB, at the end of each
// 100 ms.
func (l *levelled) play(lufs float64, seconds float64) []float64 {
	var gains []float64
	for range int(seconds * 10) {
		l.gain.skip(hopFrames)
		l.loud.squares = math.Pow(10, (lufs+0.691)/10) * hopFrames
		l.loud.advance(hopFrames)
		l.judge(l.loud.over(momentaryHops))
		gains = append(gains, 20*math.Log10(float64(l.gain.value)))
	}
	return gains
}

func last(v []float64) float64 { return v[len(v)-1] }

func TestNormalizationIsSlow(t *testing.T) {
	l := newLevelled()
	before := 0.0
	for i, g := range append(l.play(-23, 20), append(l.play(-14, 20), l.play(-28, 90)...)...) {
		most := 1.0
		if i < 60 {
			most = 4
		}
		if d := math.Abs(g - before); d > most/10+1e-4 {
			t.Fatalf("%.1f s: the gain moved by %.2f dB in 100 ms", float64(i)/10, d)
		}
		before = g
	}
	if math.Abs(before-12) > 0.5 {
		t.Errorf("after 90 s at −28 LUFS the gain is %.2f dB", before)
	}
}

func TestNormalizationIsFrozenInPauses(t *testing.T) {
	l := newLevelled()
	spoke := last(l.play(-23, 20))
	for _, pause := range []struct{ lufs, seconds float64 }{{measure.FloorDB, 60}, {-60, 60}, {-47, 60}, {-38, 15}} {
		for _, g := range l.play(pause.lufs, pause.seconds) {
			// The 400 ms that still hold the end of the speech count.
			if math.Abs(g-spoke) > 0.2 {
				t.Fatalf("pause at %v LUFS: the gain went from %.2f to %.2f dB", pause.lufs, spoke, g)
			}
		}
		if g := last(l.play(-23, 5)); math.Abs(g-spoke) > 0.5 {
			t.Fatalf("after the pause at %v LUFS: %.2f dB, was %.2f", pause.lufs, g, spoke)
		}
	}
}

func TestNormalizationFollowsAMixThatStaysQuiet(t *testing.T) {
	l := newLevelled()
	l.play(-14, 20)
	if g := last(l.play(-26, 120)); math.Abs(g-10) > 0.5 {
		t.Errorf("two minutes after the mix became quiet the gain is %.2f dB", g)
	}
}

func TestNormalizationTakesNoNoticeOfABang(t *testing.T) {
	l := newLevelled()
	before := last(l.play(-23, 30))
	if after := last(l.play(-3, 0.5)); before-after > 0.6 {
		t.Errorf("half a second at −3 LUFS took the gain from %.2f to %.2f dB", before, after)
	}
	for _, g := range l.play(-23, 20) {
		if before-g > 2 {
			t.Fatalf("after half a second at −3 LUFS the gain comes from %.2f down to %.2f dB", before, g)
		}
	}
}

func TestNormalizationEnds(t *testing.T) {
	m := New()
	m.Add("host").Write(0, sine(0, 240000, 1000, measure.Amplitude(-23), 0))
	m.SetMaster(MasterConfig{Normalize: true})
	gain := func() float64 { return 20 * math.Log10(float64(m.master.level.gain.value)) }
	mixAll(m, 0, 96000, 960)
	on := gain()
	m.SetMaster(MasterConfig{})
	mixAll(m, 96000, 57600, 960)
	off := gain()
	m.SetMaster(MasterConfig{Normalize: true})
	mixAll(m, 153600, 72000, 960)
	if again := gain(); on < 4 || off != 0 || again < 2 {
		t.Errorf("gain %.2f dB on, %.2f dB off, %.2f dB on again", on, off, again)
	}
}
