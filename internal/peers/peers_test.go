package peers

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNginxPassesAStreamFromFFmpegToFFprobe(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	url := NginxRTMP(t) + "/peers"
	file := filepath.Join(t.TempDir(), "out.flv")
	player := FFmpeg(t, "-analyzeduration", "500000", "-i", url, "-t", "1", "-c", "copy", file)
	FFmpeg(t, "-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=15", "-t", "20",
		"-c:v", "libx264", "-g", "15", "-f", "flv", url)
	if err := player.Wait(ctx); err != nil {
		t.Fatalf("player: %v\n%s", err, player.Stderr())
	}
	got := string(FFprobe(ctx, t, "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", file))
	if strings.TrimSpace(got) != "h264,160" {
		t.Errorf("ffprobe says %q", got)
	}
}

func TestNginxStopsAndComesBackOnTheSamePort(t *testing.T) {
	n := StartNginx(t)
	dial := func() error {
		c, err := net.Dial("tcp", n.addr)
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := dial(); err != nil {
		t.Fatal(err)
	}
	n.Stop()
	if dial() == nil {
		t.Error("a stopped nginx took a connection")
	}
	n.Restart()
	if err := dial(); err != nil {
		t.Error(err)
	}
}
