package rtmp

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// Message types (RTMP 1.0, sections 5.4 and 7.1; Adobe's AMF3 variants included).
const (
	typeSetChunkSize     = 1
	typeAbort            = 2
	typeAcknowledgement  = 3
	typeUserControl      = 4
	typeWindowAckSize    = 5
	typeSetPeerBandwidth = 6
	typeAudio            = 8
	typeVideo            = 9
	typeDataAMF3         = 15
	typeCommandAMF3      = 17
	typeDataAMF0         = 18
	typeCommandAMF0      = 20
)

// User control events (RTMP 1.0, section 7.1.7).
const (
	eventStreamBegin  = 0
	eventStreamEOF    = 1
	eventSetBuffer    = 3
	eventIsRecorded   = 4
	eventPingRequest  = 6
	eventPingResponse = 7
)

// Chunk streams that we write on; their numbers are free to choose from 3 on, and
// 2 is for control (RTMP 1.0, section 5.3.1.1).
const (
	chunkControl = 2
	chunkConnect = 3
	chunkAudio   = 4
	chunkData    = 5
	chunkVideo   = 6
	chunkStream  = 8
)

const (
	// ourChunkSize is the size of the chunks that we send, in bytes: nearly every
	// message is one chunk.
	ourChunkSize = 65536
	// windowSize is the acknowledgement window that we ask for, in bytes.
	windowSize = 2_500_000
	// minChunkSize is the smallest chunk size taken from a peer, in bytes. The
	// specification wants at least 128; tiny chunks cost memory out of proportion.
	minChunkSize = 128
	// maxPending bounds what a peer may have sent without completing any message,
	// in bytes. One message is at most 10 MiB (gortmplib).
	maxPending = 16 << 20
)

// message is one RTMP message; its Body is immutable once read.
type message = rawmessage.Message

// conn is an RTMP connection after the handshake. One goroutine may read while
// others write. Every error that it returns is one of this package's, except that a
// passed read deadline stays os.ErrDeadlineExceeded.
type conn struct {
	nc           net.Conn
	writeTimeout time.Duration // for each message
	bytes        *bytecounter.ReadWriter
	r            *rawmessage.Reader
	pending      uint64 // bytes received that no complete message accounts for
	received     uint64 // bytes.Reader.Count() at the last message
	theirChunk   int

	mu sync.Mutex // guards w and the write deadline
	w  *rawmessage.Writer
}

// newConn wraps nc, on which the handshake is done. bytes reads and writes nc.
func newConn(nc net.Conn, bytes *bytecounter.ReadWriter, writeTimeout time.Duration) *conn {
	c := &conn{nc: nc, bytes: bytes, writeTimeout: writeTimeout, theirChunk: minChunkSize}
	c.received = bytes.Reader.Count()
	c.w = rawmessage.NewWriter(bytes, bytes.Writer, false)
	c.r = rawmessage.NewReader(pendingLimit{c}, bytes.Reader, func(count uint32) error {
		return c.writeControl(typeAcknowledgement, count)
	})
	return c
}

// pendingLimit is the reader under the chunk reader. It stops a peer that opens many
// chunk streams, sends much into each and completes nothing.
type pendingLimit struct{ c *conn }

func (l pendingLimit) Read(b []byte) (int, error) {
	if l.c.pending+l.c.bytes.Reader.Count()-l.c.received > maxPending {
		return 0, fmt.Errorf("%w: %d MiB without a complete message", ErrProtocol, maxPending>>20)
	}
	return l.c.bytes.Read(b)
}

// completed accounts for a message of n bytes that has been received whole.
func (c *conn) completed(n int) {
	count := c.bytes.Reader.Count()
	c.pending += count - c.received
	c.received = count
	// Headers are at most 18 bytes for a message and 5 for each further chunk.
	used := uint64(n + 18 + 5*(n/c.theirChunk))
	c.pending -= min(c.pending, used)
}

// read returns the next message of media, data, commands or user control. It handles
// the protocol's own messages, and skips what it does not know. AMF3 data and
// commands, which begin with a format byte, come out as the AMF0 that they hold.
func (c *conn) read() (*message, error) {
	for {
		m, err := c.r.Read()
		if err != nil {
			return nil, readError(err)
		}
		c.completed(len(m.Body))
		switch m.Type {
		case typeAudio, typeVideo, typeDataAMF0, typeCommandAMF0:
			return m, nil
		case typeDataAMF3, typeCommandAMF3:
			if len(m.Body) > 0 && m.Body[0] == 0 {
				m.Type += typeDataAMF0 - typeDataAMF3
				m.Body = m.Body[1:]
				return m, nil
			}
		case typeUserControl:
			if handled, err := c.userControl(m.Body); err != nil {
				return nil, err
			} else if !handled {
				return m, nil
			}
		default:
			if err := c.control(m); err != nil {
				return nil, err
			}
		}
	}
}

// control handles the protocol control messages (RTMP 1.0, section 5.4).
func (c *conn) control(m *message) error {
	switch m.Type {
	case typeSetChunkSize, typeAbort, typeWindowAckSize:
		if len(m.Body) < 4 {
			return fmt.Errorf("%w: control message of %d bytes", ErrProtocol, len(m.Body))
		}
	default:
		return nil // acknowledgements, the peer's bandwidth, and what nobody knows
	}
	v := binary.BigEndian.Uint32(m.Body)
	switch m.Type {
	case typeSetChunkSize:
		if v < minChunkSize {
			return fmt.Errorf("%w: chunk size of %d bytes", ErrProtocol, v)
		}
		if err := c.r.SetChunkSize(v); err != nil {
			return fmt.Errorf("%w: %v", ErrProtocol, err)
		}
		c.theirChunk = int(v)
	case typeAbort:
		c.r.AbortChunkStream(v)
	case typeWindowAckSize:
		c.r.SetWindowAckSize(v)
	}
	return nil
}

// userControl answers pings and reports whether the event is dealt with.
func (c *conn) userControl(body []byte) (bool, error) {
	if len(body) < 6 {
		return true, nil // nothing that we could use
	}
	event, v := binary.BigEndian.Uint16(body), binary.BigEndian.Uint32(body[2:])
	if event == eventPingRequest {
		return true, c.writeEvent(eventPingResponse, v)
	}
	return event != eventStreamEOF, nil
}

// write sends m, waiting at most the write timeout. m is not changed. After an
// error the connection is of no use.
func (c *conn) write(m *message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
		return writeError(err)
	}
	if err := c.w.Write(m); err != nil {
		return writeError(err)
	}
	if m.Type == typeSetChunkSize {
		c.w.SetChunkSize(ourChunkSize)
	}
	return nil
}

// writeControl sends a protocol control message that holds v.
func (c *conn) writeControl(typ uint8, v uint32) error {
	return c.write(&message{ChunkStreamID: chunkControl, Type: typ, Body: binary.BigEndian.AppendUint32(nil, v)})
}

// writeEvent sends a user control event with its parameters.
func (c *conn) writeEvent(event uint16, params ...uint32) error {
	body := binary.BigEndian.AppendUint16(nil, event)
	for _, v := range params {
		body = binary.BigEndian.AppendUint32(body, v)
	}
	return c.write(&message{ChunkStreamID: chunkControl, Type: typeUserControl, Body: body})
}

// writeWindow sends what each side begins with: its window, and its chunk size.
func (c *conn) writeWindow() error {
	if err := c.writeControl(typeWindowAckSize, windowSize); err != nil {
		return err
	}
	body := append(binary.BigEndian.AppendUint32(nil, windowSize), 2) // 2: dynamic limit
	if err := c.write(&message{ChunkStreamID: chunkControl, Type: typeSetPeerBandwidth, Body: body}); err != nil {
		return err
	}
	return c.writeControl(typeSetChunkSize, ourChunkSize)
}

func (c *conn) bytesWritten() uint64 { return c.bytes.Writer.Count() }

// lingerTime bounds the wait for the peer to close after the last message to it.
const lingerTime = time.Second

// linger tells the peer that no more comes, and waits a moment until it has closed
// too, which heard says. Closing at once could make it lose the last messages.
func (c *conn) linger(ctx context.Context, heard <-chan struct{}) {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	t := time.NewTimer(lingerTime)
	defer t.Stop()
	select {
	case <-heard:
	case <-t.C:
	case <-ctx.Done():
	}
}
