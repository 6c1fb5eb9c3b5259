package main

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// ms returns milliseconds.
func ms(n int) *durationpb.Duration { return durationpb.New(time.Duration(n) * time.Millisecond) }

func TestSoundChangesOnlyWhatIsNamed(t *testing.T) {
	before := &pb.SoundSettings{
		Ducking:      &pb.Ducking{ThresholdDb: -40, DepthDb: 20, Attack: ms(100), Release: ms(900)},
		MasterGainDb: -3, Normalise: true, TargetLufs: -14,
	}
	for _, test := range []struct {
		flags  []string
		change func(s *pb.SoundSettings)
	}{
		{[]string{"--ducking=false"}, func(s *pb.SoundSettings) { s.Ducking.Off = true }},
		{[]string{"--ducking"}, func(*pb.SoundSettings) {}},
		{[]string{"--duck-threshold", "-30", "--duck-depth", "6"}, func(s *pb.SoundSettings) { s.Ducking.ThresholdDb, s.Ducking.DepthDb = -30, 6 }},
		{[]string{"--duck-attack", "50ms", "--duck-release", "2s"}, func(s *pb.SoundSettings) { s.Ducking.Attack, s.Ducking.Release = ms(50), ms(2000) }},
		{[]string{"--duck-attack", "0s", "--duck-threshold", "0"}, func(s *pb.SoundSettings) { s.Ducking.Attack, s.Ducking.ThresholdDb = nil, 0 }},
		{[]string{"--master-gain", "-6"}, func(s *pb.SoundSettings) { s.MasterGainDb = -6 }},
		{[]string{"--master-gain", "0", "--normalise=false"}, func(s *pb.SoundSettings) { s.MasterGainDb, s.Normalise = 0, false }},
		{[]string{"--target-lufs", "-23"}, func(s *pb.SoundSettings) { s.TargetLufs = -23 }},
	} {
		r, s := newAskedService(t)
		r.mix.Spec.Sound = proto.CloneOf(before)
		want := &pb.UpdateSoundRequest{Id: "room", ExpectedRevision: 7, Sound: proto.CloneOf(before)}
		test.change(want.Sound)
		out := s.must(append([]string{"mix", "sound", "room"}, test.flags...)...)
		sameRequest(t, strings.Join(test.flags, " "), asked[*pb.UpdateSoundRequest](t, r), want)
		hasAll(t, "sound", out, "changed room: revision 8, ")
	}
	r, s := newAskedService(t) // a mix that has no settings yet
	s.must("mix", "sound", "room", "--normalise", "--expected-revision", "5")
	sameRequest(t, "sound", asked[*pb.UpdateSoundRequest](t, r),
		&pb.UpdateSoundRequest{Id: "room", ExpectedRevision: 5, Sound: &pb.SoundSettings{Ducking: &pb.Ducking{}, Normalise: true}})
}

func TestSoundIsRefused(t *testing.T) {
	_, s := newAskedService(t)
	sound := func(flags ...string) []string { return append([]string{"mix", "sound", "room"}, flags...) }
	state := func(flags ...string) []string { return append([]string{"mix", "state", "room", "anna"}, flags...) }
	start := func(flags ...string) []string {
		return append([]string{"mix", "start", "--id", "other", "--input", "anna=rtmp://h/a/s", "--output", "rtmp://h/o/s"}, flags...)
	}
	refusals{
		{sound(), exitUsage, "nothing to change: give --ducking, "},
		{sound("--expected-revision", "7"), exitUsage, "nothing to change"},
		{sound("--duck-threshold", "-71"), exitUsage, "  --duck-threshold: must be -70 to -10 dBFS"},
		{sound("--duck-depth", "61"), exitUsage, "  --duck-depth: must be 1 to 60 dB"},
		{sound("--duck-attack", "4ms"), exitUsage, "  --duck-attack: must be 5 ms to 2 s"},
		{sound("--duck-release", "6s"), exitUsage, "  --duck-release: must be 50 ms to 5 s"},
		{sound("--master-gain", "13"), exitUsage, "  --master-gain: "},
		{sound("--target-lufs", "-7"), exitUsage, "  --target-lufs: must be -30 to -8 LUFS"},
		{sound("--ducking=maybe"), exitUsage, "--ducking"},
		{[]string{"mix", "sound", "nobody", "--ducking"}, exitFailed, "no such mix"},
		{[]string{"mix", "sound", "a/b", "--ducking"}, exitUsage, "  ID: "},
		{state("--pan", "1.5"), exitUsage, "  --pan: "},
		{state("--solo=perhaps"), exitUsage, "--solo"},
		{start("--music", "theme"), exitUsage, "want NAME=SOUND"},
		{start("--music", "bed="), exitUsage, "want NAME=SOUND"},
		{start("--music", "bed=theme@x"), exitUsage, `--music bed "theme@x": want NAME or NAME@VERSION`},
		{start("--music", "bed="+strings.Repeat("a", 97)), exitUsage, "  --music bed, the sound: "},
		{start(slices.Repeat([]string{"--music", "bed=theme"}, 9)...), exitUsage, "  --music: "},
	}.try(s)
}

func TestPanAndSolo(t *testing.T) {
	r, s := newAskedService(t)
	s.must("mix", "state", "room", "anna", "--pan", "-0.5", "--solo")
	sameRequest(t, "state", asked[*pb.SetParticipantStateRequest](t, r),
		&pb.SetParticipantStateRequest{Id: "room", Participant: "anna", Pan: proto.Float64(-0.5), Solo: proto.Bool(true)})
	s.must("mix", "state", "room", "anna", "--pan=0", "--solo=false")
	sameRequest(t, "state", asked[*pb.SetParticipantStateRequest](t, r),
		&pb.SetParticipantStateRequest{Id: "room", Participant: "anna", Pan: proto.Float64(0), Solo: proto.Bool(false)})
}

func TestStartWithMusic(t *testing.T) {
	r, s := newAskedService(t)
	start := []string{"mix", "start", "--id", "other", "--output", "rtmp://h/o/s"}
	s.must(append(start, "--music", "bed=theme@2", "--music", "rain=rain", "--normalise")...)
	spec := asked[*pb.StartMixRequest](t, r).Spec
	sameRequest(t, "start", spec.Sound, &pb.SoundSettings{Normalise: true})
	if len(spec.Music) != 2 {
		t.Fatalf("music = %v", spec.Music)
	}
	sameRequest(t, "start", spec.Music[0], &pb.MusicTrack{Name: "bed", Source: &pb.MusicTrack_Asset{Asset: "theme@2"}, Plays: -1})
	sameRequest(t, "start", spec.Music[1], &pb.MusicTrack{Name: "rain", Source: &pb.MusicTrack_Asset{Asset: "rain"}, Plays: -1})
	s.must(start...)
	if spec := asked[*pb.StartMixRequest](t, r).Spec; spec.Sound != nil || spec.Music != nil {
		t.Errorf("spec = %v", spec)
	}
	if got, _ := s.offers("mix", "--server", s.addr, "start", "--music", "bed="); !slices.Equal(got, []string{"bed=theme"}) {
		t.Errorf("--music bed= offers %q", got)
	}
}

func TestGetShowsMusicAndLevels(t *testing.T) {
	r, s := newAskedService(t)
	if out := s.must("mix", "get", "room"); strings.Contains(out, "sound:") || strings.Contains(out, "levels:") || strings.Contains(out, "TRACK") {
		t.Errorf("get of a mix without music:\n%s", out)
	}
	r.mix.Spec.Sound = &pb.SoundSettings{
		Ducking: &pb.Ducking{ThresholdDb: -45, DepthDb: 12, Attack: ms(80), Release: ms(600)}, MasterGainDb: -3, Normalise: true, TargetLufs: -16,
	}
	r.mix.Spec.Music = []*pb.MusicTrack{{Name: "bed", Source: &pb.MusicTrack_Asset{Asset: "theme@2"}}}
	r.stats.Meters = &pb.Meters{
		Sources: []*pb.SourceMeter{{Name: "anna", Lufs: -17.04}, {Name: "ben", Lufs: -120}},
		Master:  &pb.MasterMeter{RmsDb: -18.2, PeakDb: -6, TruePeakDb: -5.5, LufsShortTerm: -16.2, LufsIntegrated: math.NaN(), DuckingDb: math.Copysign(0, -1)},
	}
	out := s.must("mix", "get", "room")
	hasAll(t, "get", out,
		"\nsound: ducking by 12 dB above -45 dBFS (80ms down, 600ms up), master gain -3 dB, normalised to -16 LUFS\n",
		"\nlevels: -18.2 dBFS peak -6.0, -16.2 LUFS, true peak -5.5 dBTP, integrated -∞ LUFS, ducking 0.0 dB\n",
		"\nTRACK  STATE  POSITION  DURATION  PLAYED  GAIN  SOURCE\nbed ", "LEVEL  LUFS   GOP", "-17.0", "-∞")
	r.mix.Spec.Sound = &pb.SoundSettings{Ducking: &pb.Ducking{Off: true}}
	hasAll(t, "get", s.must("mix", "get", "room"), "\nsound: no ducking\n")
}
