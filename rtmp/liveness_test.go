package rtmp

import (
	"runtime"
	"testing"
	"time"
)

// A stream so thin that the kernel's buffers would hold it for long: that the
// destination takes nothing is found all the same.
func TestPusherFindsADestinationThatTakesNothingOfAThinStream(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux's kernel says how long a peer has taken nothing")
	}
	u := listen(t, acceptAndStopReading)
	push, r := startPush(t, PushConfig{URL: u, WriteTimeout: 300 * time.Millisecond, QueueDuration: time.Hour})
	r.wait(t, "connect", func() bool { return r.wanted >= 1 })
	// 300 kB: more than the peer's kernel takes unread, less than ours holds for it.
	writeAV(push, 0, 60, 5000)
	r.waitError(t, ErrStalled)
}
