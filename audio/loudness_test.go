package audio

import (
	"math"
	"testing"

	"github.com/lianmai/lianmai/audio/measure"
)

// segment is a 1 kHz tone of dB dBFS on both channels for so many seconds.
type segment struct {
	db, seconds float64
}

// measured feeds the segments to the meter of a mix, in blocks of 20 ms, which are
// whole periods.
func measured(segments ...segment) *program {
	p := newProgram()
	for _, s := range segments {
		block := sine(0, 960, 1000, measure.Amplitude(s.db), 0)
		for range int(math.Round(s.seconds * SampleRate / 960)) {
			p.add(block)
		}
	}
	return &p
}

// The meter is held to the minimum requirements of EBU Tech 3341 that are signals made
// by a rule: the cases 1 to 5, 9 and 12, each to ±0.1 LU.
func TestLoudnessByEBUTech3341(t *testing.T) {
	near := func(got, want float64) bool { return math.Abs(got-want) <= 0.1 }
	for _, test := range []struct {
		name     string
		segments []segment
		want     float64
	}{
		{"1: −23 dBFS", []segment{{-23, 20}}, -23},
		{"2: −33 dBFS", []segment{{-33, 20}}, -33},
		{"3: relative gate", []segment{{-36, 10}, {-23, 60}, {-36, 10}}, -23},
		{"4: both gates", []segment{{-72, 10}, {-36, 10}, {-23, 60}, {-36, 10}, {-72, 10}}, -23},
		{"5: within the gate", []segment{{-26, 20}, {-20, 20.1}, {-26, 20}}, -23},
	} {
		got := measured(test.segments...).level()
		t.Logf("%s: %.3f LUFS integrated, %.3f short-term, %.3f momentary", test.name, got.Integrated, got.ShortTerm, got.Momentary)
		if !near(got.Integrated, test.want) {
			t.Errorf("%s: %.3f LUFS, want %v", test.name, got.Integrated, test.want)
		}
		if len(test.segments) == 1 && !(near(got.ShortTerm, test.want) && near(got.Momentary, test.want)) {
			t.Errorf("%s: %.3f and %.3f LUFS, want %v", test.name, got.ShortTerm, got.Momentary, test.want)
		}
	}
	// 9 and 12: five turns of a loud and a soft part that are as long as the window
	// together; whenever one is full, it shows the mean.
	var short, momentary []segment
	for range 5 {
		short = append(short, segment{-20, 1.34}, segment{-30, 1.66})
		momentary = append(momentary, segment{-20, 0.18}, segment{-30, 0.22})
	}
	if got := measured(short...).level().ShortTerm; !near(got, -23) {
		t.Errorf("9: %.3f LUFS short-term", got)
	}
	if got := measured(momentary...).level().Momentary; !near(got, -23) {
		t.Errorf("12: %.3f LUFS momentary", got)
	}
}

func TestLoudnessOfSilenceAndPauses(t *testing.T) {
	if got := measured(segment{measure.FloorDB, 5}).level(); got != (Loudness{FloorLUFS, FloorLUFS, FloorLUFS, got.TruePeak, got.MaxTruePeak}) {
		t.Errorf("silence: %+v", got)
	}
	got := measured(segment{-23, 10}, segment{measure.FloorDB, 10}).level()
	if got.ShortTerm != FloorLUFS || math.Abs(got.Integrated+23) > 0.1 {
		t.Errorf("after a pause: %+v", got)
	}
}

// The frequency response of the K-weighting, by the table of ITU-R BS.1770's filters:
// 0 dB at 997 Hz less the offset, −14 dB at 25 Hz, +3.3 dB at 10 kHz.
func TestKWeightingHasItsResponse(t *testing.T) {
	level := func(freq float64) float64 {
		var k kWeight
		k.add(sine(0, SampleRate, freq, 0.5, 0))
		return lufs(k.add(sine(0, SampleRate, freq, 0.5, 0)) / SampleRate)
	}
	reference := level(997)
	if math.Abs(reference-measure.DB(0.5)) > 0.01 {
		t.Errorf("997 Hz: %.3f LUFS", reference)
	}
	for _, test := range []struct{ freq, db float64 }{{20, -14}, {50, -4.7}, {100, -1.8}, {2000, 2.5}, {10000, 3.3}} {
		t.Logf("%v Hz: %+.2f dB", test.freq, level(test.freq)-reference)
		if got := level(test.freq) - reference; math.Abs(got-test.db) > 1 {
			t.Errorf("%v Hz: %+.2f dB, want about %v", test.freq, got, test.db)
		}
	}
}

func TestSourceLoudnessIsAfterItsGain(t *testing.T) {
	m := New()
	s := m.Add("host")
	s.Write(0, sine(0, 240000, 1000, measure.Amplitude(-23), 0))
	s.SetGainDB(6)
	mixAll(m, 0, 200000, 960)
	momentary, short := s.Loudness()
	if math.Abs(momentary+17) > 0.1 || math.Abs(short+17) > 0.1 {
		t.Errorf("momentary %.2f, short-term %.2f LUFS", momentary, short)
	}
	if got := m.Loudness(); math.Abs(got.Integrated+17) > 0.1 {
		t.Errorf("the mix is at %+v", got)
	}
	s.SetMuted(true)
	mixAll(m, 200000, 9600, 960)
	mixAll(m, 209600, 30000, 960)
	if momentary, _ := s.Loudness(); momentary != FloorLUFS {
		t.Errorf("muted: %.2f LUFS", momentary)
	}
}
