package rtmp

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
)

// client is a connection to a server on which a stream is played or published.
type client struct {
	*conn
	url    URL
	stream uint32   // message stream as on the wire
	first  *message // media that came before the server's answer to play
}

// begin does everything from the handshake to the server's yes.
func (c *client) begin(nc net.Conn, d dialer) error {
	count := bytecounter.NewReadWriter(nc)
	if err := nc.SetDeadline(time.Now().Add(d.timeout)); err != nil {
		return fmt.Errorf("%w: %v", ErrHandshake, closeReason(err))
	}
	if _, _, err := handshake.DoClient(count, false, false); err != nil {
		return fmt.Errorf("%w: %s", ErrHandshake, handshakeReason(err))
	}
	c.conn = newConn(nc, count, d.writeTimeout)
	if err := c.connectApp(d.publish); err != nil {
		return err
	}
	if d.publish {
		return c.publish()
	}
	return c.play()
}

func handshakeReason(err error) string {
	if isClosed(err) {
		return "closed by the peer: " + closeReason(err)
	}
	return clean(err.Error())
}

// fourCCs are the Enhanced RTMP codecs that we understand (E-RTMP v1, "Enhancing
// NetConnection connect Command").
var fourCCs = amf0.StrictArray{"avc1", "hvc1", "mp4a"}

func (c *client) connectApp(publish bool) error {
	if err := c.writeWindow(); err != nil {
		return err
	}
	arg := amf0.Object{
		{Key: "app", Value: c.url.app},
		{Key: "flashVer", Value: "LNX 9,0,124,2"},
		{Key: "tcUrl", Value: c.url.tcURL()},
		{Key: "objectEncoding", Value: float64(0)},
	}
	if publish {
		arg = append(arg, amf0.ObjectEntry{Key: "type", Value: "nonprivate"})
	} else {
		arg = append(arg,
			amf0.ObjectEntry{Key: "fpad", Value: false},
			amf0.ObjectEntry{Key: "capabilities", Value: float64(15)},
			amf0.ObjectEntry{Key: "audioCodecs", Value: float64(0x0400)}, // AAC
			amf0.ObjectEntry{Key: "videoCodecs", Value: float64(0x0080)}, // H.264
			amf0.ObjectEntry{Key: "videoFunction", Value: float64(0)},
			amf0.ObjectEntry{Key: "fourCcList", Value: fourCCs},
		)
	}
	if err := c.writeCommand(0, "connect", 1, arg); err != nil {
		return err
	}
	answer, err := c.answer("connect", 1)
	if err != nil {
		return err
	}
	if answer.name != "_result" || answer.status().failed() {
		return c.rejected("connect", answer.status())
	}
	return nil
}

// answer waits for the _result or _error of transaction id, or for an onStatus that
// says no. Media that comes meanwhile ends the wait too: c.first holds it.
func (c *client) answer(what string, id float64) (command, error) {
	for {
		m, err := c.read()
		if err != nil {
			return command{}, fmt.Errorf("waiting for the answer to %s: %w", what, err)
		}
		switch m.Type {
		case typeAudio, typeVideo:
			if what == "play" {
				c.first = m
				return command{name: "onStatus"}, nil
			}
		case typeCommandAMF0:
			cmd, err := parseCommand(m)
			if err != nil {
				return command{}, err
			}
			switch {
			case (cmd.name == "_result" || cmd.name == "_error") && (cmd.id == id || cmd.id == 0):
				return cmd, nil
			case cmd.name == "onStatus":
				if s := cmd.status(); s.failed() || decides(what, s.code) {
					return cmd, nil
				}
			}
		}
	}
}

// decides reports whether a status is the server's yes to play or publish. A server
// may send others before, such as NetStream.Play.Reset.
func decides(what, code string) bool {
	return what == "play" && code == "NetStream.Play.Start" || what == "publish" && code == "NetStream.Publish.Start"
}

// createStream asks for a message stream.
func (c *client) createStream(id float64) error {
	if err := c.writeCommand(0, "createStream", id, nil); err != nil {
		return err
	}
	for {
		answer, err := c.answer("createStream", id)
		if err != nil {
			return err
		}
		if answer.name == "_result" && len(answer.args) < 2 {
			continue // to a command before it
		}
		n, ok := 0.0, false
		if len(answer.args) > 1 {
			n, ok = answer.args[1].(float64)
		}
		if answer.name != "_result" || !ok {
			return c.rejected("createStream", answer.status())
		}
		c.stream = streamOnWire(n)
		return nil
	}
}

func (c *client) play() error {
	if err := c.createStream(2); err != nil {
		return err
	}
	// Ask for a buffer of 100 ms: the server shall send as it gets.
	if err := c.writeEvent(eventSetBuffer, streamNumber(c.stream), 100); err != nil {
		return err
	}
	if err := c.writeCommand(c.stream, "play", 3, nil, c.url.stream); err != nil {
		return err
	}
	return c.agreed("play", 3)
}

func (c *client) publish() error {
	// Adobe's own commands come first; servers want them and need not answer.
	if err := c.writeCommand(0, "releaseStream", 2, nil, c.url.stream); err != nil {
		return err
	}
	if err := c.writeCommand(0, "FCPublish", 3, nil, c.url.stream); err != nil {
		return err
	}
	if err := c.createStream(4); err != nil {
		return err
	}
	if err := c.writeCommand(c.stream, "publish", 5, nil, c.url.stream, "live"); err != nil {
		return err
	}
	return c.agreed("publish", 5)
}

// agreed waits for the server's yes or no to play or publish.
func (c *client) agreed(what string, id float64) error {
	for {
		answer, err := c.answer(what, id)
		if err != nil {
			return err
		}
		s := answer.status()
		if answer.name == "_error" || s.failed() {
			return c.rejected(what, s)
		}
		if answer.name == "onStatus" {
			return nil
		}
	}
}

// unpublish takes leave of the server, in the words of the commands by which it was greeted.
func (c *client) unpublish() error {
	if err := c.writeCommand(0, "FCUnpublish", 6, nil, c.url.stream); err != nil {
		return err
	}
	err := c.writeCommand(0, "deleteStream", 7, nil, float64(streamNumber(c.stream)))
	if errors.Is(err, ErrClosed) {
		return nil // the first word was enough for the server: it has read everything before it
	}
	return err
}

// rejected makes an error of a server's no.
func (c *client) rejected(what string, s status) error {
	kind := ErrRejected
	switch {
	case s.code == "NetStream.Publish.BadName":
		kind = ErrBusy
	case strings.HasPrefix(s.code, "NetStream.Play.StreamNotFound"):
		kind = ErrNotFound
	}
	said := strings.TrimSpace(s.code + " " + s.description)
	if what == "publish" {
		said = c.url.withoutName(said)
	}
	said = c.url.clean(said)
	if said == "" {
		return fmt.Errorf("%w (%s)", kind, what)
	}
	return fmt.Errorf("%w (%s): %s", kind, what, said)
}

// discard is the logger of those who want none.
func discard(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
