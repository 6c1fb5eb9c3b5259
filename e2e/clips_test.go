package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// clip is what one sender sends.
type clip struct {
	number        int
	width, height int
	fps           int
	audio         int // Hz
}

// phones are six senders as they come: portrait phones at 15 fps, one with 16 kHz
// sound, a landscape native app at 30 fps, an odd small one.
var phones = []clip{
	{1, 360, 640, 15, 48000},
	{2, 360, 640, 15, 44100},
	{3, 640, 360, 30, 48000},
	{4, 360, 640, 15, 16000},
	{5, 480, 320, 15, 48000},
	{6, 540, 960, 15, 48000},
}

// make writes the clip as an FLV file and returns its path.
func (c clip) make(t *testing.T, dir string, length time.Duration) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("p%d.flv", c.number))
	rate := media.FPS(c.fps)
	video, err := encode.NewVideo(encode.VideoConfig{
		Width: c.width, Height: c.height, FrameRate: rate, Bitrate: 800_000, Preset: "ultrafast",
	})
	check(t, err)
	defer video.Close()
	audio, err := encode.NewAudio(encode.AudioConfig{SampleRate: c.audio, Channels: 1, Bitrate: 48_000})
	check(t, err)
	defer audio.Close()
	person, err := pattern.NewParticipant(c.number, c.width, c.height)
	check(t, err)
	voice, err := pattern.NewVoice(c.number, c.audio)
	check(t, err)
	frame, err := media.NewFrame(c.width, c.height)
	check(t, err)
	defer frame.Free()
	file, err := encode.CreateFile(path, encode.FileConfig{
		Width: c.width, Height: c.height, FrameRate: rate, VideoConfig: video.Config(), AudioConfig: audio.Config(),
	})
	check(t, err)
	write := func(p media.Packet) { check(t, file.Write(p)) }
	pcm := make([]float32, audio.FrameSize())
	for n, samples := int64(0), int64(0); rate.Time(n) < length; n++ {
		check(t, person.Draw(frame, rate.Time(n)))
		check(t, video.Encode(frame, n, false, write))
		for ; time.Duration(samples)*time.Second/time.Duration(c.audio) <= rate.Time(n); samples += int64(len(pcm)) {
			voice.Fill(pcm, 1, samples)
			check(t, audio.Encode(pcm, write))
		}
	}
	check(t, file.Close())
	return path
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
