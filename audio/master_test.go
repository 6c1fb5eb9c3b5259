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

// levelled is a mix that is levelled, and the gain that it has got.
type levelled struct {
	m    *Mixer
	host *Source
	at   int64
}

func newLevelled(c MasterConfig) *levelled {
	l := &levelled{m: New()}
	l.m.SetMaster(c)
	l.host = l.m.Add("host")
	return l
}

// play goes on with a tone of the given loudness and returns the gain, in dB, at the
// end of each 100 ms.
func (l *levelled) play(lufs float64, seconds float64) []float64 {
	var gains []float64
	for range int(seconds * 10) {
		l.host.Write(l.at, sine(l.at, hopFrames, 1000, measure.Amplitude(lufs), 0))
		mixAll(l.m, l.at-4800, hopFrames, 960)
		l.at += hopFrames
		gains = append(gains, 20*math.Log10(float64(l.m.master.level.gain.value)))
	}
	return gains
}

func last(v []float64) float64 { return v[len(v)-1] }

func TestNormalizationReachesItsTarget(t *testing.T) {
	for _, test := range []struct{ in, target, want float64 }{
		{-23, 0, -16}, {-20, -23, -23}, {-10, 0, -16}, {-40, -20, -28}, {-3, -23, -15},
	} {
		l := newLevelled(MasterConfig{Normalize: true, TargetLUFS: test.target})
		gains := l.play(test.in, 30)
		got := l.m.Loudness()
		t.Logf("%v LUFS to %v: %.2f LUFS, %.1f dB after 1 s, %.1f dB after 5 s", test.in, test.target, got.ShortTerm, gains[9], gains[49])
		if math.Abs(got.ShortTerm-test.want) > 0.2 {
			t.Errorf("%v LUFS to %v: %.2f LUFS", test.in, test.target, got.ShortTerm)
		}
	}
}

func TestNormalizationIsSlow(t *testing.T) {
	l := newLevelled(MasterConfig{Normalize: true})
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
	l := newLevelled(MasterConfig{Normalize: true})
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
	l := newLevelled(MasterConfig{Normalize: true})
	l.play(-14, 20)
	if g := last(l.play(-26, 120)); math.Abs(g-10) > 0.5 {
		t.Errorf("two minutes after the mix became quiet the gain is %.2f dB", g)
	}
}

func TestNormalizationTakesNoNoticeOfABang(t *testing.T) {
	l := newLevelled(MasterConfig{Normalize: true})
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
	l := newLevelled(MasterConfig{Normalize: true})
	on := l.play(-23, 10)
	l.m.SetMaster(MasterConfig{})
	off := l.play(-23, 2)
	if last(on) < 6 || last(off) != 0 {
		t.Errorf("gain %.2f dB on, %.2f dB off", last(on), last(off))
	}
	l.m.SetMaster(MasterConfig{Normalize: true})
	if again := last(l.play(-23, 10)); math.Abs(again-last(on)) > 0.2 {
		t.Errorf("on again the gain is %.2f dB", again)
	}
}
