package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/lianmai/lianmai/mixer"
)

// frame returns a frame that announces its true lengths.
func frame(header string, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(header)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	return append(append(b, header...), payload...)
}

// deaf is a net.Conn that only reads.
type deaf struct {
	net.Conn
	io.Reader
}

func (d deaf) Read(p []byte) (int, error) { return d.Reader.Read(p) }

func TestReceiveOneByteAtATime(t *testing.T) {
	stream := append(frame(`{"Release":{"ID":1}}`, nil), frame(`{"Answer":{"ID":2}}`, []byte("picture"))...)
	c := New(deaf{Reader: iotest.OneByteReader(bytes.NewReader(stream))}, 0)
	m, payload, err := c.Receive()
	if err != nil || m.Release == nil || m.Release.ID != 1 || payload != nil {
		t.Errorf("%+v, %q, %v", m, payload, err)
	}
	m, payload, err = c.Receive()
	if err != nil || m.Answer == nil || m.Answer.ID != 2 || string(payload) != "picture" {
		t.Errorf("%+v, %q, %v", m, payload, err)
	}
	if _, _, err := c.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestReceiveRefusesWhatIsNoFrame(t *testing.T) {
	announce := func(header, payload uint32) []byte {
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, header), payload)
	}
	whole := frame(`{"Release":{"ID":1}}`, []byte("abc"))
	for name, c := range map[string]struct {
		stream []byte
		want   error
	}{
		"nothing":            {nil, io.EOF},
		"half a length":      {whole[:5], io.ErrUnexpectedEOF},
		"no message":         {whole[:8], io.ErrUnexpectedEOF},
		"half a message":     {whole[:12], io.ErrUnexpectedEOF},
		"no payload":         {whole[:len(whole)-3], io.ErrUnexpectedEOF},
		"half a payload":     {whole[:len(whole)-1], io.ErrUnexpectedEOF},
		"a message too long": {announce(MaxHeader+1, 0), ErrFrame},
		"a payload too long": {announce(2, MaxPayload+1), ErrFrame},
		"2 GB":               {announce(1<<31, 1<<31), ErrFrame},
		"all ones":           {announce(math.MaxUint32, math.MaxUint32), ErrFrame},
		"no JSON":            {frame("hello", nil), ErrFrame},
		"empty":              {frame("", nil), ErrFrame},
		"a wrong type":       {frame(`{"Release":7}`, nil), ErrFrame},
		"too deep":           {frame(`{"Log":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+"}", nil), ErrFrame},
	} {
		_, _, err := New(deaf{Reader: bytes.NewReader(c.stream)}, 0).Receive()
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestExpectLowersTheBounds(t *testing.T) {
	for _, c := range []struct {
		header, payload int
		ok              bool
	}{{20, 3, true}, {19, 3, false}, {20, 2, false}, {MaxHeader * 2, MaxPayload * 2, true}} {
		conn := New(deaf{Reader: bytes.NewReader(frame(`{"Release":{"ID":1}}`, []byte("abc")))}, 0)
		conn.Expect(c.header, c.payload)
		if _, _, err := conn.Receive(); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrFrame) {
			t.Errorf("%d and %d: %v", c.header, c.payload, err)
		}
	}
	conn := New(deaf{Reader: bytes.NewReader(binary.BigEndian.AppendUint64(nil, (MaxHeader+1)<<32))}, 0)
	conn.Expect(MaxHeader*2, MaxPayload*2)
	if _, _, err := conn.Receive(); !errors.Is(err, ErrFrame) {
		t.Errorf("beyond MaxHeader: %v", err)
	}
}

// What is refused leaves the connection as it was.
func TestSendRefusesWhatIsTooLarge(t *testing.T) {
	a, b := socketPair(t)
	from, to := New(a, time.Second), New(b, 0)
	for name, c := range map[string]struct {
		m       Message
		payload []byte
	}{
		"message": {Message{Apply: &Apply{Spec: mixer.Spec{ID: strings.Repeat("x", MaxHeader)}}}, nil},
		"payload": {Message{Answer: &Answer{}}, make([]byte, MaxPayload+1)},
		"no JSON": {Message{Levels: &mixer.Meters{Master: mixer.MasterMeter{RMSDB: math.NaN()}}}, nil},
	} {
		if err := from.Send(c.m, c.payload); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m, _ := exchange(t, from, to, Message{Release: &Release{ID: 3}}, nil); m.Release == nil || m.Release.ID != 3 {
		t.Errorf("what follows arrives as %+v", m)
	}
	exact := make([]byte, MaxPayload)
	exact[MaxPayload-1] = 7
	if _, data := exchange(t, from, to, Message{Answer: &Answer{}}, exact); !bytes.Equal(data, exact) {
		t.Error("the largest payload does not arrive")
	}
}

// Who does not read is given up for good, after a while.
func TestSendGivesUpOnWhoDoesNotRead(t *testing.T) {
	a, _ := socketPair(t)
	const patience = 50 * time.Millisecond
	c := New(a, patience)
	began := time.Now()
	err := c.Send(Message{Answer: &Answer{}}, make([]byte, 8<<20))
	if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < patience {
		t.Errorf("after %v: %v", took, err)
	}
	if err := c.Send(Message{Release: &Release{}}, nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestExpireEndsReceive(t *testing.T) {
	a, _ := socketPair(t)
	c := New(a, 0)
	received := make(chan error)
	go func() { _, _, err := c.Receive(); received <- err }()
	c.Expire(time.Now())
	if err := <-received; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestCloseEndsReceiveAndSend(t *testing.T) {
	a, b := socketPair(t)
	c, other := New(a, 0), New(b, 0)
	ended := make(chan error)
	go func() { _, _, err := c.Receive(); ended <- err }()
	go func() { ended <- c.Send(Message{Answer: &Answer{}}, make([]byte, 8<<20)) }()
	c.Close()
	c.Close()
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("no error")
		}
	}
	for {
		if _, _, err := other.Receive(); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the other end: %v", err)
			}
			return
		}
	}
}

// Many send at once; each message arrives whole, and those of one sender in order.
func TestAnyMaySend(t *testing.T) {
	a, b := socketPair(t)
	from, to := New(a, 5*time.Second), New(b, 0)
	const senders, each = 8, 200
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for i := range each {
				if err := from.Send(Message{Ask: &Ask{ID: int64(i), Sound: fmt.Sprint(s)}}, bytes.Repeat([]byte{byte(s)}, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next := map[string]int64{}
	for range senders * each {
		m, payload, err := to.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if m.Ask.ID != next[m.Ask.Sound] || int64(len(payload)) != m.Ask.ID {
			t.Fatalf("%+v with %d bytes; %d is next", m.Ask, len(payload), next[m.Ask.Sound])
		}
		next[m.Ask.Sound]++
	}
	sending.Wait()
}

func FuzzReceive(f *testing.F) {
	f.Add(frame(`{"Release":{"ID":1}}`, []byte("abc")))
	f.Add(frame(`{"Event":{"Kind":255,"Source":9,"Reason":"\u0000"}}`, nil))
	f.Add(frame(`{"Pulse":{"Stats":{"Sources":[{},{}]}}}`, nil))
	f.Add(frame(`{"Start":{"Spec":{"Layout":{"Transition":0,"Custom":{}}}}}`, nil))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, stream []byte) {
		c := New(deaf{Reader: bytes.NewReader(stream)}, 0)
		c.Expect(64<<10, 64<<10)
		for read := 0; ; {
			m, payload, err := c.Receive()
			if err != nil {
				return
			}
			if read += 8 + len(payload); read > len(stream) {
				t.Fatalf("%d bytes came of %d", read, len(stream))
			}
			// What has arrived can be said again.
			if err := New(silent{}, 0).Send(m, payload); err != nil {
				t.Fatalf("%+v: %v", m, err)
			}
		}
	})
}

// silent is a net.Conn that takes everything.
type silent struct{ net.Conn }

func (silent) Write(p []byte) (int, error) { return len(p), nil }
