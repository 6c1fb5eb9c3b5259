package rtmp

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
)

// publishFFmpeg pushes a test picture and a tone in real time with the ffmpeg
// command, with B-frames, so that composition times are not 0.
func publishFFmpeg(t *testing.T, u URL) *peers.Process {
	t.Helper()
	return peers.FFmpeg(t, "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-re", "-f", "lavfi", "-i", "sine=frequency=500:sample_rate=48000",
		"-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-ac", "2", "-f", "flv", u.String())
}

// waitMedia waits for both configurations and n further packets.
func (r *record) waitMedia(t *testing.T, n int) []media.Packet {
	t.Helper()
	r.wait(t, "media", func() bool { return len(r.packets) >= n+2 })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packets
}

// checkFFmpegStream checks what Pull made of publishFFmpeg's stream.
func checkFFmpegStream(t *testing.T, packets []media.Packet) {
	t.Helper()
	seen := map[string]int{}
	reordered := 0
	first := true
	for _, p := range packets {
		seen[p.Kind.String()+" "+p.Codec.String()+" config "+strconv.FormatBool(p.Config)]++
		if p.Kind != media.Video || p.Config {
			continue
		}
		if first && !p.Key {
			t.Error("the first picture is no key frame")
		}
		first = false
		if p.PTS != p.DTS {
			reordered++
		}
	}
	if seen["video h264 config true"] == 0 || seen["audio aac config true"] == 0 || seen["video h264 config false"] < 20 || seen["audio aac config false"] < 20 {
		t.Errorf("packets: %v", seen)
	}
	if reordered == 0 {
		t.Error("no picture has a composition time")
	}
}

func TestPullFromFFmpegThroughNginx(t *testing.T) {
	u := mustURL(t, peers.NginxRTMP(t)+"/x?key=1")
	publishFFmpeg(t, u)
	r, _ := startPull(t, PullConfig{URL: u})
	checkFFmpegStream(t, r.waitMedia(t, 120))
}

func TestPullFromFFmpegThroughOrigin(t *testing.T) {
	u := startOrigin(t, OriginConfig{}).url(t, "live/x?key=1")
	publishFFmpeg(t, u)
	r, _ := startPull(t, PullConfig{URL: u})
	checkFFmpegStream(t, r.waitMedia(t, 120))
}

// TestPushToPlayersThroughServers takes a real stream, pushes it on through a server
// and lets the ffmpeg command record and judge what comes out, for timestamps
// before and after those that need the extended field.
func TestPushToPlayersThroughServers(t *testing.T) {
	source := startOrigin(t, OriginConfig{}).url(t, "live/source")
	publishFFmpeg(t, source)
	r, stop := startPull(t, PullConfig{URL: source})
	packets := r.waitMedia(t, 250)
	stop()
	for _, c := range []struct {
		name  string
		shift time.Duration
		u     URL
	}{
		{"nginx", 0, mustURL(t, peers.NginxRTMP(t)+"/out?sign=a%2Fb")},
		{"origin", 0, startOrigin(t, OriginConfig{}).url(t, "live/out?sign=a%2Fb")},
		{"nginx after 5 h", 5 * time.Hour, mustURL(t, peers.NginxRTMP(t)+"/out")},
		{"origin after 5 h", 5 * time.Hour, startOrigin(t, OriginConfig{}).url(t, "live/out")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // they take their time, but not the machine's
			recordPushed(t, c.u, packets, c.shift)
		})
	}
}

// recordPushed pushes packets in real time to u, later by shift, while the ffmpeg
// command records 2 s of it, and judges the record.
func recordPushed(t *testing.T, u URL, packets []media.Packet, shift time.Duration) {
	t.Helper()
	header := Header{Width: 320, Height: 240, FrameRate: media.FPS(25)}
	for _, p := range packets {
		if p.Config && p.Kind == media.Video {
			header.VideoConfig = p.Data
		} else if p.Config {
			header.AudioConfig = p.Data
		}
	}
	push, out := startPush(t, PushConfig{URL: u, Header: header})
	out.wait(t, "connect", func() bool { return out.wanted >= 1 })
	file := filepath.Join(t.TempDir(), "out.flv")
	player := peers.FFmpeg(t, "-analyzeduration", "2000000", "-i", u.String(), "-t", "2", "-c", "copy", file)

	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	began, base := time.Now(), packets[0].DTS
	for lap := time.Duration(0); ; lap++ {
		for _, p := range packets {
			if p.Config {
				continue
			}
			at := p.DTS - base + lap*20*time.Second
			p.PTS += shift + lap*20*time.Second
			p.DTS += shift + lap*20*time.Second
			pace := time.NewTimer(time.Until(began.Add(at)))
			select {
			case <-pace.C:
			case <-player.Done():
				pace.Stop()
				judgeRecord(ctx, t, player, file)
				return
			case <-ctx.Done():
				t.Fatal("ffmpeg has not recorded 2 s in time")
			}
			push.Write(p)
		}
	}
}

func judgeRecord(ctx context.Context, t *testing.T, player *peers.Process, file string) {
	t.Helper()
	if err := player.Wait(ctx); err != nil {
		t.Fatalf("ffmpeg as a player: %v", err)
	}
	var found struct {
		Streams []struct {
			Name    string `json:"codec_name"`
			Width   int    `json:"width"`
			Packets string `json:"nb_read_frames"` // decoded
		} `json:"streams"`
	}
	out := peers.FFprobe(ctx, t, "-count_frames", "-show_entries", "stream=codec_name,width,nb_read_frames", "-of", "json", file)
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Streams {
		n, _ := strconv.Atoi(s.Packets)
		// nginx lets players in between key frames, which are 1 s apart.
		if s.Name == "h264" && (s.Width != 320 || n < 22) || s.Name == "aac" && n < 80 {
			t.Errorf("recorded %+v", s)
		}
	}
	if len(found.Streams) != 2 {
		t.Errorf("recorded %s", out)
	}
}

func TestPushAndPullSurviveNginxRestart(t *testing.T) {
	n := peers.StartNginx(t)
	u := mustURL(t, n.URL+"/x")
	r, _ := startPull(t, PullConfig{URL: u})
	push, out := startPush(t, PushConfig{URL: u})
	out.wait(t, "connect", func() bool { return out.wanted == 1 })
	r.wait(t, "play", func() bool { return r.connects >= 1 })
	writeAV(push, 0, 10, 100)
	before := len(r.waitSound(t, 9))
	n.Stop()
	r.waitError(t, ErrUnreachable)
	out.waitError(t, ErrUnreachable)
	n.Restart()
	out.wait(t, "the second connect", func() bool { return out.wanted >= 2 })
	r.wait(t, "the second play", func() bool { return r.connects >= 2 })
	writeAV(push, 50, 60, 100)
	for _, p := range r.waitNumber(t, 59)[before:] {
		if !p.Config {
			if number(p) != 50 {
				t.Errorf("media starts with %d after the restart", number(p))
			}
			break
		}
	}
}

func TestSecondPublisherAtNginxIsRefused(t *testing.T) {
	u := mustURL(t, peers.NginxRTMP(t)+"/x?sign=SECRET")
	push, first := startPush(t, PushConfig{URL: u})
	first.wait(t, "connect", func() bool { return first.wanted == 1 })
	push.Write(video(0, 100))
	_, second := startPush(t, PushConfig{URL: u})
	assertNoSecret(t, "the error", second.waitError(t, ErrBusy).Error())
}
