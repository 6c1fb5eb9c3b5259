package mixer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

func renderOptions() Options {
	return Options{Fonts: compose.BundledFonts(), Log: slog.New(slog.DiscardHandler)}
}

// films is a spec that mixes files into a new one with that ending.
func films(t *testing.T, ending string, inputs ...string) Spec {
	t.Helper()
	spec := Spec{
		ID: "render", Revision: 1, Layout: LayoutSpec{Template: layout.Default}, Video: smallVideo,
		Outputs: []Output{{Name: "out", URL: filepath.Join(t.TempDir(), "out"+ending)}},
	}
	for i, path := range inputs {
		spec.Participants = append(spec.Participants, Participant{Name: string(rune('a' + i)), URL: path})
	}
	return spec
}

// rewind reads a rendered file onto a tape.
func rewind(t *testing.T, spec Spec) *tape {
	t.Helper()
	f, err := decode.OpenFile(spec.Outputs[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &tape{header: Header{Video: spec.Video}}
	for {
		p, err := f.Read()
		if err != nil {
			return s
		}
		switch {
		case p.Config && p.Kind == media.Video:
			s.header.VideoConfig = p.Data
		case p.Config:
			s.header.AudioConfig = p.Data
		default:
			s.packets = append(s.packets, p)
		}
	}
}

func TestRenderMakesTheSameBytesOfTheSameFiles(t *testing.T) {
	liveAtStart(t)
	one := guest{number: 1, to: 2 * time.Second}.file(t, "one.flv")
	two := guest{number: 2, w: 320, h: 180, fps: 25, to: 1500 * ms}.file(t, "two.mp4")
	for _, ending := range encode.FileFormats() {
		var first []byte
		for n := range 2 {
			spec := films(t, ending, one, two)
			if err := Render(t.Context(), spec, renderOptions()); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(spec.Outputs[0].URL)
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				if !bytes.Equal(got, first) {
					t.Errorf("%s: two runs made different files", ending)
				}
				continue
			}
			first = got
			out := rewind(t, spec)
			want := rects(t, spec, 1, 2)
			shots := out.shots(t)
			// Until the longest input is over; AAC's last block may reach a little beyond.
			if len(shots) < 30 || len(shots) > 32 {
				t.Errorf("%s: %d pictures for 2 s", ending, len(shots))
			}
			for i, sh := range shots {
				if wrong := sh.misplaced(want); wrong != "" {
					t.Errorf("%s: picture %d: %s", ending, i, wrong)
				}
				for number, tile := range sh.tiles {
					if off := abs(pattern.ClockDifference(tile.Clock, sh.at)); off > 36*ms && sh.at < map[int]time.Duration{1: 2 * time.Second, 2: 1400 * ms}[number] {
						t.Errorf("%s: at %v the clock of %d says %v", ending, sh.at, number, tile.Clock)
					}
				}
			}
		}
	}
}

// A film whose size changes in the middle, as phones record them.
func TestRenderFollowsAChangeWithinAFile(t *testing.T) {
	liveAtStart(t)
	packets := append(guest{number: 1, to: time.Second}.stream(t), guest{number: 1, w: 320, h: 180, from: time.Second, to: 2 * time.Second}.stream(t)...)
	spec := films(t, ".flv", writeFLV(t, packets), guest{number: 2, to: 2 * time.Second}.file(t, "two.flv"))
	if err := Render(t.Context(), spec, renderOptions()); err != nil {
		t.Fatal(err)
	}
	want := rects(t, spec, 1, 2)
	shots := rewind(t, spec).shots(t)
	if len(shots) < 30 {
		t.Errorf("%d pictures for 2 s", len(shots))
	}
	for i, sh := range shots {
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("picture %d: %s", i, wrong)
		}
		for number, tile := range sh.tiles {
			if off := abs(pattern.ClockDifference(tile.Clock, sh.at)); off > 70*ms {
				t.Errorf("at %v the clock of %d says %v", sh.at, number, tile.Clock)
			}
		}
	}
}

// Pictures that are stored out of their order, the last of which a decoder holds
// back to the end.
func TestRenderShowsEveryPictureOfAFilmWithBFrames(t *testing.T) {
	liveAtStart(t)
	plain, reordered := guest{number: 1, to: 2 * time.Second}.file(t, "plain.flv"), filepath.Join(t.TempDir(), "b.mp4")
	p := peers.FFmpeg(t, "-i", plain, "-c:a", "copy", "-c:v", "libx264", "-bf", "3", "-b_strategy", "0", "-g", "30", reordered)
	if err := p.Wait(t.Context()); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, p.Stderr())
	}
	spec := films(t, ".flv", reordered)
	if err := Render(t.Context(), spec, renderOptions()); err != nil {
		t.Fatal(err)
	}
	for i, sh := range rewind(t, spec).shots(t)[:30] {
		if tile, ok := sh.tiles[1]; !ok || abs(pattern.ClockDifference(tile.Clock, sh.at)) > 36*ms {
			t.Errorf("picture %d at %v shows %v", i, sh.at, tile.Clock)
		}
	}
}

// writeFLV makes an FLV file of packets in their order (Adobe Flash Video File
// Format 10.1, annex E). Package encode's cannot change a header in the middle.
func writeFLV(t *testing.T, packets []media.Packet) string {
	t.Helper()
	out := bytes.NewBuffer([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"))
	var now time.Duration // configurations have no time of their own
	for _, p := range packets {
		kind, body := byte(9), []byte{0x27, 1, 0, 0, 0}
		if p.Kind == media.Audio {
			kind, body = 8, []byte{0xaf, 1}
		} else if p.Key {
			body[0] = 0x17
		}
		if p.Config {
			body[1] = 0
		} else {
			now = max(now, p.DTS)
		}
		body = append(body, p.Data...)
		at, n := uint32(now.Milliseconds()), uint32(len(body))
		out.Write([]byte{kind, byte(n >> 16), byte(n >> 8), byte(n), byte(at >> 16), byte(at >> 8), byte(at), byte(at >> 24), 0, 0, 0})
		out.Write(body)
		out.Write(binary.BigEndian.AppendUint32(nil, n+11))
	}
	path := filepath.Join(t.TempDir(), "made.flv")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRenderPlaysMusicUnderTheParticipants(t *testing.T) {
	liveAtStart(t)
	// 880 Hz at -20 dBFS, 16-bit mono at 22 050 Hz.
	const rate = 22050
	wav := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x22\x56\x00\x00\x44\xac\x00\x00\x02\x00\x10\x00data")
	wav = binary.LittleEndian.AppendUint32(wav, 3*rate*2)
	for i := range 3 * rate {
		wav = binary.LittleEndian.AppendUint16(wav, uint16(int16(3277*math.Sin(2*math.Pi*880*float64(i)/rate))))
	}
	song := filepath.Join(t.TempDir(), "song.wav")
	if err := os.WriteFile(song, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	film := guest{number: 1, to: 2 * time.Second}.file(t, "one.flv")
	spec := films(t, ".mp4", film)
	spec.Sound.Ducking.Off = true // the participants' tones would lower it
	spec.Music = []Music{{Name: "song", Path: song, GainDB: -6}}
	if err := Render(t.Context(), spec, renderOptions()); err != nil {
		t.Fatal(err)
	}
	pcm := rewind(t, spec).sound(t)
	part := pcm[media.SampleIndex(200*ms):media.SampleIndex(900*ms)]
	if level := measure.Tone(part, 880); level < -27 || level > -25 {
		t.Errorf("the music has %.1f dBFS, want -26", level)
	}
	if level := measure.Tone(part, pattern.Tone(1)); level < pattern.ToneLevel-1.5 {
		t.Errorf("the participant's tone has %.1f dBFS under music", level)
	}
	// The music is longer; the mix ends with the participants.
	if d := media.SampleTime(int64(len(pcm))); d > 2200*ms {
		t.Errorf("the mix lasts %v", d)
	}
}

func TestRenderRefusesFilesThatCannotBeRead(t *testing.T) {
	good := guest{number: 1, to: time.Second}.file(t, "good.flv")
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("no film"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*Spec)
		want   error
	}{
		"missing":         {func(s *Spec) { s.Participants[1].URL += ".not" }, fs.ErrNotExist},
		"text":            {func(s *Spec) { s.Participants[1].URL = text }, decode.ErrNotMedia},
		"folder":          {func(s *Spec) { s.Participants[1].URL = t.TempDir() }, decode.ErrNotMedia},
		"missing music":   {func(s *Spec) { s.Music = []Music{{Name: "m", Path: "not.mp3"}} }, fs.ErrNotExist},
		"output's folder": {func(s *Spec) { s.Outputs[0].URL = "/nowhere/out.flv" }, nil},
		"output's ending": {func(s *Spec) { s.Outputs[0].URL += ".avi" }, encode.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			liveAtStart(t)
			spec := films(t, ".flv", good, good)
			tt.change(&spec)
			if err := Render(t.Context(), spec, renderOptions()); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRenderSaysThatTheDiskIsFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full on this system")
	}
	liveAtStart(t)
	spec := films(t, ".flv", guest{number: 1, to: 2 * time.Second}.file(t, "one.flv"))
	if err := os.Symlink("/dev/full", spec.Outputs[0].URL); err != nil {
		t.Fatal(err)
	}
	if err := Render(t.Context(), spec, renderOptions()); err == nil {
		t.Error("no error")
	}
}

func TestRenderEndsWithItsContext(t *testing.T) {
	liveAtStart(t)
	ctx, cancel := context.WithCancel(t.Context())
	spec := films(t, ".flv", guest{number: 1, to: 2 * time.Second}.file(t, "one.flv"))
	opts := renderOptions()
	opts.Progress = func(at time.Duration) {
		if at >= time.Second {
			cancel()
		}
	}
	if err := Render(ctx, spec, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestRenderDuration(t *testing.T) {
	liveAtStart(t)
	short, longer := guest{number: 1, to: time.Second}.file(t, "a.flv"), guest{number: 2, to: 2 * time.Second}.file(t, "b.mp4")
	d, err := RenderDuration([]string{short, longer})
	if err != nil || d < 1900*ms || d > 2100*ms {
		t.Errorf("duration %v, error %v; want 2 s", d, err)
	}
	if _, err := RenderDuration([]string{short, "not.flv"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
}
