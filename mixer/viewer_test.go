package mixer

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/internal/faults"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// wireVideo is what the mixes of these tests are: quick to encode.
var wireVideo = VideoSpec{Width: 240, Height: 432, FrameRate: media.FPS(15), Bitrate: 1_000_000, Preset: "ultrafast"}

// startOrigin runs an RTMP server for the test; addr "" is a free port.
func startOrigin(t *testing.T, addr string) *rtmp.Origin {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	o := rtmp.NewOrigin(rtmp.OriginConfig{Addr: addr})
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() }) // some are closed earlier
	return o
}

func startProxy(t *testing.T, target string) *faults.Proxy {
	t.Helper()
	p, err := faults.NewProxy(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func liveURL(t *testing.T, addr, name string) rtmp.URL {
	t.Helper()
	return mustURL(t, "rtmp://"+addr+"/live/"+name)
}

// viewer keeps all that it pulls, by connection.
type viewer struct {
	mu          sync.Mutex
	connections [][]media.Packet
}

func (v *viewer) PullConnected() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.connections = append(v.connections, nil)
}

func (*viewer) PullDisconnected(error, time.Duration) {}

func (v *viewer) PullPacket(p media.Packet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	last := len(v.connections) - 1
	v.connections[last] = append(v.connections[last], p)
}

// view pulls a stream until stop is called, which returns what came.
func view(t *testing.T, addr, name string) (v *viewer, stop func()) {
	t.Helper()
	v = &viewer{}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = rtmp.Pull(ctx, rtmp.PullConfig{URL: liveURL(t, addr, name), Backoff: rtmp.Backoff{Min: 20 * ms, Max: 50 * ms}}, v)
	})
	stop = sync.OnceFunc(func() { cancel(); wait.Wait() })
	t.Cleanup(stop)
	return v, stop
}

// tape returns what came as one connection brought it, headers included.
func (v *viewer) tape(connection int) *tape {
	s := &tape{header: Header{Video: wireVideo}}
	for _, p := range v.connections[connection] {
		switch {
		case p.Config && p.Kind == media.Video:
			s.header.VideoConfig = p.Data
		case p.Config:
			s.header.AudioConfig = p.Data
		default:
			s.packets = append(s.packets, p)
		}
	}
	return s
}

// wholeCadence fails the test if a picture's or a block's timestamp is missing or
// there twice. Stamps are whole milliseconds.
func (s *tape) wholeCadence(t *testing.T) {
	t.Helper()
	last := [2]int64{-1, -1}
	for _, p := range s.packets {
		n, off := s.header.Video.FrameRate.Index(p.DTS+ms), time.Duration(0)
		if p.Kind == media.Video {
			off = p.DTS - s.header.Video.FrameRate.Time(n)
		} else {
			n = (media.SampleIndex(p.DTS+ms) - 1) / 1024
			off = p.DTS - media.SampleTime(n*1024)
		}
		if abs(off) > ms {
			t.Errorf("%v at %v is %v from its count", p.Kind, p.DTS, off)
		}
		if before := last[p.Kind]; before >= 0 && n != before+1 {
			t.Errorf("%v %d follows %d", p.Kind, n, before)
		}
		last[p.Kind] = n
	}
}
