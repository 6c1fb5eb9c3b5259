package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"pgregory.net/rapid"
)

// waitNumber waits for picture n and returns what was received.
func (r *record) waitNumber(t testing.TB, n int) []media.Packet {
	t.Helper()
	return r.waitFor(t, media.Video, n)
}

// waitSound waits for sound n, which follows picture n, and returns what was received.
func (r *record) waitSound(t testing.TB, n int) []media.Packet {
	t.Helper()
	return r.waitFor(t, media.Audio, n)
}

func (r *record) waitFor(t testing.TB, kind media.Kind, n int) []media.Packet {
	t.Helper()
	r.wait(t, fmt.Sprintf("%s %d", kind, n), func() bool {
		for _, p := range r.packets {
			if !p.Config && p.Kind == kind && number(p) == n {
				return true
			}
		}
		return false
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packets
}

func TestLateJoinerStartsAtTheLastKeyFrame(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	u := o.url(t, "live/x")
	early, _ := startPull(t, PullConfig{URL: u})
	early.wait(t, "play", func() bool { return early.connects == 1 })
	push, out := startPush(t, PushConfig{URL: u})
	out.wait(t, "connect", func() bool { return out.wanted == 1 })
	writeAV(push, 0, 60, 5000)
	early.waitNumber(t, 59)

	late, _ := startPull(t, PullConfig{URL: u})
	late.waitNumber(t, 59)
	want := configPackets(2 * time.Second)
	for n := 50; n < 60; n++ {
		want = append(want, video(n, 5000), audio(n))
	}
	late.wait(t, "the last sound", func() bool { return len(late.packets) == len(want) })
	late.mu.Lock()
	got := late.packets
	late.mu.Unlock()
	equalPackets(t, got, want)

	if info := o.Streams(); len(info) != 1 || info[0].Name != "live/x" || info[0].Players != 2 || info[0].Bytes < 60*5000 || time.Since(info[0].Since) > time.Minute {
		t.Errorf("streams: %+v", info)
	}
}

func TestLongGOPIsNotKeptForLateJoiners(t *testing.T) {
	o := startOrigin(t, OriginConfig{GOPPackets: 10})
	u := o.url(t, "live/x")
	early, _ := startPull(t, PullConfig{URL: u})
	early.wait(t, "play", func() bool { return early.connects == 1 })
	push, out := startPush(t, PushConfig{URL: u})
	out.wait(t, "connect", func() bool { return out.wanted == 1 })
	writeAV(push, 0, 20, 100)
	early.waitNumber(t, 19)
	late, _ := startPull(t, PullConfig{URL: u})
	late.wait(t, "headers", func() bool { return len(late.packets) == 2 })
	writeAV(push, 20, 27, 100)
	got := late.waitNumber(t, 26)
	if n := number(got[4]); !got[4].Key || n != 25 { // after the headers, again with the key frame
		t.Errorf("the late joiner starts at picture %d: %+v", n, got[4])
	}
}

// openPlay plays a stream without reading it.
func openPlay(t testing.TB, u URL) *client {
	t.Helper()
	c, err := dialer{url: u, timeout: patience, writeTimeout: patience}.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.nc.Close() })
	return c
}

func TestStuckPlayerHoldsUpNobody(t *testing.T) {
	o := startOrigin(t, OriginConfig{PlayerBytes: 1 << 20, WriteTimeout: patience})
	u := o.url(t, "live/x")
	stuck := openPlay(t, u)
	healthy, _ := startPull(t, PullConfig{URL: u})
	healthy.wait(t, "play", func() bool { return healthy.connects == 1 })
	push, out := startPush(t, PushConfig{URL: u, QueueDuration: time.Hour, QueueBytes: 1 << 30})
	out.wait(t, "connect", func() bool { return out.wanted == 1 })
	const pictures, size = 500, 40_000 // 20 MB: more than kernel buffers and the queue hold
	var want []media.Packet
	for n := range pictures {
		push.Write(video(n, size))
		push.Write(audio(n))
		want = append(want, video(n, size), audio(n))
		if n%20 == 19 {
			healthy.waitNumber(t, n) // at the healthy player's pace
		}
	}
	healthy.wait(t, "everything", func() bool { return len(healthy.packets) == len(want)+2 })
	equalPackets(t, healthy.packets, append(configPackets(0), want...))
	info := o.Streams()
	if len(info) != 1 || info[0].Dropped == 0 || info[0].Players != 2 {
		t.Fatalf("the stuck player missed nothing: %+v", info)
	}

	// It wakes up. What it has missed ends before a key frame. The key frame written
	// now gets through in any case: overflow clears the queue, and it starts anew.
	push.Write(video(pictures, 100))
	missed := false
	for last := -1; last < pictures; {
		m, err := stuck.read()
		if err != nil {
			t.Fatal(err)
		}
		p, ok, _ := parseMedia(m)
		if m.Type != typeVideo || !ok || p.Config {
			continue
		}
		if n := number(p); n != last+1 {
			missed = true
			if !p.Key {
				t.Errorf("after picture %d comes %d, which is no key frame", last, n)
			}
		}
		last = number(p)
	}
	if !missed {
		t.Error("no gap was seen")
	}
}

func TestSecondPublisherIsRefused(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	u := o.url(t, "live/x?first=1")
	_, first := startPush(t, PushConfig{URL: u})
	first.wait(t, "connect", func() bool { return first.connects == 1 })
	_, second := startPush(t, PushConfig{URL: o.url(t, "live/x?k=SECRET")})
	err := second.waitError(t, ErrBusy)
	if !errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), "BadName") {
		t.Errorf("error = %v", err)
	}
	second.mu.Lock()
	defer second.mu.Unlock()
	if second.connects != 0 {
		t.Error("the second publisher was told that it is connected")
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	if len(first.errs) > 0 {
		t.Errorf("the first publisher was disturbed: %v", first.errs)
	}
}

func TestOriginLimitsConnections(t *testing.T) {
	o := startOrigin(t, OriginConfig{MaxConns: 1})
	openPlay(t, o.url(t, "live/x"))
	nc, err := net.Dial("tcp", o.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read from the connection too many: %v", err)
	}
	if o.Refused() != 1 {
		t.Errorf("refused %d", o.Refused())
	}
}

func TestOriginEndsSlowHandshakes(t *testing.T) {
	for name, first := range map[string][]byte{
		"silent": nil, "slow": {3, 0, 0, 0, 0}, "handshake only": append([]byte{3}, make([]byte, 1536*2)...),
	} {
		t.Run(name, func(t *testing.T) {
			o := startOrigin(t, OriginConfig{HandshakeTimeout: 50 * time.Millisecond})
			nc, err := net.Dial("tcp", o.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if _, err := nc.Write(first); err != nil {
				t.Fatal(err)
			}
			// Returns when the origin has closed.
			if _, err := io.Copy(io.Discard, nc); err != nil && !isClosed(err) {
				t.Error(err)
			}
		})
	}
}

func TestOriginEndsSilentPublishers(t *testing.T) {
	o := startOrigin(t, OriginConfig{PublishIdle: 50 * time.Millisecond})
	_, r := startPush(t, PushConfig{URL: o.url(t, "live/x")}) // never writes
	r.waitError(t, ErrClosed)
}

func TestOriginEndsWaitingPlayers(t *testing.T) {
	o := startOrigin(t, OriginConfig{PlayWait: 50 * time.Millisecond})
	r, _ := startPull(t, PullConfig{URL: o.url(t, "live/x")})
	r.waitError(t, ErrNotFound)
}

func TestOriginForgetsStreams(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	u := o.url(t, "live/x")
	r, stop := startPull(t, PullConfig{URL: u})
	r.wait(t, "play", func() bool { return r.connects == 1 })
	push, _ := startPush(t, PushConfig{URL: u})
	stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_ = push.Close(ctx)
	if err := o.Close(); err != nil { // waits for every connection
		t.Fatal(err)
	}
	if len(o.streams) != 0 || o.conns != 0 {
		t.Errorf("left over: %d streams, %d connections", len(o.streams), o.conns)
	}
	if err := o.Start(); !errors.Is(err, ErrOriginClosed) {
		t.Errorf("Start after Close: %v", err)
	}
}

// Whatever is published and however slowly a player takes it: each run of what it
// gets starts with a key frame after all the headers in force, and has no hole.
func TestPlayerQueueKeepsWholeGOPs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStream("x", 400, 20)
		s.begin()
		var p *player
		n, lastGot, config, gotConfig := 0, -1, 0, 0
		take := func() {
			m, _ := p.next()
			if m == nil {
				return
			}
			packet, ok, _ := parseMedia(m)
			if !ok {
				t.Fatalf("not media: %+v", m)
			}
			if packet.Config {
				gotConfig = int(packet.Data[0])
				return
			}
			got := number(packet)
			if got != lastGot+1 && !packet.Key {
				t.Fatalf("picture %d follows %d and is no key frame", got, lastGot)
			}
			if got <= lastGot {
				t.Fatalf("picture %d follows %d", got, lastGot)
			}
			if want := int(packet.Data[8]); gotConfig != want {
				t.Fatalf("picture %d of configuration %d follows configuration %d", got, want, gotConfig)
			}
			lastGot = got
		}
		put := func(packet media.Packet) {
			m, err := mediaMessage(packet, playStream)
			if err != nil {
				t.Fatal(err)
			}
			s.put(m)
		}
		t.Repeat(map[string]func(*rapid.T){
			"picture": func(t *rapid.T) {
				packet := video(n, rapid.IntRange(9, 100).Draw(t, "size"))
				packet.Data[8] = byte(config)
				packet.Key = rapid.IntRange(0, 4).Draw(t, "key") == 0
				if config == 0 || packet.Key && rapid.Bool().Draw(t, "new") {
					config++
					c := packet
					c.Config, c.Data, packet.Key = true, []byte{byte(config)}, true
					put(c)
					packet.Data[8] = byte(config)
				}
				n++
				put(packet)
			},
			"join": func(t *rapid.T) {
				if p == nil {
					p = s.join(newPlayer(300, 6))
				}
			},
			"take": func(t *rapid.T) {
				if p != nil {
					take()
				}
			},
			"": func(t *rapid.T) {
				if s.gopBytes > 400 || len(s.gop) > 20 {
					t.Fatalf("keeps %d messages of %d bytes", len(s.gop), s.gopBytes)
				}
			},
		})
	})
}
