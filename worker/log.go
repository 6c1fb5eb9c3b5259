package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/lianmai/lianmai/worker/wire"
)

// maxLogLine bounds a line of the log, in bytes; longer ones are left out.
const maxLogLine = 16 << 10

// logHandler is a slog.Handler that sends records to the supervisor as JSON.
type logHandler struct {
	slog.Handler // writes a record to line
	out          *outbox
	mu           *sync.Mutex // guards line
	line         *bytes.Buffer
}

func newLogHandler(out *outbox, level slog.Level) *logHandler {
	line := &bytes.Buffer{}
	return &logHandler{
		Handler: slog.NewJSONHandler(line, &slog.HandlerOptions{Level: level}),
		out:     out, mu: &sync.Mutex{}, line: line,
	}
}

// Handle sends a record, if there is room for it.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.line.Reset()
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	if h.line.Len() <= maxLogLine {
		h.out.line(wire.Message{Log: json.RawMessage(bytes.Clone(bytes.TrimSpace(h.line.Bytes())))})
	}
	return nil
}

// WithAttrs returns a handler that sends attrs with every record.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.Handler = h.Handler.WithAttrs(attrs)
	return &with
}

// WithGroup returns a handler that puts what follows in a group.
func (h *logHandler) WithGroup(name string) slog.Handler {
	with := *h
	with.Handler = h.Handler.WithGroup(name)
	return &with
}
