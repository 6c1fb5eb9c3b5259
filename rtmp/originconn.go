package rtmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
)

// originConn is a connection to an Origin.
type originConn struct {
	*conn
	o   *Origin
	log *slog.Logger
	app string
	// query is what came behind the name of the app, then behind that of the stream.
	query string
}

// serveConn runs a connection to its end. The error says why it ended.
func (o *Origin) serveConn(nc net.Conn) error {
	if err := nc.SetDeadline(time.Now().Add(o.cfg.HandshakeTimeout)); err != nil {
		return readError(err)
	}
	count := bytecounter.NewReadWriter(nc)
	key, _, err := handshake.DoServer(count, false)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrHandshake, handshakeReason(err))
	}
	if key != nil {
		return fmt.Errorf("%w: RTMPE is not served", ErrHandshake)
	}
	c := &originConn{conn: newConn(nc, count, o.cfg.WriteTimeout), o: o, log: o.cfg.Log.With("peer", nc.RemoteAddr().String())}
	cmd, err := c.greet()
	if err != nil {
		return err
	}
	name, err := c.streamName(cmd)
	if err != nil {
		return err
	}
	if err := c.authorize(cmd, name); err != nil {
		return err
	}
	if cmd.name == "publish" {
		return c.publisher(name)
	}
	return c.player(name)
}

// greet answers commands up to publish or play, which it returns. The deadline set
// by serveConn bounds all of it.
func (c *originConn) greet() (command, error) {
	for {
		m, err := c.read()
		if err != nil {
			return command{}, err
		}
		if m.Type != typeCommandAMF0 {
			continue
		}
		cmd, err := parseCommand(m)
		if err != nil {
			return command{}, err
		}
		switch cmd.name {
		case "connect":
			err = c.connect(cmd)
		case "createStream":
			err = c.writeCommand(0, "_result", cmd.id, nil, float64(streamNumber(playStream)))
		case "publish", "play":
			return cmd, nil
		}
		if err != nil {
			return command{}, err
		}
	}
}

func (c *originConn) connect(cmd command) error {
	app, ok := cmd.object(0).GetString("app")
	if !ok {
		return fmt.Errorf("%w: connect without an app", ErrProtocol)
	}
	app, c.query, _ = strings.Cut(app, "?")
	c.app = strings.Trim(app, "/")
	if err := c.writeWindow(); err != nil {
		return err
	}
	return c.writeCommand(0, "_result", cmd.id,
		amf0.Object{{Key: "fmsVer", Value: "FMS/3,0,1,123"}, {Key: "capabilities", Value: float64(31)}},
		amf0.Object{
			{Key: "level", Value: "status"},
			{Key: "code", Value: "NetConnection.Connect.Success"},
			{Key: "description", Value: "Connection succeeded."},
			{Key: "objectEncoding", Value: float64(0)},
		})
}

// streamName is the key of a publish or play command's stream. Clients cut the path
// into app and name at different slashes; joined they are the same.
func (c *originConn) streamName(cmd command) (string, error) {
	name, _ := cmd.str(1)
	name, query, _ := strings.Cut(name, "?")
	if query != "" {
		c.query = query
	}
	name = strings.Trim(name, "/")
	full := c.app + "/" + name
	if c.app == "" || name == "" || len(full) > maxStreamName {
		s := status{"error", "NetStream.Publish.Rejected", "bad stream name"}
		if cmd.name == "play" {
			s.code = "NetStream.Play.StreamNotFound"
		}
		c.refuse(s)
		return "", fmt.Errorf("%w: bad stream name", ErrProtocol)
	}
	return full, nil
}

// refuse says no and waits until the client has heard it. The connection ends
// either way, so errors do not matter.
func (c *originConn) refuse(s status) {
	if c.writeStatus(playStream, s) != nil {
		return
	}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for {
			if _, err := c.read(); err != nil {
				return
			}
		}
	}()
	c.linger(c.o.ctx, heard)
	c.nc.Close()
	<-heard
}

// publisher takes a stream until it ends.
func (c *originConn) publisher(name string) error {
	s, err := c.o.publish(name)
	if errors.Is(err, errFull) {
		return c.refuseFull("NetStream.Publish.Denied")
	}
	if err != nil {
		c.log.Warn("origin refuses a second publisher", "stream", clean(name))
		c.refuse(status{"error", "NetStream.Publish.BadName", "stream name is in use"})
		return ErrBusy
	}
	defer c.o.unpublish(s)
	c.log.Info("origin stream published", "stream", clean(name))
	err = c.receive(s)
	c.log.Info("origin stream ended", "stream", clean(name), "reason", err)
	return err
}

func (c *originConn) receive(s *stream) error {
	if err := c.writeStatus(playStream, status{"status", "NetStream.Publish.Start", "publishing"}); err != nil {
		return err
	}
	idle := time.Now().Add(c.o.cfg.PublishIdle)
	for {
		if err := c.nc.SetReadDeadline(idle); err != nil {
			return readError(err)
		}
		m, err := c.read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("%w for %v", ErrNoMedia, c.o.cfg.PublishIdle)
		} else if err != nil {
			return err
		}
		switch m.Type {
		case typeAudio, typeVideo:
			idle = time.Now().Add(c.o.cfg.PublishIdle)
			if len(m.Body) > 0 {
				s.put(m)
			}
		case typeDataAMF0:
			if len(m.Body) <= maxAMF {
				s.put(m)
			}
		case typeCommandAMF0:
			cmd, err := parseCommand(m)
			if err != nil {
				return err
			}
			switch cmd.name {
			case "deleteStream", "closeStream": // after FCUnpublish, if that is sent at all
				return ErrEnded
			}
		}
	}
}

// player sends a stream until it ends.
func (c *originConn) player(name string) error {
	// Joined first, a player misses nothing from the moment it hears yes.
	s, p, err := c.o.join(name)
	if err != nil {
		return c.refuseFull("NetStream.Play.Failed")
	}
	defer c.o.leave(s, p)
	if err := c.playStarted(); err != nil {
		return err
	}
	c.log.Info("origin player joined", "stream", clean(name))
	// Reading and writing end each other: closing the connection is the signal.
	ctx, fail := context.WithCancelCause(c.o.ctx)
	release := closeOnDone(ctx, c.nc)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		fail(c.listen())
	}()
	err = c.send(ctx, p)
	if err == nil {
		if err = c.farewell(); errors.Is(err, ErrEnded) {
			c.linger(ctx, heard)
		}
	}
	fail(err)
	err = context.Cause(ctx)
	c.nc.Close()
	<-heard
	release()
	c.log.Info("origin player left", "stream", clean(name), "reason", err)
	return err
}

// playStarted says yes to play. The stream may not be there yet; players wait.
func (c *originConn) playStarted() error {
	if err := c.nc.SetDeadline(time.Time{}); err != nil {
		return readError(err)
	}
	if err := c.writeEvent(eventIsRecorded, streamNumber(playStream)); err != nil {
		return err
	}
	if err := c.writeEvent(eventStreamBegin, streamNumber(playStream)); err != nil {
		return err
	}
	for _, s := range [...]status{
		{"status", "NetStream.Play.Reset", "reset"},
		{"status", "NetStream.Play.Start", "started"},
		{"status", "NetStream.Data.Start", "started"},
	} {
		if err := c.writeStatus(playStream, s); err != nil {
			return err
		}
	}
	return nil
}

// listen reads what a player says until it leaves.
func (c *originConn) listen() error {
	for {
		m, err := c.read()
		if err != nil {
			return err
		}
		if m.Type != typeCommandAMF0 {
			continue
		}
		cmd, err := parseCommand(m)
		if err != nil {
			return err
		}
		switch cmd.name {
		case "deleteStream", "closeStream":
			return ErrEnded
		}
	}
}

// send writes what is queued until the stream ends (nil), or the connection does.
func (c *originConn) send(ctx context.Context, p *player) error {
	wait := time.NewTimer(c.o.cfg.PlayWait)
	defer wait.Stop()
	for ctx.Err() == nil {
		m, more := p.next()
		if m != nil {
			if err := c.write(m); err != nil {
				return err
			}
			continue
		}
		if !more {
			return nil
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
		case <-wait.C:
			if !p.hasStarted() {
				return c.notFound()
			}
		}
	}
	return context.Cause(ctx)
}

func (c *originConn) notFound() error {
	if err := c.writeStatus(playStream, status{"error", "NetStream.Play.StreamNotFound", "nobody publishes the stream"}); err != nil {
		return err
	}
	return ErrNotFound
}

// farewell tells a player that the publisher has gone.
func (c *originConn) farewell() error {
	if err := c.writeStatus(playStream, status{"status", "NetStream.Play.UnpublishNotify", "the publisher has gone"}); err != nil {
		return err
	}
	if err := c.writeEvent(eventStreamEOF, streamNumber(playStream)); err != nil {
		return err
	}
	return ErrEnded
}
