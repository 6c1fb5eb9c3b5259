package supervisor

import (
	"time"

	"github.com/lianmai/lianmai/mixer"
)

// A child decodes what strangers send, so what it says may be theirs. What it tells of is
// handed on to everybody who watches the mix; these are the bounds of that.
const (
	maxWorkerHeader = 256 << 10 // bytes of one of its messages; payloads it has none
	maxText         = 1 << 10   // bytes of a name or a reason
	maxOutputs      = 64        // more than the API takes

	eventRate, eventBurst = 500, 2000 // events a second and at once, or it is killed
	lineRate, lineBurst   = 100, 500  // lines of its log, or they are left out
)

// unknown is what enumerations of package mixer are called that have no such value.
const unknown = "unknown"

// plausibleEvent says that an event may come from a session, and bounds it.
func plausibleEvent(e *mixer.Event) bool {
	e.Time = time.Now()
	e.Name, e.Reason = cut(e.Name), cut(e.Reason)
	return e.Kind.String() != unknown && e.Kind != mixer.WorkerLost && e.Kind != mixer.WorkerRestarted &&
		e.Source.String() != unknown && e.Output.String() != unknown && e.Music.String() != unknown && e.Load.String() != unknown
}

// plausibleStats says that statistics may come from a session, and bounds them.
func plausibleStats(s *mixer.Stats) bool {
	if len(s.Sources) > mixer.MaxParticipants || len(s.Music) > mixer.MaxMusic || len(s.Outputs) > maxOutputs {
		return false
	}
	ok := s.Resources.Load.String() != unknown
	s.Main = cut(s.Main)
	for i := range s.Sources {
		s.Sources[i].Name = cut(s.Sources[i].Name)
		ok = ok && s.Sources[i].State.String() != unknown
	}
	for i := range s.Outputs {
		s.Outputs[i].Name = cut(s.Outputs[i].Name)
		ok = ok && s.Outputs[i].State.String() != unknown
	}
	for i := range s.Music {
		s.Music[i].Name, s.Music[i].Reason = cut(s.Music[i].Name), cut(s.Music[i].Reason)
		ok = ok && s.Music[i].State.String() != unknown
	}
	return ok
}

// plausibleMeters says that meters may come from a session, and bounds them.
func plausibleMeters(m *mixer.Meters) bool {
	if len(m.Sources) > mixer.MaxParticipants {
		return false
	}
	for i := range m.Sources {
		m.Sources[i].Name = cut(m.Sources[i].Name)
	}
	return true
}

// cut returns at most maxText bytes of s, which is valid UTF-8, at the end of a letter.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
