package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/lianmai/lianmai/media"
	"pgregory.net/rapid"
)

// acceptPublish is a server's side up to its yes to publish, on nc. It returns
// every stream name that the client has named, and the app.
func acceptPublish(nc net.Conn) (c *originConn, app string, names []string, err error) {
	count := bytecounter.NewReadWriter(nc)
	if _, _, err = handshake.DoServer(count, false); err != nil {
		return nil, "", nil, err
	}
	c = &originConn{conn: newConn(nc, count, patience), o: NewOrigin(OriginConfig{})}
	for {
		m, err := c.read()
		if err != nil {
			return nil, "", nil, err
		}
		cmd, err := parseCommand(m)
		if err != nil {
			return nil, "", nil, err
		}
		if name, ok := cmd.str(1); ok {
			names = append(names, name)
		}
		switch cmd.name {
		case "connect":
			app, _ = cmd.object(0).GetString("app")
			err = c.connect(cmd)
		case "createStream":
			err = c.writeCommand(0, "_result", cmd.id, nil, 7.0) // not every server says 1
		case "publish", "play":
			err = c.writeStatus(streamOnWire(7), status{"status", "NetStream.Publish.Start", ""})
			return c, app, names, err
		}
		if err != nil {
			return nil, "", nil, err
		}
	}
}

func TestQueryArrivesByteForByteAndIsNotLogged(t *testing.T) {
	log, logged := capture()
	const stream = "流%E4+a?txSecret=SECRET%2F+&t=1&u=/a/b?c#SECRET"
	type seen struct {
		app   string
		names []string
	}
	got := make(chan seen, 1)
	u := listen(t, func(nc net.Conn) {
		defer nc.Close()
		c, app, names, err := acceptPublish(nc)
		if err != nil {
			return
		}
		select {
		case got <- seen{app, names}:
		default:
		}
		// A server that quotes the name in clear.
		_ = c.writeStatus(streamOnWire(7), status{"error", "NetStream.Publish.Denied", "no right for " + names[0]})
		c.linger(t.Context(), nil)
	})
	u = mustURL(t, "rtmp://user:SECRET@"+u.addr+"/live/more/"+stream)
	_, r := startPush(t, PushConfig{URL: u, Log: log})
	s := <-got
	if s.app != "live/more" {
		t.Errorf("app %q", s.app)
	}
	if len(s.names) != 3 { // releaseStream, FCPublish, publish
		t.Errorf("names %q", s.names)
	}
	for _, name := range s.names {
		if name != stream {
			t.Errorf("stream name %q, want %q", name, stream)
		}
	}
	err := r.waitError(t, ErrRejected)
	assertNoSecret(t, "the error", err.Error())
	if !strings.Contains(err.Error(), "no right for") {
		t.Errorf("the error does not quote the server: %v", err)
	}
	assertNoSecret(t, "the log", logged())
}

// acceptAndStopReading is a destination that says yes and then takes nothing.
func acceptAndStopReading(nc net.Conn) {
	if _, _, _, err := acceptPublish(nc); err != nil {
		nc.Close()
	}
}

func TestPusherFindsADestinationThatTakesNothing(t *testing.T) {
	u := listen(t, acceptAndStopReading)
	push, r := startPush(t, PushConfig{URL: u, WriteTimeout: 100 * time.Millisecond, QueueDuration: time.Second, QueueBytes: 4 << 20})
	r.wait(t, "connect", func() bool { return r.wanted >= 1 })
	stop := make(chan struct{})
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				push.Write(video(n, 100_000)) // never waits
				if s := push.Stats(); s.Queue > time.Second || s.QueueBytes > 4<<20 {
					t.Errorf("queue of %v, %d bytes", s.Queue, s.QueueBytes)
				}
			}
		}
	}()
	r.waitError(t, ErrStalled)
	r.wait(t, "the second connect", func() bool { return r.connects >= 2 })
	close(stop)
	<-wrote
	if s := push.Stats(); s.DroppedPackets == 0 || s.Reconnects < 1 {
		t.Errorf("stats: %+v", s)
	}
}

func TestPusherCloseSendsWhatIsQueued(t *testing.T) {
	o := startOrigin(t, OriginConfig{})
	u := o.url(t, "live/x")
	in, _ := startPull(t, PullConfig{URL: u})
	in.wait(t, "play", func() bool { return in.connects == 1 })
	push, r := startPush(t, PushConfig{URL: u})
	r.wait(t, "connect", func() bool { return r.wanted == 1 })
	writeAV(push, 0, 90, 30_000)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := push.Close(ctx); err != nil {
		t.Fatal(err)
	}
	in.waitNumber(t, 89)
	if err := push.Close(ctx); err != nil {
		t.Errorf("second Close: %v", err)
	}
	push.Write(video(100, 10))
	if s := push.Stats(); s.State != PushClosed || s.DroppedPackets != 1 {
		t.Errorf("stats: %+v", s)
	}
}

func TestPusherCloseGivesUpWithItsContext(t *testing.T) {
	u := listen(t, acceptAndStopReading)
	push, r := startPush(t, PushConfig{URL: u, QueueDuration: time.Hour, QueueBytes: 1 << 30, WriteTimeout: time.Hour})
	r.wait(t, "connect", func() bool { return r.wanted == 1 })
	writeAV(push, 0, 100, 200_000) // 20 MB: more than the kernel takes
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := push.Close(ctx); !errors.Is(err, ErrUnsent) {
		t.Errorf("Close: %v, want ErrUnsent", err)
	}
	// Closing one that never connected has nothing to lose.
	lost := NewPusher(PushConfig{URL: startSilent(t), DialTimeout: time.Hour, Header: testHeader}, newRecord())
	lost.Write(video(0, 10))
	if err := lost.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// Whatever is written, sent, dropped and reconnected: on each connection the first
// packet is a key frame after the configurations, pictures never have a hole except
// before a key frame, the configuration in force is known, and the queue is bounded.
func TestPushQueueKeepsWholeGOPs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := PushConfig{Header: testHeader, QueueDuration: 500 * time.Millisecond, QueueBytes: 600}
		q := newPushQueue(cfg)
		n, config := 0, 0
		var written, sent, lost int64
		last, lastConfig, begun := -1, -1, false
		packet := func(p popped) {
			for _, c := range p.owed {
				if c.Kind == media.Video && len(c.Data) > 0 {
					lastConfig = configNumber(c)
				}
			}
			if p.packet.Config {
				lastConfig = configNumber(p.packet)
				return
			}
			sent++
			if p.packet.Kind == media.Audio {
				if !begun {
					t.Fatal("a connection begins with sound")
				}
				return
			}
			got := number(p.packet)
			if (!begun || got != last+1) && !p.packet.Key {
				t.Fatalf("picture %d follows %d and is no key frame", got, last)
			}
			if want := int(p.packet.Data[8]); want != lastConfig {
				t.Fatalf("picture %d of configuration %d follows configuration %d", got, want, lastConfig)
			}
			last, begun = got, true
		}
		write := func(p media.Packet) {
			if !p.Config {
				written++
			}
			q.push(p)
		}
		t.Repeat(map[string]func(*rapid.T){
			"picture": func(t *rapid.T) {
				p := video(n, rapid.IntRange(9, 120).Draw(t, "size"))
				p.Key = rapid.IntRange(0, 4).Draw(t, "key") == 0
				if config == 0 || p.Key && rapid.IntRange(0, 3).Draw(t, "new") == 0 {
					config++
					c := p
					c.Config, c.Data, p.Key = true, binary.BigEndian.AppendUint16(nil, uint16(config)), true
					write(c)
				}
				p.Data[8] = byte(config)
				write(p)
				n++
			},
			"sound": func(t *rapid.T) { write(audio(n)) },
			"connect": func(t *rapid.T) {
				if !q.open {
					q.start()
					begun, lastConfig = false, -1
				}
			},
			"break": func(t *rapid.T) { q.stop() },
			"send": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "count") {
					p := q.pop()
					if !p.ok {
						return
					}
					packet(p)
				}
			},
			"": func(t *rapid.T) {
				span, bytes, dropped := q.stats()
				if span > cfg.QueueDuration || bytes > cfg.QueueBytes {
					t.Fatalf("queue of %v, %d bytes", span, bytes)
				}
				lost = dropped
				queued := int64(0)
				for i := range q.count {
					if !q.at(i).Config {
						queued++
					}
				}
				// Configurations written without a connection count as dropped too.
				if written > sent+queued+lost {
					t.Fatalf("%d written, %d sent, %d queued, %d dropped", written, sent, queued, lost)
				}
			},
		})
	})
}

// configNumber is which configuration a packet of the test above holds.
func configNumber(p media.Packet) int {
	if len(p.Data) != 2 {
		return 0 // the header's
	}
	return int(byte(binary.BigEndian.Uint16(p.Data)))
}

func TestPushAsksForAKeyFrameOncePerGap(t *testing.T) {
	q := newPushQueue(PushConfig{Header: testHeader, QueueDuration: time.Second, QueueBytes: 1000})
	asked := func() (n int) {
		for range 5 {
			if q.pop().wantKey {
				n++
			}
		}
		return n
	}
	if asked() != 0 {
		t.Error("asks without a connection")
	}
	q.start()
	if asked() != 1 {
		t.Error("does not ask once after a connect")
	}
	q.push(video(1, 10))
	if asked() != 0 || q.dropped != 1 {
		t.Error("asks again while it waits")
	}
	q.push(video(25, 900))
	q.push(video(26, 900)) // overflow, and no key frame in the queue
	if asked() != 1 || q.count != 0 {
		t.Errorf("does not ask once after drops; %d queued", q.count)
	}
}

func TestPushWithoutPicturesBeginsAtOnce(t *testing.T) {
	q := newPushQueue(PushConfig{Header: Header{AudioConfig: testHeader.AudioConfig}, QueueDuration: time.Second, QueueBytes: 1000})
	q.start()
	q.push(audio(3))
	if p := q.pop(); !p.ok || number(p.packet) != 3 || len(p.owed[media.Audio].Data) == 0 || len(p.owed[media.Video].Data) != 0 {
		t.Errorf("got %+v", p)
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	q := newPushQueue(PushConfig{Header: testHeader, QueueDuration: time.Second, QueueBytes: 1 << 20})
	q.start()
	p := video(0, 1000)
	if n := testing.AllocsPerRun(200, func() {
		q.push(p)
		q.pop()
	}); n != 0 {
		t.Errorf("%v allocations for each packet", n)
	}
}
