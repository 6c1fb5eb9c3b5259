package mixer

import (
	"testing"
	"time"
)

// What an operator sees of a healthy input after some seconds.
func TestStatisticsOfAHealthySource(t *testing.T) {
	liveAtStart(t)
	const d = 6 * time.Second
	net := scenes(t, guest{number: 1, to: d + time.Second, gop: 2 * time.Second})
	st := liveTheatre(t, d, net)
	st.play()
	got := st.s.Stats().Sources[0]
	if got.State != Live || got.Width != 160 || got.Height != 200 || got.FrameRate < 14 || got.FrameRate > 16 || got.Bitrate < 20_000 {
		t.Errorf("picture: %+v", got)
	}
	if got.GOP != 2*time.Second || got.Drops != (Drops{}) || got.DroppedFrames != 0 || got.DecodeErrors != 0 || got.Reconnects != 0 {
		t.Errorf("GOP and drops: %+v", got)
	}
	if got.Delay != minDelay || got.Jitter > 2*ms || abs(got.Skew) > 5*ms || got.LevelDB < -40 {
		t.Errorf("timing and sound: %+v", got)
	}
}
