package main

import (
	"fmt"
	"math"
	"strings"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Levels in dBFS and LUFS: what is no louder than silenceDB is silence, and no meter
// that means anything shows more than loudestDB.
const (
	silenceDB = -120
	loudestDB = 99
)

// level returns a level as people write it.
func level(db float64) string {
	if math.IsNaN(db) || db <= silenceDB {
		return "-∞"
	}
	return strings.Replace(fmt.Sprintf("%.1f", min(db, loudestDB)), "-0.0", "0.0", 1)
}

// loudness returns the rest of what a master meter says, beside RMS, peak and LUFS.
func loudness(m *pb.MasterMeter) string {
	return fmt.Sprintf("true peak %s dBTP, integrated %s LUFS, ducking %s dB",
		level(m.GetTruePeakDb()), level(m.GetLufsIntegrated()), level(m.GetDuckingDb()))
}

// masterLevels returns all that a master meter says.
func masterLevels(m *pb.MasterMeter) string {
	return fmt.Sprintf("%s dBFS peak %s, %s LUFS, %s", level(m.GetRmsDb()), level(m.GetPeakDb()), level(m.GetLufsShortTerm()), loudness(m))
}

// metersLine writes meters in one line.
func (p printer) metersLine(m *pb.Meters) error {
	var parts []string
	for _, s := range m.GetSources() {
		part := fmt.Sprintf("%s %s dBFS peak %s, %s LUFS", printable(s.GetName()), level(s.GetRmsDb()), level(s.GetPeakDb()), level(s.GetLufs()))
		if s.GetSpeaking() {
			part += ", speaking"
		}
		parts = append(parts, part)
	}
	parts = append(parts, "master "+masterLevels(m.GetMaster()))
	return p.printf("%s  %s", p.paint(grey, sessionTime(m.GetAt().AsDuration())), strings.Join(parts, p.paint(grey, " | ")))
}

// settings returns how the sound of a mix is made, where it is not as usual.
func settings(s *pb.SoundSettings) string {
	var words []string
	d := s.GetDucking()
	if d.GetOff() {
		words = append(words, "no ducking")
	} else {
		ducking := "ducking"
		if depth := d.GetDepthDb(); depth != 0 {
			ducking += " by " + decibels(depth)
		}
		if threshold := d.GetThresholdDb(); threshold != 0 {
			ducking += fmt.Sprintf(" above %g dBFS", threshold)
		}
		if d.GetAttack() != nil && d.GetRelease() != nil {
			ducking += fmt.Sprintf(" (%v down, %v up)", d.GetAttack().AsDuration(), d.GetRelease().AsDuration())
		}
		words = append(words, ducking)
	}
	if gain := s.GetMasterGainDb(); gain != 0 {
		words = append(words, "master gain "+decibels(gain))
	}
	if s.GetNormalise() {
		normalised := "normalised"
		if target := s.GetTargetLufs(); target != 0 {
			normalised += fmt.Sprintf(" to %g LUFS", target)
		}
		words = append(words, normalised)
	}
	return strings.Join(words, ", ")
}

// sound writes how the sound of a mix is made and how loud it is, and its music.
func (p printer) sound(spec *pb.MixSpec, stats *pb.MixStats) error {
	if spec.GetSound() != nil {
		if err := p.printf("sound: %s", settings(spec.GetSound())); err != nil {
			return err
		}
	}
	if master := stats.GetMeters().GetMaster(); master != nil {
		if err := p.printf("levels: %s", masterLevels(master)); err != nil {
			return err
		}
	}
	tracks := tracksOf(spec, stats)
	if len(tracks) > 0 {
		if err := p.tracks(tracks); err != nil {
			return err
		}
	}
	if spec.GetSound() == nil && stats.GetMeters().GetMaster() == nil && len(tracks) == 0 {
		return nil
	}
	return p.printf("")
}
