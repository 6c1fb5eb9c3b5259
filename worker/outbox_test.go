package worker

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// full returns an outbox whose first message keeps it busy until the other end reads.
func full(t *testing.T) (*outbox, *wire.Conn) {
	t.Helper()
	ours, theirs := socketPair(t)
	out := newOutbox(wire.New(theirs, 0))
	t.Cleanup(func() { ours.Close(); out.close() })
	out.must(wire.Message{Event: &mixer.Event{Reason: strings.Repeat("x", wire.MaxHeader/2)}})
	for {
		out.mu.Lock()
		taken := len(out.queue) == 0
		out.mu.Unlock()
		if taken {
			return out, wire.New(ours, 0)
		}
	}
}

func TestOutboxDropsLinesFirstAndKeepsTheNewestPulse(t *testing.T) {
	out, conn := full(t)
	for i := range 10 * maxLines {
		out.line(wire.Message{Log: json.RawMessage(`{}`)})
		out.beat(&wire.Pulse{Stats: mixer.Stats{Revision: int64(i)}})
		out.meter(wire.Message{Levels: &mixer.Meters{At: 5}})
	}
	for i := range maxMust {
		out.must(wire.Message{Event: &mixer.Event{Revision: int64(i)}})
	}
	go out.close()
	var order []string
	next, lines := int64(0), 0
	for {
		m, _, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case m.Pulse != nil:
			if m.Pulse.Stats.Revision != 10*maxLines-1 || m.Pulse.LostLines != 9*maxLines {
				t.Errorf("pulse %d says %d lines are lost", m.Pulse.Stats.Revision, m.Pulse.LostLines)
			}
			order = append(order, "pulse")
		case m.Levels != nil:
			order = append(order, "levels")
		case m.Log != nil:
			lines++
		case m.Event.Reason == "":
			if m.Event.Revision != next {
				t.Fatalf("event %d, want %d", m.Event.Revision, next)
			}
			next++
		}
		if next == maxMust {
			break
		}
	}
	if lines != maxLines || fmt.Sprint(order) != "[pulse levels]" {
		t.Errorf("%d lines, %v", lines, order)
	}
}

// When an event cannot be kept the connection ends, and with it the worker.
func TestOutboxEndsRatherThanLoseAnEvent(t *testing.T) {
	out, conn := full(t)
	for i := range maxMust + 1 {
		out.must(wire.Message{Event: &mixer.Event{Revision: int64(i)}})
	}
	for {
		if _, _, err := conn.Receive(); err != nil {
			return
		}
	}
}

func TestLogHandlerKeepsOrderAndBounds(t *testing.T) {
	ours, theirs := socketPair(t)
	out := newOutbox(wire.New(theirs, 0))
	log := slog.New(newLogHandler(out, slog.LevelInfo))
	log.Debug("not wanted")
	log.Info("too long", "x", strings.Repeat("x", maxLogLine))
	log.With("a", 1).WithGroup("g").Warn("said", "b", 2, "c", "三")
	go out.close()
	m, _, err := wire.New(ours, 0).Receive()
	if err != nil {
		t.Fatal(err)
	}
	if _, rest, _ := strings.Cut(string(m.Log), ","); rest != `"level":"WARN","msg":"said","a":1,"g":{"b":2,"c":"三"}}` {
		t.Errorf("%s", m.Log)
	}
}
