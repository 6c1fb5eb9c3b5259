package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/lianmai/lianmai/config"
)

// newLogger returns the service's log to w: lines for people on a terminal, JSON for
// machines elsewhere, or as cfg says.
func newLogger(w io.Writer, cfg config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.SlogLevel()}
	switch {
	case cfg.Format == "json" || cfg.Format == "auto" && !isTerminal(w):
		return slog.New(slog.NewJSONHandler(w, options))
	case !isTerminal(w):
		return slog.New(slog.NewTextHandler(w, options))
	default:
		return slog.New(newTerminalHandler(newPrinter(w), options.Level))
	}
}

// terminalHandler is a slog.Handler for people: time of day, level and message in
// front, in colours where they are wanted, then the attributes as text.
type terminalHandler struct {
	attrs slog.Handler // writes a record's attributes to line
	out   printer
	mu    *sync.Mutex // guards line and the order of lines
	line  *bytes.Buffer
}

func newTerminalHandler(out printer, level slog.Leveler) *terminalHandler {
	h := &terminalHandler{out: out, mu: &sync.Mutex{}, line: &bytes.Buffer{}}
	h.attrs = slog.NewTextHandler(h.line, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
				return slog.Attr{} // they stand in front
			}
			return a
		},
	})
	return h
}

// Enabled says whether the level is written.
func (h *terminalHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.attrs.Enabled(ctx, level)
}

// Handle writes a record in one line.
func (h *terminalHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.line.Reset()
	if err := h.attrs.Handle(ctx, r); err != nil {
		return err
	}
	c := plain
	switch {
	case r.Level >= slog.LevelError:
		c = red
	case r.Level >= slog.LevelWarn:
		c = yellow
	case r.Level < slog.LevelInfo:
		c = grey
	}
	return h.out.printf("%s %s %s %s", h.out.paint(grey, r.Time.Format("15:04:05.000")),
		h.out.paint(c, pad(r.Level.String(), 5)), h.out.paint(bold, r.Message), bytes.TrimRight(h.line.Bytes(), "\n"))
}

// WithAttrs returns a handler that writes attrs with every record.
func (h *terminalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = h.attrs.WithAttrs(attrs)
	return &with
}

// WithGroup returns a handler that puts what follows in a group.
func (h *terminalHandler) WithGroup(name string) slog.Handler {
	with := *h
	with.attrs = h.attrs.WithGroup(name)
	return &with
}
