package decode_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
)

func openSound(t testing.TB, path string) *decode.Sound {
	t.Helper()
	s, err := decode.OpenSound(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// play reads n frames, or to the end if n is negative.
func play(t testing.TB, s *decode.Sound, n int) (pcm []float32) {
	t.Helper()
	buf := make([]float32, 1000*media.Channels)
	for n < 0 || len(pcm) < n*media.Channels {
		part := buf
		if n >= 0 {
			part = buf[:min(len(buf), n*media.Channels-len(pcm))]
		}
		got, err := s.Read(part)
		pcm = append(pcm, part[:got*media.Channels]...)
		if errors.Is(err, io.EOF) {
			return pcm
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return pcm
}

// wave is what a test's sound is at a time in seconds.
type wave func(at float64) float64

// sine is a tone of 440 Hz at half of full scale.
func sine(at float64) float64 { return 0.5 * math.Sin(2*math.Pi*440*at) }

// sweep goes from 200 Hz to 2.4 kHz and back, two seconds long: no part of a second is
// like another.
func sweep(at float64) float64 {
	up := math.Mod(at, 2)
	periods := 200*up + 1100*up*up
	if up > 1 {
		periods = 1300 + 2400*(up-1) - 1100*(up-1)*(up-1)
	}
	return 0.5 * math.Sin(2*math.Pi*periods)
}

// writeWAV writes a WAV of 32-bit floats, the same on each channel (RIFF, format 3).
func writeWAV(t testing.TB, path string, rate, channels, n int, w wave) {
	t.Helper()
	data := make([]byte, 0, 44+n*channels*4)
	size := n * channels * 4
	data = append(data, "RIFF"...)
	data = binary.LittleEndian.AppendUint32(data, uint32(36+size))
	data = append(data, "WAVEfmt \x10\x00\x00\x00\x03\x00"...)
	data = binary.LittleEndian.AppendUint16(data, uint16(channels))
	data = binary.LittleEndian.AppendUint32(data, uint32(rate))
	data = binary.LittleEndian.AppendUint32(data, uint32(rate*channels*4))
	data = binary.LittleEndian.AppendUint16(data, uint16(channels*4))
	data = append(data, "\x20\x00data"...)
	data = binary.LittleEndian.AppendUint32(data, uint32(size))
	for i := range n {
		for range channels {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(w(float64(i)/float64(rate)))))
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// coding is a format to test, with what the ffmpeg command needs to make it.
type coding struct {
	name   string // also the file's
	format string // that Info names
	args   []string
	// noise bounds how far a sample may be from what went in; 0 for lossy formats.
	noise float64
	// padded is how many frames at the file's rate may be added to the sound, because the
	// container does not say how many are.
	padded int
	// most is the highest rate that the format knows; 0 for any.
	most int
}

var codings = []coding{
	{"u8.wav", "wav", []string{"-c:a", "pcm_u8"}, 8e-3, 0, 0},
	{"s16.wav", "wav", []string{"-c:a", "pcm_s16le"}, 4e-5, 0, 0},
	{"s24.wav", "wav", []string{"-c:a", "pcm_s24le"}, 1e-6, 0, 0},
	{"s32.wav", "wav", []string{"-c:a", "pcm_s32le"}, 1e-6, 0, 0},
	{"f32.wav", "wav", []string{"-c:a", "pcm_f32le"}, 1e-6, 0, 0},
	{"sound.flac", "flac", []string{"-sample_fmt", "s16"}, 4e-5, 0, 0},
	{"flac.ogg", "flac", []string{"-c:a", "flac", "-sample_fmt", "s16"}, 4e-5, 0, 0},
	{"alac.m4a", "alac", []string{"-c:a", "alac"}, 4e-5, 0, 0},
	{"xing.mp3", "mp3", []string{"-c:a", "libmp3lame", "-b:a", "128k"}, 0, 0, 48000},
	{"low.mp3", "mp3", []string{"-c:a", "libmp3lame", "-b:a", "32k"}, 0, 0, 48000},
	{"vbr.mp3", "mp3", []string{"-c:a", "libmp3lame", "-q:a", "4"}, 0, 0, 48000},
	{"plain.mp3", "mp3", []string{"-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0"}, 0, 3000, 48000},
	{"aac.m4a", "aac", []string{"-c:a", "aac", "-aac_pns", "0"}, 0, 0, 0},
	{"fast.m4a", "aac", []string{"-c:a", "aac", "-aac_pns", "0", "-movflags", "+faststart"}, 0, 0, 0},
	{"sound.aac", "aac", []string{"-c:a", "aac", "-aac_pns", "0"}, 0, 3000, 0},
	{"sound.opus", "opus", []string{"-c:a", "libopus", "-b:a", "96k"}, 0, 0, 48000},
	{"opus.mp4", "opus", []string{"-c:a", "libopus", "-b:a", "96k"}, 0, 0, 48000},
	{"vorbis.ogg", "vorbis", []string{"-c:a", "libvorbis", "-q:a", "5"}, 0, 0, 0},
}

// each runs a test for each coding at rates and channels that differ from one to the next.
func eachCoding(t *testing.T, test func(t *testing.T, c coding, rate, channels int)) {
	for i, c := range codings {
		for j, rate := range []int{8000, 22050, 44100, 48000, 96000} {
			if c.most > 0 && rate > c.most || c.format == "opus" && rate != 48000 {
				continue
			}
			channels := 1 + (i+j)%2
			t.Run(fmt.Sprintf("%s/%d/%d", c.name, rate, channels), func(t *testing.T) {
				liveAtStart(t)
				test(t, c, rate, channels)
			})
		}
	}
}

// make codes a wave of n frames.
func (c coding) make(t testing.TB, rate, channels, n int, w wave) string {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, c.name)
	writeWAV(t, in, rate, channels, n, w)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	args := append([]string{"-loglevel", "error", "-i", in, "-map_metadata", "-1"}, c.args...)
	p := peers.FFmpeg(t, append(args, "-y", out)...)
	if err := p.Wait(ctx); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, p.Stderr())
	}
	return out
}

// openCoding is openSound for a format that this build may lack the decoder of.
func openCoding(t testing.TB, path string) *decode.Sound {
	t.Helper()
	s, err := decode.OpenSound(path)
	if errors.Is(err, decode.ErrUnsupported) {
		t.Skipf("FFmpeg was built without it: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// toSession converts a length in frames at a rate to frames at media.SampleRate.
func toSession(n, rate int) int { return (n*media.SampleRate + rate - 1) / rate }

func abs(n int) int { return max(n, -n) }
