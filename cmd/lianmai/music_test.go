package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// theme is an uploaded sound.
func theme() *pb.Asset {
	return &pb.Asset{
		Name: "theme", Version: 2, Kind: pb.AssetKind_ASSET_KIND_SOUND, Format: pb.AssetFormat_ASSET_FORMAT_MP3,
		Duration: durationpb.New(201 * time.Second), SampleRate: 44100, Channels: 2, Size: 3_210_987, Title: "The Theme\x1b[2J",
	}
}

func TestPlay(t *testing.T) {
	r, s := newAskedService(t)
	out := s.must("music", "play", "room", "bed", "--asset", "theme@2", "--gain", "-6", "--plays", "forever", "--start", "1:12.500",
		"--fade-in", "2s", "--fade-out", "0s", "--undamped", "--expected-revision", "7")
	sameRequest(t, "play", asked[*pb.PlayMusicRequest](t, r), &pb.PlayMusicRequest{Id: "room", ExpectedRevision: 7, Track: &pb.MusicTrack{
		Name: "bed", Source: &pb.MusicTrack_Asset{Asset: "theme@2"}, GainDb: -6, Plays: -1, Start: durationpb.New(72500 * time.Millisecond),
		FadeIn: durationpb.New(2 * time.Second), FadeOut: durationpb.New(0), Undamped: true,
	}})
	if want := "playing bed: revision 8, theme@2 at -6 dB, for ever, from 1:12.500, undamped\n"; out != want {
		t.Errorf("play = %q, want %q", out, want)
	}
	out = s.must("music", "play", "room", "radio", "--url", "rtmp://h/live/bot?key=hush")
	sameRequest(t, "play", asked[*pb.PlayMusicRequest](t, r), &pb.PlayMusicRequest{Id: "room", Track: &pb.MusicTrack{
		Name: "radio", Source: &pb.MusicTrack_Url{Url: "rtmp://h/live/bot?key=hush"},
	}})
	if strings.Contains(out, "hush") || !strings.HasPrefix(out, "playing radio: revision 9, rtmp://h/live/bot") {
		t.Errorf("play = %q", out)
	}
	if out = s.must("music", "play", "room", "jingle", "--asset", "theme", "--plays", "3", "--json"); !json.Valid([]byte(out)) || !strings.Contains(out, `"plays":3`) {
		t.Errorf("play --json = %q", out)
	}
}

func TestMusicVerbs(t *testing.T) {
	second := durationpb.New(time.Second)
	for _, test := range []struct {
		args []string
		want proto.Message
		says string
	}{
		{[]string{"pause", "room", "bed"}, &pb.PauseMusicRequest{Id: "room", Track: "bed"}, "paused bed: revision 8, at 1:02.300\n"},
		{[]string{"pause", "room", "bed", "--fade", "1s"}, &pb.PauseMusicRequest{Id: "room", Track: "bed", Fade: second}, "paused bed"},
		{[]string{"resume", "room", "bed", "--fade=1s"}, &pb.ResumeMusicRequest{Id: "room", Track: "bed", Fade: second}, "resumed bed: revision 8, at 1:02.300\n"},
		{[]string{"resume", "room", "bed", "--fade", "0s"}, &pb.ResumeMusicRequest{Id: "room", Track: "bed", Fade: durationpb.New(0)}, "resumed bed"},
		{[]string{"stop", "room", "bed", "--fade", "1s"}, &pb.StopMusicRequest{Id: "room", Track: "bed", Fade: second}, "stopped bed: revision 8\n"},
		{[]string{"seek", "room", "bed", "1m30s"}, &pb.SeekMusicRequest{Id: "room", Track: "bed", Position: durationpb.New(90 * time.Second)}, "moved bed: revision 8, to 1:30.000\n"},
		{[]string{"seek", "room", "bed", "0s"}, &pb.SeekMusicRequest{Id: "room", Track: "bed", Position: durationpb.New(0)}, "to 0:00.000"},
		{[]string{"seek", "room", "bed", "2:01:02.5"}, &pb.SeekMusicRequest{Id: "room", Track: "bed", Position: durationpb.New(2*time.Hour + 62500*time.Millisecond)}, "to 2:01:02.500"},
		{[]string{"gain", "room", "bed", "2.5"}, &pb.SetMusicGainRequest{Id: "room", Track: "bed", GainDb: 2.5}, "changed bed: revision 8, 2.5 dB\n"},
		{[]string{"gain", "room", "bed", "-18", "--fade", "1s"}, &pb.SetMusicGainRequest{Id: "room", Track: "bed", GainDb: -18, Fade: second}, "-18 dB"},
		{[]string{"gain", "--json", "-.5", "room", "bed", "--fade", "1s"}, &pb.SetMusicGainRequest{Id: "room", Track: "bed", GainDb: -0.5, Fade: second}, `"gainDb":-0.5`},
	} {
		r, s := newAskedService(t)
		r.mix.Spec.Music = []*pb.MusicTrack{{Name: "bed", Position: durationpb.New(62300 * time.Millisecond)}}
		out := s.must(slices.Insert(test.args, 0, "music", "--server", s.addr)...)
		sameRequest(t, strings.Join(test.args, " "), asked[proto.Message](t, r), test.want)
		hasAll(t, strings.Join(test.args, " "), out, test.says)
	}
}

func TestMusicIsRefused(t *testing.T) {
	_, s := newAskedService(t)
	play := func(flags ...string) []string { return append([]string{"music", "play", "room", "bed"}, flags...) }
	refusals{
		{play(), exitUsage, "nothing to play: give --asset or --url"},
		{play("--asset", "a", "--url", "rtmp://h/a/s"), exitUsage, "not both"},
		{play("--asset", "a@0"), exitUsage, `--asset "a@0": want NAME or NAME@VERSION`},
		{play("--asset", strings.Repeat("a", 97)), exitUsage, "  --asset: "},
		{play("--url", "rtmp://h/"+strings.Repeat("a", 5000)), exitUsage, "  --url: "},
		{play("--asset", "a", "--gain", "13"), exitUsage, "  --gain: "},
		{play("--asset", "a", "--gain", "-61"), exitUsage, "  --gain: "},
		{play("--asset", "a", "--gain", "NaN"), exitUsage, "  --gain: "},
		{play("--asset", "a", "--plays", "0"), exitUsage, "--plays"},
		{play("--asset", "a", "--plays", "-1"), exitUsage, "--plays"},
		{play("--asset", "a", "--plays", "10001"), exitUsage, "  --plays: "},
		{play("--asset", "a", "--start", "soon"), exitUsage, "--start"},
		{play("--asset", "a", "--start", "-5s"), exitUsage, "  --start: must be 0 s to 6 h"},
		{play("--asset", "a", "--start", "6:00:01"), exitUsage, "  --start: must be 0 s to 6 h"},
		{play("--asset", "a", "--fade-in", "31s"), exitUsage, "  --fade-in: must be 0 s to 30 s"},
		{play("--asset", "a", "--fade-out", "-1s"), exitUsage, "  --fade-out: must be 0 s to 30 s"},
		{play("--asset", "a", "--expected-revision", "-1"), exitUsage, "  --expected-revision: "},
		{[]string{"music", "play", "room", "no/slash", "--asset", "a"}, exitUsage, "  NAME: must be 1–64 letters"},
		{[]string{"music", "play", "a b", "bed", "--asset", "a"}, exitUsage, "  ID: "},
		{[]string{"music", "play", "room", "--asset", "a"}, exitUsage, "accepts 2 arg"},
		{[]string{"music", "pause", "room", "a b"}, exitUsage, "  NAME: "},
		{[]string{"music", "stop", "room", "bed", "--fade", "1m"}, exitUsage, "  --fade: must be 0 s to 30 s"},
		{[]string{"music", "seek", "room", "bed", "7h"}, exitUsage, "  TIME: must be 0 s to 6 h"},
		{[]string{"music", "seek", "room", "bed", "-5s"}, exitUsage, "  TIME: must be 0 s to 6 h"},
		{[]string{"music", "seek", "room", "bed", "later"}, exitUsage, `TIME "later": want a time such as`},
		{[]string{"music", "gain", "room", "bed", "loud"}, exitUsage, `DB "loud": want a gain`},
		{[]string{"music", "gain", "room", "bed", "-61"}, exitUsage, "  DB: "},
		{[]string{"music", "gain", "room", "bed", "-6", "--fade", "-1s"}, exitUsage, "  --fade: "},
		{[]string{"music", "list", "nobody"}, exitFailed, "no such mix"},
		{[]string{"music", "plya"}, exitUsage, "did you mean play"},
	}.try(s)
}

func TestMusicList(t *testing.T) {
	r, s := newAskedService(t)
	if out := s.must("music", "list", "room"); out != "no music\n" {
		t.Errorf("list = %q", out)
	}
	r.mix.Spec.Music = []*pb.MusicTrack{
		{Name: "bed", Source: &pb.MusicTrack_Asset{Asset: "theme@2"}, GainDb: -6, Plays: -1},
		{Name: "radio", Source: &pb.MusicTrack_Url{Url: "rtmp://h/live/bot?key=hush"}},
		{Name: "new", Source: &pb.MusicTrack_Asset{Asset: "laugh@1"}, Position: durationpb.New(time.Second)},
	}
	r.stats.Music = []*pb.MusicStats{
		{Name: "radio", State: pb.MusicState_MUSIC_STATE_FAILED, Reason: "refused\x1b[2J"},
		{Name: "gone", State: pb.MusicState_MUSIC_STATE_ENDED, Position: durationpb.New(time.Hour), Duration: durationpb.New(time.Hour), Played: 1},
		{Name: "bed", State: pb.MusicState_MUSIC_STATE_PLAYING, Position: durationpb.New(62300 * time.Millisecond), Duration: durationpb.New(201 * time.Second), Played: 4},
	}
	out := s.must("music", "list", "room")
	want := strings.Join([]string{
		"TRACK  STATE    POSITION     DURATION     PLAYED  GAIN   SOURCE",
		"bed    playing  1:02.300     3:21.000     4       -6 dB  theme@2",
		"radio  failed   0:00.000     -            0       0 dB   rtmp://h/live/bot",
		"new    -        0:01.000     -            0       0 dB   laugh@1",
		"gone   ended    1:00:00.000  1:00:00.000  1       -      -",
		"radio: refused[2J", "",
	}, "\n")
	if got := strings.ReplaceAll(out, "?…", ""); got != want {
		t.Errorf("list =\n%swant\n%s", out, want)
	}
	out = s.must("music", "list", "room", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 {
		t.Fatalf("list --json = %q", out)
	}
	for i, has := range [][]string{{`"track":{"name":"bed"`, `"state":"MUSIC_STATE_PLAYING"`}, {`"name":"radio"`}, {`"name":"new"`}, {`"stats":{"name":"gone"`}} {
		if !json.Valid([]byte(lines[i])) {
			t.Errorf("%q is no JSON", lines[i])
		}
		hasAll(t, "list --json", strings.ReplaceAll(lines[i], ": ", ":"), has...)
	}
}

func TestMusicCompletion(t *testing.T) {
	r, s := newAskedService(t)
	r.mix.Spec.Music = []*pb.MusicTrack{{Name: "bed"}, {Name: "radio"}}
	for _, test := range []struct{ args, want []string }{
		{[]string{"play", ""}, []string{"room"}},
		{[]string{"pause", "room", ""}, []string{"bed", "radio"}},
		{[]string{"gain", "room", "r"}, []string{"radio"}},
		{[]string{"seek", "room", "bed", ""}, nil},
		{[]string{"list", "r"}, []string{"room"}},
		{[]string{"play", "room", "bed", "--asset", "t"}, []string{"theme"}},
		{[]string{"play", "room", "bed", "--plays", ""}, []string{"forever"}},
	} {
		if got, _ := s.offers(append([]string{"music", "--server", s.addr}, test.args...)...); !slices.Equal(got, test.want) {
			t.Errorf("%q offers %q, want %q", test.args, got, test.want)
		}
	}
}

func TestPositions(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"12.5s": 12500 * time.Millisecond, "1m30s": 90 * time.Second, "1:30": 90 * time.Second, "01:30.500": 90500 * time.Millisecond,
		"0:00": 0, "90:00": 90 * time.Minute, "1:02:03.25": time.Hour + 123250*time.Millisecond, "1:2": 62 * time.Second, "0": 0,
		"0:00.000000001": 1, "-5s": -5 * time.Second,
	} {
		if got, err := parsePosition(text); err != nil || got != want {
			t.Errorf("%q = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ":", "1:", ":30", "1:60", "1:60:00", "90", "1:30s", "-1:30", "1:30.", "1:2:3:4", "9999999:00", "1:30,5", "NaN"} {
		if got, err := parsePosition(text); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, 9999*3600*1000).Draw(t, "ms")) * time.Millisecond
		if got, err := parsePosition(position(want)); err != nil || got != want {
			t.Fatalf("%s = %v, %v; want %v", position(want), got, err, want)
		}
	})
}

func TestPlays(t *testing.T) {
	for text, want := range map[string]playsFlag{"1": 1, "10000": 10000, "forever": -1} {
		var f playsFlag
		if err := f.Set(text); err != nil || f != want || f.String() != text {
			t.Errorf("%q = %d, %v", text, f, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "ever", "1.5", "4294967296"} {
		if err := new(playsFlag).Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestNegativeNumbersAreNoFlags(t *testing.T) {
	for args, want := range map[string]string{
		"music gain room bed -6":              "music gain room bed -- -6",
		"music gain room bed -6.5 --fade 2s":  "music gain room bed --fade 2s -- -6.5",
		"music gain room bed --json -.5":      "music gain room bed --json -- -.5",
		"music --server -1 gain room bed -6":  "music --server -1 gain room bed -- -6",
		"music gain room bed --fade -1s 3":    "music gain room bed --fade -1s 3",
		"music gain room bed --fade=2s -6":    "music gain room bed --fade=2s -- -6",
		"music gain room bed --fade 2s -- -6": "music gain room bed --fade 2s -- -6",
		"music gain room bed 6":               "music gain room bed 6",
		"music gain room bed -h":              "music gain room bed -h",
		"music seek room bed -5s":             "music seek room bed -- -5s",
		"music play room bed -6":              "music play room bed -6",
		"mix state room anna --pan -1":        "mix state room anna --pan -1",
		"nothing -6":                          "nothing -6",
	} {
		if got := strings.Join(numbersLast(newRootCommand(), strings.Fields(args)), " "); got != want {
			t.Errorf("%q becomes %q, want %q", args, got, want)
		}
	}
}
