package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// someMeters are those of anna, who speaks, and ben, who is silent.
func someMeters() *pb.Meters {
	return &pb.Meters{
		At: durationpb.New(12400 * time.Millisecond),
		Sources: []*pb.SourceMeter{
			{Name: "anna", RmsDb: -18.2, PeakDb: -6.1, Lufs: -17, Speaking: true},
			{Name: "ben", RmsDb: -120, PeakDb: -120, Lufs: -120},
		},
		Master: &pb.MasterMeter{RmsDb: -16.4, PeakDb: -3, TruePeakDb: -2.8, LufsShortTerm: -16.2, LufsIntegrated: -16, DuckingDb: -12},
	}
}

// metered wraps meters for a watch.
func metered(m *pb.Meters) *pb.WatchMixResponse {
	return &pb.WatchMixResponse{Update: &pb.WatchMixResponse_Meters{Meters: m}}
}

func TestWatchMetersElsewhere(t *testing.T) {
	r, s := newAskedService(t)
	r.watched = []*pb.WatchMixResponse{metered(someMeters()), {Update: &pb.WatchMixResponse_Event{Event: &pb.MixEvent{
		Kind: pb.EventKind_EVENT_KIND_ACTIVE_SPEAKER_CHANGED,
	}}}}
	out := s.must("mix", "watch", "room", "--meters")
	sameRequest(t, "watch --meters", asked[*pb.WatchMixRequest](t, r), &pb.WatchMixRequest{Id: "room", MeterInterval: ms(200)})
	want := "0:00:12.400  anna -18.2 dBFS peak -6.1, -17.0 LUFS, speaking | ben -∞ dBFS peak -∞, -∞ LUFS | " +
		"master -16.4 dBFS peak -3.0, -16.2 LUFS, true peak -2.8 dBTP, integrated -16.0 LUFS, ducking -12.0 dB\n"
	if !strings.HasPrefix(out, want) || strings.Contains(out, "\x1b") || !strings.HasSuffix(out, "active_speaker_changed  nobody\n") {
		t.Errorf("watch --meters =\n%swant\n%s", out, want)
	}
	out = s.must("mix", "watch", "room", "--meters=1s", "--json")
	sameRequest(t, "watch --meters=1s", asked[*pb.WatchMixRequest](t, r), &pb.WatchMixRequest{Id: "room", MeterInterval: ms(1000)})
	if !json.Valid([]byte(strings.SplitN(out, "\n", 2)[0])) || !strings.Contains(out, `"truePeakDb":-2.8`) {
		t.Errorf("watch --meters --json = %q", out)
	}
	s.must("mix", "watch", "room")
	sameRequest(t, "watch", asked[*pb.WatchMixRequest](t, r), &pb.WatchMixRequest{Id: "room"})
	refusals{
		{[]string{"mix", "watch", "room", "--meters=50ms"}, exitUsage, "  --meters: must be 100 ms to 1 s"},
		{[]string{"mix", "watch", "room", "--meters=0s"}, exitUsage, "  --meters: must be 100 ms to 1 s"},
		{[]string{"mix", "watch", "room", "--meters=often"}, exitUsage, "--meters"},
	}.try(s)
}

func TestMeterLines(t *testing.T) {
	music := []*pb.MusicStats{{
		Name: "bed", State: pb.MusicState_MUSIC_STATE_PLAYING, Position: ms(62300), Duration: ms(201000), Played: 2,
	}}
	for width, want := range map[int][]string{
		60: {
			"0:00:12.400                                RMS   PEAK   LUFS",
			"● anna   █████████████████████·····│···  -18.2   -6.1  -17.0",
			"  ben    ······························     -∞     -∞     -∞",
			"  master ██████████████████████······│·  -16.4   -3.0  -16.2",
			"  true peak -2.8 dBTP, integrated -16.0 LUFS, ducking -12.0…",
			"♪ bed playing 1:02.300 of 3:21.000, played 2×",
		},
		30: {
			"0:00:12.400",
			"● anna   ███████████████···│··",
			"  ben    ·····················",
			"  master ███████████████····│·",
			"  true peak -2.8 dBTP, integr…",
			"♪ bed playing 1:02.300 of 3:2…",
		},
		6: {"0:00:…", "● anna", "  ben ", "  mas…", "  tru…", "♪ bed…"},
	} {
		got := printer{}.meterLines(someMeters(), music, width)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%d wide:\n%s\nwant\n%s", width, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	coloured := strings.Join(printer{colours: true}.meterLines(someMeters(), music, 60), "\n")
	for _, part := range []string{"\x1b[32m●\x1b[0m", "\x1b[32m█████████████████████\x1b[0m", "\x1b[90m·····\x1b[0m", "\x1b[33m█\x1b[0m", "\x1b[31m│\x1b[0m"} {
		if !strings.Contains(coloured, part) {
			t.Errorf("no %q in\n%q", part, coloured)
		}
	}
}

// coloursOut takes colours away.
var coloursOut = regexp.MustCompile("\x1b\\[[0-9]*m")

func TestMeterLinesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db := func(label string) float64 {
			return rapid.OneOf(rapid.Float64Range(-130, 20), rapid.Float64(), rapid.Just(math.NaN()), rapid.Just(math.Inf(1))).Draw(t, label)
		}
		m := &pb.Meters{At: ms(1), Master: &pb.MasterMeter{RmsDb: db("rms"), PeakDb: db("peak"), LufsShortTerm: db("lufs"), DuckingDb: db("ducking")}}
		for range rapid.IntRange(0, 9).Draw(t, "sources") {
			m.Sources = append(m.Sources, &pb.SourceMeter{
				Name: rapid.String().Draw(t, "name"), RmsDb: db("rms"), PeakDb: db("peak"), Lufs: db("lufs"), Speaking: rapid.Bool().Draw(t, "speaking"),
			})
		}
		music := []*pb.MusicStats{{Name: rapid.String().Draw(t, "track"), Reason: rapid.String().Draw(t, "reason")}}
		width := rapid.IntRange(-1, 300).Draw(t, "width")
		colours := rapid.Bool().Draw(t, "colours")
		for _, line := range (printer{colours: colours}).meterLines(m, music, width) {
			text := coloursOut.ReplaceAllString(line, "")
			if n := utf8.RuneCountInString(text); n > max(width, 2) {
				t.Fatalf("%q has %d characters, more than %d", text, n, width)
			}
			if text != printable(text) {
				t.Fatalf("%q could steer the terminal", text)
			}
		}
	})
}

// screen is a terminal that knows what a board writes.
type screen struct {
	width, height int
	rows          []string // all that were ever written, but for what was redrawn
	row, column   int
}

// control finds what is more than text.
var control = regexp.MustCompile("\x1b\\[[0-9]*[A-Za-z]|[\r\n]")

// Write takes what is written to it.
func (s *screen) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		at := control.FindStringIndex(text)
		if at == nil {
			at = []int{len(text), len(text)}
		}
		s.put(text[:at[0]])
		s.obey(text[at[0]:at[1]])
		text = text[at[1]:]
	}
	return len(p), nil
}

// line returns the row that the cursor is in.
func (s *screen) line() *string {
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, "")
	}
	return &s.rows[s.row]
}

// put writes text at the cursor, wrapping.
func (s *screen) put(text string) {
	for _, r := range text {
		if s.column == s.width {
			s.row, s.column = s.row+1, 0
		}
		line := s.line()
		runes := []rune(pad(*line, s.column))
		*line = string(runes[:s.column]) + string(r) + string(runes[min(s.column+1, len(runes)):])
		s.column++
	}
}

// obey does what a control sequence says.
func (s *screen) obey(sequence string) {
	switch {
	case sequence == "":
	case sequence == "\r":
		s.column = 0
	case sequence == "\n":
		s.row, s.column = s.row+1, 0 // terminals do both unless told otherwise (POSIX: ONLCR)
		s.line()
	case strings.HasSuffix(sequence, "A"):
		n, _ := strconv.Atoi(sequence[2 : len(sequence)-1])
		s.row = max(s.row-n, len(s.rows)-s.height, 0) // not beyond the top of what is seen
	case strings.HasSuffix(sequence, "K"):
		line := s.line()
		*line = string([]rune(pad(*line, s.column))[:s.column])
	case strings.HasSuffix(sequence, "J"):
		s.obey("\x1b[K")
		s.rows = s.rows[:s.row+1]
	}
}

// A board is redrawn in place, whatever comes between, and what stays is each event once.
func TestBoardIsRedrawnInPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &screen{width: rapid.IntRange(8, 120).Draw(t, "width"), height: rapid.IntRange(2, 30).Draw(t, "height")}
		b := &board{out: printer{w: s, colours: rapid.Bool().Draw(t, "colours")}, size: func() (int, int) { return s.width, s.height }}
		var dropped int64
		var events bytes.Buffer
		show := func(msg *pb.WatchMixResponse) {
			if err := b.update(msg, &dropped); err != nil {
				t.Fatal(err)
			}
		}
		var last []string
		for i := range rapid.IntRange(1, 20).Draw(t, "messages") {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				m := proto.CloneOf(someMeters())
				m.Sources = m.Sources[:rapid.IntRange(0, 2).Draw(t, "sources")]
				m.At = ms(i * 1000)
				show(metered(m))
			case 1:
				event := &pb.MixEvent{Kind: pb.EventKind_EVENT_KIND_TICKS_SKIPPED, Reason: fmt.Sprintf("event %d", i)}
				if err := (printer{w: &events}).event(event); err != nil {
					t.Fatal(err)
				}
				show(&pb.WatchMixResponse{Update: &pb.WatchMixResponse_Event{Event: event}})
			case 2:
				show(&pb.WatchMixResponse{Update: &pb.WatchMixResponse_Stats{Stats: &pb.MixStats{Music: []*pb.MusicStats{{Name: "bed", Position: ms(i)}}}}})
			}
			last = nil
			if b.meters != nil {
				last = printer{}.meterLines(b.meters, b.music, s.width-1)
				last = last[:min(len(last), s.height-1)]
			}
		}
		s.put("^C")
		b.end()
		want := &screen{width: s.width, height: s.height}
		fmt.Fprint(want, events.String())
		for _, line := range last {
			fmt.Fprint(want, line+"\n")
		}
		want.line()
		if got, want := strings.Join(s.rows, "\n"), strings.Join(want.rows, "\n"); got != want {
			t.Fatalf("the screen shows\n%s\nwant\n%s", got, want)
		}
	})
}
