package judge

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

// The whole way at the size and bitrate of a mix: six 720p sources, x264 at 2.5 Mb/s.
func TestGoodMixIsGood(t *testing.T) {
	s := newStage()
	s.w, s.h, s.bitrate, s.sourceW, s.sourceH = 720, 1280, 2_500_000, 1280, 720
	if raceEnabled {
		s.w, s.h, s.sourceW, s.sourceH = 360, 640, 640, 360
	}
	sheet := NewSheet(SheetConfig{Every: time.Second})
	r := judged(Options{
		Expect: Expect{Participants: 6, Width: s.w, Height: s.h, FrameRate: s.rate},
		Sheet:  sheet,
	}, s.packets(t, 3500*time.Millisecond))
	if !r.OK {
		t.Errorf("problems: %q", r.Problems)
	}
	if r.Video.Frames != 105 || r.Video.Decoded != 105 || r.Video.GOPMax != 1 || r.Video.BFrames || r.Video.Stamps.Rate != 30 {
		t.Errorf("video: %+v", r.Video)
	}
	if r.Audio.SampleRate != 48000 || r.Audio.Channels != 2 || r.Audio.Peak < -3 || r.Audio.Peak > 0 {
		t.Errorf("audio: %+v", r.Audio)
	}
	for _, p := range r.Participants {
		if p.Frames != 105 || p.Unread != 0 || p.Repeats != 0 || math.Abs(p.Level+30) > 1 || p.Heard != 1 || p.HueError > 4 {
			t.Errorf("participant %+v", p)
		}
		if p.Skew.Count < 3 || p.Skew.AbsMax > 2 {
			t.Errorf("participant %d: skew %+v, want 0 ± 2 ms", p.Number, p.Skew)
		}
	}
	checkSegments(t, r.Segments, six(s.w, s.h))
	var page bytes.Buffer
	if err := sheet.WritePNG(&page); err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(&page); err != nil || sheet.Moments() != 4 || img.Bounds().Dx() < 500 {
		t.Errorf("sheet of %d moments: %v", sheet.Moments(), err)
	}
}

// The smallest tiles that layouts have, over a full-screen speaker: 160×90 and
// 180×320, where a cell of the code is 3 and 6 pixels.
func TestSmallTilesOverAMainPictureAreRead(t *testing.T) {
	if raceEnabled {
		t.Skip("large pictures, and nothing runs at the same time")
	}
	s := newStage()
	s.w, s.h, s.bitrate, s.sourceW, s.sourceH = 720, 1280, 2_500_000, 1280, 720
	want := map[int]image.Rectangle{
		1: image.Rect(0, 0, 720, 1280), 2: image.Rect(0, 40, 160, 130), 3: image.Rect(540, 40, 700, 130),
		4: image.Rect(0, 960, 180, 1280), 5: image.Rect(180, 960, 360, 1280), 6: image.Rect(540, 1190, 700, 1280),
	}
	s.where = func(time.Duration) map[int]image.Rectangle { return want }
	r := judged(Options{}, s.packets(t, 1200*time.Millisecond))
	checkSegments(t, r.Segments, want)
	for _, p := range r.Participants {
		if p.Unread > 0 || p.Frames != 36 {
			t.Errorf("participant %d: %d pictures read, %d not", p.Number, p.Frames, p.Unread)
		}
	}
}

// checkSegments compares places, to 4 pixels, and that everyone is heard.
func checkSegments(t *testing.T, got []Segment, want ...map[int]image.Rectangle) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d segments, want %d: %+v", len(got), len(want), got)
	}
	for i, s := range got {
		if len(s.Seen) != len(want[i]) {
			t.Errorf("segment %d sees %+v, want %v", i, s.Seen, want[i])
		}
		for _, p := range s.Seen {
			if !near(p.Rect(), want[i][p.Number]) {
				t.Errorf("segment %d: participant %d at %v, want %v", i, p.Number, p.Rect(), want[i][p.Number])
			}
		}
	}
}

func TestLayoutChangeAndHiddenGuestAreNewSegments(t *testing.T) {
	s := newStage()
	first, full := six(s.w, s.h), map[int]image.Rectangle{3: image.Rect(0, 0, s.w, s.h)}
	hidden := six(s.w, s.h)
	delete(hidden, 4)
	s.where = func(at time.Duration) map[int]image.Rectangle {
		switch {
		case at < time.Second:
			return first
		case at < 2*time.Second:
			return hidden
		default:
			return full
		}
	}
	r := judged(Options{}, s.packets(t, 3*time.Second))
	checkSegments(t, r.Segments, first, hidden, full)
	if !r.OK {
		t.Errorf("problems: %q", r.Problems)
	}
	for i, s := range r.Segments {
		if d := s.From - float64(i); d < -0.04 || d > 0.04 {
			t.Errorf("segment %d starts at %v s, want %d", i, s.From, i)
		}
	}
}

func TestSkewIsMeasuredInAStream(t *testing.T) {
	s := newStage()
	want := map[int]time.Duration{1: -80, 2: -40, 3: 0, 4: 25, 5: 60, 6: 80} // ms
	for i := range s.sound {
		s.sound[i].late = want[s.sound[i].number] * time.Millisecond
	}
	// Half of them are shown a fraction of a frame late, which must not matter.
	s.clock = func(n int, at time.Duration) time.Duration {
		return at + 5*time.Second + time.Duration(n%2*13)*time.Millisecond
	}
	for i := range s.sound {
		s.sound[i].late -= time.Duration(s.sound[i].number%2*13) * time.Millisecond
	}
	r := judged(Options{}, s.packets(t, 4500*time.Millisecond))
	for _, p := range r.Participants {
		if p.Skew.Count < 3 || math.Abs(p.Skew.Median-float64(want[p.Number])) > 2 {
			t.Errorf("participant %d: skew %+v, want %d ms", p.Number, p.Skew, want[p.Number])
		}
		late := math.Abs(float64(want[p.Number])) >= 60
		blamed := slices.ContainsFunc(r.Problems, func(s string) bool {
			return strings.HasPrefix(s, "the sound of participant "+string(rune('0'+p.Number)))
		})
		if late != blamed {
			t.Errorf("participant %d off by %d ms: blamed is %v", p.Number, want[p.Number], blamed)
		}
	}
}

// Each fault is put into a good stream, and must be the only one that is found.
func TestFaultsAreFound(t *testing.T) {
	const length = 4 * time.Second
	good := newStage().packets(t, length)
	frozen := newStage()
	frozen.clock = func(n int, at time.Duration) time.Duration {
		if n == 2 && at > 1500*time.Millisecond {
			return 1500 * time.Millisecond
		}
		return at
	}
	back := newStage()
	back.clock = func(n int, at time.Duration) time.Duration {
		if n == 5 && at > 2*time.Second {
			return at - 400*time.Millisecond
		}
		return at
	}
	for _, c := range []struct {
		name    string
		packets []media.Packet
		expect  Expect
		want    string // the only problem begins with this; "" is none
	}{
		{"good", good, Expect{Participants: 6}, ""},
		{"a frame is missing", edit(good, media.Video, 45, drop), Expect{}, "video timestamps have 1 gaps and 0 repeats"},
		{"sound is missing", edit(good, media.Audio, 40, drop), Expect{}, "audio timestamps have 1 gaps and 0 repeats"},
		{"wrong size", good, Expect{Width: 720, Height: 1280}, "the picture is 360×640 instead of 720×1280"},
		{"someone is missing", good, Expect{Participants: 7}, "participant 7 is neither seen nor heard"},
		{"someone too many", good, Expect{Participants: 5}, "participant 6 is there"},
		{"one is frozen", frozen.packets(t, length), Expect{}, "participant 2 is frozen"},
		{"one goes back in time", back.packets(t, length), Expect{}, "participant 5 went back in time"},
		{"no sound", without(good, media.Audio), Expect{}, "there is no sound"},
		{"no video", without(good, media.Video), Expect{}, "there is no video"},
		{"damaged video", edit(good, media.Video, 119, damage), Expect{}, "1 of 120 video packets are damaged"},
		{"no key frame first", edit(good, media.Video, 0, drop), Expect{}, "video does not start with a key frame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := judged(Options{Expect: c.expect}, c.packets)
			if c.want == "" {
				if !r.OK {
					t.Errorf("problems: %q", r.Problems)
				}
				return
			}
			if r.OK || !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.HasPrefix(p, c.want) }) {
				t.Errorf("problems %q, want %q", r.Problems, c.want)
			}
		})
	}
}

func drop(list []media.Packet, i int) []media.Packet { return slices.Delete(list, i, i+1) }

func damage(list []media.Packet, i int) []media.Packet {
	list[i].Data = []byte{0, 0, 0, 9, 1, 2, 3}
	return list
}

// edit changes a copy of list at the nth packet of a kind, configurations not counted.
func edit(list []media.Packet, kind media.Kind, n int, change func([]media.Packet, int) []media.Packet) []media.Packet {
	list = slices.Clone(list)
	for i, p := range list {
		if p.Kind == kind && !p.Config {
			if n == 0 {
				return change(list, i)
			}
			n--
		}
	}
	panic("too few packets")
}

func without(list []media.Packet, kind media.Kind) []media.Packet {
	return slices.DeleteFunc(slices.Clone(list), func(p media.Packet) bool { return p.Kind == kind })
}

func TestFreezeBlackAndSilenceOfTheWholeStream(t *testing.T) {
	s := newStage()
	s.sound = s.sound[:1]
	s.clock = func(_ int, at time.Duration) time.Duration { return min(at, time.Second) } // frozen from 1 s on
	s.where = func(at time.Duration) map[int]image.Rectangle {
		if at > 3*time.Second {
			return nil
		}
		return map[int]image.Rectangle{1: image.Rect(0, 0, s.w, s.h)}
	}
	s.sound[0].gain = 1e-4
	r := judged(Options{}, s.packets(t, 4*time.Second))
	within := func(list []Stretch, from, to float64) bool {
		return len(list) == 1 && math.Abs(list[0].From-from) < 0.1 && math.Abs(list[0].To-to) < 0.1
	}
	if !within(r.Freezes, 1, 3) || !within(r.Black, 3, 4) || !within(r.Silence, 0, 4) {
		t.Errorf("freezes %v, black %v, silence %v", r.Freezes, r.Black, r.Silence)
	}
}

func TestDelayAndLatenessOfALiveStream(t *testing.T) {
	s := newStage()
	start := time.UnixMilli(1_800_000_123_456)
	s.clock = func(n int, at time.Duration) time.Duration {
		return time.Duration(start.UnixNano()) + at - time.Duration(n)*100*time.Millisecond
	}
	s.sound = s.sound[:1]
	j := New(Options{Settle: 500 * time.Millisecond})
	for _, p := range s.packets(t, 3*time.Second) {
		arrival := start.Add(p.DTS + 50*time.Millisecond)
		if p.DTS > 2*time.Second && p.DTS < 2500*time.Millisecond {
			arrival = start.Add(3700 * time.Millisecond) // held up, then all at once
		}
		j.Packet(p, arrival)
	}
	r := j.Finish()
	for _, p := range r.Participants {
		if want := float64(50 + 100*p.Number); math.Abs(p.Delay.Median-want) > 2 {
			t.Errorf("participant %d: delay %+v, want %.0f ms", p.Number, p.Delay, want)
		}
	}
	if r.Video.LateMax < 1550 || r.Video.LateMax > 1700 {
		t.Errorf("latest packet %.0f ms, want 1650", r.Video.LateMax)
	}
	if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, "a player would have stopped") }) {
		t.Errorf("problems %q", r.Problems)
	}
}

func TestInterruptionIsAProblemAndJudgingGoesOn(t *testing.T) {
	s := newStage()
	packets := s.packets(t, 1500*time.Millisecond)
	j := New(Options{})
	for _, p := range packets {
		j.Packet(p, time.Time{})
	}
	j.Interrupted("closed by the peer")
	for _, p := range packets {
		p.DTS, p.PTS = p.DTS+7*time.Second, p.PTS+7*time.Second
		j.Packet(p, time.Time{})
	}
	r := j.Finish()
	if want := []string{"the stream broke off: closed by the peer"}; !slices.Equal(r.Problems, want) {
		t.Errorf("problems %q, want %q", r.Problems, want)
	}
	if r.Video.Decoded != 90 {
		t.Errorf("%d pictures", r.Video.Decoded)
	}
}

// Music holds every tone now and then; someone who is only heard beeps in time.
func TestOnlyHeard(t *testing.T) {
	s := newStage()
	s.where = func(time.Duration) map[int]image.Rectangle {
		return map[int]image.Rectangle{1: image.Rect(0, 0, s.w, s.h)}
	}
	s.sound = choir{{1, 0, 1}, {4, 0, 1}}
	packets := s.packets(t, 3500*time.Millisecond)
	r := judged(Options{}, packets)
	numbers := []int{}
	for _, p := range r.Participants {
		numbers = append(numbers, p.Number)
	}
	if !slices.Equal(numbers, []int{1, 4}) || len(r.Segments) != 1 || len(r.Segments[0].Heard) != 2 {
		t.Errorf("participants %v, segments %+v", numbers, r.Segments)
	}
	// Cut after the first beep, there is only a tone.
	short := slices.DeleteFunc(packets, func(p media.Packet) bool { return p.DTS > 900*time.Millisecond })
	if r := judged(Options{}, short); len(r.Participants) != 1 || r.Participants[0].Number != 1 {
		t.Errorf("taken for participants: %+v", r.Participants)
	}
}

func TestNothingAtAll(t *testing.T) {
	r := New(Options{Expect: Expect{Participants: 1}}).Finish()
	want := []string{"there is no video", "there is no sound", "participant 1 is neither seen nor heard"}
	if !slices.Equal(r.Problems, want) {
		t.Errorf("problems %q", r.Problems)
	}
}

func TestReportAsTextAndAsJSON(t *testing.T) {
	r := judged(Options{}, newStage().packets(t, 2*time.Second))
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"h264 360×640, 30 fps", "aac 48000 Hz", "1: 240×384+0+0", "hears 1 2 3 4 5 6", "\nOK\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, text.String())
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(data, &back); err != nil || len(back.Participants) != 6 {
		t.Errorf("back from JSON: %v, %v", err, back)
	}
}

func BenchmarkJudge(b *testing.B) {
	s := newStage()
	s.w, s.h, s.bitrate, s.sourceW, s.sourceH = 720, 1280, 2_500_000, 1280, 720
	packets := s.packets(b, 2*time.Second)
	for b.Loop() {
		judged(Options{}, packets)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/2/10, "%core")
}
