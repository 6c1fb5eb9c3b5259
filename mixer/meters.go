package mixer

import (
	"time"

	"github.com/lianmai/lianmai/audio"
)

// Meters says how loud everything is now.
type Meters struct {
	At      time.Duration // session time
	Sources []SourceMeter // of the participants, in their order
	Master  MasterMeter
}

// SourceMeter says how loud a participant is, after gain, pan, mute and fades.
type SourceMeter struct {
	Name          string
	RMSDB, PeakDB float64 // of the last 100 ms, dBFS
	LUFS          float64 // short-term
	Speaking      bool
}

// MasterMeter says how loud the mix is, after the limiter.
type MasterMeter struct {
	RMSDB, PeakDB, TruePeakDB        float64
	Momentary, ShortTerm, Integrated float64 // LUFS
	DuckingDB                        float64 // of the music now
}

// heard is one participant's place in the mix, for meters.
type heard struct {
	name  string
	track *audio.Source
}

// hear lets meters know who is in the mix.
func (s *Session) hear(p *plan) {
	list := make([]heard, len(p.sources))
	for i, src := range p.sources {
		list[i] = heard{p.spec.Participants[i].Name, src.track}
	}
	s.heard.Store(&list)
}

// Meters returns how loud everything is. It may be called from any goroutine, as often
// as one likes; it costs some microseconds.
func (s *Session) Meters() Meters {
	m := Meters{At: s.opts.Base + time.Duration(s.at.Load())}
	if list := s.heard.Load(); list != nil {
		for _, h := range *list {
			meter := SourceMeter{Name: h.name}
			meter.RMSDB, meter.PeakDB = h.track.Level()
			_, meter.LUFS = h.track.Loudness()
			meter.Speaking, _ = h.track.Speech()
			m.Sources = append(m.Sources, meter)
		}
	}
	loud := s.mix.Loudness()
	m.Master.RMSDB, m.Master.PeakDB = s.mix.Level()
	m.Master.TruePeakDB = loud.TruePeak
	m.Master.Momentary, m.Master.ShortTerm, m.Master.Integrated = loud.Momentary, loud.ShortTerm, loud.Integrated
	m.Master.DuckingDB = s.mix.DuckingDB()
	return m
}

// config returns the ducking in package audio's terms.
func (d Ducking) config() audio.DuckingConfig {
	c := audio.DefaultDucking()
	if d.ThresholdDB != 0 {
		c.ThresholdDB = d.ThresholdDB
	}
	if d.DepthDB != 0 {
		c.DepthDB = -d.DepthDB
	}
	if d.Attack != 0 {
		c.Attack = d.Attack
	}
	if d.Release != 0 {
		c.Release, c.Hold = d.Release, d.Release/2
	}
	if d.Off {
		c.DepthDB = 0
	}
	return c
}

// master returns what happens to the sum in package audio's terms.
func (s Sound) master() audio.MasterConfig {
	return audio.MasterConfig{GainDB: s.MasterGainDB, Normalize: s.Normalise, TargetLUFS: s.TargetLUFS}
}
