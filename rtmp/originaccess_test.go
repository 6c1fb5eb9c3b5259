package rtmp

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
)

// errSecretive is what the hook of these tests says.
var errSecretive = errors.New("the key is wrong")

func TestOriginAsksBeforePublishAndPlay(t *testing.T) {
	var mu sync.Mutex
	var asked []Access
	log, logged := capture()
	o := startOrigin(t, OriginConfig{
		Log: log,
		Authorize: func(a Access) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, a)
			if a.Query != "key=right" {
				return errSecretive
			}
			return nil
		},
	})
	_, wrong := startPush(t, PushConfig{URL: o.url(t, "live/x?key=hush4711")})
	if err := wrong.waitError(t, ErrRejected); !strings.Contains(err.Error(), "Denied") {
		t.Errorf("publishing with a wrong key: %v", err)
	}
	_, right := startPush(t, PushConfig{URL: o.url(t, "live/x?key=right")})
	right.wait(t, "connect", func() bool { return right.connects == 1 })
	player, _ := startPull(t, PullConfig{URL: o.url(t, "live/x")})
	player.waitError(t, ErrRejected)
	mu.Lock()
	defer mu.Unlock()
	if a := asked[0]; !a.Publish || a.Stream != "live/x" || a.Query != "key=hush4711" || a.Peer == nil {
		t.Errorf("asked with %+v", a)
	}
	if a := asked[len(asked)-1]; a.Publish || a.Query != "" {
		t.Errorf("asked with %+v", a)
	}
	if text := logged(); !strings.Contains(text, errSecretive.Error()) || strings.Contains(text, "hush4711") {
		t.Errorf("log: %s", text)
	}
}

// Some clients put the query behind the app.
func TestTheKeyMayBeBehindTheApp(t *testing.T) {
	for app, want := range map[string]string{"live?key=a": "key=a", "live": ""} {
		got := make(chan string, 1)
		o := startOrigin(t, OriginConfig{Authorize: func(a Access) error { got <- a.Query; return errSecretive }})
		u := o.url(t, "live/x")
		u.app = app
		c, err := dialer{url: u, publish: true, timeout: patience, writeTimeout: patience}.open(t.Context())
		if err == nil {
			c.nc.Close()
			t.Error("published without leave")
		}
		if q := <-got; q != want {
			t.Errorf("app %q: query %q, want %q", app, q, want)
		}
	}
}

func TestOriginLimitsStreams(t *testing.T) {
	o := startOrigin(t, OriginConfig{MaxStreams: 1})
	openPlay(t, o.url(t, "live/x"))
	_, same := startPush(t, PushConfig{URL: o.url(t, "live/x")})
	same.wait(t, "connect", func() bool { return same.connects == 1 })
	_, other := startPush(t, PushConfig{URL: o.url(t, "live/y")})
	other.waitError(t, ErrRejected)
	player, _ := startPull(t, PullConfig{URL: o.url(t, "live/y")})
	player.waitError(t, ErrRejected)
}

// fromAddress is a connection whose peer has another address.
type fromAddress struct {
	net.Conn
	peer net.Addr
}

func (f fromAddress) RemoteAddr() net.Addr { return f.peer }

func TestConnectionsCountForTheirAddress(t *testing.T) {
	o := NewOrigin(OriginConfig{MaxConns: 5, MaxConnsPerAddr: 2})
	addr := func(text string) string {
		a, err := net.ResolveTCPAddr("tcp", text)
		if err != nil {
			t.Fatal(err)
		}
		return addrOf(fromAddress{peer: a})
	}
	for _, step := range []struct {
		from string
		want bool
	}{
		{"192.0.2.1:1", true}, {"192.0.2.1:2", true}, {"192.0.2.1:3", false}, {"[::ffff:192.0.2.1]:4", false},
		{"[2001:db8::1]:1", true}, {"[2001:db8::2]:1", true}, {"[2001:db8::3]:1", false},
		{"127.0.0.1:1", true}, {"127.0.0.1:2", false}, // five in all
	} {
		if got := o.admit(addr(step.from)); got != step.want {
			t.Errorf("%s: admitted %v", step.from, got)
		}
	}
	o.release(addr("192.0.2.1:1"))
	if !o.admit(addr("127.0.0.1:3")) {
		t.Error("a place that was given back is not to be had")
	}
}

func TestAPublishersKeyIsNotRepeated(t *testing.T) {
	u := mustURL(t, "rtmp://user:pass@host/app/live_4711_canary?sign=hush0815")
	if d := u.Destination(); d != "rtmp://host/app/…" {
		t.Errorf("destination %q", d)
	}
	c := &client{url: u}
	err := c.rejected("publish", status{"error", "NetStream.Publish.Failed", "no live_4711_canary?sign=hush0815 here, " + strings.Repeat("x", 180) + "live_4711_canary"})
	if text := err.Error(); strings.Contains(text, "4711") || strings.Contains(text, "hush") {
		t.Errorf("error: %s", text)
	}
}

func TestURLsTakeAQuery(t *testing.T) {
	for in, want := range map[string]string{
		"rtmp://h/a/s":     "rtmp://h/a/s?key=1",
		"rtmp://h/a/s?b=2": "rtmp://h/a/s?b=2&key=1",
	} {
		u := mustURL(t, in).WithQuery("key=1")
		if again := mustURL(t, want); u != again || u.Stream() != "a/s" || u.Address() != "h:1935" {
			t.Errorf("%s: %s", in, u)
		}
	}
}

func TestDialHooksAreUsed(t *testing.T) {
	refused := errors.New("not this address")
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, refused }
	u := mustURL(t, "rtmp://h/a/s?key=hush0815")
	r, _ := startPull(t, PullConfig{URL: u, Dial: dial})
	if err := r.waitError(t, ErrUnreachable); !strings.Contains(err.Error(), refused.Error()) {
		t.Errorf("pull: %v", err)
	}
	_, out := startPush(t, PushConfig{URL: u, Dial: dial})
	if err := out.waitError(t, ErrUnreachable); !strings.Contains(err.Error(), refused.Error()) {
		t.Errorf("push: %v", err)
	}
}
