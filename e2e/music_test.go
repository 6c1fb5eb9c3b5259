package e2e

import (
	"context"
	"math"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// ear receives a stream and hears its sound as it comes.
type ear struct {
	mu      sync.Mutex
	decoder *decode.Audio
	pcm     []float32 // the left channel
	changed chan struct{}
	err     error
}

func (e *ear) PullConnected() {}

func (e *ear) PullDisconnected(err error, _ time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *ear) PullPacket(p media.Packet) {
	if p.Kind != media.Audio {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.Config {
		if e.decoder == nil {
			e.decoder, e.err = decode.NewAudio(media.CodecAAC, p.Data)
		}
		return
	}
	if e.decoder == nil {
		return
	}
	if err := e.decoder.Decode(p, func(_ time.Duration, pcm []float32) {
		for i := 0; i < len(pcm); i += media.Channels {
			e.pcm = append(e.pcm, pcm[i])
		}
	}); err != nil {
		e.err = err
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// level returns how loud a frequency is in the last 0.4 s, in dBFS (amplitude); mu is
// held.
func (e *ear) level(hz float64) float64 {
	const n = media.SampleRate * 4 / 10
	if len(e.pcm) < n {
		return -120
	}
	var re, im float64
	for i, v := range e.pcm[len(e.pcm)-n:] {
		a := 2 * math.Pi * hz * float64(i) / media.SampleRate
		re, im = re+float64(v)*math.Cos(a), im+float64(v)*math.Sin(a)
	}
	return 20 * math.Log10(max(1e-6, 2*math.Hypot(re, im)/n))
}

// await waits until a frequency is within 1.5 dB of a level; below −60 dBFS all is
// silence.
func (e *ear) await(t *testing.T, what string, hz, want float64) {
	t.Helper()
	late := time.NewTimer(15 * time.Second)
	defer late.Stop()
	for {
		e.mu.Lock()
		got, changed, err := e.level(hz), e.changed, e.err
		e.mu.Unlock()
		if math.Abs(got-want) < 1.5 || want < -60 && got < -60 {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("%s: %.1f dBFS at %.0f Hz, want %.1f (%v)", what, got, hz, want, err)
		}
	}
}

// TestMusicOverTheWire uploads a piece of music and plays it under a participant, by the
// commands that people use, and listens to the mix as its audience does: the music is
// lowered while the participant is heard, comes to its level when ducking is off, falls
// silent in a pause, and goes on.
func TestMusicOverTheWire(t *testing.T) {
	const hz = 660
	song := filepath.Join(t.TempDir(), "song.mp3")
	out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "sine=f=660:r=44100:d=3",
		"-af", "volume=-2dB,pan=stereo|c0=c0|c1=c0", "-b:a", "192k", song).CombinedOutput() // a sine of ffmpeg's is at −18 dBFS
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	s := serve(t)
	base := "rtmp://" + s.rtmp + "/live/"
	s.run("asset", "upload", song)
	peers.Start(t, binary, "publish", "--pattern", "1", "--size", "180x320", "--fps", "15", base+"host")
	s.mix("start", "--id", "room", "--size", "180x320", "--input", "host="+base+"host", "--output", base+"mix")
	s.run("music", "play", "room", "bed", "--asset", "song", "--plays", "forever")

	u, err := rtmp.ParseURL(base + "mix")
	check(t, err)
	e := &ear{changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, e) })
	defer func() {
		cancel()
		listening.Wait()
		e.decoder.Close()
	}()
	e.await(t, "under the participant", hz, -32)
	s.mix("sound", "room", "--ducking=false")
	e.await(t, "without ducking", hz, -20)
	s.run("music", "pause", "room", "bed")
	e.await(t, "paused", hz, -100)
	s.run("music", "resume", "room", "bed")
	e.await(t, "resumed", hz, -20)
	s.run("music", "gain", "room", "bed", "--fade", "200ms", "--", "-12")
	e.await(t, "turned down", hz, -32)
	s.run("music", "stop", "room", "bed")
	e.await(t, "stopped", hz, -100)
}

// run runs a command of the program against the service.
func (s *service) run(args ...string) {
	s.t.Helper()
	if out, err := exec.CommandContext(s.t.Context(), binary, append([]string{args[0], "--server", s.grpc}, args[1:]...)...).CombinedOutput(); err != nil {
		s.t.Fatalf("lianmai %v: %v\n%s", args, err, out)
	}
}
