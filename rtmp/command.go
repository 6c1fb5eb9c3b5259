package rtmp

import (
	"bytes"
	"fmt"
	"math/bits"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

// maxAMF bounds the commands and metadata that are decoded, in bytes. The decoder
// recurses as deep as the data is nested, so the bound keeps the stack small too.
const maxAMF = 64 << 10

// command is an RTMP command message (RTMP 1.0, section 7.2).
type command struct {
	name   string
	id     float64 // transaction; 0 asks for no answer
	args   amf0.Data
	stream uint32 // message stream as on the wire
}

// parseCommand reads the body of a command message.
func parseCommand(m *message) (command, error) {
	if len(m.Body) > maxAMF {
		return command{}, fmt.Errorf("%w: command of %d bytes", ErrProtocol, len(m.Body))
	}
	data, err := amf0.Unmarshal(m.Body)
	if err != nil {
		return command{}, fmt.Errorf("%w: command: %s", ErrProtocol, clean(err.Error()))
	}
	if len(data) == 0 {
		return command{}, fmt.Errorf("%w: empty command", ErrProtocol)
	}
	c := command{stream: m.MessageStreamID}
	var ok bool
	if c.name, ok = data[0].(string); !ok {
		return command{}, fmt.Errorf("%w: command without a name", ErrProtocol)
	}
	if len(data) > 1 {
		c.id, _ = data[1].(float64)
		c.args = data[2:]
	}
	return c, nil
}

// str returns argument i as a string.
func (c command) str(i int) (string, bool) {
	if i >= len(c.args) {
		return "", false
	}
	s, ok := c.args[i].(string)
	return s, ok
}

// object returns argument i as an object; nil if it is none.
func (c command) object(i int) amf0.Object {
	if i >= len(c.args) {
		return nil
	}
	switch o := c.args[i].(type) {
	case amf0.Object:
		return o
	case amf0.ECMAArray:
		return amf0.Object(o)
	}
	return nil
}

// status is what an onStatus command or an error answer says.
type status struct{ level, code, description string }

// status returns the command's information object, which is its second argument
// (the first is null). Fields that are missing are empty.
func (c command) status() status {
	o := c.object(1)
	var s status
	s.level, _ = o.GetString("level")
	s.code, _ = o.GetString("code")
	s.description, _ = o.GetString("description")
	return s
}

// failed reports whether the status is an error. Some servers give no level.
func (s status) failed() bool { return s.level == "error" }

// writeCommand sends a command on the message stream (as on the wire).
func (c *conn) writeCommand(stream uint32, name string, id float64, args ...any) error {
	body, err := append(amf0.Data{name, id}, args...).Marshal()
	if err != nil {
		return fmt.Errorf("rtmp: encoding command %s: %w", name, err)
	}
	m := &message{ChunkStreamID: chunkConnect, Type: typeCommandAMF0, MessageStreamID: stream, Body: body}
	if stream != 0 {
		m.ChunkStreamID = chunkStream
	}
	return c.write(m)
}

// writeStatus sends an onStatus command.
func (c *conn) writeStatus(stream uint32, s status) error {
	return c.writeCommand(stream, "onStatus", 0, nil, amf0.Object{
		{Key: "level", Value: s.level},
		{Key: "code", Value: s.code},
		{Key: "description", Value: s.description},
	})
}

// streamOnWire turns a message stream's number into the form in which chunks carry
// it: little-endian, alone among RTMP's integers (RTMP 1.0, section 5.3.1.2.1).
func streamOnWire(id float64) uint32 {
	if !(id >= 0 && id <= 1<<31) {
		return 0
	}
	return bits.ReverseBytes32(uint32(id))
}

// streamNumber is the reverse of streamOnWire.
func streamNumber(wire uint32) uint32 { return bits.ReverseBytes32(wire) }

// setDataFrame is the AMF0 string with which a publisher asks the server to keep
// the metadata that follows.
var setDataFrame = []byte("\x02\x00\x0d@setDataFrame")

// metadataForPlayers returns what players get of a publisher's data message: the
// same without the order to keep it, and whether it is to be kept.
func metadataForPlayers(body []byte) (data []byte, keep bool) {
	data, keep = bytes.CutPrefix(body, setDataFrame)
	return data, keep || bytes.HasPrefix(data, []byte("\x02\x00\x0aonMetaData"))
}
