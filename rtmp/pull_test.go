package rtmp

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

// listen opens a listener that hands each connection to serve, one after the other.
// They are closed at the end of the test at the latest.
func listen(t testing.TB, serve func(net.Conn)) URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var open []net.Conn
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, nc)
			serve(nc)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		for _, nc := range open {
			nc.Close()
		}
	})
	return mustURL(t, "rtmp://"+l.Addr().String()+"/live/x?sign=SECRET")
}

func TestPullTellsErrorsApart(t *testing.T) {
	log, logged := capture()
	refused := listen(t, func(nc net.Conn) { nc.Close() })
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	silent := startSilent(t)
	noMedia := startOrigin(t, OriginConfig{}).url(t, "live/x?sign=SECRET")
	noStream := startOrigin(t, OriginConfig{PlayWait: time.Millisecond}).url(t, "live/x?sign=SECRET")
	for name, c := range map[string]struct {
		cfg  PullConfig
		want error
	}{
		"refused":     {PullConfig{URL: mustURL(t, "rtmp://"+dead.Addr().String()+"/live/x?sign=SECRET")}, ErrUnreachable},
		"unknown":     {PullConfig{URL: mustURL(t, "rtmp://no-such-host.invalid/live/x?sign=SECRET")}, ErrUnreachable},
		"closed":      {PullConfig{URL: refused}, ErrHandshake},
		"silent":      {PullConfig{URL: silent, DialTimeout: 50 * time.Millisecond}, ErrHandshake},
		"no stream":   {PullConfig{URL: noStream}, ErrNotFound},
		"no media":    {PullConfig{URL: noMedia, MediaTimeout: 50 * time.Millisecond}, ErrNoMedia},
		"not RTMP":    {PullConfig{URL: listen(t, answerHTTP)}, ErrHandshake},
		"not rtmps":   {PullConfig{URL: mustURL(t, strings.Replace(refused.String(), "rtmp:", "rtmps:", 1))}, ErrUnreachable},
		"empty query": {PullConfig{URL: mustURL(t, noStream.tcURL()+"/x?")}, ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Log = log
			r, stop := startPull(t, c.cfg)
			err := r.waitError(t, c.want)
			assertNoSecret(t, "the error", err.Error())
			stop()
		})
	}
	assertNoSecret(t, "the log", logged())
}

func answerHTTP(nc net.Conn) {
	_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\n\r\n")
	nc.Close()
}

// startSilent is a server that accepts and says nothing.
func startSilent(t *testing.T) URL {
	return listen(t, func(net.Conn) {})
}

func TestPullComesBackWhenTheOriginReturns(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	addr, u := o.Addr().String(), o.url(t, "live/x")
	r, _ := startPull(t, PullConfig{URL: u})
	push, out := startPush(t, PushConfig{URL: u})
	out.wait(t, "connect", func() bool { return out.wanted == 1 })
	writeAV(push, 0, 10, 100)
	before := len(r.waitSound(t, 9))
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	r.waitError(t, ErrUnreachable)
	out.waitError(t, ErrUnreachable)
	startOrigin(t, OriginConfig{Addr: addr})
	out.wait(t, "the second connect", func() bool { return out.wanted == 2 })
	r.wait(t, "the second play", func() bool { return r.connects >= 2 })
	push.Write(video(30, 100)) // no key frame: must not open the connection
	writeAV(push, 50, 60, 100)
	all := r.waitNumber(t, 59)
	for _, p := range all[before:] {
		if !p.Config {
			if number(p) != 50 || !p.Key {
				t.Errorf("after the reconnect media starts with picture %d, key %v", number(p), p.Key)
			}
			break
		}
	}
	if s := push.Stats(); s.Reconnects < 1 || s.State != PushLive {
		t.Errorf("stats: %+v", s)
	}
}

func TestPullStopsAtOnce(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	for name, cfg := range map[string]PullConfig{
		"in the handshake": {URL: startSilent(t), DialTimeout: time.Hour},
		"in the stream":    {URL: o.url(t, "live/x"), MediaTimeout: time.Hour},
		"in the wait":      {URL: mustURL(t, "rtmp://127.0.0.1:1/live/x"), Backoff: Backoff{Min: time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			r, stop := startPull(t, cfg)
			switch name {
			case "in the stream":
				r.wait(t, "play", func() bool { return r.connects > 0 })
			case "in the wait":
				r.waitError(t, ErrUnreachable)
			}
			stop() // hangs until the test's time is over if it does not
		})
	}
	if err := Pull(t.Context(), PullConfig{}, newRecord()); !errors.Is(err, ErrURL) {
		t.Errorf("Pull without a URL: %v", err)
	}
}

// publishRaw publishes messages as they are.
func publishRaw(t testing.TB, u URL, messages ...*message) *client {
	t.Helper()
	c, err := dialer{url: u, publish: true, timeout: patience, writeTimeout: patience}.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.nc.Close() })
	for _, m := range messages {
		m.MessageStreamID = c.stream
		if m.ChunkStreamID == 0 {
			m.ChunkStreamID = chunkVideo
		}
		if err := c.write(m); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestPullLeavesOutWhatItCannotRead(t *testing.T) {
	log, logged := capture()
	o := startOrigin(t, OriginConfig{})
	u := o.url(t, "live/x")
	r, _ := startPull(t, PullConfig{URL: u, Log: log})
	r.wait(t, "play", func() bool { return r.connects == 1 })
	mp3 := func() *message {
		return &message{Type: typeAudio, ChunkStreamID: chunkAudio, Body: []byte{0x2f, 1, 2, 3}}
	}
	publishRaw(t, u,
		mp3(), mp3(),
		&message{Type: typeDataAMF0, Body: []byte("\x02\x00\x0aonMetaData\x0b not AMF that we know")},
		&message{Type: typeVideo, Body: []byte("\x90av01data")},
		&message{Type: typeVideo, Body: []byte("\x57")},                             // command frame
		&message{Type: typeVideo, Body: []byte("\x17\x02\x00\x00\x00")},             // end of sequence
		&message{Type: typeAudio, ChunkStreamID: chunkAudio, Body: []byte{0xaf, 0}}, // empty configuration
		&message{Type: typeDataAMF3, Body: []byte("\x00\x02\x00\x0aonMetaData")},
		&message{Type: 22, Body: []byte("aggregate")},
		&message{Type: typeVideo, Body: []byte("\x1c\x01\xff\xff\xfeHEVC, number 12")},
	)
	r.wait(t, "the only packet", func() bool { return len(r.packets) > 0 })
	p := r.packets[0]
	if len(r.packets) != 1 || p.Codec != media.CodecHEVC || string(p.Data) != "HEVC, number 12" || p.PTS-p.DTS != -2*time.Millisecond {
		t.Errorf("got %+v", r.packets)
	}
	if n := strings.Count(logged(), "audio codec 2"); n != 1 {
		t.Errorf("the log tells of the audio codec %d times:\n%s", n, logged())
	}
	if !strings.Contains(logged(), "video codec av01") {
		t.Errorf("the log does not tell of the video codec:\n%s", logged())
	}
}

func TestBackoffGrowsAndBeginsAnew(t *testing.T) {
	chance := 0.5
	r := newRetry(Backoff{Rand: func() float64 { return chance }})
	for i, want := range []time.Duration{500, 1000, 2000, 4000, 8000, 8000, 8000} {
		if got := r.next(0); got != want*time.Millisecond {
			t.Errorf("attempt %d waits %v, want %v ms", i, got, want)
		}
	}
	for range 100 {
		if got := r.next(settled - 1); got != 8*time.Second {
			t.Fatalf("waits %v", got)
		}
	}
	if got := r.next(settled); got != 500*time.Millisecond {
		t.Errorf("after media has flowed it waits %v", got)
	}
	chance = 0
	if got := r.next(0); got != 750*time.Millisecond {
		t.Errorf("waits %v at least", got)
	}
	chance = 0.999
	if got := r.next(0); got < 2400*time.Millisecond || got > 2500*time.Millisecond {
		t.Errorf("waits %v at most", got)
	}
}
