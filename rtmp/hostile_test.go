package rtmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
)

// readAll reads everything that a peer has sent and returns the last error.
func readAll(sent []byte) error {
	c := fakeConn(bytes.NewReader(sent))
	for {
		if _, err := c.read(); err != nil {
			return err
		}
	}
}

// fakeConn is a connection that reads from r and writes into nothing.
func fakeConn(r io.Reader) *conn {
	nc := &sink{r: r}
	return newConn(nc, bytecounter.NewReadWriter(nc), time.Second)
}

type sink struct {
	net.Conn
	r io.Reader
}

func (s *sink) Read(b []byte) (int, error)       { return s.r.Read(b) }
func (s *sink) Write(b []byte) (int, error)      { return len(b), nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) Close() error                     { return nil }

// chunk0 is a chunk with a full header (RTMP 1.0, section 5.3.1.2.1).
func chunk0(stream, typ byte, length int, body []byte) []byte {
	b := []byte{stream, 0, 0, 0, byte(length >> 16), byte(length >> 8), byte(length), typ, 0, 0, 0, 0}
	return append(b, body...)
}

func control(typ byte, v uint32) []byte {
	return chunk0(chunkControl, typ, 4, binary.BigEndian.AppendUint32(nil, v))
}

func TestHostilePeersAreCutOff(t *testing.T) {
	// 20 chunk streams with a message of 1 MiB each, none of them complete.
	var open []byte
	open = append(open, control(typeSetChunkSize, 1<<20-1)...)
	for s := range byte(20) {
		open = append(open, chunk0(3+s, typeVideo, 1<<20, make([]byte, 1<<20-1))...)
	}
	deep := bytes.Repeat([]byte("\x0a\x00\x00\x00\x01"), 1<<20)
	for name, sent := range map[string][]byte{
		"chunk size 0":     control(typeSetChunkSize, 0),
		"chunk size 1":     control(typeSetChunkSize, 1),
		"chunk size huge":  control(typeSetChunkSize, 1<<31),
		"short control":    chunk0(chunkControl, typeSetChunkSize, 2, []byte{1, 2}),
		"message too long": chunk0(6, typeVideo, 1<<24-1, make([]byte, 128)),
		"open streams":     open,
		"type 3 first":     {0xc3},
	} {
		if err := readAll(sent); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := parseCommand(&message{Body: deep}); !errors.Is(err, ErrProtocol) {
		t.Errorf("5 MiB of nested arrays: %v", err)
	}
	if _, err := parseCommand(&message{Body: deep[:maxAMF]}); !errors.Is(err, ErrProtocol) {
		t.Errorf("64 KiB of nested arrays: %v", err)
	}
}

func TestLongHonestStreamsAreNotCutOff(t *testing.T) {
	// 14 MB in small and large messages, interleaved: what has not arrived whole
	// stays far below the bound.
	var sent bytes.Buffer
	w := newConn(nil, bytecounter.NewReadWriter(&sent), 0)
	for n := range 2000 {
		p := video(n, 5000)
		if n%25 == 0 {
			p = video(n, 100_000)
		}
		for _, p := range []*message{must(mediaMessage(p, playStream)), must(mediaMessage(audio(n), playStream))} {
			if err := w.w.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := fakeConn(&sent)
	for range 4000 {
		if _, err := c.read(); err != nil {
			t.Fatal(err)
		}
		if c.pending > 1<<20 {
			t.Fatalf("%d bytes count as pending", c.pending)
		}
	}
}

func must(m *message, err error) *message {
	if err != nil {
		panic(err)
	}
	return m
}

func FuzzRead(f *testing.F) {
	f.Add(control(typeSetChunkSize, 4096))
	f.Add(append(control(typeWindowAckSize, 1), chunk0(6, typeVideo, 9, []byte("\x17\x01\x00\x00\x00data"))...))
	f.Add(chunk0(chunkControl, typeUserControl, 6, []byte{0, eventPingRequest, 1, 2, 3, 4}))
	f.Add(append(chunk0(5, typeDataAMF3, 300, make([]byte, 128)), 0xc5))
	f.Fuzz(func(t *testing.T, sent []byte) {
		err := readAll(sent)
		if !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrClosed) {
			t.Fatalf("%v", err)
		}
	})
}

// FuzzOriginPeer lets a connection that has done the handshake say anything.
func FuzzOriginPeer(f *testing.F) {
	f.Add(chunk0(3, typeCommandAMF0, 26, []byte("\x02\x00\x07connect\x00\x3f\xf0\x00\x00\x00\x00\x00\x00\x03\x00\x00\x09")))
	f.Add(chunk0(3, typeCommandAMF0, 39, []byte("\x02\x00\x07connect\x00\x3f\xf0\x00\x00\x00\x00\x00\x00\x03\x00\x03app\x02\x00\x04live\x00\x00\x09")))
	f.Add(chunk0(3, typeCommandAMF0, 31, []byte("\x02\x00\x07publish\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x02\x00\x01x\x02\x00\x04live")))
	f.Fuzz(func(t *testing.T, sent []byte) {
		o := NewOrigin(OriginConfig{})
		c := &originConn{conn: fakeConn(bytes.NewReader(sent)), o: o, log: o.cfg.Log}
		cmd, err := c.greet()
		if err == nil {
			_, err = c.streamName(cmd)
		}
		if err != nil && !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrClosed) {
			t.Fatalf("%v", err)
		}
	})
}
