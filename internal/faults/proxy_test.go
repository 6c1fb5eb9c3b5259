package faults

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers every connection with what it says.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				_, _ = io.Copy(nc, nc)
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	return nc
}

// say sends a word and wants to hear it.
func say(nc net.Conn, word string) error {
	if _, err := nc.Write([]byte(word)); err != nil {
		return err
	}
	got := make([]byte, len(word))
	_, err := io.ReadFull(nc, got)
	return err
}

func TestProxySpoilsConnections(t *testing.T) {
	p, err := NewProxy(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	a := dial(t, p.Addr())
	if err := say(a, "hello"); err != nil {
		t.Fatal(err)
	}

	p.Stall()
	_ = a.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if err := say(a, "anybody"); err == nil {
		t.Error("a stalled connection answers")
	}
	_ = a.SetDeadline(time.Now().Add(20 * time.Second))
	p.Resume()
	if _, err := io.ReadFull(a, make([]byte, len("anybody"))); err != nil {
		t.Errorf("after the stall: %v", err)
	}

	p.Limit(20_000)
	began := time.Now()
	if err := say(a, string(make([]byte, 4000))); err != nil || time.Since(began) < 200*time.Millisecond {
		t.Errorf("4 kB each way at 20 kB/s: %v in %v", err, time.Since(began))
	}
	p.Limit(0)

	p.Cut()
	if err := say(a, "still there"); err == nil {
		t.Error("a cut connection answers")
	}
	if err := say(dial(t, p.Addr()), "again"); err != nil {
		t.Errorf("after the cut: %v", err)
	}

	p.Refuse()
	if _, err := net.Dial("tcp4", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused by %v", err)
	}
	if err := p.Allow(); err != nil {
		t.Fatal(err)
	}
	if err := say(dial(t, p.Addr()), "back"); err != nil {
		t.Errorf("after the refusal: %v", err)
	}
	if n := p.Accepted(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}
