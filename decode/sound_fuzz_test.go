package decode_test

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// FuzzOpenSound opens a file from outside, plays it, seeks in it and checks it. What
// comes out is bounded, and every error is one of this package.
func FuzzOpenSound(f *testing.F) {
	for _, c := range codings {
		path := c.make(f, 48000, 1, 4000, sweep)
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		// Floats of 4000 frames: enough for the others, too long for a fuzzer.
		f.Add(data[:min(len(data), 6000)], uint16(100))
	}
	f.Add(append(wavHead(16000), 1, 2, 3, 4), uint16(1))
	f.Add(id3(f, 20), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, at uint16) {
		liveAtStart(t)
		path := write(t, "x", data)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		limits := decode.SoundLimits{Duration: 10 * time.Minute}
		if _, err := decode.CheckSound(ctx, path, limits); err != nil && !ours(err) {
			t.Fatalf("checked: error %v is not of this package", err)
		}
		s, err := decode.OpenSound(path)
		if err != nil {
			if !ours(err) {
				t.Fatalf("error %v is not of this package", err)
			}
			return
		}
		defer s.Close()
		hearSome(t, s)
		if err := s.SeekTo(int64(at)); err == nil {
			hearSome(t, s)
		} else if !ours(err) {
			t.Fatalf("seeking: error %v is not of this package", err)
		}
	})
}

func ours(err error) bool {
	for _, known := range []error{
		decode.ErrNotMedia, decode.ErrNoSound, decode.ErrUnsupported, decode.ErrConfig, decode.ErrData, decode.ErrBroken,
		decode.ErrSoundTooLong, decode.ErrSoundTooLarge,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// hearSome plays up to two seconds; each sample must be a number within bounds.
func hearSome(t *testing.T, s *decode.Sound) {
	pcm := make([]float32, 4096*media.Channels)
	for range 24 {
		n, err := s.Read(pcm)
		for _, v := range pcm[:n*media.Channels] {
			if !(math.Abs(float64(v)) < 1000) {
				t.Fatalf("a sample of %v", v)
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && !ours(err) {
				t.Fatalf("error %v is not of this package", err)
			}
			return
		}
		if n != len(pcm)/media.Channels {
			t.Fatalf("%d frames without an error", n)
		}
	}
}

// BenchmarkSound plays music: the share of a core that one second of it takes.
func BenchmarkSound(b *testing.B) {
	for _, name := range []string{"xing.mp3", "aac.m4a", "sound.opus", "sound.flac", "s16.wav"} {
		for _, rate := range []int{44100, 48000} {
			c := codingOf(b, name)
			if c.format == "opus" && rate != 48000 {
				continue
			}
			b.Run(name+"/"+map[int]string{44100: "44k1", 48000: "48k"}[rate], func(b *testing.B) {
				s := openCoding(b, c.make(b, rate, 2, 20*rate, sweep))
				second := make([]float32, media.SampleRate*media.Channels)
				for b.Loop() {
					n, err := s.Read(second)
					if errors.Is(err, io.EOF) {
						err = s.SeekTo(0)
					}
					if err != nil {
						b.Fatal(n, err)
					}
				}
				b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N), "%core")
			})
		}
	}
}

// BenchmarkSoundSeek goes to random places of five minutes and plays a block.
func BenchmarkSoundSeek(b *testing.B) {
	for _, name := range []string{"xing.mp3", "aac.m4a", "sound.aac", "sound.opus", "vorbis.ogg", "sound.flac", "flac.ogg"} {
		b.Run(name, func(b *testing.B) {
			const n = 300 * 48000
			s := openCoding(b, codingOf(b, name).make(b, 48000, 2, n, sweep))
			block := make([]float32, 1024*media.Channels)
			at := int64(0)
			for b.Loop() {
				at = (at*1103515245 + 12345) % (n - 2000)
				if err := s.SeekTo(at); err != nil {
					b.Fatal(err)
				}
				if _, err := s.Read(block); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
