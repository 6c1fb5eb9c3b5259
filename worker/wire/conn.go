package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Bounds of a frame, in bytes.
const (
	MaxHeader  = 4 << 20  // of a message; a spec is at most 1 MiB in the API
	MaxPayload = 32 << 20 // behind it; a picture's file is at most 16 MB
)

// ErrFrame says that something is no frame, or too large a one: what the other end sent, or what
// was to be sent.
var ErrFrame = errors.New("wire: bad frame")

// Conn sends and receives messages. One goroutine receives; any may send.
type Conn struct {
	conn     net.Conn
	in       *bufio.Reader
	patience time.Duration

	mostHeader, mostPayload uint32 // to receive

	sending sync.Mutex
	out     *bufio.Writer
}

// New returns a Conn over conn, which Close closes. When the other end does not read for
// as long as patience, sending fails for good; 0 waits for ever.
func New(conn net.Conn, patience time.Duration) *Conn {
	return &Conn{
		conn: conn, in: bufio.NewReader(conn), out: bufio.NewWriter(conn), patience: patience,
		mostHeader: MaxHeader, mostPayload: MaxPayload,
	}
}

// Expect bounds what Receive takes, in bytes, more than MaxHeader and MaxPayload do: a
// few megabytes of JSON may become many in memory. It is called before the first Receive.
func (c *Conn) Expect(header, payload int) {
	c.mostHeader, c.mostPayload = uint32(min(header, MaxHeader)), uint32(min(payload, MaxPayload))
}

// Expire lets Receive end at a time, with os.ErrDeadlineExceeded.
func (c *Conn) Expire(at time.Time) { _ = c.conn.SetReadDeadline(at) } // fails when closed, and then it ends too

// Close ends the connection; it may be called again and while others send or receive.
func (c *Conn) Close() error { return c.conn.Close() }

// Send sends a message with a payload, which may be nil. It blocks while the other end
// does not read. Errors: ErrFrame: nothing was sent, and the connection is as it was; any
// other is the socket's and for good.
func (c *Conn) Send(m Message, payload []byte) error {
	header, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	if len(header) > MaxHeader || len(payload) > MaxPayload {
		return fmt.Errorf("%w: %d and %d bytes to send; at most %d and %d", ErrFrame, len(header), len(payload), MaxHeader, MaxPayload)
	}
	var lengths [8]byte
	binary.BigEndian.PutUint32(lengths[:4], uint32(len(header)))
	binary.BigEndian.PutUint32(lengths[4:], uint32(len(payload)))
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.patience > 0 {
		_ = c.conn.SetWriteDeadline(time.Now().Add(c.patience)) // a closed one says so below
	}
	// A bufio.Writer remembers its first error.
	_, _ = c.out.Write(lengths[:])
	_, _ = c.out.Write(header)
	_, _ = c.out.Write(payload)
	return c.out.Flush()
}

// Receive returns the next message and its payload, which the caller owns; nil for none.
// Errors: io.EOF when the other end has closed or died, io.ErrUnexpectedEOF when that
// was within a frame, ErrFrame, or the socket's.
func (c *Conn) Receive() (m Message, payload []byte, err error) {
	var lengths [8]byte
	if _, err := io.ReadFull(c.in, lengths[:]); err != nil {
		return m, nil, err
	}
	n, size := binary.BigEndian.Uint32(lengths[:4]), binary.BigEndian.Uint32(lengths[4:])
	if n > c.mostHeader || size > c.mostPayload {
		return m, nil, fmt.Errorf("%w: %d and %d bytes announced; at most %d and %d", ErrFrame, n, size, c.mostHeader, c.mostPayload)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(c.in, header); err != nil {
		return m, nil, unexpected(err)
	}
	if err := json.Unmarshal(header, &m); err != nil {
		return m, nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	if size > 0 {
		payload = make([]byte, size)
		if _, err := io.ReadFull(c.in, payload); err != nil {
			return m, nil, unexpected(err)
		}
	}
	return m, payload, nil
}

// unexpected makes io.ErrUnexpectedEOF of an end within a frame.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
