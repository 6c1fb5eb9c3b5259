package mixer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
)

// benchSeconds is how much sound one round of BenchmarkAudioPath has.
const benchSeconds = 20

// audioInputs are files of six AAC inputs and an MP3, made by the ffmpeg command.
func audioInputs(b *testing.B) (inputs []string, music string) {
	b.Helper()
	dir := b.TempDir()
	ffmpeg := func(args ...string) {
		if out, err := exec.Command("ffmpeg", append([]string{"-nostdin", "-loglevel", "error", "-y"}, args...)...).CombinedOutput(); err != nil {
			b.Fatalf("ffmpeg: %v: %s", err, out)
		}
	}
	for n := range 6 {
		path := filepath.Join(dir, fmt.Sprintf("in%d.m4a", n))
		ffmpeg("-f", "lavfi", "-i", fmt.Sprintf("anoisesrc=r=48000:a=0.1:c=pink:s=%d:d=%d", n, benchSeconds),
			"-af", "tremolo=f=4:d=0.9", "-ac", "1", "-c:a", "aac", "-b:a", "64k", path)
		inputs = append(inputs, path)
	}
	music = filepath.Join(dir, "music.mp3")
	ffmpeg("-f", "lavfi", "-i", fmt.Sprintf("anoisesrc=r=44100:a=0.2:c=brown:d=%d", benchSeconds), "-ac", "2", "-b:a", "192k", music)
	return inputs, music
}

// cpu returns what a resource usage says was used.
func cpu(u syscall.Rusage) time.Duration { return time.Duration(u.Utime.Nano() + u.Stime.Nano()) }

// ours mixes the files as a session does, without its pictures: six decoders, resampled to
// 48 kHz; the music with ducking; loudness, limiter, AAC.
func ours(b *testing.B, inputs []string, music string) {
	mix := audio.New()
	enc, err := encode.NewAudio(encode.AudioConfig{Bitrate: 128_000})
	if err != nil {
		b.Fatal(err)
	}
	defer enc.Close()
	type input struct {
		file    *decode.File
		decoder *decode.Audio
		track   *audio.Source
		end     int64
	}
	var list []*input
	for _, path := range inputs {
		f, err := decode.OpenFile(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		d, err := f.NewAudio()
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		list = append(list, &input{file: f, decoder: d, track: mix.Add(path)})
	}
	bed := mix.Add("music")
	bed.SetMusic(true)
	p := newPlayer("music", bed, false, func(context.Context) (string, func(), error) { return music, func() {}, nil }, slog.New(slog.DiscardHandler))
	p.tell = func(MusicState, string) {}
	if err := p.load(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer p.close()
	p.do(order{seek: true, plays: 1, play: true})
	block := make([]float32, enc.FrameSize()*media.Channels)
	for at := int64(0); at < benchSeconds*media.SampleRate; at += int64(enc.FrameSize()) {
		for _, in := range list {
			for in.end < at+4096 {
				pkt, err := in.file.Read()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				if pkt.Config {
					continue
				}
				if err := in.decoder.Decode(pkt, func(_ time.Duration, pcm []float32) {
					in.end += int64(in.track.Write(in.end, pcm))
				}); err != nil {
					b.Fatal(err)
				}
			}
		}
		p.advance(at, false)
		mix.MixInto(at, block)
		if err := enc.Encode(block, func(media.Packet) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// theirs mixes the same files with the ffmpeg command and returns what it used.
func theirs(b *testing.B, inputs []string, music string) time.Duration {
	args := []string{"-nostdin", "-loglevel", "error", "-threads", "1"}
	for _, path := range slices.Concat(inputs, []string{music}) {
		args = append(args, "-i", path)
	}
	args = append(args, "-filter_complex", "amix=inputs=7:normalize=0,alimiter", "-ac", "2", "-ar", "48000", "-c:a", "aac", "-b:a", "128k", "-f", "null", "-")
	cmd := exec.Command("ffmpeg", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// BenchmarkAudioPath is the whole way of the sound of six inputs and music: decode, resample,
// mix, duck, measure, limit, encode. It prints the share of a core that it takes in real
// time, and the ratio to the ffmpeg command with amix and alimiter on the same files, by
// turns.
func BenchmarkAudioPath(b *testing.B) {
	inputs, music := audioInputs(b)
	var own, other []float64
	for b.Loop() {
		var before, after syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
			b.Fatal(err)
		}
		ours(b, inputs, music)
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
			b.Fatal(err)
		}
		own = append(own, (cpu(after) - cpu(before)).Seconds())
		other = append(other, theirs(b, inputs, music).Seconds())
	}
	slices.Sort(own)
	slices.Sort(other)
	b.ReportMetric(100*own[len(own)/2]/benchSeconds, "%-of-a-core")
	b.ReportMetric(own[len(own)/2]/other[len(other)/2], "of-ffmpeg")
}
