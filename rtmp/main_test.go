package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// quick is a backoff for tests: short, and the same each time.
var quick = Backoff{Min: 10 * time.Millisecond, Max: 20 * time.Millisecond, Rand: func() float64 { return 0.5 }}

func mustURL(t testing.TB, s string) URL {
	t.Helper()
	u, err := ParseURL(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// startOrigin starts an origin for the test on a free port.
func startOrigin(t testing.TB, cfg OriginConfig) *Origin {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	o := NewOrigin(cfg)
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func (o *Origin) url(t testing.TB, path string) URL {
	t.Helper()
	return mustURL(t, "rtmp://"+o.Addr().String()+"/"+path)
}

// record takes what a Pull or a Pusher says and lets tests wait for it.
type record struct {
	mu       sync.Mutex
	changed  chan struct{}
	connects int
	errs     []error
	wanted   int
	packets  []media.Packet
}

func newRecord() *record { return &record{changed: make(chan struct{})} }

func (r *record) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *record) PullConnected()            { r.note(func() { r.connects++ }) }
func (r *record) PullPacket(p media.Packet) { r.note(func() { r.packets = append(r.packets, p) }) }
func (r *record) PullDisconnected(err error, _ time.Duration) {
	r.note(func() { r.errs = append(r.errs, err) })
}
func (r *record) PushConnected()      { r.note(func() { r.connects++ }) }
func (r *record) PushKeyFrameWanted() { r.note(func() { r.wanted++ }) }
func (r *record) PushDisconnected(err error, _ time.Duration) {
	r.note(func() { r.errs = append(r.errs, err) })
}

// wait waits until ok holds, which is called with the lock held.
func (r *record) wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		r.mu.Lock()
		done, changed := ok(), r.changed
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("waited in vain for %s: %d connects, %d packets, %d wanted, errors %v", what, r.connects, len(r.packets), r.wanted, r.errs)
		}
	}
}

// waitError waits for a disconnect with the error want, and returns it.
func (r *record) waitError(t testing.TB, want error) (got error) {
	t.Helper()
	r.wait(t, want.Error(), func() bool {
		for _, got = range r.errs {
			if errors.Is(got, want) {
				return true
			}
		}
		return false
	})
	return got
}

// startPull runs Pull for the test; its end is waited for at cleanup, or by stop.
func startPull(t testing.TB, cfg PullConfig) (r *record, stop func()) {
	t.Helper()
	r = newRecord()
	return r, startPullWith(t, cfg, r)
}

// startPullWith is startPull with a handler of the test's own.
func startPullWith(t testing.TB, cfg PullConfig, h PullHandler) (stop func()) {
	t.Helper()
	if cfg.Backoff.Min == 0 {
		cfg.Backoff = quick
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Pull(ctx, cfg, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Pull returned %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// startPush runs a Pusher for the test; it is closed without patience at cleanup.
func startPush(t testing.TB, cfg PushConfig) (*Pusher, *record) {
	t.Helper()
	if cfg.Backoff.Min == 0 {
		cfg.Backoff = quick
	}
	if cfg.Header.VideoConfig == nil && cfg.Header.AudioConfig == nil {
		cfg.Header = testHeader
	}
	r := newRecord()
	p := NewPusher(cfg, r)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(ctx) // tests that care close it themselves
	})
	return p, r
}

// testHeader is a header like an encoder's.
var testHeader = Header{
	VideoConfig: []byte("\x01\x64\x00\x1f\xff\xe1\x00\x04\x67\x64\x00\x1f\x01\x00\x02\x68\xee"),
	AudioConfig: []byte("\x11\x90"), // AAC-LC, 48 kHz, stereo
	Width:       720, Height: 1280, FrameRate: media.FPS(30), VideoBitrate: 2_500_000, AudioBitrate: 128_000,
}

// video makes picture n of a stream at 25 pictures/s with a key frame each second.
// size is that of its data in bytes, at least 8.
func video(n, size int) media.Packet {
	data := make([]byte, size)
	binary.BigEndian.PutUint64(data, uint64(n))
	at := time.Duration(n) * 40 * time.Millisecond
	return media.Packet{Kind: media.Video, Codec: media.CodecH264, Key: n%25 == 0, DTS: at, PTS: at + 40*time.Millisecond, Data: data}
}

// audio makes the sound that goes with picture n.
func audio(n int) media.Packet {
	at := time.Duration(n)*40*time.Millisecond + 10*time.Millisecond
	return media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Key: true, DTS: at, PTS: at, Data: binary.BigEndian.AppendUint64(nil, uint64(n))}
}

// writeAV writes pictures and sound from number from up to but not including to.
func writeAV(p *Pusher, from, to, size int) {
	for n := from; n < to; n++ {
		p.Write(video(n, size))
		p.Write(audio(n))
	}
}

// number is n of a packet made by video or audio.
func number(p media.Packet) int { return int(binary.BigEndian.Uint64(p.Data)) }

// capture is a logger whose output is to be searched for secrets.
func capture() (*slog.Logger, func() string) {
	var buf lockedBuffer
	return slog.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug})), buf.String
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func assertNoSecret(t testing.TB, where, text string) {
	t.Helper()
	if strings.Contains(text, "SECRET") {
		t.Errorf("%s gives the query away:\n%s", where, text)
	}
}
