package encode_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
)

func TestMain(m *testing.M) {
	media.QuietNative()
	os.Exit(m.Run())
}

// liveAtStart makes the test fail if it leaves native objects behind.
func liveAtStart(t *testing.T) {
	t.Helper()
	before := media.Live()
	t.Cleanup(func() {
		if after := media.Live(); after != before {
			t.Errorf("%d native objects alive after the test, %d before", after, before)
		}
	})
}

// ramp draws a picture that differs from frame to frame.
func ramp(f *media.Frame, n int) {
	for y := range f.Height() {
		row := f.Plane(0)[y*f.Stride(0):][:f.Width()]
		for x := range row {
			row[x] = byte(16 + (x+y+3*n)%200)
		}
	}
	for p := 1; p < 3; p++ {
		plane := f.Plane(p)
		for i := range plane {
			plane[i] = byte(100 + 20*p)
		}
	}
}

func TestVideoCountsItsTimestampsAndKeepsItsGOP(t *testing.T) {
	liveAtStart(t)
	rate := media.FrameRate{Num: 30000, Den: 1001}
	v, err := encode.NewVideo(encode.VideoConfig{Width: 160, Height: 120, FrameRate: rate, Bitrate: 300_000, GOP: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	f, err := media.NewFrame(160, 120)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()

	var keys []int
	for n := range 75 {
		ramp(f, n)
		count := 0
		err := v.Encode(f, int64(n), n == 40, func(p media.Packet) {
			count++
			if p.PTS != rate.Time(int64(n)) || p.DTS != p.PTS {
				t.Errorf("frame %d: pts %v, dts %v, want %v", n, p.PTS, p.DTS, rate.Time(int64(n)))
			}
			if p.Key {
				keys = append(keys, n)
			}
		})
		if err != nil || count != 1 {
			t.Fatalf("frame %d: %d packets, error %v", n, count, err)
		}
	}
	// A key frame each 29 frames (1 s rounded down), and the GOP counts anew from
	// the one that was forced.
	want := []int{0, 29, 40, 69}
	if len(keys) != len(want) {
		t.Fatalf("key frames at %v, want %v", keys, want)
	}
	for i := range want {
		if keys[i] != want[i] {
			t.Fatalf("key frames at %v, want %v", keys, want)
		}
	}
}

func TestVideoRoundTripThroughTheDecoder(t *testing.T) {
	liveAtStart(t)
	v, err := encode.NewVideo(encode.VideoConfig{Width: 160, Height: 120, FrameRate: media.FPS(30), Bitrate: 2_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	d, err := decode.NewVideo(media.CodecH264, v.Config(), decode.VideoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f, err := media.NewFrame(160, 120)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()

	for n := range 30 {
		ramp(f, n)
		var got []time.Duration
		var diff float64
		err := v.Encode(f, int64(n), false, func(p media.Packet) {
			if err := d.Decode(p, func(out *media.Frame) {
				got = append(got, out.PTS)
				diff = meanDifference(f, out)
				if out.Matrix != media.BT709 || out.FullRange {
					t.Errorf("decoded picture is matrix %v, full range %v", out.Matrix, out.FullRange)
				}
				out.Free()
			}); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		// No delay: each access unit gives its picture at once.
		if len(got) != 1 || got[0] != media.FPS(30).Time(int64(n)) {
			t.Fatalf("frame %d: decoded %v", n, got)
		}
		if diff > 6 {
			t.Errorf("frame %d: mean difference %.1f", n, diff)
		}
	}
}

func meanDifference(a, b *media.Frame) float64 {
	var sum float64
	for y := range a.Height() {
		for x := range a.Width() {
			sum += math.Abs(float64(a.Plane(0)[y*a.Stride(0)+x]) - float64(b.Plane(0)[y*b.Stride(0)+x]))
		}
	}
	return sum / float64(a.Width()*a.Height())
}

func TestAudioRoundTripIsInSync(t *testing.T) {
	for _, c := range []encode.AudioConfig{
		{SampleRate: 48000, Channels: 2},
		{SampleRate: 44100, Channels: 1},
		{SampleRate: 16000, Channels: 1, Bitrate: 32000},
	} {
		t.Run(fmt.Sprintf("%d Hz", c.SampleRate), func(t *testing.T) { roundTripAudio(t, c) })
	}
}

func roundTripAudio(t *testing.T, c encode.AudioConfig) {
	liveAtStart(t)
	a, err := encode.NewAudio(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	d, err := decode.NewAudio(media.CodecAAC, a.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rate, channels := c.SampleRate, c.Channels
	// Silence, then from 0.5 s on a 1 kHz tone: where it starts shows the sync.
	var heard []float32
	start, next := time.Duration(-1), time.Duration(0)
	sink := func(p media.Packet) {
		if err := d.Decode(p, func(pts time.Duration, pcm []float32) {
			if start < 0 {
				start = pts
			} else if off := pts - next; off < -time.Millisecond || off > time.Millisecond {
				t.Errorf("%d Hz: block at %v, want %v", rate, pts, next)
			}
			heard = append(heard, pcm...)
			next = pts + media.SampleTime(int64(len(pcm)/2))
		}); err != nil {
			t.Error(err)
		}
	}
	pcm := make([]float32, a.FrameSize()*channels)
	for n := 0; n < rate; n += a.FrameSize() {
		for i := range a.FrameSize() {
			s := 0.0
			if n+i >= rate/2 {
				s = 0.5 * math.Sin(2*math.Pi*1000*float64(n+i)/float64(rate))
			}
			for ch := range channels {
				pcm[i*channels+ch] = float32(s)
			}
		}
		if err := a.Encode(pcm, sink); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Flush(sink); err != nil {
		t.Fatal(err)
	}
	onset := -1
	for i := 0; i < len(heard); i += 2 {
		if math.Abs(float64(heard[i])) > 0.2 {
			onset = i / 2
			break
		}
	}
	at := start + media.SampleTime(int64(onset))
	if off := at - 500*time.Millisecond; off < -3*time.Millisecond || off > 3*time.Millisecond {
		t.Errorf("%d Hz: the tone starts at %v, want 500 ms", rate, at)
	}
}

func TestBadSettingsAreRefused(t *testing.T) {
	liveAtStart(t)
	for _, c := range []encode.VideoConfig{
		{Width: 100, Height: 100, Bitrate: 100_000},
		{Width: 0, Height: 100, FrameRate: media.FPS(30), Bitrate: 1000},
		{Width: 101, Height: 100, FrameRate: media.FPS(30), Bitrate: 100_000},
		{Width: 100, Height: 100, FrameRate: media.FPS(30), Bitrate: 100_000, Preset: "warp"},
	} {
		if v, err := encode.NewVideo(c); !errors.Is(err, encode.ErrConfig) {
			v.Close()
			t.Errorf("%+v: error %v, want ErrConfig", c, err)
		}
	}
	if a, err := encode.NewAudio(encode.AudioConfig{Channels: 7}); !errors.Is(err, encode.ErrConfig) {
		a.Close()
		t.Errorf("7 channels: error %v, want ErrConfig", err)
	}
}

func TestFileHoldsExactTimestampsAndTheSameBytes(t *testing.T) {
	for _, ending := range encode.FileFormats() {
		t.Run(ending, func(t *testing.T) {
			liveAtStart(t)
			a, b := filepath.Join(t.TempDir(), "a"+ending), filepath.Join(t.TempDir(), "b"+ending)
			writeFile(t, a)
			writeFile(t, b)
			first, err := os.ReadFile(a)
			if err != nil {
				t.Fatal(err)
			}
			second, err := os.ReadFile(b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second) {
				t.Error("two files of the same packets differ")
			}
			checkFile(t, a)
		})
	}
	if _, err := encode.CreateFile("x.avi", encode.FileConfig{}); !errors.Is(err, encode.ErrConfig) {
		t.Errorf("x.avi: error %v, want ErrConfig", err)
	}
}

// writeFile writes one second: 30 pictures and 46 blocks of silence, of which the last two stay in the encoder.
func writeFile(t *testing.T, path string) {
	t.Helper()
	v, err := encode.NewVideo(encode.VideoConfig{Width: 64, Height: 48, FrameRate: media.FPS(30), Bitrate: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	a, err := encode.NewAudio(encode.AudioConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	out, err := encode.CreateFile(path, encode.FileConfig{
		Width: 64, Height: 48, FrameRate: media.FPS(30), VideoConfig: v.Config(), AudioConfig: a.Config(),
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := media.NewFrame(64, 48)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	emit := func(p media.Packet) {
		if err := out.Write(p); err != nil {
			t.Error(err)
		}
	}
	pcm := make([]float32, 2048)
	for n := range 46 {
		if n < 30 {
			ramp(f, n)
			if err := v.Encode(f, int64(n), false, emit); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Encode(pcm, emit); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, path string) {
	t.Helper()
	in, err := decode.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	counts := map[media.Kind]int64{}
	for {
		p, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Config {
			continue
		}
		want := media.FPS(30).Time(counts[media.Video])
		if p.Kind == media.Audio {
			want = media.SampleTime(counts[media.Audio] * 1024)
		}
		// FLV has whole milliseconds.
		if off := p.PTS - want; off < -time.Millisecond || off > time.Millisecond {
			t.Errorf("%s %d at %v, want %v", p.Kind, counts[p.Kind], p.PTS, want)
		}
		counts[p.Kind]++
	}
	if counts[media.Video] != 30 || counts[media.Audio] != 44 {
		t.Errorf("read %v packets, want 30 of video and 44 of audio", counts)
	}
}
