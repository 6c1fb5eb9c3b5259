package worker

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/rtmp"
	"github.com/lianmai/lianmai/worker/wire"
)

func TestMain(m *testing.M) {
	media.QuietNative()
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// socketPair returns both ends of a Unix socket.
func socketPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		file := os.NewFile(uintptr(fd), "end")
		if ends[i], err = net.FileConn(file); err != nil {
			t.Fatal(err)
		}
		file.Close()
		t.Cleanup(func() { ends[i].Close() })
	}
	return ends[0], ends[1]
}

// boss is the supervisor's end of a worker that runs in this process.
type boss struct {
	t     *testing.T
	conn  *wire.Conn
	heard chan wire.Message // closed when the worker says nothing more
	ended chan struct{}     // closed when Run has returned
	err   error             // what it returned
}

// hire runs a worker in this process. The test fails if it leaves native objects behind.
func hire(t *testing.T) *boss {
	t.Helper()
	before := media.Live()
	ours, theirs := socketPair(t)
	b := &boss{t: t, conn: wire.New(ours, patience), heard: make(chan wire.Message, 10_000), ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		b.err = Run(wire.New(theirs, 0), Config{
			Fonts: func(*slog.Logger) *compose.Fonts { return compose.BundledFonts() }, Level: slog.LevelDebug,
		})
	}()
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		defer close(b.heard)
		for {
			m, _, err := b.conn.Receive()
			if err != nil {
				return
			}
			b.heard <- m
		}
	}()
	t.Cleanup(func() {
		b.conn.Close()
		<-listening
		_ = b.over()
		if after := media.Live(); after != before {
			t.Errorf("%d native objects alive after the test, %d before", after, before)
		}
	})
	return b
}

// say says something to the worker.
func (b *boss) say(m wire.Message, payload []byte) {
	b.t.Helper()
	if err := b.conn.Send(m, payload); err != nil {
		b.t.Fatal(err)
	}
}

// await returns the next message that ok accepts; those before it are lost.
func (b *boss) await(what string, ok func(wire.Message) bool) wire.Message {
	b.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case m, more := <-b.heard:
			if !more {
				b.t.Fatalf("the worker has ended; waited for %s", what)
			}
			if ok(m) {
				return m
			}
		case <-late.C:
			b.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// over waits for the end of the worker and returns its error.
func (b *boss) over() error {
	b.t.Helper()
	select {
	case <-b.ended:
		return b.err
	case <-time.After(patience):
		b.t.Error("the worker does not end")
		return nil
	}
}

func isEvent(kind mixer.EventKind) func(wire.Message) bool {
	return func(m wire.Message) bool { return m.Event != nil && m.Event.Kind == kind }
}

func isReady(m wire.Message) bool   { return m.Ready != nil }
func isApplied(m wire.Message) bool { return m.Applied != nil }
func isAsk(m wire.Message) bool     { return m.Ask != nil }
func isEnded(m wire.Message) bool   { return m.Ended != nil }

// smallSpec is a mix of nobody that is pushed to an origin of its own.
func smallSpec(t *testing.T) mixer.Spec {
	t.Helper()
	origin := rtmp.NewOrigin(rtmp.OriginConfig{Addr: "127.0.0.1:0"})
	if err := origin.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { origin.Close() })
	return mixer.Spec{
		ID: "m", Revision: 1, Layout: mixer.LayoutSpec{Template: layout.Default},
		Video:   mixer.VideoSpec{Width: 160, Height: 284, FrameRate: media.FPS(15), Bitrate: 300_000, Preset: "ultrafast"},
		Outputs: []mixer.Output{{Name: "cdn", URL: "rtmp://" + origin.Addr().String() + "/live/mix"}},
	}
}

// pngFile is a small picture as it would be uploaded.
func pngFile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 16, 16))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wavFile writes so many seconds of silence, 16 bit mono at 8 kHz, and returns its path.
func wavFile(t *testing.T, seconds int) string {
	t.Helper()
	n := uint32(16_000 * seconds)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), 36+n)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"...)
	b = append(binary.LittleEndian.AppendUint32(b, n), make([]byte, n)...)
	path := filepath.Join(t.TempDir(), "sound.wav")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
